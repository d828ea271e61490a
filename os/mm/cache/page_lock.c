/*
 * The page lock, PG_locked: held by whoever changes what a page is, and by a transfer
 * from its start to its end, where the end of I/O unlocks (facts 2.4, 1.1).
 *
 * Owns the wait queues that all pages and buffers share. Their locks have rank
 * RANK_WAIT. Nobody may hold a spinlock in lock_page, wait_on_page or io_wait.
 */
#include "block/block.h"
#include "kernel/wait.h"
#include "lib/atomic.h"
#include "lib/printk.h"
#include "mm/cache/io_wait.h"
#include "mm/page.h"

#define NR_IO_QUEUES	64	/* a power of two */

static struct wait_queue io_queues[NR_IO_QUEUES];

void io_wait_init(void)
{
	for (unsigned i = 0; i < NR_IO_QUEUES; i++)
		wait_queue_init(&io_queues[i], "io");
}

/* Words that are neighbours in an array of structures get different queues. */
static struct wait_queue *queue_of(const unsigned long *word)
{
	u32 mixed = (u32)((uintptr_t)word >> 2) * 2654435769u;

	return &io_queues[mixed >> 26];
}

void io_wait(const unsigned long *word, unsigned bit, const struct page *page)
{
	struct wait_queue *queue = queue_of(word);
	struct waiter waiter;

	blk_run_queues_for(page);
	wait_prepare(queue, &waiter, false);
	if (test_bit(bit, word))
		schedule();
	wait_finish(queue, &waiter);
}

void io_wake(const unsigned long *word)
{
	struct wait_queue *queue = queue_of(word);

	if (wait_queue_active(queue))
		wake_up(queue);
}

void io_pause(void)
{
	static struct wait_queue nobody_wakes = WAIT_QUEUE_INIT(nobody_wakes);
	struct waiter waiter;

	blk_run_queues();
	wait_prepare(&nobody_wakes, &waiter, false);
	schedule_timeout(1);
	wait_finish(&nobody_wakes, &waiter);
}

bool trylock_page(struct page *page)
{
	return !test_and_set_bit(PG_locked, &page->flags);
}

void lock_page(struct page *page)
{
	while (!trylock_page(page))
		io_wait(&page->flags, PG_locked, page);
}

void wait_on_page(struct page *page)
{
	while (PageLocked(page))
		io_wait(&page->flags, PG_locked, page);
}

/* After the bit is clear the page may be freed at any moment: it is not touched again. */
void unlock_page(struct page *page)
{
	bool was_locked = test_and_clear_bit(PG_locked, &page->flags);

	assert(was_locked);
	io_wake(&page->flags);
}
