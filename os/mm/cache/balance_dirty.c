/*
 * How much may be dirty, and who waits because of it (facts 2.6, 9.2; lab 15).
 *
 * Owns the tunables and the queue of those who wait. Between nothing and the middle of
 * the two thresholds writers run free; from there on they sleep, the longer the nearer
 * the limit is, and at the limit until others may write again. They never write
 * themselves: that is the flushers' work, who see whole files. A disk may have as much of
 * what is dirty as it has had of the latest writes: a slow one does not fill all of it.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "kernel/task.h"
#include "lib/div64.h"
#include "mm/cache/flusher.h"
#include "mm/cache/pagecache.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"

#define PATIENCE	(HZ / 10)
#define MAX_PAUSE	(HZ / 5)	/* ticks that one sleep of a writer lasts at most */
#define EXCEEDED_PAUSE	8u	/* pages between two looks while too much is dirty: 32 KiB */
#define WRITEOUT_PERIOD	4096	/* pages written, and earlier ones count half */
#define DEAD_DISK	(25 * MAX_PAUSE)	/* without one write that ended: it has failed */

unsigned vm_dirty_ratio = 20;
unsigned dirty_background_ratio = 10;
unsigned vm_dirty_bytes, dirty_background_bytes;

static unsigned long all_writeouts;	/* (a) sum of the disks' */
static struct wait_queue throttled = WAIT_QUEUE_INIT(throttled);
static unsigned long free_below;	/* (a) pages: where those who wait run free again */

unsigned long dirty_pages(void)
{
	return global_stat(STAT_nr_dirty);
}

/* With those on their way to the disk. */
static unsigned long unwritten_pages(void)
{
	return dirty_pages() + global_stat(STAT_nr_writeback);
}

/* ---- limits ---- */

static unsigned long dirtyable_pages(void)
{
	unsigned long pages = 1, kept = 0;

	for_each_zone(zone) {
		if (zone->type == ZONE_HIGHMEM)
			continue;
		kept += zone->dirty_balance_reserve;
		pages += zone_free_pages(zone) + zone_reclaimable_pages(zone);
	}
	return pages > kept ? pages - kept : 0;
}

