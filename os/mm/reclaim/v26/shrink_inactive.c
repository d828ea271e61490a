/*
 * The inactive lists' scanner: takes pages from a tail, has them freed, and puts back what
 * could not be (facts 2.6, 5.6; lab 11).
 *
 * Owns nothing. Takes lru_lock to isolate and to put back.
 */
#include "kernel/task.h"
#include "mm/alloc/alloc26.h"
#include "mm/reclaim/v26/v26.h"

#define PATIENCE	(HZ / 10)

/* A small block is waited for only when reclaim has become urgent. */
#define STALL_PRIORITY	(DEF_PRIORITY / 3)

/* Blocks of pages are wanted: reclaims neighbours together, used or not. */
void set_reclaim_mode(struct scan_control *sc, unsigned priority, bool sync)
{
	sc->lumpy = sc->order > COSTLY_ORDER || (sc->order && priority < DEF_PRIORITY - 2);
	sc->sync = sc->lumpy && sync;
}

void reset_reclaim_mode(struct scan_control *sc)
{
	sc->lumpy = false;
	sc->sync = false;
}

/* More pages in the hands of reclaimers than on the list: wait for some to come back. */
static bool too_many_isolated(const struct zone *zone, bool file)
{
	if (current->flags & PF_KSWAPD)
		return false;
	return zone_stat(zone, file ? STAT_nr_isolated_file : STAT_nr_isolated_anon) >
		lru_pages(zone, file ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON);
}

struct isolated {
	unsigned long of_kind[2];	/* anonymous, file */
};

/* Isolated pages are on no list, so none of them is active; counts them by kind. */
static struct isolated note_isolated(struct zone *zone, struct list_head *pages)
{
	struct isolated isolated = { { 0, 0 } };
	struct page *page;

	list_for_each(page, pages, lru) {
		if (PageActive(page)) {
			ClearPageActive(page);
			count_vm(VM_pgdeactivate);
		}
		isolated.of_kind[page_is_file_cache(page)]++;
	}
	for (unsigned file = 0; file < 2; file++)
		zone->recent_scanned[file] += isolated.of_kind[file];
	zone_stat_add(zone, STAT_nr_isolated_anon, (long)isolated.of_kind[0]);
	zone_stat_add(zone, STAT_nr_isolated_file, (long)isolated.of_kind[1]);
	return isolated;
}

/* The page is back on a list; if its last holder has left meanwhile, it goes at once. */
static bool drop_isolation(struct page *page, struct list_head *unused)
{
	if (!atomic_dec_and_test(&page->count))
		return false;
	del_page_from_lru_list(page, page_lru(page));
	ClearPageActive(page);
	list_add(&page->lru, unused);
	return true;
}

void putback_inactive_pages(struct zone *zone, struct list_head *pages)
{
	struct list_head unused = LIST_HEAD_INIT(unused);
	struct page *page, *next;
	unsigned long flags;

	list_for_each_safe(page, next, pages, lru) {
		list_del(&page->lru);
		if (!page_evictable(page)) {
			putback_lru_page(page);
			continue;
		}
		flags = spin_lock_irqsave(&lru_lock);
		add_page_to_lru_list(page, page_lru(page), BY_shrink_inactive_list);
		if (PageActive(page))
			zone->recent_rotated[page_is_file_cache(page)]++;
		drop_isolation(page, &unused);
		spin_unlock_irqrestore(&lru_lock, flags);
	}
	list_for_each_safe(page, next, &unused, lru) {
		list_del(&page->lru);
		free_isolated_page(page);
	}
}

/* Is a second pass, which waits for writes, worth while? Only for a block, and late. */
static bool should_reclaim_stall(const struct scan_control *sc, unsigned priority,
				 unsigned long taken, unsigned long freed)
{
	if (current->flags & PF_KSWAPD || !sc->lumpy || freed == taken)
		return false;
	return priority <= (sc->order > COSTLY_ORDER ? DEF_PRIORITY : STALL_PRIORITY);
}

unsigned long shrink_inactive_list(unsigned long nr, struct zone *zone,
				   struct scan_control *sc, unsigned priority, bool file)
{
	const bool kswapd = current->flags & PF_KSWAPD;
	struct list_head pages = LIST_HEAD_INIT(pages);
	unsigned long taken, scanned, freed, writeback, flags;
	struct isolated isolated;

	while (too_many_isolated(zone, file)) {
		congestion_wait(PATIENCE);
		if (fatal_signal_pending(current))
			return SWAP_CLUSTER_MAX;
	}
	set_reclaim_mode(sc, priority, false);
	lru_add_drain();

	flags = spin_lock_irqsave(&lru_lock);
	taken = isolate_lru_pages(nr, zone, file ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON, sc,
				  sc->lumpy ? ISOLATE_INACTIVE | ISOLATE_ACTIVE
					    : ISOLATE_INACTIVE, &pages, &scanned);
	zone->pages_scanned += scanned;
	zone_event_add(zone, kswapd ? ZONE_pgscan_kswapd : ZONE_pgscan_direct, scanned);
	if (taken)
		isolated = note_isolated(zone, &pages);
	spin_unlock_irqrestore(&lru_lock, flags);
	if (!taken)
		return 0;

	freed = shrink_page_list(&pages, zone, sc, priority);
	writeback = sc->nr_writeback;
	if (should_reclaim_stall(sc, priority, taken, freed)) {
		set_reclaim_mode(sc, priority, true);
		freed += shrink_page_list(&pages, zone, sc, priority);
		writeback += sc->nr_writeback;
	}
	if (kswapd)
		count_vm_many(VM_kswapd_steal, freed);
	zone_event_add(zone, ZONE_pgsteal, freed);
	putback_inactive_pages(zone, &pages);
	zone_stat_add(zone, STAT_nr_isolated_anon, -(long)isolated.of_kind[0]);
	zone_stat_add(zone, STAT_nr_isolated_file, -(long)isolated.of_kind[1]);

	/* So many of them are being written that there is nothing but to wait. */
	if (writeback && writeback >= taken >> (DEF_PRIORITY - priority))
		wait_iff_congested(zone, PATIENCE);
	return freed;
}
