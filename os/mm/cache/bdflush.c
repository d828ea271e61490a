/*
 * bdflush: keeps the share of dirty buffers in bounds, and helps when memory is short
 * (facts 2.4, 3.9 and section 6).
 *
 * Owns the thread's wait queue. Whoever makes a buffer dirty looks at the balance: over
 * 30 % of the memory that buffers could have he wakes bdflush, over 60 % he also writes
 * some himself, which slows him down to the disk's pace; bdflush_params has the numbers.
 */
#include "arch/machine.h"
#include "kernel/task.h"
#include "kernel/wait.h"
#include "mm/cache/buffer_internal.h"
#include "mm/reclaim/policy.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/trace/events.h"

struct bdflush_params bdflush_params = {
	.nfract = 30, .ndirty = 64, .interval = 5 * HZ, .age_buffer = 30 * HZ,
	.nfract_sync = 60,
};

static struct wait_queue bdflush_wait = WAIT_QUEUE_INIT(bdflush_wait);

/* Pages that could hold buffers, by what is free or easily freed. */
static unsigned long nr_free_buffer_pages(void)
{
	unsigned long easy = nr_free_pages() + nr_inactive_clean_pages() +
		nr_inactive_dirty_pages + global_stat(STAT_nr_inactive_file) +
		global_stat(STAT_nr_active_file);
	unsigned long goal = freepages.high + inactive_target();

	return max(easy, goal) + nr_active_pages / 16;
}

int balance_dirty_state(void)
{
	unsigned long dirty = 100 * (buffer_list_bytes[BUF_DIRTY] >> PAGE_SHIFT);
	unsigned long total = nr_free_buffer_pages();
	unsigned long shortage;

	if (dirty > bdflush_params.nfract_sync * total)
		return 1;
	if (dirty > bdflush_params.nfract * total)
		return 0;
	/* bdflush can also turn inactive dirty pages into what is missing. */
	shortage = free_shortage();
	if (shortage && nr_inactive_dirty_pages > shortage &&
	    nr_inactive_dirty_pages > freepages.high)
		return 0;
	return -1;
}

void balance_dirty(void)
{
	int state = balance_dirty_state();

	if (state >= 0)
		wakeup_bdflush(state > 0);
}

void wakeup_bdflush(bool block)
{
	if (wait_queue_active(&bdflush_wait)) {
		count_vm(VM_bdflush_wake);
		wake_up(&bdflush_wait);
	}
	if (block)
		flush_dirty_buffers(false);
}

/* Without ONLY_AGED: buffers written, ndirty + 1 if there were more; else 0. */
unsigned flush_dirty_buffers(bool only_aged)
{
	struct buffer_head *bh;
	unsigned flushed = 0;

	while ((bh = oldest_dirty_buffer(only_aged))) {
		if (!only_aged && ++flushed > bdflush_params.ndirty) {
			brelse(bh);
			break;
		}
		ll_rw_block(true, 1, &bh);
		brelse(bh);
		cond_resched();
	}
	return flushed;
}

bool bdflush_pass(void)
{
	unsigned flushed = flush_dirty_buffers(false);

	if (policy->launder)
		flushed += (unsigned)policy->launder(GFP_KERNEL);
	return flushed && balance_dirty_state() >= 0;
}

static void bdflush(void *unused)
{
	struct waiter waiter;

	/* It works to free memory, so it may use the last of it. */
	current->flags |= PF_MEMALLOC;
	for (;;) {
		if (bdflush_pass()) {
			cond_resched();
			continue;
		}
		blk_run_queues();
		wait_prepare(&bdflush_wait, &waiter, true);
		schedule();
		wait_finish(&bdflush_wait, &waiter);
	}
}

bool bdflush_thread_start(void)
{
	return kthread_start("bdflush", bdflush, NULL) != NULL;
}
