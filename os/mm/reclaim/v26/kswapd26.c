/*
 * kswapd of 2.6: keeps every zone of a node above its high mark (facts 2.6, 6.2 and 6.3;
 * lab 13).
 *
 * Owns each node's kswapd, its wait queue and what it is asked for. One node, one kswapd,
 * which runs on any CPU: our scheduler binds nobody.
 *
 * Zones are looked at from the highest down, to find the last one that is short, and
 * reclaimed from the lowest up to that one: an allocation comes from above, so the two
 * do not chase each other.
 */
#include "block/block.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/buffer.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/slab/shrinker.h"

#define PATIENCE	(HZ / 10)

/* A zone is reclaimed until it is this part of itself above its high mark. */
#define BALANCE_GAP_RATIO	100

bool zone_reclaimable(const struct zone *zone)
{
	return zone->pages_scanned < zone_reclaimable_pages(zone) * 6;
}

static unsigned long balance_gap(const struct zone *zone)
{
	unsigned long part = (zone->present_pages + BALANCE_GAP_RATIO - 1) / BALANCE_GAP_RATIO;

	return min(zone->pages_low, part);
}

/* Below the highest priority, a zone that was scanned in vain is left alone. */
static bool skip(const struct zone *zone, int priority)
{
	return !zone->size || (zone->all_unreclaimable && priority != (int)DEF_PRIORITY);
}

/* What one run of balance_pgdat knows. */
struct run {
	const struct pglist_data *node;
	unsigned order;
	enum zone_type classzone;
	struct scan_control sc;
	unsigned long total_scanned;
	int priority;			/* of the pass that ran last */
	int end_zone;			/* the highest zone that was short */
	bool all_zones_ok;
	bool below_min;			/* one is even below its lowest mark */
	unsigned long balanced;		/* pages of the zones that are not short */
};

/* Anonymous pages are looked at even while only file pages are reclaimed. */
static void age_active_anon(struct zone *zone, struct scan_control *sc)
{
	if (inactive_anon_is_low(zone))
		shrink_active_list(SWAP_CLUSTER_MAX, zone, sc, false);
}

/* Pages of highmem hold too many buffer heads, which lie in low memory. */
static bool holds_heads(const struct zone *zone)
{
	return buffer_heads_over_limit && zone->type == ZONE_HIGHMEM;
}

/* The highest zone that is short, or -1. */
static int find_end_zone(struct run *run, int priority)
{
	for (int type = NR_ZONE_TYPES - 1; type >= 0; type--) {
		struct zone *zone = &run->node->zones[type];

		if (skip(zone, priority))
			continue;
		age_active_anon(zone, &run->sc);
		if (holds_heads(zone) ||
		    !zone_watermark_ok_safe(zone, run->order, zone->pages_high, 0, 0))
			return type;
		zone->congested = false;
	}
	return -1;
}

static unsigned long pages_up_to(const struct pglist_data *node, int end_zone)
{
	unsigned long pages = 0;

	for (int type = 0; type <= end_zone; type++)
		if (node->zones[type].size)
			pages += zone_reclaimable_pages(&node->zones[type]);
	return pages;
}

/* Reclaims from one zone and its share of the slab caches, if it is short. */
static void shrink_short_zone(struct run *run, struct zone *zone, int priority,
			      unsigned long lru)
{
	unsigned long slab;

	run->sc.nr_scanned = 0;
	if (holds_heads(zone) ||
	    !zone_watermark_ok_safe(zone, run->order, zone->pages_high + balance_gap(zone),
				    (enum zone_type)run->end_zone, 0)) {
		shrink_zone(zone, &run->sc, (unsigned)priority);
		take_reclaimed_slab();
		slab = shrink_slab(run->sc.nr_scanned, lru, run->sc.gfp);
		run->sc.nr_reclaimed += take_reclaimed_slab();
		run->total_scanned += run->sc.nr_scanned;
		if (!slab && !zone_reclaimable(zone))
			zone->all_unreclaimable = true;
	}
	if (run->total_scanned > 2 * SWAP_CLUSTER_MAX &&
	    run->total_scanned > run->sc.nr_reclaimed + run->sc.nr_reclaimed / 2)
		run->sc.may_writepage = true;
}

