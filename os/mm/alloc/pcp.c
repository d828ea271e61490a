/*
 * Per-CPU lists: single free pages of each CPU, in front of the buddy (facts 2.6, 2.4;
 * lab 03).
 *
 * Owns zone->pcp: each CPU's lists under their own lock, with interrupts off, which
 * another CPU takes only in drain_all_pages. Pages on them are free, but the buddy does
 * not know them and zone->free_pages does not count them. Owns the lists' limits, too: a
 * CPU that reads them while a tunable changes them may use the old ones once more.
 *
 *	alloc: head <- [ hot ... cold ] -> tail: to the buddy, a batch at a time
 *	free:  head ->
 *
 * While a page is here, page->order holds its migrate type: the one that was asked for
 * when it came from the buddy, its pageblock's when it was freed.
 */
#include "arch/machine.h"
#include "mm/alloc/alloc26.h"
#include "mm/trace/events.h"

/* A batch is a quarter of a 1024th of the zone, and of no more than half a megabyte. */
#define BATCH_SHARE	1024
#define BATCH_MOST	((512ul << 10) / PAGE_SIZE)
#define HIGH_BATCHES	6

/* With a fraction, a list may hold much more: but not all of it moves at once. */
#define BATCH_OF_HIGH	4
#define BATCH_LIMIT	(PAGE_SHIFT * 8)

unsigned percpu_pagelist_fraction;

static unsigned long power_of_two_below(unsigned long n)
{
	unsigned long power = 1;

	while (power * 2 <= n)
		power *= 2;
	return power;
}

/* One less than a power of two: pages of one batch shall not share cache lines. */
static unsigned zone_batchsize(const struct zone *zone)
{
	unsigned long batch = min(zone->present_pages / BATCH_SHARE, BATCH_MOST) / 4;

	batch = max(batch, 1ul);
	return (unsigned)power_of_two_below(batch + batch / 2) - 1;
}

/* A zone that is too small for a batch keeps no list: what is freed goes on at once. */
static void setup_pageset(struct zone *zone, unsigned batch)
{
	zone->pcp_batch = max(batch, 1u);
	zone->pcp_high = HIGH_BATCHES * batch;
}

static void setup_pagelist_highmark(struct zone *zone, unsigned long high)
{
	zone->pcp_high = (unsigned)high;
	zone->pcp_batch = min(max((unsigned)high / BATCH_OF_HIGH, 1u), BATCH_LIMIT);
}

void setup_zone_pagesets(void)
{
	for_each_zone(zone) {
		setup_pageset(zone, zone_batchsize(zone));
		if (percpu_pagelist_fraction)
			setup_pagelist_highmark(zone, zone->present_pages /
						percpu_pagelist_fraction);
	}
}

void setup_pcp(struct zone *zone)
{
	for (unsigned cpu = 0; cpu < NR_CPUS_MAX; cpu++) {
		spin_init(&zone->pcp[cpu].lock, "pcp", RANK_PCP);
		for (unsigned type = 0; type < NR_PCP_TYPES; type++)
			list_init(&zone->pcp[cpu].lists[type]);
	}
}

/* Takes a batch out of the buddy, in the order in which it will be given out. */
static __noinline void rmqueue_bulk(struct zone *zone, struct per_cpu_pages *pcp,
				    unsigned type, bool cold)
{
	struct list_head *behind = &pcp->lists[type];

	spin_lock(&zone->lock);
	for (unsigned i = 0; i < zone->pcp_batch; i++) {
		struct page *page = __rmqueue(zone, 0, type);

		if (!page)
			break;
		page_move(page, STATE_PCP, BY_rmqueue_bulk);
		page->order = (u8)type;
		/* Cold requests take from the tail: for them the list grows backwards. */
		if (cold)
			list_add_tail(&page->list, behind);
		else
			list_add(&page->list, behind);
		behind = &page->list;
		pcp->count++;
	}
	spin_unlock(&zone->lock);
}

static struct per_cpu_pages *lock_own_pcp(struct zone *zone, unsigned long *flags)
{
	struct per_cpu_pages *pcp;

	*flags = irq_save();
	pcp = &zone->pcp[this_cpu()];
	spin_lock(&pcp->lock);
	return pcp;
}

static void unlock_pcp(struct per_cpu_pages *pcp, unsigned long flags)
{
	spin_unlock(&pcp->lock);
	irq_restore(flags);
}

struct page *pcp_take(struct zone *zone, unsigned type, bool cold)
{
	unsigned long flags;
	struct per_cpu_pages *pcp = lock_own_pcp(zone, &flags);
	struct list_head *list = &pcp->lists[type];
	struct page *page;

	/* Prepared under the lock, so that no record says pcp once the list has let go. */
	do {
		page = NULL;
		if (list_empty(list))
			rmqueue_bulk(zone, pcp, type, cold);
		if (list_empty(list))
			break;
		page = cold ? list_entry(list->prev, struct page, list)
			    : list_first(list, struct page, list);
		list_del(&page->list);
		pcp->count--;
	} while (prep_new_page(page, 0));
	unlock_pcp(pcp, flags);
	return page;
}

/*
 * Gives COUNT pages back, from the tails. The lists take turns; one that had to be
 * passed over because it was empty leaves its share to the next.
 */
static void free_pcppages_bulk(struct zone *zone, struct per_cpu_pages *pcp, unsigned count)
{
	unsigned type = 0;
	unsigned burst = 0;	/* a list that ran dry leaves the rest of its burst, too */

	spin_lock(&zone->lock);
	zone->all_unreclaimable = false;
	zone->pages_scanned = 0;
	while (count) {
		struct list_head *list;

		do {
			burst++;
			type = (type + 1) % NR_PCP_TYPES;
			list = &pcp->lists[type];
		} while (list_empty(list));
		/* All others are empty: the rest comes from this one. */
		if (burst == NR_PCP_TYPES)
			burst = count;

		do {
			struct page *page = list_entry(list->prev, struct page, list);

			list_del(&page->list);
			page_move(page, STATE_FREE, BY_free_pcppages_bulk);
			__free_one_page(zone, page, 0, page->order);
			pcp->count--;
			count--;
			burst--;
		} while (count && burst && !list_empty(list));
	}
	spin_unlock(&zone->lock);
}

void free_hot_cold_page(struct page *page, bool cold)
{
	struct zone *zone = page_zone(page);
	unsigned type = pageblock_type(page);
	unsigned long flags;
	struct per_cpu_pages *pcp = lock_own_pcp(zone, &flags);

	/* Pages of the reserve are given out as if they were movable. */
	if (type >= NR_PCP_TYPES)
		type = MIGRATE_MOVABLE;
	page_move(page, STATE_PCP, BY_free_hot_cold_page);
	page->order = (u8)pageblock_type(page);
	if (cold)
		list_add_tail(&page->list, &pcp->lists[type]);
	else
		list_add(&page->list, &pcp->lists[type]);
	if (++pcp->count >= zone->pcp_high)
		free_pcppages_bulk(zone, pcp, min(zone->pcp_batch, pcp->count));
	unlock_pcp(pcp, flags);
}

/* One CPU's lists of all zones, whole. */
static void drain_local_pages(unsigned cpu)
{
	for_each_zone(zone) {
		struct per_cpu_pages *pcp = &zone->pcp[cpu];
		unsigned long flags = spin_lock_irqsave(&pcp->lock);

		if (pcp->count)
			free_pcppages_bulk(zone, pcp, pcp->count);
		spin_unlock_irqrestore(&pcp->lock, flags);
	}
}

void drain_all_pages(void)
{
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		drain_local_pages(cpu);
}
