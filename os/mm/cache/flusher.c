/*
 * What a flusher thread does (facts 2.6, 9.1; lab 15): first what others have asked for,
 * then, every five seconds, what has been dirty for thirty, then whatever is above the
 * background threshold.
 *
 * Owns each flusher's queue of requests, under pagecache_lock. Pages come first, those of
 * files and those of the disk itself as they became dirty; then the inodes' records, which
 * make pages of the disk dirty again.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "fs/fs.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/cache/flusher.h"
#include "mm/cache/pagecache.h"
#include "mm/cache/writeback.h"
#include "mm/slab/slab.h"

#define MAX_WORKS	16	/* requests in a queue: more could only say the same again */
#define PORTION	1024l	/* pages: a chunk is a multiple of so many */

struct wb_work {
	struct list_head link;		/* (c) in flusher->works */
	long nr_pages;			/* still to be written */
	bool range_cyclic;		/* goes on in each file where the last has ended */
	bool for_kupdate;		/* only what is old */
	bool for_background;		/* only while too much is dirty */
};

/* The lock makes sure that a thread which is about to end sees it, or is not there any more. */
static void wake_flusher(struct flusher *flusher)
{
	bool has_thread;

	spin_lock(&pagecache_lock);
	__atomic_store_n(&flusher->woken, true, __ATOMIC_SEQ_CST);
	has_thread = flusher->task;
	spin_unlock(&pagecache_lock);
	if (!has_thread)
		wake_forker();
	else if (wait_queue_active(&flusher->wait))
		wake_up(&flusher->wait);
}

/* False if so many wait already that this one would add nothing. */
static __cold bool bdi_queue_work(struct flusher *flusher, struct wb_work *work)
{
	bool queued = false;

	spin_lock(&pagecache_lock);
	if (flusher->nr_works < MAX_WORKS) {
		list_add_tail(&work->link, &flusher->works);
		flusher->nr_works++;
		queued = true;
	}
	spin_unlock(&pagecache_lock);
	return queued;
}

void __bdi_start_writeback(struct flusher *flusher, unsigned long nr)
{
	struct wb_work *work = kzalloc(sizeof(*work), GFP_ATOMIC);

	/* Without a request it still writes what is old, and what is too much. */
	if (work) {
		work->nr_pages = (long)nr;
		if (!bdi_queue_work(flusher, work))
			kfree(work);
	}
	wake_flusher(flusher);
}

void bdi_start_background_writeback(struct flusher *flusher)
{
	wake_flusher(flusher);
}

bool wb_has_dirty_io(const struct flusher *flusher)
{
	return !list_empty(&flusher->b_dirty) || !list_empty(&flusher->b_io) ||
		!list_empty(&flusher->b_more_io);
}

void wakeup_flusher_threads(unsigned long nr)
{
	struct block_device *dev = NULL;

	if (!nr)
		nr = dirty_pages();
	while ((dev = next_block_device(dev)))
		if (wb_has_dirty_io(&dev->flusher))
			__bdi_start_writeback(&dev->flusher, nr);
}

void wake_all_flushers(void)
{
	struct block_device *dev = NULL;

	while ((dev = next_block_device(dev)))
		bdi_start_background_writeback(&dev->flusher);
}

bool over_bground_thresh(const struct flusher *flusher)
{
	unsigned long background, dirty;

	global_dirty_limits(&background, &dirty);
	return dirty_pages() > background ||
		bdi_reclaimable(flusher) > bdi_dirty_limit(flusher, background);
}

/*
 * Pages of one file before the others have their turn: an eighth of what may be dirty, in whole
 * portions; however few were asked for, one portion.
 */
static long writeback_chunk_size(const struct wb_work *work)
{
	unsigned long background, dirty;
	long pages;

	global_dirty_limits(&background, &dirty);
	pages = min((long)(dirty / 8), work->nr_pages) + PORTION;
	return pages - pages % PORTION;
}

/* A chunk of a file, or of several; if that was all, records: their pages are next. */
static long write_chunk(struct flusher *flusher, const struct wb_work *work)
{
	long chunk = writeback_chunk_size(work), nr = min(chunk, work->nr_pages);
	long written = writeback_inodes_wb(flusher, nr, chunk, work->for_kupdate,
					   work->range_cyclic);

	if (written < nr)
		write_inode_records(flusher->dev,
				    work->for_kupdate ? dirty_expire_interval : 0);
	return written;
}

/* Pages written: as many as are wanted, and what the last file's chunk has more. */
static long wb_writeback(struct flusher *flusher, struct wb_work *work)
{
	bool yields = work->for_background || work->for_kupdate;
	long total = 0;

	while (work->nr_pages > 0) {
		long written;

		if (yields && !list_empty(&flusher->works))
			break;
		if (work->for_background && !over_bground_thresh(flusher))
			break;
		written = write_chunk(flusher, work);
		if (!written)
			break;
		work->nr_pages -= written;
		total += written;
		cond_resched();
	}
	return total;
}

static struct wb_work *next_work(struct flusher *flusher)
{
	struct wb_work *work = NULL;

	spin_lock(&pagecache_lock);
	if (!list_empty(&flusher->works)) {
		work = list_first(&flusher->works, struct wb_work, link);
		list_del(&work->link);
		flusher->nr_works--;
	}
	spin_unlock(&pagecache_lock);
	return work;
}

static long wb_check_old_data_flush(struct flusher *flusher)
{
	struct wb_work work = {
		.nr_pages = LONG_MAX, .range_cyclic = true, .for_kupdate = true,
	};

	if (!dirty_writeback_interval ||
	    (long)(jiffies - flusher->last_old_flush) < (long)dirty_writeback_interval)
		return 0;
	flusher->last_old_flush = jiffies;
	return wb_writeback(flusher, &work);
}

static long wb_check_background_flush(struct flusher *flusher)
{
	struct wb_work work = {
		.nr_pages = LONG_MAX, .range_cyclic = true, .for_background = true,
	};

	return over_bground_thresh(flusher) ? wb_writeback(flusher, &work) : 0;
}

long wb_do_writeback(struct flusher *flusher)
{
	struct wb_work *work;
	long written = 0;

	while ((work = next_work(flusher))) {
		written += wb_writeback(flusher, work);
		kfree(work);
	}
	written += wb_check_old_data_flush(flusher);
	written += wb_check_background_flush(flusher);
	return written;
}
