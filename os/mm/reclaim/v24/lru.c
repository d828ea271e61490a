/*
 * The lists of 2.4: active, inactive_dirty, and one inactive_clean for each zone
 * (facts 2.4, 1.2, 1.3, 2.2).
 *
 * Owns active_list, inactive_dirty_list, the zones' inactive_clean_lists, their
 * counters and the three list flags, all under lru_lock. No other file writes them.
 *
 * Invariants: a page has at most one of the three flags (I1); it has the flag if and
 * only if it is linked on that list (I2; reclaim_page breaks this once, Q13); each
 * counter is the length of its list (I3).
 */
#include "lib/printk.h"
#include "mm/trace/events.h"
#include "mm/trace/moves.h"
#include "mm/reclaim/v24/v24.h"

LIST_HEAD(active_list);
LIST_HEAD(inactive_dirty_list);
unsigned long nr_active_pages;
unsigned long nr_inactive_dirty_pages;

#define LIST_FLAGS	(1ul << PG_active | 1ul << PG_inactive_dirty | \
			 1ul << PG_inactive_clean)

static inline void check_on_no_list(const struct page *page)
{
	assert(!(page->flags & LIST_FLAGS));
	assert(page_count(page) > 0);
}

void add_page_to_active_list(struct page *page, enum mm_reason reason)
{
	assert(spin_held(&lru_lock));
	check_on_no_list(page);
	SetPageActive(page);
	list_add(&page->lru, &active_list);
	nr_active_pages++;
	page_move(page, STATE_ACTIVE, reason);
}

void add_page_to_inactive_dirty_list(struct page *page, enum mm_reason reason)
{
	assert(spin_held(&lru_lock));
	check_on_no_list(page);
	SetPageInactiveDirty(page);
	list_add(&page->lru, &inactive_dirty_list);
	nr_inactive_dirty_pages++;
	page_zone(page)->inactive_dirty_pages++;
	page_move(page, STATE_INACTIVE_DIRTY, reason);
}

void add_page_to_inactive_clean_list(struct page *page, enum mm_reason reason)
{
	struct zone *zone = page_zone(page);

	assert(spin_held(&lru_lock));
	check_on_no_list(page);
	SetPageInactiveClean(page);
	list_add(&page->lru, &zone->inactive_clean_list);
	zone->inactive_clean_pages++;
	page_move(page, STATE_INACTIVE_CLEAN, reason);
}

/*
 * The del functions leave page->state as it was: whoever takes a page off a list says
 * where it goes, so that a trace shows one move and not two.
 */
void del_page_from_active_list(struct page *page)
{
	assert(spin_held(&lru_lock));
	assert(PageActive(page));
	list_del(&page->lru);
	ClearPageActive(page);
	nr_active_pages--;
	check_on_no_list(page);
}

void del_page_from_inactive_dirty_list(struct page *page)
{
	assert(spin_held(&lru_lock));
	assert(PageInactiveDirty(page));
	list_del(&page->lru);
	ClearPageInactiveDirty(page);
	nr_inactive_dirty_pages--;
	page_zone(page)->inactive_dirty_pages--;
	check_on_no_list(page);
}

void del_page_from_inactive_clean_list(struct page *page)
{
	assert(spin_held(&lru_lock));
	assert(PageInactiveClean(page));
	list_del(&page->lru);
	ClearPageInactiveClean(page);
	page_zone(page)->inactive_clean_pages--;
	check_on_no_list(page);
}

static struct list_head *list_of(const struct page *page)
{
	if (PageActive(page))
		return &active_list;
	if (PageInactiveDirty(page))
		return &inactive_dirty_list;
	assert(PageInactiveClean(page));
	return &page_zone(page)->inactive_clean_list;
}

void rotate_page(struct page *page, enum mm_reason reason)
{
	assert(spin_held(&lru_lock));
	list_move(&page->lru, list_of(page));
	count_page_move(page->state, page->state, reason);
	page_note(page, EV_ROTATE, reason);
}

/*
 * A page enters the lists: always on the active one, which a page of age 0 leaves at
 * once unless somebody else uses it, too.
 */
void lru_cache_add(struct page *page)
{
	assert(PageLocked(page));
	spin_lock(&lru_lock);
	add_page_to_active_list(page, BY_lru_cache_add);
	if (page->age == 0)
		deactivate_page_nolock(page);
	spin_unlock(&lru_lock);
}

/* Off whichever list it is on; a page on none is left alone. */
void __lru_cache_del(struct page *page)
{
	if (PageActive(page))
		del_page_from_active_list(page);
	else if (PageInactiveDirty(page))
		del_page_from_inactive_dirty_list(page);
	else if (PageInactiveClean(page))
		del_page_from_inactive_clean_list(page);
	else
		return;
	page_move(page, atomic_read(&page->mapcount) > 0 ? STATE_ANON : STATE_KERNEL,
		  BY_lru_cache_del);
}

void lru_cache_del(struct page *page)
{
	assert(PageLocked(page));
	spin_lock(&lru_lock);
	__lru_cache_del(page);
	spin_unlock(&lru_lock);
}

static unsigned long check_list(const struct list_head *head, enum page_flag flag,
				enum page_state state)
{
	unsigned long length = 0;
	const struct list_head *link;

	for (link = head->next; link != head; link = link->next) {
		const struct page *page = list_entry(link, struct page, lru);

		if (link->next->prev != link || link->prev->next != link)
			panic("page %lu: broken links on its list", page_to_pfn(page));
		if (!test_bit(flag, &page->flags) || page->state != state)
			panic("page %lu: on a list that its flags %lx and state %u do not name",
			      page_to_pfn(page), page->flags, page->state);
		if (page_count(page) <= 0)
			panic("page %lu: on a list without a reference", page_to_pfn(page));
		length++;
	}
	return length;
}

static void check_length(const char *list, unsigned long found, unsigned long counted)
{
	if (found != counted)
		panic("%s: %lu pages on the list, counter says %lu", list, found, counted);
}

void lru_check(void)
{
	unsigned long dirty_by_zone = 0;

	spin_lock(&lru_lock);
	check_length("active", check_list(&active_list, PG_active, STATE_ACTIVE),
		     nr_active_pages);
	check_length("inactive_dirty",
		     check_list(&inactive_dirty_list, PG_inactive_dirty, STATE_INACTIVE_DIRTY),
		     nr_inactive_dirty_pages);
	for_each_zone(zone) {
		check_length("inactive_clean",
			     check_list(&zone->inactive_clean_list, PG_inactive_clean,
					STATE_INACTIVE_CLEAN),
			     zone->inactive_clean_pages);
		dirty_by_zone += zone->inactive_dirty_pages;
	}
	check_length("inactive_dirty by zone", dirty_by_zone, nr_inactive_dirty_pages);
	spin_unlock(&lru_lock);
}
