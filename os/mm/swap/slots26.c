/*
 * Where 2.6 looks for a free swap slot (facts 2.6, 11.2; lab 09).
 *
 * Owns nothing: the caller holds swap_list_lock and the area's lock, which guard the map
 * and the hints. Both are dropped for a moment when the slot of a cached page that no
 * process needs can be had instead of a free one.
 */
#include "mm/cache/pagecache.h"
#include "mm/reclaim/policy.h"
#include "mm/swap/swap.h"

bool vm_swap_full(void)
{
	return 2 * nr_swap_pages < (long)total_swap_pages;
}

/*
 * Where this search begins: after the last slot, or every 256 slots at a new cluster; if
 * there is none, at the lowest slot, and when few are left anyway, after the last one.
 */
static unsigned long start_of_search(struct swap_area *area)
{
	unsigned long found;

	if (area->cluster_nr > 0) {
		area->cluster_nr--;
		return area->cluster_next;
	}
	area->cluster_nr = SWAPFILE_CLUSTER - 1;
	if (area->pages - area->inuse < SWAPFILE_CLUSTER)
		return area->cluster_next;
	found = find_free_cluster(area);
	if (!found)
		return area->lowest_bit;
	area->cluster_next = found;
	return found;
}

/* Free, or of a cached page that may be dropped since swap is getting short. */
static bool worth_a_try(const struct swap_area *area, unsigned long offset)
{
	return area->map[offset] == 0 ||
		(area->map[offset] == SWAP_HAS_CACHE && vm_swap_full());
}

/* Drops the cached page of a slot that nothing else holds. The locks are released. */
static void reclaim_slot(struct swap_area *area, unsigned long offset)
{
	swp_entry_t entry = swp_entry((unsigned)(area - swap_areas), offset);
	struct page *page;

	spin_unlock(&area->lock);
	spin_unlock(&swap_list_lock);
	page = find_get_page(&swapper_space, entry.val);
	if (page) {
		if (trylock_page(page)) {
			if (PageSwapCache(page) && page->index == entry.val)
				try_to_free_swap(page);
			unlock_page(page);
		}
		put_page(page);
	}
	spin_lock(&swap_list_lock);
	spin_lock(&area->lock);
}

/* The slot, if it is free or becomes so. */
static bool can_be_taken(struct swap_area *area, unsigned long offset)
{
	if (area->map[offset] == SWAP_HAS_CACHE && vm_swap_full()) {
		reclaim_slot(area, offset);
		if ((area->flags & SWP_WRITEOK) != SWP_WRITEOK || offset > area->highest_bit)
			return false;
	}
	return area->map[offset] == 0;
}

static unsigned long search(struct swap_area *area, unsigned long from, unsigned long end)
{
	for (unsigned long offset = from; offset < end && offset <= area->highest_bit; offset++)
		if (worth_a_try(area, offset) && can_be_taken(area, offset))
			return offset;
	return 0;
}

unsigned long scan_swap_map_v26(struct swap_area *area)
{
	unsigned long start, found;

	if (area->highest_bit == 0)
		return 0;	/* full; its cached slots are not looked at then */
	start = start_of_search(area);
	if (start > area->highest_bit)
		start = area->lowest_bit;
	found = search(area, start, area->max);
	/* The original starts over behind the lowest slot, not at it (facts 2.6, 11.2). */
	return found ? found : search(area, area->lowest_bit + 1, start);
}
