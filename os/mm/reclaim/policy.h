/*
 * The policy: what a generation of reclaim decides, behind one small interface.
 *
 * The common core (allocator, caches, faults, swap) calls these where the eras
 * differ. `vm=` at boot chooses; it never changes afterwards.
 */
#ifndef MM_RECLAIM_POLICY_H
#define MM_RECLAIM_POLICY_H

#include "arch/machine.h"
#include "mm/zone.h"

struct address_space;
struct mm_struct;
struct move_places;
struct swap_area;
struct vm_area;

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

	/* Memory may be of several nodes; else all of it is one, whatever the firmware says. */
	bool knows_nodes;

	/* The cache's hold on a swap slot is a bit of its own, not one more holder. */
	bool swap_cache_bit;
	/* A free slot of the area, or 0; its lock is held. */
	unsigned long (*find_slot)(struct swap_area *area);
	/* A page is written under PG_writeback, unlocked; else under its lock. */
	bool writes_unlocked;
	/*
	 * Who writes to a file, or changes metadata, makes pages dirty, the file's or the
	 * disk's, and they are written as pages, by the flusher of that disk; else he makes
	 * buffers dirty, each for itself.
	 */
	bool dirties_pages;

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
	/*
	 * A locked, clean page without buffers leaves its cache, and in 2.4 its list, if only
	 * the cache has it and our caller, who keeps his reference. Did it?
	 */
	bool (*remove_mapping)(struct page *page);

	/* Shared areas may have their pages in any order (remap_file_pages). */
	bool nonlinear_areas;
	/* A fault on an empty pte of a file's area: do_no_page or do_linear_fault. */
	int (*file_fault)(struct vm_area *area, unsigned long address, pte_t *slot,
			  bool write, bool *major);

	/*
	 * How a mapping knows its dirty pages: by lists in 2.4, by tags in 2.6. A page has
	 * joined a mapping (NULL: nothing to be done), has become dirty in it, or has left
	 * its tree and still has it as its mapping (pagecache_lock held). And see
	 * filemap_fdatasync, filemap_fdatawait.
	 */
	void (*page_cached)(struct page *page);
	void (*page_dirtied)(struct page *page);
	void (*page_uncached)(struct page *page);
	int (*fdatasync)(struct address_space *mapping);
	void (*fdatawait)(struct address_space *mapping);

	/*
	 * NULL for those where nothing more happens. A new anonymous page has been mapped
	 * (page_table_lock held); somebody reads or writes a file's page; a locked page of a
	 * VM_LOCKED area is locked in memory or let go, the former after all that waits in
	 * front of the lists has joined them; a locked page leaves its file or the area,
	 * which may have had it locked in memory; a fault must read a page from swap, or
	 * found no memory, and the process will try again; an address space goes, and what
	 * waits in front of the lists shall not outlive it.
	 */
	void (*new_anon)(struct page *page, const struct vm_area *area);
	void (*page_accessed)(struct page *page);
	void (*lock_in_memory)(struct page *page, bool lock);
	void (*drain_lists)(void);
	void (*clear_page_mlock)(struct page *page);
	void (*swap_in)(struct mm_struct *mm);
	void (*pagefault_out_of_memory)(void);
	void (*exit_mmap)(struct mm_struct *mm);

	/* If memory is short: starts writes, for bdflush and getblk. Pages; NULL: none (2.6). */
	int (*launder)(gfp_t gfp);
	/* One pass of memory freeing for someone who waits for memory. */
	void (*make_room)(gfp_t gfp);

	/*
	 * For drop_caches: what shrinkers can free goes (NULL: there are none). And a page
	 * that could not be dropped, being in use or dirty (NULL: it stays in place).
	 */
	void (*drop_slab)(void);
	void (*page_not_dropped)(struct page *page);

	/* A buffer has become dirty: is it too much now? Somebody must write, who cannot
	   allocate. And somebody has written to a file (NULL: no matter): may he go on? */
	void (*balance_buffers)(void);
	void (*write_back)(void);
	void (*balance_pages)(struct address_space *mapping);
};

extern const struct reclaim_policy *policy;
extern const struct reclaim_policy policy_v24, policy_v26;

/* The lock of all page lists: pagemap_lru_lock in 2.4, rank RANK_LRU; RANK_LRU26 in 2.6. */
extern struct spinlock lru_lock;

/* Chooses by the name in `vm=`; false if there is no such policy. */
bool policy_select(const char *name);

#endif
