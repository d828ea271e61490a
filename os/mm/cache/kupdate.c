/*
 * kupdate: writes every few seconds what has been dirty for long, so that a crash loses
 * half a minute's work at most (facts 2.4, section 6). Owns nothing.
 */
#include "arch/machine.h"
#include "fs/fs.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/cache/buffer_internal.h"

#define STOPPED_TICKS	HZ	/* between two looks whether it still is */

static struct wait_queue kupdate_wait = WAIT_QUEUE_INIT(kupdate_wait);

static void kupdate(void *unused)
{
	struct waiter waiter;
	unsigned interval;

	for (;;) {
		wait_prepare(&kupdate_wait, &waiter, true);
		interval = bdflush_params.interval;
		schedule_timeout(interval ? interval : STOPPED_TICKS);
		wait_finish(&kupdate_wait, &waiter);
		if (!interval)
			continue;

		sync_supers(NULL);
		sync_inodes(NULL, false);
		flush_dirty_buffers(true);
		blk_run_queues();
	}
}

/* All threads that move dirty data, the block layer's included. */
void bdflush_start(void)
{
	block_start();
	if (!bdflush_thread_start() || !kthread_start("kupdate", kupdate, NULL))
		panic("no memory for bdflush and kupdate");
}
