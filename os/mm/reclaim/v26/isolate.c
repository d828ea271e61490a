/*
 * Isolation: a page leaves its list so that somebody can work on it, and goes back to
 * where it belongs by then (facts 2.6, 4.6).
 *
 * Owns nothing. Who isolates a page has a reference on it until it is put back.
 */
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/reclaim/v26/v26.h"

int isolate_lru_page(struct page *page)
{
	unsigned long flags = spin_lock_irqsave(&lru_lock);
	int result = -EBUSY;

	assert(page_count(page) > 0);
	if (PageLRU(page)) {
		get_page(page);
		del_page_from_lru_list(page, page_lru(page));
		page_move(page, STATE_ISOLATED, BY_isolate_lru_page);
		result = 0;
	}
	spin_unlock_irqrestore(&lru_lock, flags);
	return result;
}

static void add_page_to_unevictable_list(struct page *page)
{
	unsigned long flags = spin_lock_irqsave(&lru_lock);

	ClearPageActive(page);
	SetPageUnevictable(page);
	add_page_to_lru_list(page, LRU_UNEVICTABLE, BY_putback_lru_page);
	spin_unlock_irqrestore(&lru_lock, flags);
}

/*
 * A page can become evictable just while it is put on the unevictable list, where nobody
 * would look for it again: so the question is asked once more after that.
 */
void putback_lru_page(struct page *page)
{
	bool was_unevictable = PageUnevictable(page);
	bool evictable;

	assert(!PageLRU(page));
	for (;;) {
		ClearPageUnevictable(page);
		evictable = page_evictable(page);
		if (evictable) {
			lru_cache_add_lru(page, page_lru(page));
			break;
		}
		add_page_to_unevictable_list(page);
		if (!page_evictable(page) || isolate_lru_page(page) != 0)
			break;
		put_page(page);		/* isolate_lru_page's; ours is still there */
	}
	if (was_unevictable && evictable)
		count_vm(VM_unevictable_pgs_rescued);
	else if (!was_unevictable && !evictable)
		count_vm(VM_unevictable_pgs_culled);
	put_page(page);
}
