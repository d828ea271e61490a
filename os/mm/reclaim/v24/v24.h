/*
 * Reclaim of the 2.4 era: three kinds of lists, ages, two daemons.
 *
 *	 lru_add          refill_inactive_scan         page_launder        reclaim_page
 *	----------> active -------------------> inactive_dirty ------> inactive_clean ----> free
 *	                ^------ age_page_up, or a scanner that finds it in use ------'
 *
 * One file, one mechanism; names as in the notes. What 2.6 made of each: ../README.md.
 * Everything on the lists is guarded by lru_lock (pagemap_lru_lock in the notes) unless
 * a line says otherwise.
 */
#ifndef MM_RECLAIM_V24_H
#define MM_RECLAIM_V24_H

#include "arch/machine.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"

struct mm_struct;
struct vm_area;

/* lru.c: the lists. */
extern struct list_head active_list;		/* insertion at the head */
extern struct list_head inactive_dirty_list;	/* scanners take the tail */
extern unsigned long nr_active_pages;
extern unsigned long nr_inactive_dirty_pages;

/* Each demands a page on no list (add) or on that list (del); lru_lock held. */
void add_page_to_active_list(struct page *page, enum mm_reason reason);
void add_page_to_inactive_dirty_list(struct page *page, enum mm_reason reason);
void add_page_to_inactive_clean_list(struct page *page, enum mm_reason reason);
void del_page_from_active_list(struct page *page);
void del_page_from_inactive_dirty_list(struct page *page);
void del_page_from_inactive_clean_list(struct page *page);
/* Back to the head of the list that it is on. */
void rotate_page(struct page *page, enum mm_reason reason);

void lru_cache_add(struct page *page);	/* locked page, on no list */
void lru_cache_del(struct page *page);	/* locked page */
void __lru_cache_del(struct page *page);	/* lru_lock held */

/* Walks all lists and checks I1-I3; panics, naming the page. For debug builds, sim. */
void lru_check(void);

/* aging.c (facts 2.1). The _nolock forms are for holders of lru_lock. */
#define PAGE_AGE_START	2
#define PAGE_AGE_ADV	3
#define PAGE_AGE_MAX	64

void age_page_up(struct page *page);
void age_page_up_nolock(struct page *page);
void age_page_down_ageonly(struct page *page);
void activate_page(struct page *page);
void activate_page_nolock(struct page *page);
void deactivate_page(struct page *page);
void deactivate_page_nolock(struct page *page);

/* pressure.c (facts 3.3) */
extern int memory_pressure;	/* atomic; allocations and reclaims of late */
unsigned long inactive_target(void);
unsigned long free_shortage(void);
unsigned long inactive_shortage(void);
void recalculate_vm_stats(void);
static inline void memory_pressure_up(void)
{
	__atomic_fetch_add(&memory_pressure, 1, __ATOMIC_RELAXED);
}
void memory_pressure_down(void);

/* refill.c (facts 2.4): 1 if a page left the active list. */
int refill_inactive_scan(unsigned priority, bool oneshot);

/* launder.c (facts 2.5): pages made clean or freed. */
int page_launder(gfp_t gfp, bool sync);

/* reclaim_page.c (facts 2.6): a page with count 1, off all lists, or NULL. */
struct page *reclaim_page(struct zone *zone);

/* swap_out.c (facts 2.7, 2.8): 1 if a process used up its quota. */
int swap_out(unsigned priority, gfp_t gfp);
int try_to_swap_out(struct mm_struct *mm, struct vm_area *area, unsigned long address,
		    pte_t *slot);

/* balance.c (facts 3.4, 3.5) */
int refill_inactive(gfp_t gfp, bool user);
int do_try_to_free_pages(gfp_t gfp, bool user);
int try_to_free_pages(gfp_t gfp);

/* kswapd.c (facts 3.6): the daemon, one turn of its loop, and its alarm clock. */
extern struct wait_queue kswapd_wait;	/* kswapd sleeps here */
extern struct wait_queue kswapd_done;	/* who waits for its next turn */
extern struct task *kswapd_task;
enum kswapd_next { KSWAPD_SLEEP, KSWAPD_AGAIN, KSWAPD_KILL };
enum kswapd_next kswapd_turn(void);
void kswapd_start(void);
void wakeup_kswapd(bool block);

/* kreclaimd.c (facts 3.7) */
extern struct wait_queue kreclaimd_wait;
void kreclaimd_turn(void);
void kreclaimd_start(void);

/* In mm/alloc: watermark24.c (facts 3.1), alloc24.c (facts 4.3) */
void setup_watermarks(void);
struct page *__alloc_pages(const struct zonelist *zonelist, gfp_t gfp, unsigned order);

#endif
