/*
 * Dirty pages and pages under writeback: the flags, the tags and the counts (facts 2.6, 9.3;
 * lab 15).
 *
 * Owns PG_writeback. It is set with the page locked and cleared by the end of the write,
 * in an interrupt; the page may be locked, read and even dirtied again in between.
 *
 * Owns the tags in the trees of mappings with a flusher, under tree_lock. Invariants: the tag
 * WRITEBACK goes with the flag. The tag DIRTY goes with PG_dirty, but stays from the moment
 * when the page is taken for a write to that when it is under writeback, so that who looks
 * for dirty pages meanwhile comes to wait for its lock. TOWRITE only has who has DIRTY. A
 * page becomes dirty, flag and tag, under pagecache_lock, which a sync takes to begin with:
 * so it misses no page that somebody has found dirty.
 */
#include "block/block.h"
#include "fs/fs.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/cache/buffer.h"
#include "mm/cache/flusher.h"
#include "mm/cache/io_wait.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"

/* Only pages that a flusher would write count as dirty and have tags: those of files. */
static bool accounts_dirty(const struct page *page)
{
	return page->mapping && page->mapping->flusher;
}

static void count_dirty(struct page *page, long change)
{
	page_stat_add(page, STAT_nr_dirty, change);
	__atomic_fetch_add(&page->mapping->flusher->nr_reclaimable, change, __ATOMIC_RELAXED);
}

static void tag(struct page *page, enum page_cache_tag which)
{
	radix_tree_tag_set(&page->mapping->pages, page->index, which);
}

static void untag(struct page *page, enum page_cache_tag which)
{
	radix_tree_tag_clear(&page->mapping->pages, page->index, which);
}

static __noinline void account_page_dirtied(struct page *page)
{
	count_dirty(page, 1);
	page_stat_add(page, STAT_nr_dirtied, 1);
}

void page_dirtied(struct page *page)
{
	struct address_space *mapping = page->mapping;
	unsigned long flags;

	ClearPageReclaim(page);
	if (!accounts_dirty(page))
		return;
	account_page_dirtied(page);
	flags = spin_lock_irqsave(&mapping->tree_lock);
	/* Else it was taken for a write at once, and is clean to the tree, too. */
	if (PageDirty(page))
		tag(page, PAGECACHE_TAG_DIRTY);
	spin_unlock_irqrestore(&mapping->tree_lock, flags);
	mapping_dirtied(mapping);
}

void page_uncached(struct page *page)
{
	mapping_cleaned(page->mapping);
}

/* A locked page of a file became clean without a write; it may be dirty again. */
static void untag_clean_page(struct page *page)
{
	struct address_space *mapping = page->mapping;
	unsigned long flags = spin_lock_irqsave(&mapping->tree_lock);

	if (!PageDirty(page)) {
		untag(page, PAGECACHE_TAG_DIRTY);
		untag(page, PAGECACHE_TAG_TOWRITE);
	}
	spin_unlock_irqrestore(&mapping->tree_lock, flags);
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
	bool reclaim = PageReclaim(page);

	wbc->pages_skipped++;
	if (PageDirty(page))
		return;
	/* Nobody has written to it: this undoes what account_page_dirtied counts anew. */
	if (accounts_dirty(page))
		page_stat_add(page, STAT_nr_dirtied, -1);
	__set_page_dirty_nobuffers(page);
	if (reclaim)
		SetPageReclaim(page);	/* nor is it in use again */
}

void cancel_dirty_page(struct page *page)
{
	if (!test_and_clear_bit(PG_dirty, &page->flags) || !accounts_dirty(page))
		return;
	count_dirty(page, -1);
	untag_clean_page(page);
}

void unlock_unwritten_page(struct page *page)
{
	if (accounts_dirty(page))
		untag_clean_page(page);
	unlock_page(page);
}

/* With its tags, in one step. Was it set before? */
static bool test_set_page_writeback(struct page *page)
{
	struct address_space *mapping = page->mapping;
	unsigned long flags = spin_lock_irqsave(&mapping->tree_lock);
	bool was_set = test_and_set_bit(PG_writeback, &page->flags);

	tag(page, PAGECACHE_TAG_WRITEBACK);
	if (!PageDirty(page))
		untag(page, PAGECACHE_TAG_DIRTY);
	untag(page, PAGECACHE_TAG_TOWRITE);
	spin_unlock_irqrestore(&mapping->tree_lock, flags);
	return was_set;
}

void set_page_writeback(struct page *page)
{
	bool counted = accounts_dirty(page);

	assert(PageLocked(page));
	if (counted ? test_set_page_writeback(page)
		    : test_and_set_bit(PG_writeback, &page->flags))
		return;
	page_stat_add(page, STAT_nr_writeback, 1);
	if (counted)
		__atomic_fetch_add(&page->mapping->flusher->nr_writeback, 1, __ATOMIC_RELAXED);
	page_note(page, EV_WRITE_START, BY_set_page_writeback);
}

/* With its tag, in one step, after which a page may be somebody else's. Was it set? */
static bool test_clear_page_writeback(struct page *page)
{
	struct address_space *mapping = page->mapping;
	unsigned long flags;
	bool was_set;

	if (!accounts_dirty(page))
		return test_and_clear_bit(PG_writeback, &page->flags);
	flags = spin_lock_irqsave(&mapping->tree_lock);
	untag(page, PAGECACHE_TAG_WRITEBACK);
	was_set = test_and_clear_bit(PG_writeback, &page->flags);
	spin_unlock_irqrestore(&mapping->tree_lock, flags);
	return was_set;
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
	was_set = test_clear_page_writeback(page);
	assert(was_set);
	io_wake(&page->flags);
	dirty_pages_fell();
}

void wait_on_page_writeback(struct page *page)
{
	while (PageWriteback(page))
		io_wait(&page->flags, PG_writeback, page);
}
