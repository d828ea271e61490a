/*
 * reclaim_page: takes a page off a zone's inactive_clean list and out of its cache,
 * for whoever wants a frame (facts 2.4, 2.6; lab 08).
 *
 * Owns nothing; takes pagecache_lock, then lru_lock. Never sleeps. A page on the list
 * may have been used or dirtied since it was cleaned: then it goes back.
 */
#include "lib/printk.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"
#include "mm/vm/vm.h"

static bool in_use_again(struct page *page)
{
	return PageTestandClearReferenced(page) || page->age > 0 ||
		(!page->buffers && page_count(page) > 1);
}

/*
 * A page in no cache should not be here. The original unlinks it and leaves its list
 * flag set: the page is lost for good (Q13). Kept, for it changes what a page does.
 */
static void lose_page(struct zone *zone, struct page *page)
{
	printk("reclaim_page: page %lu on the clean list is in no cache\n", page_to_pfn(page));
	list_del(&page->lru);
	zone->inactive_clean_pages--;
	page_move(page, STATE_ISOLATED, BY_reclaim_page);
	unlock_page(page);
}

/* Takes a locked page out of its cache; the cache's reference is now ours. */
static bool leave_cache(struct page *page)
{
	if (PageSwapCache(page))
		__delete_from_swap_cache(page);
	else if (page->mapping)
		__remove_from_page_cache(page);
	else
		return false;
	return true;
}

static struct page *take_from_tail(struct zone *zone)
{
	unsigned long budget = zone->inactive_clean_pages;

	for (; budget > 0 && !list_empty(&zone->inactive_clean_list); budget--) {
		struct page *page = list_last(&zone->inactive_clean_list, struct page, lru);

		if (in_use_again(page)) {
			del_page_from_inactive_clean_list(page);
			add_page_to_active_list(page, BY_reclaim_page);
		} else if (page->buffers || PageDirty(page) || !trylock_page(page)) {
			del_page_from_inactive_clean_list(page);
			add_page_to_inactive_dirty_list(page, BY_reclaim_page);
		} else if (leave_cache(page)) {
			return page;
		} else {
			lose_page(zone, page);
		}
	}
	return NULL;
}

/* A page with count 1, unlocked, off all lists, age 2; NULL if the list gave none. */
struct page *reclaim_page(struct zone *zone)
{
	struct page *page;

	spin_lock(&pagecache_lock);
	spin_lock(&lru_lock);
	page = take_from_tail(zone);
	if (page) {
		del_page_from_inactive_clean_list(page);
		page->age = PAGE_AGE_START;
		page_move(page, STATE_KERNEL, BY_reclaim_page);
		unlock_page(page);
		count_vm(VM_pgsteal);
	}
	spin_unlock(&lru_lock);
	spin_unlock(&pagecache_lock);

	memory_pressure_up();
	if (!page)
		return NULL;
	page_forget_anon(page);
	if (page_count(page) != 1)
		printk("reclaim_page: page %lu has count %d\n", page_to_pfn(page),
		       page_count(page));
	return page;
}
