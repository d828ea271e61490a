/*
 * The request queue: gathers bios, joins neighbours, and serves them in the order of
 * their sectors, going up and starting again from the lowest.
 *
 * A queue is plugged: what is submitted waits until somebody needs it (blk_run_queues),
 * until enough has gathered, until the disk has nothing else to do, or for a tick. So
 * pages that are written one by one reach the disk as one large request. All state is
 * the queue's, under its lock; the bios' ends are called without it. Requests come from
 * a fixed pool, because writing must not need memory; reads and writes have one each, or
 * reads would wait until the writes before them have ended.
 *
 * Either direction is congested when most of its pool is in use, until some more of it is
 * free (facts 2.6, 3.5 and 6.5). The queue only says so: it takes what there is room for.
 */
#include "block/queue.h"
#include "arch/machine.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"

#define MAX_SECTORS	128	/* of one request: 64 KiB */
#define ENOUGH_GATHERED	32	/* bios that are worth a start without anybody waiting */

static struct wait_queue kblockd_wait = WAIT_QUEUE_INIT(kblockd_wait);
static bool plugs_closed;	/* atomic; some queue has gathered bios */

void queue_init(struct request_queue *queue, const char *name)
{
	spin_init(&queue->lock, name, RANK_BLOCK);
	list_init(&queue->pending);
	wait_queue_init(&queue->room, name);
	for (unsigned write = 0; write < 2; write++) {
		list_init(&queue->free[write]);
		for (unsigned i = 0; i < NR_REQUESTS; i++)
			list_add(&queue->requests[write * NR_REQUESTS + i].link,
				 &queue->free[write]);
	}
}

/* A free request of that direction, which there is, goes behind LINK. */
static struct request *take_request(struct request_queue *queue, bool write,
				    struct list_head *link)
{
	struct request *request = list_first(&queue->free[write], struct request, link);

	list_move(&request->link, link);
	list_init(&request->bios);
	request->write = write;
	request->flush = false;
	if (++queue->used[write] == CONGESTION_ON)
		set_bdi_congested(queue->flusher, write);
	return request;
}

/* The request, which is on a list, is free again. */
static void give_request(struct request_queue *queue, struct request *request)
{
	bool write = request->write;

	list_move(&request->link, &queue->free[write]);
	if (--queue->used[write] == CONGESTION_OFF)
		clear_bdi_congested(queue->flusher, write);
}

static u64 request_end(const struct request *request)
{
	return request->sector + request->nr_sectors;
}

static bool can_join(const struct request_queue *queue, const struct request *request,
		     bool write, unsigned sectors, unsigned bios)
{
	return request->write == write && !request->flush &&
		request->nr_sectors + sectors <= MAX_SECTORS &&
		request->nr_bios + bios <= queue->max_bios;
}

/* A request that has grown may now touch the next one: they become one. */
static void join_with_next(struct request_queue *queue, struct request *request)
{
	struct request *next = list_entry(request->link.next, struct request, link);

	if (&next->link == &queue->pending || request_end(request) != next->sector ||
	    !can_join(queue, request, next->write, next->nr_sectors, next->nr_bios) ||
	    next->flush)
		return;
	/* list_splice puts them in front: first the later ones, then the earlier ones. */
	list_splice(&request->bios, &next->bios);
	list_splice(&next->bios, &request->bios);
	request->nr_sectors += next->nr_sectors;
	request->nr_bios += next->nr_bios;
	give_request(queue, next);
}

static struct request *previous(struct request *request)
{
	return list_entry(request->link.prev, struct request, link);
}

/*
 * Adds the bio to a request that it continues, or that continues it; else to a new
 * request. False if it needs one and none is free.
 */
static bool add_bio(struct request_queue *queue, struct bio *bio)
{
	unsigned sectors = bio->length >> SECTOR_SHIFT;
	struct request *before, *after, *request;

	/* Most bios belong near the end: look from there for the one to stand behind. */
	before = list_last(&queue->pending, struct request, link);
	while (&before->link != &queue->pending && !before->flush &&
	       before->sector > bio->sector)
		before = previous(before);

	if (&before->link != &queue->pending && request_end(before) == bio->sector &&
	    can_join(queue, before, bio->write, sectors, 1)) {
		list_add_tail(&bio->link, &before->bios);
		before->nr_sectors += sectors;
		before->nr_bios++;
		join_with_next(queue, before);
		return true;
	}
	after = list_entry(before->link.next, struct request, link);
	if (&after->link != &queue->pending && bio->sector + sectors == after->sector &&
	    can_join(queue, after, bio->write, sectors, 1)) {
		list_add(&bio->link, &after->bios);
		after->sector = bio->sector;
		after->nr_sectors += sectors;
		after->nr_bios++;
		return true;
	}
	if (list_empty(&queue->free[bio->write]))
		return false;
	request = take_request(queue, bio->write, &before->link);
	list_add(&bio->link, &request->bios);
	request->sector = bio->sector;
	request->nr_sectors = sectors;
	request->nr_bios = 1;
	return true;
}

