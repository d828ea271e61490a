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

/* Lab 06: your code. */

/* 1 if at least one page left the list; with ONESHOT the first such page ends the scan. */
int refill_inactive_scan(unsigned priority, bool oneshot)
{
	/* Lab 06: your code. */
	return 0;
}
