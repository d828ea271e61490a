/*
 * The request queue against a driver that only keeps books: every bio ends once, no
 * request is longer than allowed, its bios are neighbours in order, and pages that are
 * written one after the other leave as one request. It says when it is congested, and when
 * no more. Usage: queue SEED
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/machine.h"
#include "arch/sim/sim.h"
#include "block/queue.h"
#include "lib/printk.h"

#define NR_BIOS		64
#define SECTORS		512u	/* of the disk */

static struct request_queue queue;
static struct block_device dev = { .name = "books", .nr_sectors = SECTORS };
static struct request *given[8];
static unsigned nr_given, kicks;

static struct bio bios[NR_BIOS];
static bool busy[NR_BIOS];
static unsigned ended;

static bool start(struct request_queue *q, struct request *request)
{
	u64 at = request->sector;
	unsigned n = 0;
	struct bio *bio;

	if (nr_given == ARRAY_SIZE(given))
		return false;
	assert(request->nr_sectors <= 128 && request->nr_bios <= q->max_bios);
	list_for_each(bio, &request->bios, link) {
		assert(bio->sector == at && bio->write == request->write);
		at += bio->length / 512;
		n++;
	}
	assert(n == request->nr_bios && at == request->sector + request->nr_sectors);
	given[nr_given++] = request;
	return true;
}

static void kick(struct request_queue *q)
{
	kicks++;
}

static void end_io(struct bio *bio)
{
	unsigned i = (unsigned)(bio - bios);

	assert(busy[i]);
	busy[i] = false;
	ended++;
}

static void end_one(unsigned which)
{
	LIST_HEAD(done);

	given[which]->error = 0;
	list_add(&given[which]->link, &done);
	given[which] = given[--nr_given];
	queue_end_requests(&queue, &done);
}

static void end_all(void)
{
	queue_run(&queue);
	while (nr_given) {
		end_one(0);
		queue_run(&queue);
	}
	assert(queue.in_flight == 0 && queue.nr_gathered == 0 && list_empty(&queue.pending));
}

static void submit(unsigned i, u64 sector, unsigned sectors, bool write)
{
	busy[i] = true;
	bios[i] = (struct bio){ .dev = &dev, .sector = sector, .write = write,
				.length = (u16)(sectors * 512), .end_io = end_io };
	queue_submit(&queue, &bios[i]);
}

/* Sixteen pages in this order of their places are one request of 64 KiB. */
static void sixteen_pages(const char *what, unsigned (*place)(unsigned i))
{
	for (unsigned i = 0; i < 16; i++)
		submit(i, 8 * place(i), 8, true);
	assert(nr_given == 0);
	queue_run(&queue);
	if (nr_given != 1 || given[0]->nr_bios != 16)
		panic("%s: %u requests, not one", what, nr_given);
	end_all();
}

static unsigned upwards(unsigned i) { return i; }
static unsigned downwards(unsigned i) { return 15 - i; }
static unsigned gap_last(unsigned i) { return i < 7 ? i : i < 15 ? i + 1 : 7; }

/* Outside of the two marks the flags follow from how many requests are in use. */
static void check_congestion(void)
{
	for (unsigned write = 0; write < 2; write++) {
		bool is = write ? bdi_write_congested(&dev.flusher)
				: bdi_read_congested(&dev.flusher);
		unsigned used = NR_REQUESTS;

		for (const struct list_head *link = queue.free[write].next;
		     link != &queue.free[write]; link = link->next)
			used--;
		assert(used == queue.used[write]);
		assert(used < CONGESTION_ON || is);
		assert(used > CONGESTION_OFF || !is);
	}
}

/* Requests that cannot be joined: 28 of 32 are too many, and 26 no longer. */
static void busy_with_writes(void)
{
	for (unsigned i = 0; i < NR_REQUESTS; i++) {
		submit(i, 16 * i, 1, true);
		assert(bdi_write_congested(&dev.flusher) == (i + 1 >= 28));
		check_congestion();
	}
	/* Reads have requests of their own. */
	submit(NR_REQUESTS, 8, 1, false);
	assert(!bdi_read_congested(&dev.flusher));
	for (unsigned used = NR_REQUESTS; used > 0; queue_run(&queue)) {
		bool write = given[0]->write;

		end_one(0);
		used -= write;
		assert(bdi_write_congested(&dev.flusher) == (used > 26));
		check_congestion();
	}
	end_all();
}

static void random_transfers(void)
{
	bool used[SECTORS] = { false };
	unsigned submitted = 0;

	ended = 0;
	for (unsigned step = 0; step < 20000; step++) {
		unsigned i = (unsigned)random() % NR_BIOS;
		unsigned sectors = 1u << random() % 4;
		unsigned sector = (unsigned)random() % (SECTORS - sectors + 1);

		memset(used, 0, sizeof(used));
		for (unsigned j = 0; j < NR_BIOS; j++)
			if (busy[j])
				memset(used + bios[j].sector, 1, bios[j].length / 512);
		bool write = random() % 2;

		/* Who submits while no request is free waits: nobody would wake us. */
		if (!busy[i] && !memchr(used + sector, 1, sectors) &&
		    !list_empty(&queue.free[write])) {
			submit(i, sector, sectors, write);
			submitted++;
		}
		if (random() % 10 == 0)
			queue_run(&queue);
		if (nr_given && random() % 4 == 0)
			end_one((unsigned)random() % nr_given);
		check_congestion();
	}
	end_all();
	assert(ended == submitted && submitted > 1000);
	for (unsigned i = 0; i < NR_BIOS; i++)
		assert(!busy[i]);
}

static void __noreturn die(const char *message)
{
	fprintf(stderr, "%s\n", message);
	abort();
}

int main(int argc, char **argv)
{
	assert(argc == 2);
	srandom((unsigned)atoi(argv[1]));
	panic_hook = die;
	queue.max_in_flight = 16;
	queue.max_bios = 64;
	queue.flusher = &dev.flusher;
	queue.start = start;
	queue.kick = kick;
	queue_init(&queue, "books");

	sixteen_pages("upwards", upwards);
	sixteen_pages("downwards", downwards);
	sixteen_pages("with a gap that is filled last", gap_last);
	busy_with_writes();
	random_transfers();
	printf("ok\n");
	return 0;
}
