/*
 * Writeback of 2.6: pages are written under PG_writeback, not under their lock, by
 * flusher threads and by reclaim (facts 2.6, section 9).
 */
#ifndef MM_WRITEBACK_H
#define MM_WRITEBACK_H

#include "mm/cache/pagecache.h"
#include "mm/gfp.h"

/* What a writepage returns when it does not want to: the page is dirty and locked. */
#define WRITEPAGE_ACTIVATE	1

/* Takes the dirty bit of a locked page for a write, and makes processes fault when they
   write to it again. False: it was clean. */
bool clear_page_dirty_for_io(struct page *page);

/* A page became dirty; a page that was is no longer wanted. */
void account_page_dirtied(struct page *page);
void cancel_page_dirty(struct page *page);

void set_page_writeback(struct page *page);	/* locked page */
void end_page_writeback(struct page *page);	/* also in interrupts */
void wait_on_page_writeback(struct page *page);

/* May this task add a write to the mapping's disk now? */
bool may_write_to_queue(const struct address_space *mapping);

/* Asks the flushers to write PAGES pages; 0: all that are dirty. */
void wakeup_flusher_threads(unsigned long pages);

/* For a reclaimer: waits while more pages are being written than may be dirty. */
void throttle_vm_writeout(gfp_t gfp);

/* ---- thresholds (facts 2.6, 9.2) ---- */

extern unsigned vm_dirty_ratio, dirty_background_ratio;	/* percent, tunable */
void global_dirty_limits(unsigned long *background, unsigned long *dirty);

#endif