/* The next request on the way up, or, from the top, the lowest. Not empty. */
static struct request *next_request(struct request_queue *queue)
{
	struct request *request;

	list_for_each(request, &queue->pending, link)
		if (request->flush || request->sector >= queue->position)
			return request;
	return list_first(&queue->pending, struct request, link);
}

/* Gives the hardware as much as it takes. */
static void start_requests(struct request_queue *queue)
{
	bool started = false;

	while (!list_empty(&queue->pending) && queue->in_flight < queue->max_in_flight) {
		struct request *request = next_request(queue);

		if (!queue->start(queue, request))
			break;
		list_del(&request->link);
		queue->nr_gathered -= request->nr_bios;
		if (!request->flush)
			queue->position = request_end(request);
		queue->in_flight++;
		started = true;
	}
	if (started)
		queue->kick(queue);
}

static void close_plug(void)
{
	if (__atomic_exchange_n(&plugs_closed, true, __ATOMIC_SEQ_CST))
		return;
	if (wait_queue_active(&kblockd_wait))
		wake_up(&kblockd_wait);
}

void queue_submit(struct request_queue *queue, struct bio *bio)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	while (!add_bio(queue, bio)) {
		start_requests(queue);
		spin_unlock_irqrestore(&queue->lock, flags);
		wait_event(&queue->room, !list_empty(&queue->free[bio->write]));
		flags = spin_lock_irqsave(&queue->lock);
	}
	if (++queue->nr_gathered >= ENOUGH_GATHERED)
		start_requests(queue);
	spin_unlock_irqrestore(&queue->lock, flags);
	close_plug();
}

void queue_run(struct request_queue *queue)
{
	unsigned long flags;

	if (list_empty(&queue->pending))
		return;
	flags = spin_lock_irqsave(&queue->lock);
	start_requests(queue);
	spin_unlock_irqrestore(&queue->lock, flags);
}

static void end_bios(struct request *request)
{
	struct bio *bio, *next;

	/* A bio may be gone when its end returns. */
	list_for_each_safe(bio, next, &request->bios, link)
		bio_end(bio, request->error);
}

void queue_end_requests(struct request_queue *queue, struct list_head *done)
{
	struct request *request;
	unsigned long flags;

	list_for_each(request, done, link)
		end_bios(request);

	flags = spin_lock_irqsave(&queue->lock);
	while (!list_empty(done)) {
		request = list_first(done, struct request, link);
		queue->in_flight--;
		if (request->flush) {
			list_del(&request->link);
			request->done = true;
		} else {
			give_request(queue, request);
		}
	}
	start_requests(queue);
	spin_unlock_irqrestore(&queue->lock, flags);
	if (wait_queue_active(&queue->room))
		wake_up(&queue->room);
}

/* The end of all writes that have ended before reaches the disk's medium; 0 or -errno. */
int queue_flush(struct request_queue *queue)
{
	struct request *request = NULL;
	unsigned long flags;
	int error;

	for (;;) {
		flags = spin_lock_irqsave(&queue->lock);
		if (!list_empty(&queue->free[true]))
			break;
		start_requests(queue);
		spin_unlock_irqrestore(&queue->lock, flags);
		wait_event(&queue->room, !list_empty(&queue->free[true]));
	}
	request = take_request(queue, true, &queue->pending);
	request->nr_sectors = request->nr_bios = 0;
	request->flush = true;
	request->done = false;
	start_requests(queue);
	spin_unlock_irqrestore(&queue->lock, flags);

	wait_event(&queue->room, __atomic_load_n(&request->done, __ATOMIC_ACQUIRE));
	error = request->error;
	flags = spin_lock_irqsave(&queue->lock);
	give_request(queue, request);
	spin_unlock_irqrestore(&queue->lock, flags);
	return error;
}

static void kblockd(void *unused)
{
	struct waiter waiter;

	for (;;) {
		(void)wait_event_interruptible(&kblockd_wait,
				__atomic_load_n(&plugs_closed, __ATOMIC_SEQ_CST));
		/* Whoever plugged gets a tick to gather more, or to open the plug himself. */
		wait_prepare(&kblockd_wait, &waiter, true);
		schedule_timeout(1);
		wait_finish(&kblockd_wait, &waiter);
		__atomic_store_n(&plugs_closed, false, __ATOMIC_SEQ_CST);
		blk_run_queues();
	}
}

void block_start(void)
{
	if (!kthread_start("kblockd", kblockd, NULL))
		panic("no memory for kblockd");
}
