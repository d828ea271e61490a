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
	/* Lab 06: your code. */
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
	/* Lab 06: your code. */
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
	/* Lab 06: your code. */
}

/*
 * Forgets a page's past, and moves it to inactive_dirty if it is active and nobody
 * but its cache, its buffers and the caller holds it. Pages of the RAM disk stay:
 * they are the disk.
 */
void deactivate_page_nolock(struct page *page)
{
	/* Lab 06: your code. */
}

void deactivate_page(struct page *page)
{
	spin_lock(&lru_lock);
	deactivate_page_nolock(page);
	spin_unlock(&lru_lock);
}
