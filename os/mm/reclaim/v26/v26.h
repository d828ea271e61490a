/*
 * Reclaim of the 2.6 era: each zone has its own lists, anonymous and file pages apart,
 * and nothing has an age (facts 2.6, sections 4 to 7).
 *
 *	            mark_page_accessed, page_referenced
 *	           ,-------------------------------------.
 *	inactive --+                                      v
 *	   ^  |    shrink_page_list                     active
 *	   |  `--> written, unmapped, freed               |
 *	   `-----------------------------------------------'
 *	            shrink_active_list
 *
 * One file, one mechanism; names as in the notes. What each was in 2.4: ../README.md. Both
 * generations are in one kernel: where they share a name, the symbol of this one carries
 * its number.
 */
#ifndef MM_RECLAIM_V26_H
#define MM_RECLAIM_V26_H

#include "arch/machine.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"

#define activate_page		activate_page_v26
#define deactivate_page		deactivate_page_v26
#define try_to_free_pages	try_to_free_pages_v26
#define do_try_to_free_pages	do_try_to_free_pages_v26
#define wakeup_kswapd		wakeup_kswapd_v26
#define kswapd_start		kswapd_start_v26
#define out_of_memory		out_of_memory_v26
#define lru_check		lru_check_v26

struct mm_struct;
struct task;
struct vm_area;

/* ---- lru.c: the lists, and who is on which (facts 2.6, 4.1) ---- */

/* Anonymous pages, shared memory and the swap cache: backed by swap, not by a file. */
static inline bool page_is_file_cache(const struct page *page)
{
	return !PageSwapBacked(page);
}

/* The list that the page's flags name. */
static inline enum lru_list page_lru(const struct page *page)
{
	if (PageUnevictable(page))
		return LRU_UNEVICTABLE;
	return (page_is_file_cache(page) ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON) +
		PageActive(page);
}

/* Each demands lru_lock; del leaves the flags to the caller, but for PG_lru. */
void add_page_to_lru_list(struct page *page, enum lru_list list, enum mm_reason reason);
void add_page_to_lru_tail(struct page *page, enum lru_list list, enum mm_reason reason);
void del_page_from_lru_list(struct page *page, enum lru_list list);
/* Tells the trace and the counters that the page went to an end of its own list. */
void page_rotated(struct page *page, enum mm_reason reason);
/* A page of one kind, FILE or not, was looked at; ROTATED: and found in use. */
static inline void update_page_reclaim_stat(struct zone *zone, bool file, bool rotated)
{
	zone->recent_scanned[file]++;
	if (rotated)
		zone->recent_rotated[file]++;
}

unsigned long lru_pages(const struct zone *zone, enum lru_list list);
/* Pages that reclaim may look at: without free slots, only file pages. */
unsigned long zone_reclaimable_pages(const struct zone *zone);
unsigned long global_reclaimable_pages(void);

/* The last reference is gone: off the list, if it is on one. */
void page_cache_release_lru(struct page *page);

void lru_check(void);		/* walks all lists; panics, naming the page */

/* ---- pagevec.c: lists of this CPU in front of the lists (facts 2.6, 4.2) ---- */

#define PAGEVEC_SIZE	14

/* The pagevecs of a CPU, in the order in which they are drained. */
enum {
	/* 0 …: of those who join the list with this number, but for the unevictable one */
	PAGEVEC_ROTATE = NR_LRU_LISTS,
	PAGEVEC_DEACTIVATE,
	PAGEVEC_ACTIVATE,	/* used if there are several CPUs */
	NR_PAGEVECS,
};

struct pagevec {
	unsigned n;
	struct page *pages[PAGEVEC_SIZE];
};

extern struct pagevec cpu_pagevecs[NR_CPUS_MAX][NR_PAGEVECS];

/* Joins LIST when the pagevec is flushed. Takes a reference until then. */
void lru_cache_add_lru(struct page *page, enum lru_list list);
void lru_cache_add_file(struct page *page);
void lru_cache_add_anon(struct page *page);
void lru_add_drain(void);	/* flushes this CPU's pagevecs */
void lru_add_drain_all(void);	/* and those of all others */
/* Each page in a pagevec, as often as it is in one. Nobody else may run meanwhile. */
void for_each_pagevec_page(void (*visit)(struct page *page));

void mark_page_accessed(struct page *page);		/* facts 2.6, 4.3 */
void activate_page(struct page *page);
void deactivate_page(struct page *page);		/* facts 2.6, 4.5 */
void rotate_reclaimable_page(struct page *page);	/* its write has ended */

