/*
 * The active lists' scanner: from the tail of an active list to the head of the inactive
 * one (facts 2.6, 5.11; lab 11).
 *
 * Owns nothing. Takes lru_lock to isolate and to put back; between the two the pages are
 * on a list of the caller's, with a reference each.
 *
 * Pages go down whether they were used or not: the inactive list gives them a second
 * chance. Only the text of running programs stays, as long as it is used.
 */
#include "mm/alloc/alloc26.h"
#include "mm/cache/buffer.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"

/* Puts the isolated pages at the head of LIST. The last holder may have left meanwhile. */
static void move_active_pages_to_lru(struct zone *zone, struct list_head *pages,
				     enum lru_list list)
{
	struct list_head unused = LIST_HEAD_INIT(unused);
	bool active = list == LRU_ACTIVE_FILE || list == LRU_ACTIVE_ANON;
	unsigned long flags = spin_lock_irqsave(&lru_lock);
	struct page *page, *next;

	list_for_each_safe(page, next, pages, lru) {
		list_del(&page->lru);
		if (!active)
			ClearPageActive(page);
		add_page_to_lru_list(page, list, BY_shrink_active_list);
		if (!active)
			count_vm(VM_pgdeactivate);
		if (atomic_dec_and_test(&page->count)) {
			del_page_from_lru_list(page, list);
			ClearPageActive(page);
			list_add(&page->lru, &unused);
		}
	}
	spin_unlock_irqrestore(&lru_lock, flags);
	list_for_each_safe(page, next, &unused, lru) {
		list_del(&page->lru);
		free_isolated_page(page);
	}
}

/* There are too many heads: a page that stays had better do without its own. */
static __noinline void strip_buffers(struct page *page)
{
	if (!page->buffers || !trylock_page(page))
		return;
	if (page->buffers)
		try_to_release_page(page);
	unlock_page(page);
}

void shrink_active_list(unsigned long nr, struct zone *zone, struct scan_control *sc,
			bool file)
{
	struct list_head isolated = LIST_HEAD_INIT(isolated);
	struct list_head stay = LIST_HEAD_INIT(stay), go = LIST_HEAD_INIT(go);
	enum lru_list list = file ? LRU_ACTIVE_FILE : LRU_ACTIVE_ANON;
	unsigned long taken, scanned, rotated = 0, flags;
	struct page *page, *next;

	lru_add_drain();
	flags = spin_lock_irqsave(&lru_lock);
	taken = isolate_lru_pages(nr, zone, list, sc, ISOLATE_ACTIVE, &isolated, &scanned);
	zone->pages_scanned += scanned;
	zone->recent_scanned[file] += taken;
	zone_stat_add(zone, file ? STAT_nr_isolated_file : STAT_nr_isolated_anon, (long)taken);
	spin_unlock_irqrestore(&lru_lock, flags);
	zone_event_add(zone, ZONE_pgrefill, scanned);

	list_for_each_safe(page, next, &isolated, lru) {
		unsigned vm_flags;

		list_del(&page->lru);
		if (!page_evictable(page)) {
			putback_lru_page(page);
			continue;
		}
		if (buffer_heads_over_limit)
			strip_buffers(page);
		if (page_referenced(page, false, &vm_flags)) {
			rotated++;
			if (vm_flags & VM_EXEC && page_is_file_cache(page)) {
				list_add_tail(&page->lru, &stay);
				continue;
			}
		}
		list_add_tail(&page->lru, &go);
	}

	flags = spin_lock_irqsave(&lru_lock);
	zone->recent_rotated[file] += rotated;
	spin_unlock_irqrestore(&lru_lock, flags);
	move_active_pages_to_lru(zone, &stay, list);
	move_active_pages_to_lru(zone, &go, list - 1);
	zone_stat_add(zone, file ? STAT_nr_isolated_file : STAT_nr_isolated_anon, -(long)taken);
}
