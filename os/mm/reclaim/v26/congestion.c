/*
 * Busy disks, and waiting for one to catch up (facts 2.6, 3.5 and 6.5; lab 13).
 *
 * A disk's queue tells when most of its requests of one direction are in use, and when
 * some more are free again. Owns the number of such disks and the queue of those who wait
 * until one has written enough. Nobody is promised anything: a wait ends when a device
 * leaves congestion, or after its time.
 */
#include "block/block.h"
#include "kernel/task.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/flusher.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/v26/v26.h"

static struct wait_queue congestion_queue = WAIT_QUEUE_INIT(congestion_queue);
static unsigned nr_bdi_write_congested;		/* atomic; disks */

void set_bdi_congested(struct flusher *flusher, bool write)
{
	unsigned bit = 1u << write;

	if (!(__atomic_fetch_or(&flusher->congested, bit, __ATOMIC_SEQ_CST) & bit) && write)
		__atomic_fetch_add(&nr_bdi_write_congested, 1, __ATOMIC_SEQ_CST);
}

void clear_bdi_congested(struct flusher *flusher, bool write)
{
	unsigned bit = 1u << write;

	if (!(__atomic_fetch_and(&flusher->congested, ~bit, __ATOMIC_SEQ_CST) & bit) || !write)
		return;
	__atomic_fetch_sub(&nr_bdi_write_congested, 1, __ATOMIC_SEQ_CST);
	if (wait_queue_active(&congestion_queue))
		wake_up(&congestion_queue);
}

unsigned long congestion_wait(unsigned long ticks)
{
	struct waiter waiter;
	unsigned long left;

	blk_run_queues();
	wait_prepare(&congestion_queue, &waiter, false);
	left = schedule_timeout(ticks);
	wait_finish(&congestion_queue, &waiter);
	return left;
}

/*
 * Waits only if the zone's dirty pages did not get through, and a disk is still busy; else
 * lets others run.
 */
unsigned long wait_iff_congested(const struct zone *zone, unsigned long ticks)
{
	unsigned long start = jiffies, gone;

	if (zone->congested &&
	    __atomic_load_n(&nr_bdi_write_congested, __ATOMIC_SEQ_CST))
		return congestion_wait(ticks);
	yield();
	gone = jiffies - start;
	return gone < ticks ? ticks - gone : 0;
}

/*
 * Those who free memory for others must get through, however busy the disk is; so must who
 * is writing to this disk anyhow, and waits for its queue himself; and a large block takes
 * many writes.
 */
bool may_write_to_queue(const struct address_space *mapping, const struct scan_control *sc)
{
	const struct flusher *flusher = mapping->flusher;

	return current->flags & PF_SWAPWRITE || !flusher || !bdi_write_congested(flusher) ||
		flusher == current->backing_dev_info || sc->order > COSTLY_ORDER;
}
