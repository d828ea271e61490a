/*
 * Dirty pages and pages under writeback: the flags and the counts (facts 2.6, 9.3; lab 15).
 *
 * Owns PG_writeback. It is set with the page locked and cleared by the end of the write,
 * in an interrupt; the page may be locked, read and even dirtied again in between.
 */
#include "block/block.h"
#include "fs/fs.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/cache/buffer.h"
#include "mm/cache/io_wait.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"

/* Only pages that a flusher would write count as dirty: those of files. */
static bool accounts_dirty(const struct page *page)
{
	return page->mapping && page->mapping->flusher;
}

static void count_dirty(struct page *page, long change)
{
	page_stat_add(page, STAT_nr_dirty, change);
	__atomic_fetch_add(&page->mapping->flusher->nr_reclaimable, change, __ATOMIC_RELAXED);
}

void account_page_dirtied(struct page *page)
{
	ClearPageReclaim(page);
	if (!accounts_dirty(page))
		return;
	count_dirty(page, 1);
	page_stat_add(page, STAT_nr_dirtied, 1);
}

bool clear_page_dirty_for_io(struct page *page)
{
	assert(PageLocked(page));
	if (accounts_dirty(page) && page_mkclean(page))
		set_page_dirty(page);
	if (!test_and_clear_bit(PG_dirty, &page->flags))
		return false;
	if (accounts_dirty(page))
		count_dirty(page, -1);
	page_note(page, EV_CLEAN, BY_writepage);
	return true;
}

void redirty_page_for_writepage(struct writeback_control *wbc, struct page *page)
{
	wbc->pages_skipped++;
	if (PageDirty(page))
		return;
	/* Nobody has written to it: this undoes what account_page_dirtied counts anew. */
	if (accounts_dirty(page))
		page_stat_add(page, STAT_nr_dirtied, -1);
	__set_page_dirty_nobuffers(page);
}

void cancel_dirty_page(struct page *page)
{
	if (test_and_clear_bit(PG_dirty, &page->flags) && accounts_dirty(page))
		count_dirty(page, -1);
}

void set_page_writeback(struct page *page)
{
	assert(PageLocked(page));
	if (test_and_set_bit(PG_writeback, &page->flags))
		return;
	page_stat_add(page, STAT_nr_writeback, 1);
	if (accounts_dirty(page))
		__atomic_fetch_add(&page->mapping->flusher->nr_writeback, 1, __ATOMIC_RELAXED);
	page_note(page, EV_WRITE_START, BY_set_page_writeback);
}

void end_page_writeback(struct page *page)
{
	bool was_set;

	/* Reclaim waits for this page: it is the next to go. */
	if (test_and_clear_bit(PG_reclaim, &page->flags))
		rotate_reclaimable_page(page);
	/* Once the bit is clear the page may be somebody else's: all else comes before. */
	if (accounts_dirty(page))
		bdi_writeout_inc(page->mapping->flusher);
	page_stat_add(page, STAT_nr_writeback, -1);
	page_stat_add(page, STAT_nr_written, 1);
	page_note(page, EV_IO_END, BY_end_page_writeback);
	was_set = test_and_clear_bit(PG_writeback, &page->flags);
	assert(was_set);
	io_wake(&page->flags);
	dirty_pages_fell();
}

void wait_on_page_writeback(struct page *page)
{
	while (PageWriteback(page))
		io_wait(&page->flags, PG_writeback, page);
}