/* ---- isolate.c: off the list for a while (facts 2.6, 4.6, 5.5) ---- */

int isolate_lru_page(struct page *page);	/* 0, with one reference more, or -EBUSY */
void putback_lru_page(struct page *page);	/* gives that reference up */

/* ---- unevictable.c: pages that reclaim must leave alone (facts 2.6, 4.6) ---- */

bool page_evictable(const struct page *page);
void mlock_vma_page(struct page *page);		/* locked page */
void munlock_vma_page(struct page *page);	/* locked page */
void clear_page_mlock(struct page *page);
void add_locked_page(struct page *page);	/* a new one, of a VM_LOCKED area */

/* ---- rmap26.c: who uses the page, and how to make them let go (facts 2.6, 4.7) ---- */

/* page_add_anon_rmap has counted the first pte of a new page: it joins the lists. */
void page_add_new_anon_rmap(struct page *page, const struct vm_area *area);
/* Ptes that used it since the last look; *VM_FLAGS: the flags of their areas. */
unsigned page_referenced(struct page *page, bool is_locked, unsigned *vm_flags);

enum unmap_result { SWAP_SUCCESS, SWAP_AGAIN, SWAP_FAIL, SWAP_MLOCK };
enum unmap_result try_to_unmap(struct page *page);	/* locked page */
/* SWAP_MLOCK if another area has it locked in, too, and now has it so again. Locked page. */
enum unmap_result try_to_munlock(struct page *page);
/* A pte of the area named the page, and does no more: nor does it count, or hold it. */
void pte_has_let_go(struct vm_area *area, struct page *page);
/* unmap_nonlinear.c: a file's page, locked, that may be mapped out of order, too. */
void try_to_unmap_nonlinear(struct page *page);

/* ---- thrash.c: the address space whose pages are spared (facts 2.6, 4.7) ---- */

void grab_swap_token(struct mm_struct *mm);	/* it reads a page from swap */
void put_swap_token(struct mm_struct *mm);	/* it ends */
void disable_swap_token(void);			/* nobody is spared any more */
bool has_swap_token(const struct mm_struct *mm);

/* ---- the scanner (facts 2.6, section 5) ---- */

#define DEF_PRIORITY		12
#define SWAP_CLUSTER_MAX	32ul
#define NR_TO_RECLAIM_ALL	(~0ul)

/* What one reclaimer wants and may do, and what it has found. */
struct scan_control {
	gfp_t gfp;
	unsigned order;			/* of the block that somebody waits for */
	unsigned long nr_to_reclaim;	/* enough */
	bool may_writepage, may_unmap, may_swap;
	bool lumpy;			/* whole blocks, used or not (set_reclaim_mode) */
	bool sync;			/* and waits for their writes */
	unsigned long nr_scanned;
	unsigned long nr_reclaimed;
	unsigned long nr_dirty;		/* of the latest shrink_page_list */
	unsigned long nr_writeback;
};

extern unsigned vm_swappiness;		/* 0 … 100, tunable */
extern bool laptop_mode;		/* tunable: write only when asked to */

/* scan.c: how much of which list (facts 2.6, 5.2 to 5.4). */
void get_scan_count(struct zone *zone, const struct scan_control *sc, unsigned priority,
		    unsigned long nr[NR_LRU_LISTS - 1]);
bool inactive_anon_is_low(const struct zone *zone);
bool inactive_list_is_low(const struct zone *zone, bool file);
void shrink_zone(struct zone *zone, struct scan_control *sc, unsigned priority);

/* shrink_active.c (facts 2.6, 5.11) */
void shrink_active_list(unsigned long nr, struct zone *zone, struct scan_control *sc,
			bool file);

/* isolate_pages.c (facts 2.6, 5.5) */
#define ISOLATE_INACTIVE	1u	/* pages that are not active */
#define ISOLATE_ACTIVE		2u	/* active ones; with both bits, of both kinds, too */
#define ISOLATE_CLEAN		4u	/* neither dirty nor under writeback */
#define ISOLATE_UNMAPPED	8u
int __isolate_lru_page(struct page *page, unsigned mode, bool file);

/*
 * Takes up to NR pages from the tail of LIST onto the end of DST, each with a reference,
 * in the order of the scan; with sc->order their neighbours in memory, too. Returns how
 * many it took; *SCANNED: how many it looked at. lru_lock held.
 */
unsigned long isolate_lru_pages(unsigned long nr, struct zone *zone, enum lru_list list,
				const struct scan_control *sc, unsigned mode,
				struct list_head *dst, unsigned long *scanned);

