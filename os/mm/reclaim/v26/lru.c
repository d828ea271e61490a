/*
 * The lists of 2.6: five for each zone (facts 2.6, 4.1 and 5.3; lab 10).
 *
 * Owns zone->lru, the counters of their lengths, the recent_ counters and PG_lru, all
 * under lru_lock. No other file links a page into a list or takes it out.
 *
 * A page on a list has PG_lru, and its other flags name the list: PG_unevictable, or else
 * PG_active and PG_swapbacked. So these flags change only while PG_lru is clear, or
 * together with the list, under lru_lock. A list holds no reference: whoever drops the
 * last one takes the page off.
 */
#include "lib/printk.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"
#include "mm/trace/moves.h"

static const enum page_state list_states[NR_LRU_LISTS] = {
	STATE_INACTIVE_ANON, STATE_ACTIVE_ANON, STATE_INACTIVE_FILE, STATE_ACTIVE_FILE,
	STATE_UNEVICTABLE,
};

static inline void joined(struct page *page, enum lru_list list, enum mm_reason reason)
{
	SetPageLRU(page);
	assert(page_lru(page) == list);
	page_stat_add(page, STAT_nr_inactive_anon + list, 1);
	page_move(page, list_states[list], reason);
}

void add_page_to_lru_list(struct page *page, enum lru_list list, enum mm_reason reason)
{
	assert(spin_held(&lru_lock) && !PageLRU(page));
	list_add(&page->lru, &page_zone(page)->lru[list]);
	joined(page, list, reason);
}

void add_page_to_lru_tail(struct page *page, enum lru_list list, enum mm_reason reason)
{
	assert(spin_held(&lru_lock) && !PageLRU(page));
	list_add_tail(&page->lru, &page_zone(page)->lru[list]);
	joined(page, list, reason);
}

void del_page_from_lru_list(struct page *page, enum lru_list list)
{
	assert(spin_held(&lru_lock) && PageLRU(page) && page_lru(page) == list);
	list_del(&page->lru);
	ClearPageLRU(page);
	page_stat_add(page, STAT_nr_inactive_anon + list, -1);
}

void page_rotated(struct page *page, enum mm_reason reason)
{
	count_page_move(page->state, page->state, reason);
	page_note(page, EV_ROTATE, reason);
}

unsigned long lru_pages(const struct zone *zone, enum lru_list list)
{
	return zone_stat(zone, STAT_nr_inactive_anon + list);
}

unsigned long zone_reclaimable_pages(const struct zone *zone)
{
	unsigned long pages = lru_pages(zone, LRU_ACTIVE_FILE) +
		lru_pages(zone, LRU_INACTIVE_FILE);

	if (nr_swap_pages > 0)
		pages += lru_pages(zone, LRU_ACTIVE_ANON) + lru_pages(zone, LRU_INACTIVE_ANON);
	return pages;
}

unsigned long global_reclaimable_pages(void)
{
	unsigned long pages = 0;

	for_each_zone(zone)
		pages += zone_reclaimable_pages(zone);
	return pages;
}

void page_cache_release_lru(struct page *page)
{
	unsigned long flags;

	if (!PageLRU(page))
		return;
	flags = spin_lock_irqsave(&lru_lock);
	del_page_from_lru_list(page, page_lru(page));
	ClearPageActive(page);
	ClearPageUnevictable(page);
	spin_unlock_irqrestore(&lru_lock, flags);
}

static unsigned long check_list(const struct zone *zone, enum lru_list list)
{
	const struct list_head *head = &zone->lru[list], *link;
	unsigned long length = 0;

	for (link = head->next; link != head; link = link->next) {
		const struct page *page = list_entry(link, struct page, lru);

		if (link->next->prev != link || link->prev->next != link)
			panic("page %lu: broken links on its list", page_to_pfn(page));
		if (!PageLRU(page) || page_lru(page) != list || page_zone(page) != zone ||
		    page->state != list_states[list])
			panic("page %lu: on a list that its flags %lx and state %u do not name",
			      page_to_pfn(page), page->flags, page->state);
		if (page_count(page) <= 0)
			panic("page %lu: on a list without a reference", page_to_pfn(page));
		length++;
	}
	return length;
}

void lru_check(void)
{
	unsigned long flags = spin_lock_irqsave(&lru_lock);

	for_each_zone(zone)
		for (enum lru_list list = 0; list < NR_LRU_LISTS; list++) {
			unsigned long found = check_list(zone, list);

			if (found != lru_pages(zone, list))
				panic("%s %s: %lu pages on the list, counter says %lu",
				      zone->name, page_state_names[list_states[list]], found,
				      lru_pages(zone, list));
		}
	spin_unlock_irqrestore(&lru_lock, flags);
}
