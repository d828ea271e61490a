/*
 * Reading files through the page cache: read() and the callers that want one whole
 * page (facts 2.4, 2.3). Owns nothing. Pages are read in under their lock and copied
 * with a reference only, so that a reader never waits for a writer's page lock.
 */
#include "arch/machine.h"
#include "fs/fs.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "mm/cache/filemap.h"
#include "mm/reclaim/policy.h"

pgoff_t inode_pages(const struct inode *inode)
{
	return (pgoff_t)((inode->size + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

int page_cache_read(struct address_space *mapping, pgoff_t index)
{
	struct page *page = find_or_start_read(mapping, index);

	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	put_page(page);
	return 0;
}

struct page *find_or_start_read(struct address_space *mapping, pgoff_t index)
{
	struct page *page;
	int error;

	do {
		page = find_get_page(mapping, index);
		if (page)
			return page;
		page = add_new_page(mapping, index, mapping->gfp);
	} while (IS_ERR(page) && PTR_ERR(page) == -EEXIST);
	if (IS_ERR(page))
		return page;

	error = mapping->ops->readpage(page);
	if (!error)
		return page;
	put_page(page);
	return ERR_PTR(error);
}

int make_uptodate(struct page *page, struct address_space *mapping)
{
	int error;

	if (PageUptodate(page))
		return 0;
	lock_page(page);
	if (page->mapping != mapping) {
		unlock_page(page);
		return -EAGAIN;
	}
	if (PageUptodate(page)) {
		unlock_page(page);
		return 0;
	}
	ClearPageError(page);
	error = mapping->ops->readpage(page);
	if (error)
		return error;
	wait_on_page(page);
	return PageUptodate(page) ? 0 : -EIO;
}

struct page *read_cache_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;
	int error;

	do {
		page = find_or_start_read(mapping, index);
		if (IS_ERR(page))
			return page;
		error = make_uptodate(page, mapping);
		if (error)
			put_page(page);
	} while (error == -EAGAIN);
	return error ? ERR_PTR(error) : page;
}

/* The page for a read(), up to date, after its part in the read-ahead; or an ERR_PTR. */
static struct page *page_for_read(struct file *file, pgoff_t index, bool in_window)
{
	struct address_space *mapping = file->inode->mapping;
	struct page *page;
	int error;

	do {
		page = find_or_start_read(mapping, index);
		if (IS_ERR(page))
			return page;
		readahead(file, page, index, in_window);
		error = make_uptodate(page, mapping);
		if (error)
			put_page(page);
	} while (error == -EAGAIN);
	return error ? ERR_PTR(error) : page;
}

static int copy_page_to_user(char *user, struct page *page, unsigned offset, size_t bytes)
{
	char *data = kmap(page);
	int error = copy_to_user(user, data + offset, bytes);

	kunmap(page);
	return error;
}

/* Bytes read, fewer at the end of the file or after an error in the middle; or -errno. */
long generic_file_read(struct file *file, char *user, size_t bytes, u64 *pos)
{
	struct inode *inode = file->inode;
	size_t done = 0;
	bool in_window;
	int error = 0;

	if (!bytes)
		return 0;
	in_window = readahead_begin(file, (pgoff_t)(*pos >> PAGE_SHIFT),
				    *pos % PAGE_SIZE, bytes);
	while (done < bytes && *pos < inode->size) {
		unsigned offset = *pos % PAGE_SIZE;
		u64 left_in_file = inode->size - *pos;
		size_t part = min(bytes - done, PAGE_SIZE - offset);
		struct page *page;

		part = (size_t)min((u64)part, left_in_file);
		page = page_for_read(file, (pgoff_t)(*pos >> PAGE_SHIFT), in_window);
		if (IS_ERR(page)) {
			error = (int)PTR_ERR(page);
			break;
		}
		if (policy->page_accessed)
			policy->page_accessed(page);
		error = copy_page_to_user(user + done, page, offset, part);
		put_page(page);
		if (error)
			break;
		done += part;
		*pos += part;
		cond_resched();
	}
	return done ? (long)done : error;
}
