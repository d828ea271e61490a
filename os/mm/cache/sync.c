/*
 * Writing what is dirty in one mapping, for fsync and msync, and for the flusher. Owns
 * nothing.
 *
 * A page on dirty_pages has PG_dirty, which its writepage takes care of; or, in 2.4, dirty
 * buffers from write(), which are written one by one. From its write on the page is on
 * locked_pages; filemap_fdatawait moves it on to clean_pages. So the lists say what tags
 * in the tree say in the original: dirty, and being written (facts 2.6, 9.3).
 *
 * A failed write, whoever has made it, is in the mapping's wb_err, and each open file is
 * told of it once. So neither sync nor another process's fsync hides it from anybody; who
 * opens the file later is told, too, if nobody has been until then. (The original has one
 * flag, which the first to ask clears.)
 */
#include "arch/machine.h"
#include "fs/fs.h"
#include "mm/cache/buffer.h"
#include "mm/cache/flusher.h"
#include "mm/cache/pagecache.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"

/* Starts the writes of one locked page and unlocks it, perhaps later. 0 or -errno. */
static int write_page(struct page *page, struct writeback_control *wbc)
{
	int result;

	wait_on_page_writeback(page);
	if (clear_page_dirty_for_io(page)) {
		result = page->mapping->ops->writepage(page);
		/* If it is dirty again, to count it would keep a flusher at it for ever. */
		if (result != AOP_WRITEPAGE_ACTIVATE && !PageDirty(page))
			wbc->nr_to_write--;
		if (result != AOP_WRITEPAGE_ACTIVATE)
			return result;
		redirty_page_for_writepage(wbc, page);
	} else if (page->buffers && !policy->dirties_pages) {
		write_dirty_buffers(page);
	}
	unlock_page(page);
	return 0;
}

/*
 * Where a locked page of the mapping goes. One that has become dirty again during its
 * write keeps its place among the dirty, as the latest, for a caller who does not wait.
 */
static bool take_off_dirty_list(struct page *page, enum writeback_mode mode)
{
	struct address_space *mapping = page->mapping;
	bool write = mode == WB_SYNC_ALL || !PageWriteback(page);

	spin_lock(&pagecache_lock);
	list_move(&page->list, write ? &mapping->locked_pages : &mapping->dirty_pages);
	mapping_page_left(mapping);
	spin_unlock(&pagecache_lock);
	return write;
}

/* The page that became dirty first, of which there is one. Drops and retakes the lock. */
static void write_oldest_page(struct address_space *mapping, struct writeback_control *wbc)
{
	struct page *page = list_last(&mapping->dirty_pages, struct page, list);
	int error = 0;

	assert(spin_held(&pagecache_lock));
	get_page(page);
	spin_unlock(&pagecache_lock);
	/* It stays on the list until it is locked: who looks meanwhile waits for it, too. */
	lock_page(page);
	if (page->mapping == mapping && take_off_dirty_list(page, wbc->mode))
		error = write_page(page, wbc);
	else
		unlock_page(page);
	put_page(page);
	if (error && !wbc->error)
		wbc->error = error;
	spin_lock(&pagecache_lock);
}

/*
 * What becomes dirty meanwhile comes behind what was: so many looks as the file has pages
 * reach all that was dirty at the start, and end even if somebody makes pages dirty as fast
 * as they are written. The next call goes on with what is oldest then.
 */
void write_cache_pages(struct address_space *mapping, struct writeback_control *wbc)
{
	unsigned long looks = mapping->nrpages;

	assert(spin_held(&pagecache_lock));
	for (; looks; looks--) {
		if (wbc->mode == WB_SYNC_NONE && wbc->nr_to_write <= 0)
			return;
		if (wbc->flusher ? !mapping_is_next(wbc->flusher, mapping)
				 : list_empty(&mapping->dirty_pages))
			return;
		write_oldest_page(mapping, wbc);
	}
}

void forget_written_pages(struct address_space *mapping)
{
	while (!list_empty(&mapping->locked_pages)) {
		struct page *page = list_last(&mapping->locked_pages, struct page, list);

		if (PageLocked(page) || PageWriteback(page))
			break;
		list_move(&page->list, &mapping->clean_pages);
	}
}

int filemap_fdatasync(struct address_space *mapping)
{
	struct writeback_control wbc = { .mode = WB_SYNC_ALL };

	spin_lock(&pagecache_lock);
	write_cache_pages(mapping, &wbc);
	spin_unlock(&pagecache_lock);
	return wbc.error;
}

void filemap_fdatawait(struct address_space *mapping)
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
}

int file_check_and_advance_wb_err(struct file *file)
{
	return errseq_check_and_advance(&file->inode->mapping->wb_err, &file->wb_seen);
}
