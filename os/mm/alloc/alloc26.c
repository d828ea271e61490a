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

/* Not often: apart, so that single pages need fewer registers. */
static __noinline struct page *take_large_block(struct zone *zone, unsigned order,
						unsigned type)
{
	struct page *page;

	do {
		unsigned long flags = spin_lock_irqsave(&zone->lock);

		page = __rmqueue(zone, order, type);
		spin_unlock_irqrestore(&zone->lock, flags);
	} while (page && prep_new_page(page, order));
	return page;
}

/* Several nodes: did the page come from the one that was wanted, and from the CPU's own? */
static void zone_statistics(struct zone *preferred, struct zone *zone)
{
	if (zone->node == preferred->node) {
		zone_numa_add(zone, NUMA_numa_hit);
	} else {
		zone_numa_add(zone, NUMA_numa_miss);
		zone_numa_add(preferred, NUMA_numa_foreign);
	}
	zone_numa_add(zone, zone->node->id == numa_node_id() ? NUMA_numa_local
							      : NUMA_numa_other);
}

/* A block out of this zone, with its first reference; order 0 through the CPU's list. */
static struct page *buffered_rmqueue(struct zone *preferred, struct zone *zone, gfp_t gfp,
				     unsigned order)
{
	unsigned type = allocflags_to_migratetype(gfp);
	struct page *page = order ? take_large_block(zone, order, type)
				  : pcp_take(zone, type, gfp & __GFP_COLD);

	if (page) {
		zone_event_add(zone, ZONE_pgalloc, 1ul << order);
		if (nr_online_nodes > 1)
			zone_statistics(preferred, zone);
	}
	return page;
}

/* One walk along a zone list. */
struct walk {
	const struct zonelist *list;
	gfp_t gfp;
	unsigned order;
	enum watermark mark;
	unsigned alloc_flags;
	struct zone *preferred;
	bool asks_cache;	/* zones that were full of late are passed by */
};

static bool mark_ok(const struct walk *walk, const struct zone *zone)
{
	return zone_watermark_ok(zone, walk->order, zone_mark(zone, walk->mark),
				 walk->preferred->type, walk->alloc_flags);
}

enum answer { ZONE_OK, ZONE_FULL, ZONE_PASSED };

/* The zone is below its mark. With zone_reclaim_mode it may free some pages first. */
static __noinline enum answer ask_short_zone(struct walk *walk, const struct zoneref *ref,
					     bool first_time)
{
	if (first_time && nr_online_nodes > 1) {
		zlc_setup(walk->list);
		walk->asks_cache = true;
	}
	if (!zone_reclaim_mode)
		return ZONE_FULL;
	if (walk->asks_cache && !zlc_zone_worth_trying(walk->list, ref))
		return ZONE_PASSED;
	if (zone_reclaim(ref->zone, walk->gfp, walk->order) < ZONE_RECLAIM_SOME)
		return ZONE_PASSED;
	return mark_ok(walk, ref->zone) ? ZONE_OK : ZONE_FULL;
}

/* From the first zone that may give one; what is full is remembered. */
static struct page *walk_list(struct walk *walk, bool first_walk)
{
	for_each_zoneref(ref, walk->list, gfp_zone(walk->gfp)) {
		enum answer answer = ZONE_OK;
		struct page *page = NULL;

		if (walk->asks_cache && !zlc_zone_worth_trying(walk->list, ref))
			continue;
		/* Pages of one zone that are all dirty would keep its reclaim waiting. */
		if (walk->mark == WMARK_LOW && walk->gfp & __GFP_WRITE &&
		    !zone_dirty_ok(ref->zone))
			answer = ZONE_FULL;
		else if (!(walk->alloc_flags & ALLOC_NO_WATERMARKS) && !mark_ok(walk, ref->zone))
			answer = ask_short_zone(walk, ref, first_walk && !walk->asks_cache);
		if (answer == ZONE_PASSED)
			continue;
		if (answer == ZONE_OK)
			page = buffered_rmqueue(walk->preferred, ref->zone, walk->gfp,
						walk->order);
		if (page)
			return page;
		if (nr_online_nodes > 1)
			zlc_mark_zone_full(walk->list, ref);
	}
	return NULL;
}

struct page *get_page_from_freelist(const struct zonelist *zonelist, gfp_t gfp,
				    unsigned order, enum watermark mark,
				    unsigned alloc_flags)
{
	struct walk walk = {
		.list = zonelist,
		.gfp = gfp,
		.order = order,
		.mark = mark,
		.alloc_flags = alloc_flags,
		.preferred = first_zones_zonelist(zonelist, gfp_zone(gfp)),
	};
	bool first_walk = true;

	for (;;) {
		struct page *page = walk_list(&walk, first_walk);

		if (page || !walk.asks_cache)
			return page;
		/* The cache may be wrong: before giving up, all zones are asked. */
		walk.asks_cache = first_walk = false;
	}
}

struct page *__alloc_pages_nodemask(const struct zonelist *zonelist, gfp_t gfp, unsigned order)
{
	struct page *page = NULL;

	gfp &= gfp_allowed_mask;
	/* zone_reclaim works even for a block that is larger than any. */
	if (likely(order < BITS_PER_LONG))
		page = get_page_from_freelist(zonelist, gfp | __GFP_HARDWALL, order, WMARK_LOW,
					      0);
	if (likely(page) || !first_zones_zonelist(zonelist, gfp_zone(gfp)))
		return page;
	return __alloc_pages_slowpath(zonelist, gfp, order);
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
