/*
 * Writing files through the page cache (facts 2.4, 2.3). Owns nothing; inode->sem
 * keeps writers of one file apart.
 *
 * The bytes are copied under the page lock, and the copy may fault. If the fault
 * needed the very page that we hold, or one whose holder waits for ours, the process
 * would sleep for ever. A page that a fault can want is mapped, so while the file has
 * mappings the bytes go through a page of our own, filled before the lock is taken.
 * This is enough: a process maps its source before it writes, so of all writers in a
 * circle of such waits, the last one to look found its target mapped.
 */
#include "arch/machine.h"
#include "fs/fs.h"
#include "kernel/task.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/cache/filemap.h"
#include "mm/page.h"
#include "mm/reclaim/policy.h"

struct source {
	const char *user;	/* the next byte */
	struct page *bounce;	/* a page for the way, or NULL */
};

bool mapping_mapped(struct address_space *mapping)
{
	bool mapped;

	spin_lock(&mapping->i_mmap_lock);
	mapped = !list_empty(&mapping->i_mmap);
	spin_unlock(&mapping->i_mmap_lock);
	return mapped;
}

/* Before the page lock: are the bytes there? 0 or -EFAULT. */
static int source_prepare(struct source *source, size_t bytes)
{
	char probe;

	if (source->bounce)
		return copy_from_user(page_address(source->bounce), source->user, bytes);
	if (get_user(probe, source->user) || get_user(probe, source->user + bytes - 1))
		return -EFAULT;
	return 0;
}

/*
 * With the page lock: 0 or -EFAULT. Bytes that cannot be had, because the user's
 * memory went away under us, become zeros, never what the disk held before.
 */
static int source_copy(struct source *source, struct page *page, unsigned offset,
		       size_t bytes)
{
	char *to = (char *)kmap(page) + offset;
	int error = 0;

	if (source->bounce)
		memcpy(to, page_address(source->bounce), bytes);
	else
		error = copy_from_user(to, source->user, bytes);
	if (error)
		memset(to, 0, bytes);
	kunmap(page);
	return error;
}

/* Some blocks were allocated for a write that then failed: those behind the end go. */
static void forget_blocks_behind_end(struct inode *inode)
{
	truncate_inode_pages(inode->mapping, inode->size);
	if (inode->iops && inode->iops->truncate)
		inode->iops->truncate(inode);
}

/* Writes bytes that lie in one page: 0 or -errno. */
static int write_part(struct inode *inode, struct source *source, u64 pos, size_t bytes)
{
	struct address_space *mapping = inode->mapping;
	unsigned from = pos % PAGE_SIZE;
	unsigned to = from + (unsigned)bytes;
	u64 old_size = inode->size;
	struct page *page;
	int error, copy_error;

	error = source_prepare(source, bytes);
	if (error)
		return error;
	page = grab_cache_page(mapping, (pgoff_t)(pos >> PAGE_SHIFT));
	if (!page)
		return -ENOMEM;

	error = mapping->ops->prepare_write(page, from, to);
	if (error) {
		unlock_page(page);
		put_page(page);
		if (pos + bytes > inode->size)
			forget_blocks_behind_end(inode);
		return error;
	}
	if (policy->page_accessed)
		policy->page_accessed(page);
	copy_error = source_copy(source, page, from, bytes);
	error = mapping->ops->commit_write(page, from, to);
	unlock_page(page);
	if (inode->size > old_size)
		pagecache_isize_extended(inode, old_size);
	if (to == PAGE_SIZE)
		policy->page_used_once(page);
	put_page(page);
	if (policy->balance_pages)
		policy->balance_pages(mapping);
	return copy_error ? copy_error : error;
}

static long write_all(struct inode *inode, struct source *source, size_t bytes, u64 *pos)
{
	size_t done = 0;
	int error = 0;

	while (done < bytes) {
		size_t part = min(bytes - done, PAGE_SIZE - *pos % PAGE_SIZE);

		error = write_part(inode, source, *pos, part);
		if (error)
			break;
		source->user += part;
		done += part;
		*pos += part;
		cond_resched();
	}
	return done ? (long)done : error;
}

/* Bytes written, fewer after an error in the middle; or -errno. */
long generic_file_write(struct file *file, const char *user, size_t bytes, u64 *pos)
{
	struct inode *inode = file->inode;
	struct source source = { .user = user };
	long result;

	if (!bytes)
		return 0;
	if (mapping_mapped(inode->mapping)) {
		source.bounce = machine_kernel_pages(GFP_KERNEL, 0);
		if (!source.bounce)
			return -ENOMEM;
	}
	mutex_lock(&inode->sem);
	if (file->flags & O_APPEND)
		*pos = inode->size;
	current->backing_dev_info = inode->mapping->flusher;
	result = inode->swap_file ? -ETXTBSY : write_all(inode, &source, bytes, pos);
	current->backing_dev_info = NULL;
	if (result > 0) {
		inode->mtime = inode->ctime = realtime_seconds();
		mark_inode_dirty(inode);
	}
	mutex_unlock(&inode->sem);
	if (source.bounce)
		machine_kernel_pages_free(source.bounce, 0);
	return result;
}
