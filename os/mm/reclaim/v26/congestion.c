/*
 * Waiting for a busy disk to catch up (facts 2.6, 3.5 and 6.5; lab 13).
 *
 * Owns the queue of those who wait. Nobody is promised anything: a wait ends when a
 * device leaves congestion, or after its time.
 */
#include "block/block.h"
#include "kernel/task.h"
#include "mm/reclaim/v26/v26.h"

static struct wait_queue congestion_queue = WAIT_QUEUE_INIT(congestion_queue);

void congestion_wait(unsigned long ticks)
{
	struct waiter waiter;

	blk_run_queues();
	wait_prepare(&congestion_queue, &waiter, false);
	schedule_timeout(ticks);
	wait_finish(&congestion_queue, &waiter);
}

/* Waits only if the zone's dirty pages did not get through; else lets others run. */
void wait_iff_congested(struct zone *zone, unsigned long ticks)
{
	if (zone->congested)
		congestion_wait(ticks);
	else
		yield();
}