/* shrink_inactive.c (facts 2.6, 5.6): pages reclaimed. */
unsigned long shrink_inactive_list(unsigned long nr, struct zone *zone,
				   struct scan_control *sc, unsigned priority, bool file);
void set_reclaim_mode(struct scan_control *sc, unsigned priority, bool sync);
void reset_reclaim_mode(struct scan_control *sc);	/* one page at a time, no waiting */
/* Isolated pages go back to where their flags say, the first of the scan first. */
void putback_inactive_pages(struct zone *zone, struct list_head *pages);

/* shrink_page_list.c (facts 2.6, 5.7 to 5.9): pages freed; the others stay on PAGES. */
unsigned long shrink_page_list(struct list_head *pages, struct zone *zone,
			       struct scan_control *sc, unsigned priority);

/* pageout.c (facts 2.6, 5.9) */
enum pageout_result {
	PAGE_KEEP,	/* not written: others hold it, or the disk is busy */
	PAGE_ACTIVATE,	/* cannot be written; still locked */
	PAGE_SUCCESS,	/* the write has begun or ended; unlocked */
	PAGE_CLEAN,	/* was clean all along; still locked */
};
enum pageout_result pageout(struct page *page, const struct scan_control *sc);

/* remove_mapping.c (facts 2.6, 5.10) */
bool __remove_mapping(struct page *page);	/* no reference is left */
bool remove_mapping(struct page *page);		/* the caller's is left */
bool try_to_release_page(struct page *page);

/* ---- drivers (facts 2.6, section 6) ---- */

/* direct.c: for an allocation that waits; pages reclaimed. */
unsigned long try_to_free_pages(const struct zonelist *zonelist, unsigned order, gfp_t gfp);

/* kswapd26.c */
unsigned balance_pgdat(const struct pglist_data *node, unsigned order, enum zone_type *classzone);
void wakeup_kswapd(struct zone *zone, unsigned order, enum zone_type classzone);
void kswapd_turn26(struct pglist_data *node);	/* one turn of the daemon's loop */
void kswapd_start(void);
/* Zones of so many pages are above their marks: is that enough for a block? */
bool pgdat_balanced(const struct pglist_data *node, unsigned long balanced,
		    enum zone_type classzone);
bool sleeping_prematurely(const struct pglist_data *node, unsigned order, bool woken_early,
			  enum zone_type classzone);
void kswapd_try_to_sleep(struct pglist_data *node, unsigned order, enum zone_type classzone);
bool zone_reclaimable(const struct zone *zone);

/* zone_reclaim.c (facts 2.6, 6.4) */
enum { ZONE_RECLAIM_NOSCAN = -2, ZONE_RECLAIM_FULL, ZONE_RECLAIM_SOME,
       ZONE_RECLAIM_SUCCESS };
#define RECLAIM_ZONE	1u
#define RECLAIM_WRITE	2u
#define RECLAIM_SWAP	4u
extern unsigned zone_reclaim_mode;	/* RECLAIM_… bits, tunable */
/* Percent of a zone's pages; it is not worth the trouble for fewer. Tunable. */
extern unsigned sysctl_min_unmapped_ratio, sysctl_min_slab_ratio;
int zone_reclaim(struct zone *zone, gfp_t gfp, unsigned order);

/* congestion.c (facts 2.6, 3.5, 6.5) */
/* Sleep for up to so many ticks, until a disk is no longer busy; ticks that were left. */
unsigned long wait_iff_congested(const struct zone *zone, unsigned long ticks);
unsigned long congestion_wait(unsigned long ticks);
/* May this task add a write to the mapping's disk now? */
bool may_write_to_queue(const struct address_space *mapping, const struct scan_control *sc);

/* oom26.c (facts 2.6, section 13) */
bool try_set_zonelist_oom(const struct zonelist *zonelist, gfp_t gfp);
void clear_zonelist_oom(const struct zonelist *zonelist, gfp_t gfp);
/* Kills somebody, or lets time pass; ZONELIST NULL: for a fault. */
void out_of_memory(const struct zonelist *zonelist, gfp_t gfp, unsigned order);
/* Thousandths of TOTAL_PAGES that the task has, 1 at least; 0: it is never killed. */
unsigned oom_badness(const struct task *task, unsigned long total_pages);
/* A fault found no memory: somebody's death gives some, and the access is tried again. */
void pagefault_out_of_memory(void);
/* Asked first: pages that somebody could free after all. One may be set. */
extern unsigned long (*oom_notifier)(void);

#endif