/* Is it still short? */
static void judge_zone(struct run *run, struct zone *zone)
{
	enum zone_type class = (enum zone_type)run->end_zone;

	if (!zone_watermark_ok_safe(zone, run->order, zone->pages_high, class, 0)) {
		run->all_zones_ok = false;
		if (!zone_watermark_ok_safe(zone, run->order, zone->pages_min, class, 0))
			run->below_min = true;
		return;
	}
	zone->congested = false;
	if (zone->type <= run->classzone)
		run->balanced += zone->present_pages;
}

/* For a block, a quarter of the zones that may serve it is enough. */
bool pgdat_balanced(const struct pglist_data *node, unsigned long balanced,
		    enum zone_type classzone)
{
	unsigned long present = 0;

	for (unsigned type = 0; type <= classzone; type++)
		present += node->zones[type].present_pages;
	return balanced >= present / 4;
}

static bool done(const struct run *run)
{
	return run->all_zones_ok ||
		(run->order && pgdat_balanced(run->node, run->balanced, run->classzone));
}

/* All zones, once. False: none of them is short. */
static bool balance_once(struct run *run, int priority)
{
	unsigned long lru;
	int end_zone;

	run->priority = priority;
	run->all_zones_ok = true;
	run->below_min = false;
	run->balanced = 0;
	end_zone = find_end_zone(run, priority);
	if (end_zone < 0)
		return false;
	run->end_zone = end_zone;
	lru = pages_up_to(run->node, end_zone);
	for (int type = 0; type <= run->end_zone; type++) {
		struct zone *zone = &run->node->zones[type];

		if (skip(zone, priority))
			continue;
		shrink_short_zone(run, zone, priority, lru);
		if (zone->all_unreclaimable) {
			if (type && type == run->end_zone)
				run->end_zone--;
			continue;
		}
		judge_zone(run, zone);
	}
	return true;
}

static void run_once(struct run *run)
{
	run->total_scanned = 0;
	run->sc.nr_reclaimed = 0;
	run->sc.may_writepage = !laptop_mode;
	count_vm(VM_pageoutrun);
	for (int priority = DEF_PRIORITY; priority >= 0; priority--) {
		if (!priority)
			disable_swap_token();
		if (!balance_once(run, priority) || done(run))
			break;
		if (run->total_scanned && priority < (int)DEF_PRIORITY - 2) {
			if (run->below_min)
				count_vm(VM_kswapd_skip_congestion_wait);
			else
				congestion_wait(PATIENCE);
		}
		if (run->sc.nr_reclaimed >= SWAP_CLUSTER_MAX)
			break;
	}
}

/* Blocks were freed at the price of single pages? Then these come first. */
static bool single_pages_short(const struct run *run)
{
	for (int type = 0; type <= run->end_zone; type++) {
		struct zone *zone = &run->node->zones[type];

		if (skip(zone, run->priority))
			continue;
		if (!zone_watermark_ok_safe(zone, 0, zone->pages_high, 0, 0))
			return true;
		zone->congested = false;
	}
	return false;
}

unsigned balance_pgdat(const struct pglist_data *node, unsigned order, enum zone_type *classzone)
{
	struct run run = {
		.node = node,
		.order = order,
		.classzone = *classzone,
		.sc = {
			.gfp = GFP_KERNEL,
			.order = order,
			.nr_to_reclaim = NR_TO_RECLAIM_ALL,
			.may_unmap = true,
			.may_swap = true,
		},
	};

	for (;;) {
		run_once(&run);
		if (!done(&run)) {
			cond_resched();
			/* Little was freed: a block is too much to ask for. */
			if (run.sc.nr_reclaimed < SWAP_CLUSTER_MAX)
				run.order = run.sc.order = 0;
			continue;
		}
		if (!run.order || !single_pages_short(&run))
			break;
		run.order = run.sc.order = 0;
	}
	*classzone = (enum zone_type)run.end_zone;
	return run.order;
}

/* ---- the daemon ---- */

static enum zone_type highest_zone(const struct pglist_data *node)
{
	enum zone_type highest = ZONE_DMA;

	for (enum zone_type type = ZONE_DMA; type < NR_ZONE_TYPES; type++)
		if (node->zones[type].size)
			highest = type;
	return highest;
}

