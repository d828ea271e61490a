/* The 2.6 generation as the common core sees it: reclaim/policy.h, filled in. */
#include "mm/reclaim/policy.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/flusher.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/slab/shrinker.h"
#include "mm/slab/slab.h"
#include "mm/swap/swap.h"
#include "mm/trace/moves.h"
#include "mm/vm/vm.h"

static void setup_zones(void)
{
	/* The end of a write takes it, in an interrupt; no other lock is taken below it. */
	spin_init(&lru_lock, "lru_lock", RANK_LRU26);
	setup_migrate_types();
	for_each_online_node(node)
		wait_queue_init(&node->kswapd_wait, "kswapd_wait");
	for_each_zone(zone) {
		setup_pcp(zone);
		for (enum lru_list list = 0; list < NR_LRU_LISTS; list++)
			list_init(&zone->lru[list]);
	}
}

/* Batches and marks, now that it is known how many frames each zone has. */
static void init(void)
{
	setup_zone_pagesets();
	init_per_zone_wmark_min();
	swap_setup();
}

static void start(void)
{
	gfp_allowed_mask = ~0u;
	kswapd_start();
	flushers_start();
	cache_reap_start();
}

/* A fresh page has entered a cache; one that was in another is on its list already. */
static void lru_add(struct page *page)
{
	if (page->state != STATE_KERNEL)
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

static void lock_in_memory(struct page *page, bool lock)
{
	if (lock)
		mlock_vma_page(page);
	else
		munlock_vma_page(page);
}

static void exit_mmap(struct mm_struct *mm)
{
	put_swap_token(mm);
	lru_add_drain();
}

static void free_for_waiter(gfp_t gfp)
{
	for_each_online_node(node)
		if (node->present_pages)
			try_to_free_pages(node_zonelist(node->id, gfp), 0, gfp);
}

static void write_back(void)
{
	wakeup_flusher_threads(0);
}

const struct reclaim_policy policy_v26 = {
	.name = "2.6",
	.places = &move_places_v26,
	.buddy = { .orders = 11, .gives_lower_half = true, .tail_rule = true },
	.knows_nodes = true,
	.swap_cache_bit = true,
	.find_slot = scan_swap_map_v26,
	.writes_unlocked = true,
	.dirties_pages = true,
	.setup_zones = setup_zones,
	.init = init,
	.start = start,
	.alloc_pages = __alloc_pages_nodemask,
	.free_block = free_block_v26,
	.lru_add = lru_add,
	.lru_del = lru_del,
	.__lru_del = lru_del,
	.cache_hit = cache_hit,
	.page_used_once = cache_hit,
	.remove_mapping = remove_mapping,
	.page_dirtied = page_dirtied,
	.page_uncached = page_uncached,
	.fdatasync = filemap_fdatawrite,
	.fdatawait = wait_for_tagged,
	.nonlinear_areas = true,
	.file_fault = do_linear_fault,
	.exit_mmap = exit_mmap,
	.make_room = free_for_waiter,
	.balance_buffers = balance_dirty_metadata,
	.write_back = write_back,
	.drop_slab = drop_slab,
	.page_not_dropped = deactivate_page,
	.balance_pages = balance_dirty_pages_ratelimited,
	.new_anon = page_add_new_anon_rmap,
	.page_accessed = mark_page_accessed,
	.lock_in_memory = lock_in_memory,
	.drain_lists = lru_add_drain_all,
	.clear_page_mlock = clear_page_mlock,
	.swap_in = grab_swap_token,
	.pagefault_out_of_memory = pagefault_out_of_memory,
};
