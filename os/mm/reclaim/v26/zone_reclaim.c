/*
 * zone_reclaim: a zone frees some of its own pages before another node's are used
 * (facts 2.6, 6.4; lab 13).
 *
 * Owns its three tunables and zone->reclaim_locked. Only cheap pages are taken: as a rule
 * clean ones that no process maps.
 */
#include "kernel/task.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/slab/shrinker.h"

#define ZONE_RECLAIM_PRIORITY	4

unsigned zone_reclaim_mode;
unsigned sysctl_min_unmapped_ratio = 1, sysctl_min_slab_ratio = 5;

/* Page-cache pages that the mode allows to be freed. */
static unsigned long pagecache_reclaimable(const struct zone *zone)
{
	unsigned long lru = lru_pages(zone, LRU_ACTIVE_FILE) +
		lru_pages(zone, LRU_INACTIVE_FILE);
	unsigned long mapped = zone_stat(zone, STAT_nr_mapped);
	unsigned long dirty = zone_stat(zone, STAT_nr_dirty);
	unsigned long pages = lru > mapped ? lru - mapped : 0;

	if (zone_reclaim_mode & RECLAIM_SWAP)
		pages = zone_stat(zone, STAT_nr_file_pages);
	if (zone_reclaim_mode & RECLAIM_WRITE)
		return pages;
	return pages > dirty ? pages - dirty : 0;
}

static unsigned long min_unmapped_pages(const struct zone *zone)
{
	return zone->present_pages * sysctl_min_unmapped_ratio / 100;
}

static unsigned long min_slab_pages(const struct zone *zone)
{
	return zone->present_pages * sysctl_min_slab_ratio / 100;
}

static unsigned long slab_pages(const struct zone *zone)
{
	return zone_stat(zone, STAT_nr_slab_reclaimable);
}

/* Shrinkers know no zones: they are called until this zone's slab pages are fewer. */
static void shrink_slab_of(struct zone *zone, struct scan_control *sc, unsigned long needed)
{
	unsigned long before = slab_pages(zone);

	if (before <= min_slab_pages(zone))
		return;
	while (shrink_slab(sc->nr_scanned, zone_reclaimable_pages(zone), sc->gfp)) {
		if (slab_pages(zone) + needed <= before)
			break;
		cond_resched();		/* perhaps another task is at it, and off the CPU */
	}
	if (slab_pages(zone) < before)
		sc->nr_reclaimed += before - slab_pages(zone);
}

static bool __zone_reclaim(struct zone *zone, gfp_t gfp, unsigned order)
{
	unsigned long needed = 1ul << order;
	struct scan_control sc = {
		.gfp = gfp,
		.order = order,
		.nr_to_reclaim = max(needed, SWAP_CLUSTER_MAX),
		.may_writepage = zone_reclaim_mode & RECLAIM_WRITE,
		.may_unmap = zone_reclaim_mode & RECLAIM_SWAP,
		.may_swap = true,
	};
	int priority = ZONE_RECLAIM_PRIORITY;

	current->flags |= PF_MEMALLOC | PF_SWAPWRITE;
	if (pagecache_reclaimable(zone) > min_unmapped_pages(zone))
		do {
			shrink_zone(zone, &sc, (unsigned)priority);
		} while (--priority >= 0 && sc.nr_reclaimed < needed);
	shrink_slab_of(zone, &sc, needed);
	current->flags &= ~(PF_MEMALLOC | PF_SWAPWRITE);
	return sc.nr_reclaimed >= needed;
}

/* Whoever runs on another node will do that himself. */
static bool others_will(const struct zone *zone)
{
	return zone->node->cpus && zone->node->id != numa_node_id();
}

int zone_reclaim(struct zone *zone, gfp_t gfp, unsigned order)
{
	int result = ZONE_RECLAIM_SUCCESS;

	if (pagecache_reclaimable(zone) <= min_unmapped_pages(zone) &&
	    slab_pages(zone) <= min_slab_pages(zone))
		return ZONE_RECLAIM_FULL;
	if (zone->all_unreclaimable)
		return ZONE_RECLAIM_FULL;
	if (!(gfp & __GFP_WAIT) || current->flags & PF_MEMALLOC)
		return ZONE_RECLAIM_NOSCAN;
	if (others_will(zone))
		return ZONE_RECLAIM_NOSCAN;
	if (__atomic_exchange_n(&zone->reclaim_locked, true, __ATOMIC_ACQUIRE))
		return ZONE_RECLAIM_NOSCAN;
	if (!__zone_reclaim(zone, gfp, order)) {
		count_vm(VM_zone_reclaim_failed);
		result = ZONE_RECLAIM_SOME;
	}
	__atomic_store_n(&zone->reclaim_locked, false, __ATOMIC_RELEASE);
	return result;
}
