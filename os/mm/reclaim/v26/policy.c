/* The 2.6 generation as the common core sees it: reclaim/policy.h, filled in. */
#include "mm/reclaim/policy.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/buffer.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"
#include "mm/trace/moves.h"

static void setup_zones(void)
{
	setup_migrate_types();
	for_each_zone(zone) {
		setup_pcp(zone);
		for (enum lru_list list = 0; list < NR_LRU_LISTS; list++)
			list_init(&zone->lru[list]);
	}
}

/* Batches and marks, now that it is known how many frames each zone has. */
static void init(void)
{
	for_each_zone(zone)
		setup_pcp(zone);
	setup_watermarks26();
	swap_setup();
}

static void start(void)
{
	kswapd_start();
	bdflush_start();
}

/* A page that entered a cache. Of the swap cache's, who brings new ones in sees to that. */
static void lru_add(struct page *page)
{
	if (PageSwapCache(page))
		return;
	if (page_is_file_cache(page))
		lru_cache_add_file(page);
	else
		lru_cache_add_anon(page);
}

/* A page leaves its list with its last reference, not with its cache. */
static void lru_del(struct page *page)
{
}

/* Finding a page is no use of it yet: readers and writers say so themselves. */
static void cache_hit(struct page *page)
{
}

static void free_for_waiter(gfp_t gfp)
{
	try_to_free_pages(gfp_zonelist(gfp), 0, gfp);
}

const struct reclaim_policy policy_v26 = {
	.name = "2.6",
	.places = &move_places_v26,
	.buddy = { .orders = 11, .gives_lower_half = true, .tail_rule = true },
	.swap_cache_bit = true,
	.find_slot = find_slot26,
	.writes_unlocked = true,
	.setup_zones = setup_zones,
	.init = init,
	.start = start,
	.alloc_pages = __alloc_pages_v26,
	.free_block = free_block_v26,
	.lru_add = lru_add,
	.lru_del = lru_del,
	.__lru_del = lru_del,
	.cache_hit = cache_hit,
	.page_used_once = mark_page_accessed,
	.make_room = free_for_waiter,
	.page_dirtied = account_page_dirtied,
};
