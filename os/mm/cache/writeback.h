/*
 * Writeback of 2.6: pages are written under PG_writeback, not under their lock, by
 * flusher threads and by reclaim (facts 2.6, section 9).
 */
#ifndef MM_WRITEBACK_H
#define MM_WRITEBACK_H

#include "mm/cache/pagecache.h"
#include "mm/gfp.h"

/* What a writepage returns when it does not want to: the page is locked, and not written. */
#define AOP_WRITEPAGE_ACTIVATE	1

/* Takes the dirty bit of a locked page for a write, and makes processes fault when they
   write to it again. False: it was clean. */
bool clear_page_dirty_for_io(struct page *page);

/* A page became dirty, or left its mapping's tree (pagecache_lock held). */
void page_dirtied(struct page *page);
void page_uncached(struct page *page);
/* A page that may be dirty is no longer wanted. */
void cancel_dirty_page(struct page *page);

void set_page_writeback(struct page *page);	/* locked page */
/* Locked, and clean for a write: there is nothing to write. In 2.4, too. */
void unlock_unwritten_page(struct page *page);
void end_page_writeback(struct page *page);	/* also in interrupts */
void wait_on_page_writeback(struct page *page);

/* ---- writing the pages of a mapping (write_cache_pages.c) ---- */

enum writeback_mode {
	WB_SYNC_NONE,		/* starts what can be started */
	WB_SYNC_ALL,		/* all that is dirty now; waits for the writes of older data */
};

struct writeback_control {
	enum writeback_mode mode;
	long nr_to_write;	/* pages left to write, for WB_SYNC_NONE */
	bool range_cyclic;	/* goes on from writeback_index; else from index 0 */
	long pages_skipped;	/* that did not want to be written, and are dirty again */
	struct flusher *flusher;	/* writes its lists' last mapping; NULL: has the inode */
	int error;		/* the first, or 0 */
};

/*
 * Writes what is dirty of MAPPING, in the order of the pages' indices. pagecache_lock is
 * held, and dropped meanwhile: afterwards MAPPING may be gone, unless the caller has its inode.
 */
void write_cache_pages(struct address_space *mapping, struct writeback_control *wbc);

/* Marks what is dirty now: a sync writes this, and not what becomes dirty meanwhile. */
void tag_pages_for_writeback(struct address_space *mapping, struct writeback_control *wbc);

/* The ways of 2.6 to do filemap_fdatasync and filemap_fdatawait. */
int filemap_fdatawrite(struct address_space *mapping);
void wait_for_tagged(struct address_space *mapping);

/* A locked page that was to be written, and is not, is dirty again; not newly so. */
void redirty_page_for_writepage(struct writeback_control *wbc, struct page *page);

/* For a reclaimer: waits while more pages are being written than may be dirty. */
void throttle_vm_writeout(gfp_t gfp);

/* ---- balance_dirty.c: how much may be dirty (facts 2.6, 9.2) ---- */

/* Tunables: percent of what could be dirty, or bytes if these are not 0. */
extern unsigned vm_dirty_ratio, dirty_background_ratio;
extern unsigned vm_dirty_bytes, dirty_background_bytes;

/* Has the zone room for one more dirty page? A page that will be written asks (3.3). */
bool zone_dirty_ok(const struct zone *zone);

/* In pages: above the first the flushers work, above the second writers wait. */
void global_dirty_limits(unsigned long *background, unsigned long *dirty);

/* Pages to be written: those of files, and the disks' own. */
unsigned long dirty_pages(void);

/* A task has made a page of MAPPING dirty. Sleeps if too many are; no lock is held. */
void balance_dirty_pages_ratelimited(struct address_space *mapping);
void balance_dirty_pages(struct address_space *mapping);

/* The same for a buffer of metadata, where nobody may sleep for long. */
void balance_dirty_metadata(void);

/* A disk's part of a limit: as much of it as the disk has of the pages written lately. */
unsigned long bdi_dirty_limit(const struct flusher *flusher, unsigned long limit);
unsigned long bdi_reclaimable(const struct flusher *flusher);	/* dirty pages of its files */
/* A page of one of its files has been written. In interrupts, too. */
void bdi_writeout_inc(struct flusher *flusher);

/* A write has ended. In interrupts, too. */
void dirty_pages_fell(void);

#endif
