/*
 * kreclaimd: turns clean pages into free ones, so that requests that cannot take a
 * clean page find something (facts 2.4, 3.7; lab 09).
 *
 * Only the allocator's first phase wakes it, for a zone below its minimum; it then
 * serves every zone (Q39).
 */
#include "kernel/task.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/v24/v24.h"

struct wait_queue kreclaimd_wait = WAIT_QUEUE_INIT(kreclaimd_wait);

void kreclaimd_turn(void)
{
	for_each_zone(zone)
		while (zone->free_pages < zone->pages_low) {
			struct page *page = reclaim_page(zone);

			if (!page)
				break;
			put_page(page);
		}
}

static void kreclaimd(void *unused)
{
	current->flags |= PF_MEMALLOC;
	for (;;) {
		struct waiter waiter;

		wait_prepare(&kreclaimd_wait, &waiter, true);
		schedule();
		wait_finish(&kreclaimd_wait, &waiter);
		kreclaimd_turn();
	}
}

void kreclaimd_start(void)
{
	kthread_start("kreclaimd", kreclaimd, NULL);
}
