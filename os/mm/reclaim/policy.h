/*
 * The policy: what a generation of reclaim decides, behind one small interface.
 *
 * The common core (allocator, caches, faults, swap) calls these where the eras
 * differ. `vm=` at boot chooses; it never changes afterwards.
 */
#ifndef MM_RECLAIM_POLICY_H
#define MM_RECLAIM_POLICY_H

#include "mm/zone.h"

struct move_places;
struct swap_area;

struct reclaim_policy {
	const char *name;		/* "2.4" */
	const struct move_places *places;	/* what its moves count by; trace/moves.h */

	/* How free blocks are kept; see mm/alloc/buddy.c. */
	struct {
		unsigned orders;	/* 0 … orders-1 */
		bool from_zone_start;	/* frames are numbered from there, not from 0 */
		bool gives_lower_half;	/* of a block that it splits */
		bool tail_rule;
	} buddy;

	/* The cache's hold on a swap slot is a bit of its own, not one more holder. */
	bool swap_cache_bit;
	/* A free slot of the area, or 0; its lock is held. */
	unsigned long (*find_slot)(struct swap_area *area);
	/* A page is written under PG_writeback, unlocked; else under its lock. */
	bool writes_unlocked;

	/* Boot: when zones have their sizes; when memory is in the buddy; then the daemons. */
	void (*setup_zones)(void);
	void (*init)(void);
	void (*start)(void);

	/* Allocation with all its phases; see mm/alloc/alloc.h. */
	struct page *(*alloc_pages)(const struct zonelist *zonelist, gfp_t gfp, unsigned order);
	/* A block without references goes back. */
	void (*free_block)(struct page *page, unsigned order);

	/* A locked page with a mapping or buffers joins the lists, or leaves them. */
	void (*lru_add)(struct page *page);
	void (*lru_del)(struct page *page);
	void (*__lru_del)(struct page *page);	/* lru_lock held */

	/* A lookup in a page cache found it (pagecache_lock held). */
	void (*cache_hit)(struct page *page);
	/* It has been written to its end, or read-ahead has passed it. */
	void (*page_used_once)(struct page *page);

	/* A page has become dirty; NULL: nothing more happens. */
	void (*page_dirtied)(struct page *page);

	/* One pass of memory freeing for someone who waits for memory. */
	void (*make_room)(gfp_t gfp);
};

extern const struct reclaim_policy *policy;
extern const struct reclaim_policy policy_v24, policy_v26;

/* The lock of all page lists, rank RANK_LRU: pagemap_lru_lock in 2.4. */
extern struct spinlock lru_lock;

/* Chooses by the name in `vm=`; false if there is no such policy. */
bool policy_select(const char *name);

#endif