/* What was asked for since the last time; the next request starts from nothing. */
static unsigned take_request(struct pglist_data *node, enum zone_type *classzone)
{
	unsigned order = node->kswapd_max_order;

	*classzone = node->classzone_idx;
	node->kswapd_max_order = 0;
	node->classzone_idx = highest_zone(node);
	node->kswapd_woken = false;
	return order;
}

void kswapd_turn26(struct pglist_data *node)
{
	enum zone_type classzone;
	unsigned order = take_request(node, &classzone);

	balance_pgdat(node, order, &classzone);
}

/* Would the daemon be called again at once? */
bool sleeping_prematurely(const struct pglist_data *node, unsigned order, bool woken_early,
			  enum zone_type classzone)
{
	unsigned long balanced = 0;
	bool all_ok = true;

	if (woken_early)
		return true;
	for (unsigned type = 0; type <= classzone; type++) {
		struct zone *zone = &node->zones[type];

		if (!zone->size)
			continue;
		/* As balance_pgdat looks for short zones: without what is kept from others. */
		if (zone->all_unreclaimable ||
		    zone_watermark_ok_safe(zone, order, zone->pages_high, zone->type, 0))
			balanced += zone->present_pages;
		else
			all_ok = false;
	}
	return order ? !pgdat_balanced(node, balanced, classzone) : !all_ok;
}

/* Naps first; sleeps only if nobody called and the zones stayed above their marks. */
void kswapd_try_to_sleep(struct pglist_data *node, unsigned order, enum zone_type classzone)
{
	struct waiter waiter;
	unsigned long left = 0;

	wait_prepare(&node->kswapd_wait, &waiter, true);
	if (!sleeping_prematurely(node, order, false, classzone)) {
		left = schedule_timeout(PATIENCE);
		wait_finish(&node->kswapd_wait, &waiter);
		wait_prepare(&node->kswapd_wait, &waiter, true);
	}
	if (!sleeping_prematurely(node, order, left > 0, classzone)) {
		/* While it sleeps nobody looks closely: let CPUs keep more. */
		set_pgdat_percpu_threshold(node, calculate_normal_threshold);
		note(EV_KSWAPD_SLEEP, node->id, BY_balance_pgdat);
		if (!node->kswapd_woken)
			schedule();
		note(EV_KSWAPD_WAKE, node->id, BY_balance_pgdat);
		set_pgdat_percpu_threshold(node, calculate_pressure_threshold);
	} else {
		count_vm(left ? VM_kswapd_low_wmark_hit_quickly
			      : VM_kswapd_high_wmark_hit_quickly);
	}
	wait_finish(&node->kswapd_wait, &waiter);
}

static void kswapd(void *of)
{
	struct pglist_data *node = of;
	enum zone_type classzone = highest_zone(node), balanced_class = classzone;
	unsigned order = 0, balanced_order = 0;

	current->flags |= PF_MEMALLOC | PF_SWAPWRITE | PF_KSWAPD;
	for (;;) {
		bool asked = false;

		/* What the last run did not reach is dropped; what was asked since then counts. */
		if (balanced_order == order && balanced_class >= classzone) {
			unsigned last_order = order;
			enum zone_type last_class = classzone;

			order = take_request(node, &classzone);
			asked = order > last_order || classzone < last_class;
		}
		if (!asked) {
			kswapd_try_to_sleep(node, balanced_order, balanced_class);
			order = take_request(node, &classzone);
		}
		balanced_class = classzone;
		balanced_order = balance_pgdat(node, order, &balanced_class);
	}
}

void kswapd_start(void)
{
	for_each_online_node(node) {
		char name[] = "kswapd0";

		if (!node->present_pages)
			continue;
		name[sizeof(name) - 2] = (char)('0' + node->id);
		node->classzone_idx = highest_zone(node);
		node->kswapd = kthread_start(name, kswapd, node);
	}
}

void wakeup_kswapd(struct zone *zone, unsigned order, enum zone_type classzone)
{
	struct pglist_data *node = zone->node;

	if (!zone->size)
		return;
	/* Remembered even if the daemon is not woken now. */
	if (node->kswapd_max_order < order) {
		node->kswapd_max_order = order;
		node->classzone_idx = min(node->classzone_idx, classzone);
	}
	if (node->kswapd_woken || zone_watermark_ok_safe(zone, order, zone->pages_low, 0, 0))
		return;
	node->kswapd_woken = true;
	count_vm(VM_kswapd_wake);
	wake_up(&node->kswapd_wait);
}
