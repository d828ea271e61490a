/*
 * Page age: 2.4's measure of how much a page has been used (facts 2.4, 2.1; lab 06).
 *
 * Owns page->age of pages on the lists. A page starts at 2, gains 3 for each use that
 * somebody notices, up to 64, and loses half at each look that finds it unused. Age 0
 * makes a page a candidate for the inactive lists.
 *
 * Each function comes in two forms: the _nolock one is for holders of lru_lock.
 */
#include "mm/cache/buffer.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/trace/events.h"

/* Takes an inactive page back to the active list and gives it a start there. */
void activate_page_nolock(struct page *page)
{
	/* LAB 06 BEGIN */
	if (PageInactiveDirty(page)) {
		del_page_from_inactive_dirty_list(page);
		add_page_to_active_list(page, BY_activate_page);
		count_vm(VM_pgactivate);
	} else if (PageInactiveClean(page)) {
		del_page_from_inactive_clean_list(page);
		add_page_to_active_list(page, BY_activate_page);
		count_vm(VM_pgactivate);
	}
	if (page->age < PAGE_AGE_START)
		page->age = PAGE_AGE_START;
	/* LAB 06 END */
}

void activate_page(struct page *page)
{
	spin_lock(&lru_lock);
	activate_page_nolock(page);
	spin_unlock(&lru_lock);
}

/* The page was used. Only at age 0 does that bring it back to the active list (Q16). */
void age_page_up_nolock(struct page *page)
{
	/* LAB 06 BEGIN */
	if (page->age == 0)
		activate_page_nolock(page);
	page->age = min(page->age + PAGE_AGE_ADV, PAGE_AGE_MAX);
	page_note(page, EV_AGE_UP, BY_age_page_up);
	/* LAB 06 END */
}

void age_page_up(struct page *page)
{
	spin_lock(&lru_lock);
	age_page_up_nolock(page);
	spin_unlock(&lru_lock);
}

/* The page was not used since the last look. It stays where it is. */
void age_page_down_ageonly(struct page *page)
{
	/* LAB 06 BEGIN */
	page->age /= 2;
	page_note(page, EV_AGE_DOWN, BY_age_page_down);
	/* LAB 06 END */
}

/*
 * Forgets a page's past, and moves it to inactive_dirty if it is active and nobody
 * but its cache, its buffers and the caller holds it. Pages of the RAM disk stay:
 * they are the disk.
 */
void deactivate_page_nolock(struct page *page)
{
	/* LAB 06 BEGIN */
	int expected = page->buffers ? 3 : 2;

	page->age = 0;
	ClearPageReferenced(page);
	if (!PageActive(page) || page_count(page) > expected || page_ramdisk_buffer(page))
		return;
	del_page_from_active_list(page);
	add_page_to_inactive_dirty_list(page, BY_deactivate_page);
	count_vm(VM_pgdeactivate);
	/* LAB 06 END */
}

void deactivate_page(struct page *page)
{
	spin_lock(&lru_lock);
	deactivate_page_nolock(page);
	spin_unlock(&lru_lock);
}
