/*
 * kswapd: the daemon that keeps memory free (facts 2.4, 3.6; lab 09).
 *
 * Owns its two wait queues. It wakes once a second, or when an allocation calls it, and
 * works in turns until one of the two shortages is gone, even if the other is not (Q18).
 */
#include "block/block.h"
#include "kernel/task.h"
#include "mm/reclaim/oom.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"

struct wait_queue kswapd_wait = WAIT_QUEUE_INIT(kswapd_wait);
struct wait_queue kswapd_done = WAIT_QUEUE_INIT(kswapd_done);
struct task *kswapd_task;

/* One turn of the loop; says what the daemon does next. */
enum kswapd_next kswapd_turn(void)
{
	static unsigned long recalculated;	/* jiffies of the last time */

	if (inactive_shortage() || free_shortage())
		do_try_to_free_pages(GFP_KSWAPD, wait_queue_active(&kswapd_done));

	/* A little ageing at every turn, so that ages mean something when memory is short. */
	refill_inactive_scan(6, false);

	if (jiffies - recalculated > HZ) {
		recalculated = jiffies;
		recalculate_vm_stats();
	}

	wake_up(&kswapd_done);
	blk_run_queues();

	if (!free_shortage())
		forget_failed_writes();
	/* Dirty pages are no stock, however many, if the swap disk does not take them. */
	if (!free_shortage() || (!inactive_shortage() && !swap_writes_fail()))
		return KSWAPD_SLEEP;
	return out_of_memory() ? KSWAPD_KILL : KSWAPD_AGAIN;
}

static void kswapd_sleep(void)
{
	struct waiter waiter;

	note(EV_KSWAPD_SLEEP, 0, BY_kswapd);
	wait_prepare(&kswapd_wait, &waiter, true);
	schedule_timeout(HZ);
	wait_finish(&kswapd_wait, &waiter);
	note(EV_KSWAPD_WAKE, 0, BY_kswapd);
}

static void kswapd(void *unused)
{
	current->flags |= PF_MEMALLOC | PF_KSWAPD;
	for (;;) {
		switch (kswapd_turn()) {
		case KSWAPD_SLEEP:
			kswapd_sleep();
			break;
		case KSWAPD_KILL:
			oom_kill();
			break;
		case KSWAPD_AGAIN:
			/* The original spins here; others may need this CPU to make progress. */
			yield();
			break;
		}
	}
}

void kswapd_start(void)
{
	kswapd_task = kthread_start("kswapd", kswapd, NULL);
}

/* Calls kswapd; with BLOCK, sleeps until it has done a turn. kswapd itself never waits. */
void wakeup_kswapd(bool block)
{
	struct waiter waiter;

	if (current->flags & PF_KSWAPD)
		return;
	count_vm(VM_kswapd_wake);
	if (!block) {
		wake_up(&kswapd_wait);
		return;
	}
	wait_prepare(&kswapd_done, &waiter, false);
	wake_up(&kswapd_wait);
	schedule();
	wait_finish(&kswapd_done, &waiter);
}
