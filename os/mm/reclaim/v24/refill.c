/*
 * refill_inactive_scan: ages the active list and moves its idle pages to
 * inactive_dirty (facts 2.4, 2.4; lab 06).
 *
 * Owns nothing; walks active_list from its tail under lru_lock. Each call looks at a
 * share of the list that halves with each step of `priority`: all of it at 0, a 64th
 * at 6. A page that stays goes to the head, so that calls take turns over the list.
 */
#include "lib/printk.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/trace/events.h"

/* LAB 06 BEGIN */

/*
 * One page's turn. References beyond those of its cache and buffers are users of the
 * page, most of them ptes: such a page cannot leave, however old it is (Q14).
 */
static void look_at(struct page *page)
{
	int expected = page->buffers ? 2 : 1;

	if (PageTestandClearReferenced(page)) {
		age_page_up_nolock(page);
	} else {
		age_page_down_ageonly(page);
		if (page->age == 0 && page_count(page) <= expected)
			deactivate_page_nolock(page);
	}
	if (PageActive(page))
		rotate_page(page, BY_refill_inactive_scan);
}

/* LAB 06 END */

/* 1 if at least one page left the list; with ONESHOT the first such page ends the scan. */
int refill_inactive_scan(unsigned priority, bool oneshot)
{
	/* LAB 06 BEGIN */
	unsigned long budget;
	int moved = 0;

	spin_lock(&lru_lock);
	budget = nr_active_pages >> priority;
	note(EV_SCAN_BEGIN, (unsigned)budget, BY_refill_inactive_scan);
	for (; budget > 0 && !list_empty(&active_list); budget--) {
		struct page *page = list_last(&active_list, struct page, lru);

		count_vm(VM_pgrefill);
		look_at(page);
		if (!PageActive(page)) {
			moved = 1;
			if (oneshot)
				break;
		}
	}
	note(EV_SCAN_END, (unsigned)moved, BY_refill_inactive_scan);
	spin_unlock(&lru_lock);
	return moved;
	/* LAB 06 END: return 0; */
}
