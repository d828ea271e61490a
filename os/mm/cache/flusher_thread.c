/*
 * The threads of 2.6's writeback (facts 2.6, 9.1): a flusher for each disk, and one that
 * writes super blocks. Owns nothing but their sleep. Not part of sim.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "fs/fs.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/cache/flusher.h"

static struct wait_queue sync_supers_wait = WAIT_QUEUE_INIT(sync_supers_wait);

/* An inode's record and metadata join no list of ours, so it looks even if that is empty. */
static void flusher_sleep(struct flusher *flusher)
{
	struct waiter waiter;

	wait_prepare(&flusher->wait, &waiter, true);
	if (__atomic_load_n(&flusher->woken, __ATOMIC_SEQ_CST)) {
		wait_finish(&flusher->wait, &waiter);
		return;
	}
	if (dirty_writeback_interval)
		schedule_timeout(dirty_writeback_interval);
	else
		schedule();
	wait_finish(&flusher->wait, &waiter);
}

static void flusher_thread(void *argument)
{
	struct flusher *flusher = argument;

	/* It works to free memory, so it may use the last of it, however busy the disk is. */
	current->flags |= PF_MEMALLOC | PF_SWAPWRITE;
	for (;;) {
		__atomic_store_n(&flusher->woken, false, __ATOMIC_SEQ_CST);
		wb_do_writeback(flusher);
		flusher->dev->run_queue(flusher->dev);
		flusher_sleep(flusher);
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
	struct block_device *dev = NULL;

	block_start();
	while ((dev = next_block_device(dev)))
		if (!kthread_start(dev->flusher.name, flusher_thread, &dev->flusher))
			panic("no memory for %s", dev->flusher.name);
	if (!kthread_start("sync_supers", sync_supers_thread, NULL))
		panic("no memory for sync_supers");
}
