/*
 * The allocator of 2.6: watermarks, kinds of frames, per-CPU lists, a fast and a slow
 * path (facts 2.6, sections 1 to 3).
 *
 *	alloc26.c	the fast path: which zone gives a page
 *	slowpath.c	what a request does when none gives one
 *	watermark26.c	what each zone keeps back, and from whom
 *	migratetype.c	kinds of frames, and whose blocks to take when one kind runs out
 *	pcp.c		single pages of each CPU
 *	bad_page.c	frames that are not what they should be
 *	show_mem.c	what is where, for the log
 */
#ifndef MM_ALLOC26_H
#define MM_ALLOC26_H

#include "mm/alloc/alloc.h"

/* How a request may go below a zone's mark (facts 2.6, 1.7). */
enum watermark { WMARK_MIN, WMARK_LOW, WMARK_HIGH };

#define ALLOC_HIGH		0x20u	/* half of it; the same bit as __GFP_HIGH */
#define ALLOC_HARDER		0x10u	/* a quarter less */
#define ALLOC_NO_WATERMARKS	0x04u	/* all of it */

#define COSTLY_ORDER	3	/* larger blocks may fail rather than try for ever */

/* ---- watermark26.c ---- */

extern unsigned min_free_kbytes;	/* tunable: what all zones together keep back */
extern unsigned long totalreserve_pages;	/* all zones' dirty_balance_reserve */

void init_per_zone_wmark_min(void);	/* boot: min_free_kbytes from the size of memory */
void setup_per_zone_wmarks(void);	/* after min_free_kbytes has changed */
void setup_per_zone_lowmem_reserve(void);
void calculate_totalreserve_pages(void);
unsigned calculate_zone_inactive_ratio(const struct zone *zone);

static inline unsigned long zone_mark(const struct zone *zone, enum watermark mark)
{
	switch (mark) {
	case WMARK_MIN:
		return zone->pages_min;
	case WMARK_LOW:
		return zone->pages_low;
	case WMARK_HIGH:
		break;
	}
	return zone->pages_high;
}

/*
 * Would ZONE still have more than MARK free pages, and blocks of ORDER among them, after
 * a block of ORDER was taken by a request that could have come from a zone of type
 * CLASSZONE? Reads counters without locks.
 */
bool zone_watermark_ok(const struct zone *zone, unsigned order, unsigned long mark,
		       enum zone_type classzone, unsigned alloc_flags);
/* The same, for kswapd: near the marks it does not trust the sum (mm/trace/vmstat.h). */
bool zone_watermark_ok_safe(const struct zone *zone, unsigned order, unsigned long mark,
			    enum zone_type classzone, unsigned alloc_flags);

/* ---- migratetype.c ---- */

void setup_migrate_types(void);		/* boot: every pageblock is movable */
void setup_migrate_reserve(struct zone *zone);	/* as many reserve blocks as its mark wants */
void set_pageblock_type(struct page *page, unsigned type);

static inline unsigned allocflags_to_migratetype(gfp_t gfp)
{
	if (page_group_by_mobility_disabled)
		return MIGRATE_UNMOVABLE;
	if (gfp & __GFP_MOVABLE)
		return MIGRATE_MOVABLE;
	return gfp & __GFP_RECLAIMABLE ? MIGRATE_RECLAIMABLE : MIGRATE_UNMOVABLE;
}

/* A block of TYPE, or of another type if there is none; zone->lock held. */
struct page *__rmqueue(struct zone *zone, unsigned order, unsigned type);

/* ---- pcp.c ---- */

/* Tunable: a zone's share that each CPU may keep, one so-many-th; 0: by its size. */
extern unsigned percpu_pagelist_fraction;
#define LEAST_PAGELIST_FRACTION	8

void setup_pcp(struct zone *zone);	/* boot: empty lists */
void setup_zone_pagesets(void);		/* limits; boot, and when the fraction has changed */
/* A page from this CPU's list, with its first reference, or NULL. */
struct page *pcp_take(struct zone *zone, unsigned type, bool cold);
void free_hot_cold_page(struct page *page, bool cold);
void drain_all_pages(void);		/* every CPU's lists go back to the buddy */

/* ---- zonelist_cache.c: with several nodes, which zones of a list were full ---- */

void zlc_setup(const struct zonelist *list);	/* forgets what is older than a second */
bool zlc_zone_worth_trying(const struct zonelist *list, const struct zoneref *ref);
void zlc_mark_zone_full(const struct zonelist *list, const struct zoneref *ref);
void zlc_clear_zones_full(const struct zonelist *list);

/* ---- alloc26.c ---- */

/* Bits that a request may have: GFP_BOOT_MASK until the daemons run, then all. */
extern gfp_t gfp_allowed_mask;

/* A block from the first zone that allows it, or NULL. */
struct page *get_page_from_freelist(const struct zonelist *zonelist, gfp_t gfp,
				    unsigned order, enum watermark mark,
				    unsigned alloc_flags);
struct page *__alloc_pages_nodemask(const struct zonelist *zonelist, gfp_t gfp, unsigned order);
void free_block_v26(struct page *page, unsigned order);
void free_isolated_page(struct page *page);	/* its count is 0; nobody has used it */

/* ---- slowpath.c ---- */

struct page *__alloc_pages_slowpath(const struct zonelist *zonelist, gfp_t gfp,
				    unsigned order);

/* ---- bad_page.c ---- */

extern bool panic_on_bad_page;	/* checking builds and sim; else they are told, and lost */

/* Tells of a page that is not what it should be, WHEN: it must not be used any more. */
void bad_page(const struct page *page, const char *when);

/* A free page has no flag but the one that says where it is. */
#define FLAGS_CHECK_AT_PREP	(~(1ul << PG_highmem))

static inline bool page_in_use(const struct page *page, unsigned long forbidden)
{
	return unlikely(page->mapping || page->buffers || atomic_read(&page->mapcount) ||
			page_count(page) || page->flags & forbidden);
}

/* Both: is it a bad page? The first takes the flags off that a page may be freed with. */
bool free_pages_check(struct page *page);

static inline bool check_new_page(const struct page *page)
{
	if (!page_in_use(page, FLAGS_CHECK_AT_PREP))
		return false;
	bad_page(page, "changed while free");
	return true;
}

/* A block that has left the free lists gets its first reference; true: but none may use it. */
static inline bool prep_new_page(struct page *page, unsigned order)
{
	bool bad = false;

	for (unsigned long i = 0; i < 1ul << order; i++)
		bad |= check_new_page(page + i);
	block_taken(page, order, BY_buffered_rmqueue);
	return bad;
}

/* ---- show_mem.c ---- */

void show_mem(void);		/* to the log: each zone, its lists and free blocks, and swap */

#endif
