/*
 * The threads of 2.6's writeback (facts 2.6, 9.1): a flusher for each disk that has
 * something to write, the forker that starts it, and one that writes super blocks. Not part
 * of sim.
 *
 * Owns flusher->task, under pagecache_lock, and the forker's sleep. A flusher that has had
 * nothing to do for minutes ends; one that cannot be started, for want of memory, is no
 * reason not to write: then the forker does it.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "fs/fs.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/cache/flusher.h"
#include "mm/cache/pagecache.h"

#define LEAST_IDLE	(300u * HZ)	/* ticks without work, at least, before a flusher ends */

static struct wait_queue sync_supers_wait = WAIT_QUEUE_INIT(sync_supers_wait);
static struct wait_queue forker_wait = WAIT_QUEUE_INIT(forker_wait);
static bool forker_woken;	/* atomic; it must not sleep now */

/* Sleeps until *WOKEN, or for an interval. */
static void sleep_until_woken(struct wait_queue *wait, const bool *woken)
{
	struct waiter waiter;

	wait_prepare(wait, &waiter, true);
	if (!__atomic_load_n(woken, __ATOMIC_SEQ_CST)) {
		if (dirty_writeback_interval)
			schedule_timeout(dirty_writeback_interval);
		else
			schedule();
	}
	wait_finish(wait, &waiter);
}

static bool has_work(const struct flusher *flusher)
{
	return wb_has_dirty_io(flusher) || inode_records_dirty(flusher->dev);
}

/* ---- a disk's flusher ---- */

/* Nothing to do for long enough: it has no thread from now on, and the caller may end. */
static bool flusher_retires(struct flusher *flusher, unsigned long last_active)
{
	unsigned long least = max(LEAST_IDLE, dirty_writeback_interval);
	bool retires;

	if (jiffies - last_active < least || has_work(flusher))
		return false;
	spin_lock(&pagecache_lock);
	retires = list_empty(&flusher->works) &&
		!__atomic_load_n(&flusher->woken, __ATOMIC_SEQ_CST);
	if (retires)
		flusher->task = NULL;
	spin_unlock(&pagecache_lock);
	return retires;
}

static void flusher_thread(void *argument)
{
	struct flusher *flusher = argument;
	unsigned long last_active = jiffies;

	/* It works to free memory, so it may use the last of it, however busy the disk is. */
	current->flags |= PF_MEMALLOC | PF_SWAPWRITE;
	do {
		__atomic_store_n(&flusher->woken, false, __ATOMIC_SEQ_CST);
		if (wb_do_writeback(flusher))
			last_active = jiffies;
		flusher->dev->run_queue(flusher->dev);
		/* Inodes' records and metadata join no list of ours: it looks after a while. */
		sleep_until_woken(&flusher->wait, &flusher->woken);
	} while (!flusher_retires(flusher, last_active));
}

/* ---- who starts them ---- */

void wake_forker(void)
{
	__atomic_store_n(&forker_woken, true, __ATOMIC_SEQ_CST);
	if (wait_queue_active(&forker_wait))
		wake_up(&forker_wait);
}

static void start_flusher(struct flusher *flusher)
{
	struct task *task = kthread_start(flusher->name, flusher_thread, flusher);

	if (!task) {
		__atomic_store_n(&flusher->woken, false, __ATOMIC_SEQ_CST);
		wb_do_writeback(flusher);
		flusher->dev->run_queue(flusher->dev);
		return;
	}
	spin_lock(&pagecache_lock);
	flusher->task = task;
	spin_unlock(&pagecache_lock);
	/* Who wanted it woken until now has woken us. */
	wake_up(&flusher->wait);
}

static void bdi_forker_thread(void *unused)
{
	current->flags |= PF_MEMALLOC | PF_SWAPWRITE;
	for (;;) {
		struct block_device *dev = NULL;

		__atomic_store_n(&forker_woken, false, __ATOMIC_SEQ_CST);
		while ((dev = next_block_device(dev)))
			if (!dev->flusher.task && has_work(&dev->flusher))
				start_flusher(&dev->flusher);
		sleep_until_woken(&forker_wait, &forker_woken);
	}
}

static void sync_supers_thread(void *unused)
{
	struct waiter waiter;

	for (;;) {
		wait_prepare(&sync_supers_wait, &waiter, true);
		schedule_timeout(dirty_writeback_interval ? dirty_writeback_interval : HZ);
		wait_finish(&sync_supers_wait, &waiter);
		if (dirty_writeback_interval)
			sync_supers(NULL);
	}
}

void flushers_start(void)
{
	block_start();
	if (!kthread_start("bdi-default", bdi_forker_thread, NULL))
		panic("no memory for bdi-default");
	if (!kthread_start("sync_supers", sync_supers_thread, NULL))
		panic("no memory for sync_supers");
}
