/*
 * The zone list cache: which zones of a list were found full a moment ago (facts 2.6, 1.4
 * and 3.3). On a machine with several nodes a request would else look at the counters of
 * zone after zone, each in another node's memory, only to see that they are full still.
 *
 * Owns the zonelist_cache of each list: a bit for each place. The bits are hints, set and
 * read without a lock; whoever finds no page with their help looks once more without. They
 * are forgotten after a second, and when somebody has reclaimed pages.
 */
#include "mm/alloc/alloc26.h"

static unsigned long bit_of(const struct zonelist *list, const struct zoneref *ref)
{
	return 1ul << (ref - list->refs);
}

void zlc_clear_zones_full(const struct zonelist *list)
{
	__atomic_store_n(&list->cache->full, 0, __ATOMIC_RELAXED);
}

void zlc_setup(const struct zonelist *list)
{
	struct zonelist_cache *cache = list->cache;

	if (jiffies - cache->wiped > HZ) {
		zlc_clear_zones_full(list);
		cache->wiped = jiffies;
	}
}

bool zlc_zone_worth_trying(const struct zonelist *list, const struct zoneref *ref)
{
	return !(__atomic_load_n(&list->cache->full, __ATOMIC_RELAXED) & bit_of(list, ref));
}

void zlc_mark_zone_full(const struct zonelist *list, const struct zoneref *ref)
{
	__atomic_fetch_or(&list->cache->full, bit_of(list, ref), __ATOMIC_RELAXED);
}