static unsigned long limit(unsigned bytes, unsigned percent, unsigned long pages)
{
	if (bytes)
		return (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
	return pages / 100 * percent + pages % 100 * percent / 100;
}

void global_dirty_limits(unsigned long *background, unsigned long *dirty)
{
	unsigned long pages = dirtyable_pages();

	*dirty = limit(vm_dirty_bytes, vm_dirty_ratio, pages);
	*background = limit(dirty_background_bytes, dirty_background_ratio, pages);
	if (*background >= *dirty)
		*background = *dirty / 2;
	if (current->flags & PF_REALTIME) {
		*background += *background / 4;
		*dirty += *dirty / 4;
	}
}

/* The part of the limit that is the zone's, by what it could hold. */
static unsigned long zone_dirty_limit(const struct zone *zone)
{
	unsigned long pages = zone_free_pages(zone) + zone_reclaimable_pages(zone);
	unsigned long kept = zone->dirty_balance_reserve, all = dirtyable_pages(), dirty;

	pages = pages > kept ? pages - kept : 0;
	dirty = limit(vm_dirty_bytes, vm_dirty_ratio, pages);
	if (vm_dirty_bytes)
		dirty = all ? (unsigned long)div64_ulong((u64)dirty * pages, all) : 0;
	return current->flags & PF_REALTIME ? dirty + dirty / 4 : dirty;
}

bool zone_dirty_ok(const struct zone *zone)
{
	return zone_stat(zone, STAT_nr_dirty) + zone_stat(zone, STAT_nr_writeback) <=
		zone_dirty_limit(zone);
}

/* ---- a disk's share ---- */

/* Never below 0, as some may have been counted on two CPUs in another order. */
static unsigned long counted(const long *pages)
{
	long n = __atomic_load_n(pages, __ATOMIC_RELAXED);

	return n > 0 ? (unsigned long)n : 0;
}

unsigned long bdi_reclaimable(const struct flusher *flusher)
{
	return counted(&flusher->nr_reclaimable);
}

/* What was written before counts half, so that a disk's share follows what it does now. */
static void age_writeouts(void)
{
	struct block_device *dev = NULL;
	unsigned long sum = 0;

	while ((dev = next_block_device(dev))) {
		unsigned long half = __atomic_load_n(&dev->flusher.writeouts,
						     __ATOMIC_RELAXED) / 2;

		__atomic_store_n(&dev->flusher.writeouts, half, __ATOMIC_RELAXED);
		sum += half;
	}
	__atomic_store_n(&all_writeouts, sum, __ATOMIC_RELAXED);
}

void bdi_writeout_inc(struct flusher *flusher)
{
	__atomic_fetch_sub(&flusher->nr_writeback, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&flusher->writeouts, 1, __ATOMIC_RELAXED);
	if (__atomic_add_fetch(&all_writeouts, 1, __ATOMIC_RELAXED) == WRITEOUT_PERIOD)
		age_writeouts();
}

/* Before anybody has written, nobody is known to be slow. */
unsigned long bdi_dirty_limit(const struct flusher *flusher, unsigned long limit)
{
	unsigned long all = __atomic_load_n(&all_writeouts, __ATOMIC_RELAXED);
	unsigned long own = __atomic_load_n(&flusher->writeouts, __ATOMIC_RELAXED);

	if (own >= all)
		return limit;
	return limit / all * own + limit % all * own / all;
}

/* Has the disk, or have all together, more than they may? */
static bool dirty_exceeded(const struct flusher *flusher, unsigned long unwritten,
			   unsigned long dirty)
{
	return unwritten > dirty ||
		bdi_reclaimable(flusher) + counted(&flusher->nr_writeback) >
		bdi_dirty_limit(flusher, dirty);
}

/* ---- writers ---- */

static unsigned long left(unsigned long unwritten, unsigned long dirty)
{
	return dirty > unwritten ? dirty - unwritten : 0;
}

/* Pages that a task may make dirty before it looks again: 2^(log2(left) / 2). */
static unsigned dirty_poll_interval(unsigned long pages)
{
	unsigned log = 0;

	while (pages >>= 1)
		log++;
	return 1u << log / 2;
}

/*
 * Ticks: MAX_PAUSE at the limit, less in proportion to what is left before it, and up to four
 * times that for a disk which has more than its share.
 */
static unsigned long pause_for(unsigned long unwritten, unsigned long freerun,
			       unsigned long dirty, bool exceeded)
{
	unsigned long ticks;

	if (unwritten >= dirty)
		return MAX_PAUSE;
	ticks = 1 + (MAX_PAUSE - 1) * (unwritten - freerun) / (dirty - freerun);
	return exceeded ? min(4 * ticks, (unsigned long)MAX_PAUSE) : ticks;
}

/* Sleeps for so many ticks, less if the disk is faster. */
static void wait_for_disk(unsigned long ticks, unsigned long freerun)
{
	struct waiter waiter;

	__atomic_store_n(&free_below, freerun, __ATOMIC_RELAXED);
	wait_prepare(&throttled, &waiter, false);
	if (unwritten_pages() > freerun)
		schedule_timeout(ticks);
	wait_finish(&throttled, &waiter);
}

void dirty_pages_fell(void)
{
	if (wait_queue_active(&throttled) &&
	    unwritten_pages() <= __atomic_load_n(&free_below, __ATOMIC_RELAXED))
		wake_up(&throttled);
}

void balance_dirty_pages(struct address_space *mapping)
{
	unsigned long written = global_stat(STAT_nr_written), waited = 0;
	struct flusher *flusher = mapping->flusher;

	current->nr_dirtied = 0;
	for (;;) {
		unsigned long background, dirty, freerun;
		unsigned long unwritten = unwritten_pages();
		unsigned long pause;
		bool exceeded;

		global_dirty_limits(&background, &dirty);
		freerun = (background + dirty) / 2;
		exceeded = unwritten > freerun && dirty_exceeded(flusher, unwritten, dirty);
		__atomic_store_n(&flusher->dirty_exceeded, exceeded, __ATOMIC_RELAXED);
		if (unwritten <= freerun) {
			current->nr_dirtied_pause = dirty_poll_interval(left(unwritten, dirty));
			return;
		}
		bdi_start_background_writeback(flusher);
		pause = pause_for(unwritten, freerun, dirty, exceeded);
		wait_for_disk(pause, freerun);
		waited += pause;
		if (global_stat(STAT_nr_written) != written) {
			written = global_stat(STAT_nr_written);
			waited = 0;
		}
		unwritten = unwritten_pages();
		if (unwritten < dirty || waited >= DEAD_DISK) {
			current->nr_dirtied_pause = dirty_poll_interval(left(unwritten, dirty));
			return;
		}
	}
}

void balance_dirty_pages_ratelimited(struct address_space *mapping)
{
	const struct flusher *flusher = mapping->flusher;
	unsigned most = current->nr_dirtied_pause;

	if (!flusher)
		return;
	if (__atomic_load_n(&flusher->dirty_exceeded, __ATOMIC_RELAXED))
		most = min(most, EXCEEDED_PAUSE);
	if (++current->nr_dirtied >= most)
		balance_dirty_pages(mapping);
}

void balance_dirty_metadata(void)
{
	unsigned long background, dirty;

	global_dirty_limits(&background, &dirty);
	if (dirty_pages() <= background)
		return;
	wake_all_flushers();
	if (unwritten_pages() > dirty)
		wait_for_disk(1, (background + dirty) / 2);
}

/* ---- reclaimers ---- */

void throttle_vm_writeout(gfp_t gfp)
{
	for (;;) {
		unsigned long writing = global_stat(STAT_nr_writeback);
		unsigned long background, dirty;

		global_dirty_limits(&background, &dirty);
		if (writing <= dirty + dirty / 10)
			return;
		congestion_wait(PATIENCE);
		/* Who may not do I/O might hold what the writes are waiting for. */
		if ((gfp & (__GFP_FS | __GFP_IO)) != (__GFP_FS | __GFP_IO))
			return;
		/* A disk that has written nothing may be dead; the original waits for it. */
		if (global_stat(STAT_nr_writeback) >= writing)
			return;
	}
}
