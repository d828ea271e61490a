/*
 * Request queues: what lies between submit_bio and a disk driver.
 *
 * A request is a run of consecutive sectors, made of one or more bios; the driver gets
 * one at a time and says when it has ended. Drivers embed the queue and call it from
 * their block_device methods and their interrupt handler.
 *
 * Locks: (q) queue->lock, rank RANK_BLOCK, taken with interrupts off; (!) constant.
 */
#ifndef BLOCK_QUEUE_H
#define BLOCK_QUEUE_H

#include "block/block.h"
#include "kernel/wait.h"

#define NR_REQUESTS	32	/* of a direction, waiting or in flight */

/* So many of them in use, and who writes for others' memory should wait; so few: no more. */
#define CONGESTION_ON	(NR_REQUESTS * 7 / 8)
#define CONGESTION_OFF	(NR_REQUESTS * 13 / 16)

struct request {
	struct list_head link;		/* (q) pending by sector, free, or the driver's */
	struct list_head bios;		/* (q) bio.link, by sector */
	u64 sector;			/* (q) the first one */
	unsigned nr_sectors;		/* (q) */
	unsigned nr_bios;		/* (q) */
	bool write;			/* (q) */
	bool flush;			/* (q) no data: empty the disk's cache */
	bool done;			/* (q) a flush has ended */
	int error;			/* (q) 0 or -errno, set by the driver */
};

struct request_queue {
	struct spinlock lock;
	struct list_head pending;	/* (q) requests by sector; flushes at the head */
	unsigned nr_gathered;		/* (q) bios in them */
	struct list_head free[2];	/* (q) of reads, and of writes and flushes */
	unsigned used[2];		/* (q) requests of either that are not free */
	struct flusher *flusher;	/* (!) of the disk: it knows whether we are congested */
	u64 position;			/* (q) sector where the last request ended */
	unsigned in_flight;		/* (q) requests that the driver has */
	unsigned max_in_flight;		/* (!) */
	unsigned max_bios;		/* (!) of one request */
	struct wait_queue room;		/* for a free request, and for the end of a flush */
	/* (q) Gives a request to the hardware; false if it has no room now. */
	bool (*start)(struct request_queue *queue, struct request *request);
	/* (q) Tells the hardware to look at what it was given. */
	void (*kick)(struct request_queue *queue);
	struct request requests[2 * NR_REQUESTS];
};

/* The caller has set the constant fields and methods. */
void queue_init(struct request_queue *queue, const char *name);

/* block_device's submit, run_queue and flush. */
void queue_submit(struct request_queue *queue, struct bio *bio);
void queue_run(struct request_queue *queue);
int queue_flush(struct request_queue *queue);

/* The interrupt handler: requests of the list DONE have ended. No lock held. */
void queue_end_requests(struct request_queue *queue, struct list_head *done);

#endif
