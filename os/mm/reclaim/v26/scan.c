/*
 * How much of which list is scanned, and the loop that does it (facts 2.6, 5.2 to 5.4;
 * lab 11).
 *
 * Owns vm_swappiness. Reads lengths and recent_ counters; halves the latter, under
 * lru_lock, when they have become old news.
 *
 * Anonymous and file pages share the pressure. Both kinds ask for less of it the more of
 * their scanned pages were found in use; swappiness says how dear writing to swap is.
 */
#include "kernel/task.h"
#include "lib/div64.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"

unsigned vm_swappiness = 60;
bool laptop_mode;

/* Of each kind's pages FRACTION in DENOMINATOR of the usual share are scanned. */
struct balance {
	unsigned long fraction[2];	/* [0] anonymous, [1] file */
	unsigned long denominator;
	bool no_swap;
};

static unsigned long pages_of_kind(const struct zone *zone, bool file)
{
	enum lru_list inactive = file ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON;

	return lru_pages(zone, inactive) + lru_pages(zone, inactive + 1);
}

/* Old looks count less than new ones: half, whenever a quarter of the pages was scanned. */
static void forget_old_looks(struct zone *zone, bool file, unsigned long pages)
{
	if (zone->recent_scanned[file] > pages / 4) {
		zone->recent_scanned[file] /= 2;
		zone->recent_rotated[file] /= 2;
	}
}

/* The weight of a kind: what it is worth, by the part of its looks that found it idle. */
static unsigned long weight(const struct zone *zone, bool file, unsigned worth)
{
	return (worth + 1) * (zone->recent_scanned[file] + 1) / (zone->recent_rotated[file] + 1);
}

static struct balance share_pressure(struct zone *zone, const struct scan_control *sc)
{
	unsigned long anon = pages_of_kind(zone, false), file = pages_of_kind(zone, true);
	struct balance balance = { .denominator = 1 };
	unsigned long flags;

	if (!sc->may_swap || nr_swap_pages <= 0) {
		balance.fraction[1] = 1;
		balance.no_swap = true;
		return balance;
	}
	/* So few file pages that freeing them all would not do. */
	if (file + zone_free_pages(zone) <= zone->pages_high) {
		balance.fraction[0] = 1;
		return balance;
	}
	flags = spin_lock_irqsave(&lru_lock);
	forget_old_looks(zone, false, anon);
	forget_old_looks(zone, true, file);
	balance.fraction[0] = weight(zone, false, vm_swappiness);
	balance.fraction[1] = weight(zone, true, 200 - vm_swappiness);
	spin_unlock_irqrestore(&lru_lock, flags);
	balance.denominator = balance.fraction[0] + balance.fraction[1] + 1;
	return balance;
}

static unsigned long share_of(unsigned long pages, const struct balance *balance, bool file)
{
	return (unsigned long)div64_ulong((u64)pages * balance->fraction[file],
					  balance->denominator);
}

/* kswapd goes on with a zone that seems hopeless, a little at a time. */
static bool scans_at_least_some(const struct zone *zone)
{
	return current->flags & PF_KSWAPD && zone->all_unreclaimable;
}

void get_scan_count(struct zone *zone, const struct scan_control *sc, unsigned priority,
		    unsigned long nr[NR_LRU_LISTS - 1])
{
	struct balance balance = share_pressure(zone, sc);

	for (enum lru_list list = 0; list < LRU_UNEVICTABLE; list++) {
		unsigned long pages = lru_pages(zone, list);

		if (priority || balance.no_swap) {
			pages >>= priority;
			if (!pages && scans_at_least_some(zone))
				pages = SWAP_CLUSTER_MAX;
			pages = share_of(pages, &balance, list >= LRU_INACTIVE_FILE);
		}
		nr[list] = pages;
	}
}

/* The larger the zone, the smaller the part of it in which pages prove that they are used. */
bool inactive_anon_is_low(const struct zone *zone)
{
	return total_swap_pages &&
		lru_pages(zone, LRU_INACTIVE_ANON) * zone->inactive_ratio <
		lru_pages(zone, LRU_ACTIVE_ANON);
}

static bool inactive_file_is_low(const struct zone *zone)
{
	return lru_pages(zone, LRU_ACTIVE_FILE) > lru_pages(zone, LRU_INACTIVE_FILE);
}

bool inactive_list_is_low(const struct zone *zone, bool file)
{
	return file ? inactive_file_is_low(zone) : inactive_anon_is_low(zone);
}

/* One batch of one list. An active list is scanned only when its inactive one is low. */
static unsigned long shrink_list(enum lru_list list, unsigned long nr, struct zone *zone,
				 struct scan_control *sc, unsigned priority)
{
	bool file = list >= LRU_INACTIVE_FILE;

	if (list == LRU_INACTIVE_ANON || list == LRU_INACTIVE_FILE)
		return shrink_inactive_list(nr, zone, sc, priority, file);
	if (inactive_list_is_low(zone, file))
		shrink_active_list(nr, zone, sc, file);
	return 0;
}

/* Active anonymous pages alone are no reason to go on: nothing would be freed. */
static bool anything_left(const unsigned long nr[NR_LRU_LISTS - 1])
{
	return nr[LRU_INACTIVE_ANON] || nr[LRU_ACTIVE_FILE] || nr[LRU_INACTIVE_FILE];
}

void shrink_zone(struct zone *zone, struct scan_control *sc, unsigned priority)
{
	unsigned long nr[NR_LRU_LISTS - 1], reclaimed = 0;

	get_scan_count(zone, sc, priority, nr);
	while (anything_left(nr)) {
		for (enum lru_list list = 0; list < LRU_UNEVICTABLE; list++) {
			unsigned long batch = min(nr[list], SWAP_CLUSTER_MAX);

			nr[list] -= batch;
			if (batch)
				reclaimed += shrink_list(list, batch, zone, sc, priority);
		}
		/* Direct reclaim has enough; at the first priority all of it is done. */
		if (reclaimed >= sc->nr_to_reclaim && priority < DEF_PRIORITY)
			break;
	}
	sc->nr_reclaimed += reclaimed;
	if (inactive_anon_is_low(zone))
		shrink_active_list(SWAP_CLUSTER_MAX, zone, sc, false);
	throttle_vm_writeout(sc->gfp);
}
