/*
 * The allocator of 2.6, its fast path: the first zone that can spare a page gives it
 * (facts 2.6, 3.2 and 3.3; lab 13).
 *
 * Owns gfp_allowed_mask. Marks are compared with counters that other CPUs change meanwhile: two
 * requests may both pass and leave a zone a little below its mark.
 */
#include "lib/printk.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/trace/events.h"
#include "mm/vm/vm.h"

gfp_t gfp_allowed_mask = GFP_BOOT_MASK;

bool prep_new_page(struct page *page, unsigned order)
{
	bool bad = false;

	for (unsigned long i = 0; i < 1ul << order; i++)
		bad |= check_new_page(page + i);
	block_taken(page, order, BY_buffered_rmqueue);
	return bad;
}

static struct page *take_large_block(struct zone *zone, unsigned order, unsigned type)
{
	struct page *page;

	do {
		unsigned long flags = spin_lock_irqsave(&zone->lock);

		page = __rmqueue(zone, order, type);
		spin_unlock_irqrestore(&zone->lock, flags);
	} while (page && prep_new_page(page, order));
	return page;
}

/* A block out of this zone, with its first reference; order 0 through the CPU's list. */
static struct page *buffered_rmqueue(struct zone *zone, gfp_t gfp, unsigned order)
{
	unsigned type = allocflags_to_migratetype(gfp);
	struct page *page = order ? take_large_block(zone, order, type)
				  : pcp_take(zone, type, gfp & __GFP_COLD);

	if (page)
		zone_event_add(zone, ZONE_pgalloc, 1ul << order);
	return page;
}

/* May the zone go below its mark no further? With zone_reclaim_mode it may free some first. */
static bool zone_has_pages(struct zone *zone, gfp_t gfp, unsigned order,
			   enum watermark mark, enum zone_type classzone,
			   unsigned alloc_flags)
{
	if (zone_watermark_ok(zone, order, zone_mark(zone, mark), classzone, alloc_flags))
		return true;
	if (!zone_reclaim_mode || zone_reclaim(zone, gfp, order) < ZONE_RECLAIM_SOME)
		return false;
	return zone_watermark_ok(zone, order, zone_mark(zone, mark), classzone, alloc_flags);
}

struct page *get_page_from_freelist(const struct zonelist *zonelist, gfp_t gfp,
				    unsigned order, enum watermark mark,
				    unsigned alloc_flags)
{
	const enum zone_type highest = gfp_zone(gfp);
	const enum zone_type classzone = first_zones_zonelist(zonelist, highest)->type;

	for_each_zoneref(ref, zonelist, highest) {
		struct page *page;

		/* Pages of one zone that are all dirty would keep its reclaim waiting. */
		if (mark == WMARK_LOW && gfp & __GFP_WRITE && !zone_dirty_ok(ref->zone))
			continue;
		if (!(alloc_flags & ALLOC_NO_WATERMARKS) &&
		    !zone_has_pages(ref->zone, gfp, order, mark, classzone, alloc_flags))
			continue;
		page = buffered_rmqueue(ref->zone, gfp, order);
		if (page)
			return page;
	}
	return NULL;
}

struct page *__alloc_pages_nodemask(const struct zonelist *zonelist, gfp_t gfp, unsigned order)
{
	struct page *page = NULL;

	gfp &= gfp_allowed_mask;
	if (!first_zones_zonelist(zonelist, gfp_zone(gfp)))
		return NULL;
	if (order < policy->buddy.orders)
		page = get_page_from_freelist(zonelist, gfp | __GFP_HARDWALL, order, WMARK_LOW,
					      0);
	return page ? page : __alloc_pages_slowpath(zonelist, gfp, order);
}

/* A larger block goes straight to the buddy; so does the news that the zone has pages. */
static void free_large_block(struct page *page, unsigned order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	for (unsigned long i = 0; i < 1ul << order; i++)
		page_move(page + i, STATE_FREE, BY___free_pages_ok);
	flags = spin_lock_irqsave(&zone->lock);
	zone->all_unreclaimable = false;
	zone->pages_scanned = 0;
	__free_one_page(zone, page, order, pageblock_type(page));
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* What 2.6 knows of a page ends with its life. False: somebody still has it, and keeps it. */
static bool free_pages_prepare(struct page *page, unsigned order)
{
	bool bad = false;

	page_cache_release_lru(page);
	if (unlikely(PageMlocked(page))) {
		ClearPageMlocked(page);
		page_stat_add(page, STAT_nr_mlock, -1);
		count_vm(VM_unevictable_pgs_mlockfreed);
	}
	page_forget_anon(page);
	for (unsigned long i = 0; i < 1ul << order; i++)
		bad |= free_pages_check(page + i);
	if (bad)
		return false;
	page->age = AGE_WHEN_FREED;
	count_vm_many(VM_pgfree, 1ul << order);
	return true;
}

void free_block_v26(struct page *page, unsigned order)
{
	if (!free_pages_prepare(page, order))
		return;
	if (order == 0)
		free_hot_cold_page(page, false);
	else
		free_large_block(page, order);
}

void free_isolated_page(struct page *page)
{
	if (free_pages_prepare(page, 0))
		free_hot_cold_page(page, true);
}
