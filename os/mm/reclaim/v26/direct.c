/*
 * Direct reclaim: an allocation that found no page frees some itself (facts 2.6, 6.1;
 * lab 13).
 *
 * Owns nothing. Works through the zones that would serve the request, harder and harder,
 * until it has freed a batch of pages.
 */
#include "kernel/task.h"
#include "mm/cache/buffer.h"
#include "mm/cache/flusher.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/slab/shrinker.h"

#define PATIENCE	(HZ / 10)

/* If there are too many buffer heads, pages of highmem are what holds them, in low memory. */
static void shrink_zones(const struct zonelist *zonelist, struct scan_control *sc,
			 unsigned priority)
{
	if (buffer_heads_over_limit)
		sc->gfp |= __GFP_HIGHMEM;
	for_each_zoneref(ref, zonelist, gfp_zone(sc->gfp))
		if (!ref->zone->all_unreclaimable || priority == DEF_PRIORITY)
			shrink_zone(ref->zone, sc, priority);
}

static bool all_unreclaimable(const struct zonelist *zonelist, gfp_t gfp)
{
	for_each_zoneref(ref, zonelist, gfp_zone(gfp))
		if (!ref->zone->all_unreclaimable)
			return false;
	return true;
}

static unsigned long reclaimable_pages(const struct zonelist *zonelist, gfp_t gfp)
{
	unsigned long pages = 0;

	for_each_zoneref(ref, zonelist, gfp_zone(gfp))
		pages += zone_reclaimable_pages(ref->zone);
	return pages;
}

/* Pages freed; 0 if none were and none can be: time for the OOM killer. */
static unsigned long do_try_to_free_pages(const struct zonelist *zonelist,
					  struct scan_control *sc)
{
	unsigned long total_scanned = 0;

	take_reclaimed_slab();		/* what was freed earlier is not for this request */
	count_vm(VM_allocstall);
	for (int priority = DEF_PRIORITY; priority >= 0; priority--) {
		sc->nr_scanned = 0;
		if (!priority)
			disable_swap_token();
		shrink_zones(zonelist, sc, (unsigned)priority);
		shrink_slab(sc->nr_scanned, reclaimable_pages(zonelist, sc->gfp), sc->gfp);
		sc->nr_reclaimed += take_reclaimed_slab();
		total_scanned += sc->nr_scanned;
		if (sc->nr_reclaimed >= sc->nr_to_reclaim)
			break;
		/* Much looked at, little found: what is dirty must be written, by somebody. */
		if (total_scanned > sc->nr_to_reclaim + sc->nr_to_reclaim / 2) {
			wakeup_flusher_threads(laptop_mode ? 0 : total_scanned);
			sc->may_writepage = true;
		}
		if (sc->nr_scanned && priority < (int)DEF_PRIORITY - 2)
			wait_iff_congested(first_zones_zonelist(zonelist, gfp_zone(sc->gfp)),
					   PATIENCE);
	}
	if (sc->nr_reclaimed)
		return sc->nr_reclaimed;
	return all_unreclaimable(zonelist, sc->gfp) ? 0 : 1;
}

unsigned long try_to_free_pages(const struct zonelist *zonelist, unsigned order, gfp_t gfp)
{
	struct scan_control sc = {
		.gfp = gfp,
		.order = order,
		.nr_to_reclaim = SWAP_CLUSTER_MAX,
		.may_writepage = !laptop_mode,
		.may_unmap = true,
		.may_swap = true,
	};

	return do_try_to_free_pages(zonelist, &sc);
}
