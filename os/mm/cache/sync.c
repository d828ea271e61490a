/*
 * Writing what is dirty in one mapping, for fsync and msync. Owns nothing.
 *
 * A page on dirty_pages has PG_dirty, which its writepage takes care of, or dirty
 * buffers from write(), which are written one by one. While its write is under way the
 * page is on locked_pages; filemap_fdatawait moves it on to clean_pages.
 */
#include "arch/machine.h"
#include "mm/cache/buffer.h"
#include "mm/cache/pagecache.h"
#include "mm/cache/writeback.h"
#include "mm/trace/events.h"

/* Starts the writes of one locked page and unlocks it, perhaps later. 0 or -errno. */
static int write_page(struct page *page)
{
	int result;

	wait_on_page_writeback(page);
	if (clear_page_dirty_for_io(page)) {
		result = page->mapping->ops->writepage(page);
		if (result <= 0)
			return result;
		/* Refused: it has no other place, and stays dirty. */
		set_page_dirty(page);
	} else if (page->buffers) {
		write_dirty_buffers(page);
	}
	unlock_page(page);
	return 0;
}

int filemap_fdatasync(struct address_space *mapping)
{
	unsigned long budget;
	int result = 0;

	spin_lock(&pagecache_lock);
	/* Not for ever, even if pages become dirty again as fast as we write them. */
	for (budget = mapping->nrpages; budget && !list_empty(&mapping->dirty_pages);
	     budget--) {
		struct page *page = list_last(&mapping->dirty_pages, struct page, list);
		int error = 0;

		list_move(&page->list, &mapping->locked_pages);
		get_page(page);
		spin_unlock(&pagecache_lock);

		lock_page(page);
		if (page->mapping == mapping)
			error = write_page(page);
		else
			unlock_page(page);
		put_page(page);
		if (error && !result)
			result = error;

		spin_lock(&pagecache_lock);
	}
	spin_unlock(&pagecache_lock);
	return result;
}

/* A failed write since the last call, perhaps one that bdflush made, is told here once. */
int filemap_fdatawait(struct address_space *mapping)
{
	spin_lock(&pagecache_lock);
	while (!list_empty(&mapping->locked_pages)) {
		struct page *page = list_last(&mapping->locked_pages, struct page, list);

		list_move(&page->list, &mapping->clean_pages);
		get_page(page);
		spin_unlock(&pagecache_lock);

		lock_page(page);
		if (page->buffers)
			wait_on_page_buffers(page);
		wait_on_page_writeback(page);
		unlock_page(page);
		put_page(page);

		spin_lock(&pagecache_lock);
	}
	spin_unlock(&pagecache_lock);
	return -(int)__atomic_exchange_n(&mapping->wb_error, 0, __ATOMIC_SEQ_CST);
}
