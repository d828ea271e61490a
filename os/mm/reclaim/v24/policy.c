/* The 2.4 generation as the common core sees it: reclaim/policy.h, filled in. */
#include "mm/reclaim/policy.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer.h"
#include "mm/cache/filemap.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"
#include "mm/trace/moves.h"
#include "mm/vm/vm.h"

static void start(void)
{
	kswapd_start();
	kreclaimd_start();
	bdflush_start();
}

static void free_block(struct page *page, unsigned order)
{
	prepare_free(page, order);
	buddy_free(page, order);
	memory_pressure_down();
}

/* A page-cache lookup is a use, and a moment to see how memory stands (facts 2.2). */
static void cache_hit(struct page *page)
{
	age_page_up(page);
	if (inactive_shortage() > inactive_target() / 2 && free_shortage())
		wakeup_kswapd(false);
}

static bool remove_unused(struct page *page)
{
	bool unused;

	spin_lock(&pagecache_lock);
	unused = page_count(page) == 2 && !PageDirty(page);
	if (unused) {
		lru_cache_del(page);
		__remove_from_page_cache(page);
		put_page(page);
	}
	spin_unlock(&pagecache_lock);
	return unused;
}

static void free_for_waiter(gfp_t gfp)
{
	try_to_free_pages(gfp);
}

static int launder_if_short(gfp_t gfp)
{
	return free_shortage() ? page_launder(gfp, false) : 0;
}

static void wake_writer(void)
{
	wakeup_bdflush(false);
}

const struct reclaim_policy policy_v24 = {
	.name = "2.4",
	.places = &move_places_v24,
	.buddy = { .orders = 10, .from_zone_start = true },
	.find_slot = scan_swap_map,
	.setup_zones = setup_watermarks,
	.init = swap_setup,
	.start = start,
	.alloc_pages = __alloc_pages,
	.free_block = free_block,
	.lru_add = lru_cache_add,
	.lru_del = lru_cache_del,
	.__lru_del = __lru_cache_del,
	.cache_hit = cache_hit,
	.page_used_once = deactivate_page,
	.remove_mapping = remove_unused,
	.page_cached = list_as_clean,
	.page_dirtied = list_as_dirty,
	.page_uncached = unlist,
	.fdatasync = write_dirty_list,
	.fdatawait = wait_for_locked_list,
	.file_fault = do_no_page,
	.launder = launder_if_short,
	.make_room = free_for_waiter,
	.balance_buffers = balance_dirty,
	.write_back = wake_writer,
};
