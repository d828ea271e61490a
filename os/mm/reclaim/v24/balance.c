/*
 * The order of work when memory is short: launder, shrink the caches of names, refill
 * the inactive lists from the active one and from processes (facts 2.4, 3.4, 3.5;
 * lab 09).
 *
 * Owns nothing; holds no lock between its steps.
 */
#include "fs/fs.h"
#include "kernel/task.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/slab/slab.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"

/* The gentlest effort: a 64th of the active list in each round. */
#define DEF_PRIORITY	6

/* Someone in a hurry wants this many pages, whatever the shortage. */
static long user_goal(void)
{
	return 1l << page_cluster;
}

/*
 * Moves pages to the inactive lists until the shortage is met. Rounds get harder when
 * one yields nothing. Returns whether anything was moved: swap_out counts as success
 * when it used up a quota, even if it unmapped no page (Q2).
 */
int refill_inactive(gfp_t gfp, bool user)
{
	long start = user ? user_goal() : (long)(inactive_shortage() + free_shortage());
	long count = start;
	int priority = DEF_PRIORITY;

	kmem_cache_reap(gfp);
	do {
		bool progress = false;

		if (current->need_resched)
			yield();

		while (refill_inactive_scan((unsigned)priority, true)) {
			progress = true;
			if (--count <= 0)
				return count < start;
		}

		shrink_dcache_memory(priority, gfp);
		shrink_icache_memory(priority, gfp);

		while (swap_out((unsigned)priority, gfp)) {
			progress = true;
			if (--count <= 0)
				return count < start;
		}

		if (!inactive_shortage() || !free_shortage())
			return count < start;
		if (!progress)
			priority--;
	} while (priority >= 0);

	while (refill_inactive_scan(0, true))
		if (--count <= 0)
			break;
	return count < start;
}

/* One round of freeing memory, by kswapd or by someone who waits (USER). */
int do_try_to_free_pages(gfp_t gfp, bool user)
{
	int result = 0;

	if (free_shortage() ||
	    nr_inactive_dirty_pages > nr_free_pages() + nr_inactive_clean_pages())
		result += page_launder(gfp, user);

	if (free_shortage() || inactive_shortage()) {
		shrink_dcache_memory(DEF_PRIORITY, gfp);
		shrink_icache_memory(DEF_PRIORITY, gfp);
		result += refill_inactive(gfp, user);
	} else {
		kmem_cache_reap(gfp);
		result = 1;
	}
	return result;
}

/*
 * For a caller that may wait but do no I/O, and so cannot leave the work to kswapd. It
 * may use the reserves meanwhile; the flag goes even if the OOM killer gave it (Q31).
 */
int try_to_free_pages(gfp_t gfp)
{
	int result = 1;

	if (gfp & __GFP_WAIT) {
		current->flags |= PF_MEMALLOC;
		result = do_try_to_free_pages(gfp, true);
		current->flags &= ~PF_MEMALLOC;
	}
	return result;
}
