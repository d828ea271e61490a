/*
 * The allocator of 2.4: eight phases, from taking a free page to giving up
 * (facts 2.4, 4.3; lab 09).
 *
 * Owns nothing. Reads the zones' counters without their locks: a stale value only
 * makes a phase try in vain or pass a zone by.
 *
 * A zone's supply is its free pages and, for requests that may take one directly,
 * the clean pages of its inactive_clean list.
 */
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/trace/events.h"

/* A zone this close to its minimum keeps its free pages for those who cannot wait. */
#define KEEP_FREE_PAGES	8

struct request {
	const struct zonelist *zonelist;
	gfp_t gfp;
	unsigned order;
	/* May a clean page be taken off its list for it? Decided once, at the start. */
	bool direct;
};

static bool may_use_reserves(void)
{
	return current->flags & PF_MEMALLOC;
}

/* P0: sees to it that somebody works on a shortage, without waiting. */
static void call_for_help(void)
{
	unsigned long shortage = free_shortage();

	if (!shortage)
		return;
	if (inactive_shortage() > inactive_target() / 2)
		wakeup_kswapd(false);
	else if (nr_inactive_dirty_pages > shortage &&
		 nr_inactive_dirty_pages >= freepages.high)
		wakeup_bdflush(false);
}

/* P1: a zone with free pages to spare. kreclaimd hears of those that have hardly any. */
static struct page *take_plentiful(const struct request *request)
{
	for_each_zoneref(ref, request->zonelist, gfp_zone(request->gfp)) {
		struct zone *zone = ref->zone;

		if (zone->free_pages >= zone->pages_low) {
			struct page *page = rmqueue(zone, request->order);

			if (page)
				return page;
		} else if (zone->free_pages < zone->pages_min &&
			   wait_queue_active(&kreclaimd_wait)) {
			count_vm(VM_kreclaimd_wake);
			wake_up(&kreclaimd_wait);
		}
	}
	return NULL;
}

enum watermark { PAGES_MIN, PAGES_LOW, PAGES_HIGH };

static unsigned long watermark(const struct zone *zone, enum watermark mark)
{
	switch (mark) {
	case PAGES_MIN:
		return zone->pages_min;
	case PAGES_LOW:
		return zone->pages_low;
	case PAGES_HIGH:
		break;
	}
	return zone->pages_high;
}

/* P2, P3, P5: a zone whose free and clean pages together exceed the mark. */
static struct page *take_above(const struct request *request, enum watermark mark)
{
	for_each_zoneref(ref, request->zonelist, gfp_zone(request->gfp)) {
		struct zone *zone = ref->zone;
		struct page *page = NULL;

		if (zone->free_pages + zone->inactive_clean_pages <= watermark(zone, mark))
			continue;
		if (request->direct && zone->free_pages < zone->pages_min + KEEP_FREE_PAGES)
			page = reclaim_page(zone);
		if (!page)
			page = rmqueue(zone, request->order);
		if (page)
			return page;
	}
	return NULL;
}

/*
 * P6a: a block needs neighbours, which single clean pages may become. Cleans what it
 * can and frees clean pages one by one, trying after each.
 */
static struct page *take_by_defragmenting(const struct request *request)
{
	current->flags |= PF_MEMALLOC;
	page_launder(request->gfp, true);
	current->flags &= ~PF_MEMALLOC;

	for_each_zoneref(ref, request->zonelist, gfp_zone(request->gfp)) {
		struct zone *zone = ref->zone;

		while (zone->inactive_clean_pages) {
			struct page *page = reclaim_page(zone);

			if (!page)
				break;
			put_page(page);
			page = rmqueue(zone, request->order);
			if (page)
				return page;
		}
	}
	return NULL;
}

/* P7: the last reserves. Those with PF_MEMALLOC free memory with it and may take all. */
static struct page *take_reserves(const struct request *request)
{
	for_each_zoneref(ref, request->zonelist, gfp_zone(request->gfp)) {
		struct zone *zone = ref->zone;
		struct page *page = NULL;

		if (request->direct)
			page = reclaim_page(zone);
		if (!page && (zone->free_pages >= zone->pages_min / 4 || may_use_reserves()))
			page = rmqueue(zone, request->order);
		if (page)
			return page;
	}
	return NULL;
}

/* P6b, P6c: waits until somebody, or the caller itself, has freed memory. */
static void wait_for_memory(gfp_t gfp)
{
	count_vm(VM_allocstall);
	if (gfp & __GFP_IO)
		wakeup_kswapd(true);
	else
		try_to_free_pages(gfp);
	memory_pressure_up();
}

/* P8: says so, at most once a second. */
static void report_failure(const struct request *request)
{
	static unsigned long quiet_until;
	unsigned long now = jiffies;

	if (now < quiet_until)
		return;
	quiet_until = now + HZ;
	printk("alloc_pages: no block of order %u for %s (mask %x)\n", request->order,
	       current->comm, request->gfp);
}

struct page *__alloc_pages(const struct zonelist *zonelist, gfp_t gfp, unsigned order)
{
	const bool may_wait = gfp & __GFP_WAIT;
	const struct request request = {
		.zonelist = zonelist,
		.gfp = gfp,
		.order = order,
		.direct = order == 0 && may_wait && !may_use_reserves(),
	};
	struct page *page;

	if (order >= policy->buddy.orders)
		return NULL;
	memory_pressure_up();
	call_for_help();

	for (;;) {
		page = take_plentiful(&request);
		if (!page)
			page = take_above(&request, PAGES_HIGH);
		if (!page)
			page = take_above(&request, PAGES_LOW);
		if (page)
			return page;

		wakeup_kswapd(false);
		if (may_wait)
			yield();
		page = take_above(&request, PAGES_MIN);
		if (page)
			return page;

		if (!may_wait || may_use_reserves())
			break;
		if (order > 0) {
			page = take_by_defragmenting(&request);
			if (page)
				return page;
		}
		wait_for_memory(gfp);
		if (order > 0)
			break;
	}
	page = take_reserves(&request);
	if (!page)
		report_failure(&request);
	return page;
}
