/*
 * What a change of a file's size means for its pages (facts 2.4): those behind a new end go
 * out of the mapping, and the page at an old one may have more to write than before.
 * Owns nothing; each page is locked while it goes.
 */
#include "arch/machine.h"
#include "fs/fs.h"
#include "lib/string.h"
#include "mm/cache/buffer.h"
#include "mm/cache/filemap.h"
#include "mm/cache/pagecache.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/policy.h"
#include "mm/vm/vm.h"

#define BATCH	16	/* pages that one look into the tree takes */

/*
 * A whole locked page goes. If a buffer is still busy, the page stays on its LRU list
 * as a page of buffers only, and page_launder frees it later.
 */
static void truncate_complete_page(struct page *page)
{
	wait_on_page_writeback(page);
	if (!page->buffers || block_flushpage(page, 0))
		policy->lru_del(page);
	cancel_dirty_page(page);
	if (policy->clear_page_mlock)
		policy->clear_page_mlock(page);
	ClearPageUptodate(page);
	remove_from_page_cache(page);
	put_page(page);
}

/* The file now ends inside this page. */
static void truncate_partial_page(struct page *page, unsigned offset)
{
	char *data;

	wait_on_page_writeback(page);
	data = kmap(page);
	memset(data + offset, 0, PAGE_SIZE - offset);
	kunmap(page);
	if (page->buffers)
		block_flushpage(page, offset);
}

static unsigned find_batch(struct address_space *mapping, pgoff_t first,
			   struct page *pages[BATCH])
{
	unsigned found;

	spin_lock(&pagecache_lock);
	found = radix_tree_gang_lookup(&mapping->pages, first, (void **)pages, BATCH);
	for (unsigned i = 0; i < found; i++)
		get_page(pages[i]);
	spin_unlock(&pagecache_lock);
	return found;
}

void truncate_inode_pages(struct address_space *mapping, u64 start)
{
	pgoff_t first = (pgoff_t)(start >> PAGE_SHIFT);
	unsigned offset = start % PAGE_SIZE;
	pgoff_t next = first;
	struct page *pages[BATCH];
	unsigned found;

	while ((found = find_batch(mapping, next, pages))) {
		for (unsigned i = 0; i < found; i++) {
			struct page *page = pages[i];

			lock_page(page);
			if (page->mapping == mapping) {
				next = page->index + 1;
				if (page->index == first && offset)
					truncate_partial_page(page, offset);
				else
					truncate_complete_page(page);
			}
			unlock_page(page);
			put_page(page);
		}
		if (!next)	/* that was the very last index */
			break;
	}
}

/* Blocks of one page lie on both sides of OLD only if they are smaller than a page. */
void pagecache_isize_extended(struct inode *inode, u64 old)
{
	struct page *page;

	if (old % PAGE_SIZE == 0 || inode->sb->block_size >= PAGE_SIZE ||
	    !mapping_mapped(inode->mapping))
		return;
	page = find_lock_page(inode->mapping, (pgoff_t)(old >> PAGE_SHIFT));
	if (page) {
		page_wrprotect(page);
		unlock_page(page);
		put_page(page);
	}
}
