/*
 * Writing one dirty page out for reclaim (facts 2.6, 5.9; lab 12).
 *
 * Owns nothing. The page is locked and isolated; its only other holders may be its cache
 * and its buffers, or a write would not make it free.
 */
#include "lib/printk.h"
#include "mm/cache/buffer.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"

enum pageout_result pageout(struct page *page, const struct scan_control *sc)
{
	struct writeback_control wbc = { .mode = WB_SYNC_NONE };
	struct address_space *mapping = page->mapping;
	int result;

	if (page_count(page) - (page->buffers != NULL) != 2)
		return PAGE_KEEP;
	if (!mapping) {
		/* Left behind by truncation, and somebody else looks at it. */
		if (!page->buffers || !try_to_release_page(page))
			return PAGE_KEEP;
		ClearPageDirty(page);
		printk("pageout: orphaned page %lu\n", page_to_pfn(page));
		return PAGE_CLEAN;
	}
	if (!mapping->ops->writepage)
		return PAGE_ACTIVATE;
	if (!may_write_to_queue(mapping, sc))
		return PAGE_KEEP;
	if (!clear_page_dirty_for_io(page))
		return PAGE_CLEAN;

	SetPageReclaim(page);
	result = mapping->ops->writepage(page);
	if (result == AOP_WRITEPAGE_ACTIVATE) {
		redirty_page_for_writepage(&wbc, page);
		ClearPageReclaim(page);
		return PAGE_ACTIVATE;
	}
	/* Written at once, or not at all: no end of a write will clear the flag. */
	if (!PageWriteback(page))
		ClearPageReclaim(page);
	page_stat_add(page, STAT_nr_vmscan_write, 1);
	return PAGE_SUCCESS;
}
