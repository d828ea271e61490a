/*
 * Swap: areas on disk, slots in them, and the cache of pages that have a slot
 * (facts 2.4, section 5).
 *
 * Locks: (s) swap_list_lock, (d) the area's lock, (!) constant while switched on.
 */
#ifndef MM_SWAP_H
#define MM_SWAP_H

#include "kernel/lock.h"
#include "mm/cache/pagecache.h"

struct block_device;
struct file;
struct inode;

/*
 * A slot's name: area in bits 1-6, slot number from bit 8 on. Bits 0 and 7 are clear,
 * so that a pte holding one is not present. 0 is no entry.
 */
typedef struct {
	unsigned long val;
} swp_entry_t;

#define MAX_SWAPFILES	8
#define SWAP_MAP_MAX	0x7fff	/* a count this high sticks: the slot is never freed */
#define SWAP_MAP_SHMEM	0x7ffe	/* 2.6: a segment of shared memory has it, and nobody else */
#define SWAP_HAS_CACHE	0x8000	/* 2.6: the swap cache has a page for it; not counted */
#define SWAP_MAP_BAD	0xffff	/* the header, or a bad block */
#define SWAPFILE_CLUSTER 256	/* slots that one search serves */

static inline swp_entry_t swp_entry(unsigned type, unsigned long offset)
{
	return (swp_entry_t){ (unsigned long)type << 1 | offset << 8 };
}

static inline unsigned swp_type(swp_entry_t entry)
{
	return (entry.val >> 1) & 0x3f;
}

static inline unsigned long swp_offset(swp_entry_t entry)
{
	return entry.val >> 8;
}

#define SWP_USED	1u
#define SWP_WRITEOK	3u	/* both bits: may give out slots */

/* Slots FIRST … FIRST+PAGES-1 of a swap file, which follow each other on the disk. */
struct swap_extent {
	unsigned long first, pages;
	u64 sector;			/* of the first one */
};

/* What an area lies on. All (!). */
struct swap_place {
	struct block_device *dev;
	unsigned block_size;		/* bytes of the blocks that 2.4 writes a page in */
	struct inode *inode;		/* the swap file; NULL: the whole device */
	struct swap_extent *extents;	/* of a file, by rising slots */
	unsigned nr_extents;
};

struct swap_area {
	unsigned flags;			/* (s) 0: not in use */
	int prio;			/* (!) higher ones are used first */
	int next;			/* (s) following area in order, -1 at the end */
	struct spinlock lock;		/* rank RANK_SWAP_AREA */
	struct swap_place place;	/* (!) */
	char name[64];			/* (!) path, for /proc/swaps */
	u16 *map;			/* (d) holders of each slot, or SWAP_…; NULL: off */
	unsigned long max;		/* (d) slots in map */
	unsigned long pages;		/* (!) usable ones */
	unsigned long inuse;		/* (d) usable ones taken */
	unsigned long lowest_bit;	/* (d) no free slot below this */
	unsigned long highest_bit;	/* (d) and none above; 0 if full */
	unsigned long cluster_next;	/* (d) where the current cluster goes on */
	unsigned long cluster_nr;	/* (d) slots it may still give */
};

extern struct spinlock swap_list_lock;	/* rank RANK_SWAP_LIST */
extern struct swap_area swap_areas[MAX_SWAPFILES];
extern unsigned nr_swap_areas;		/* (s) entries of swap_areas ever used */
extern struct swap_list {
	int head;			/* (s) first area by priority, -1 if none */
	int next;			/* (s) where the next slot is looked for */
} swap_list;
extern long nr_swap_pages;		/* (s) free slots in all areas */
extern unsigned long total_swap_pages;	/* (s) usable slots in all areas */
extern struct address_space swapper_space;
extern atomic_t nr_async_pages;		/* pages in flight to or from swap, asynchronous */

/* slots.c: references to slots. */
swp_entry_t get_swap_page(void);	/* a slot held for the swap cache, or entry 0 */
swp_entry_t get_shared_swap_page(void);	/* for a shared segment: 2.4 counts it at once */
swp_entry_t __get_swap_page(unsigned short count);	/* with COUNT references */
/* 0, -ENOENT: the slot is free, -EINVAL: it is none, or a segment's (2.6). */
int swap_duplicate(swp_entry_t entry);
/* 2.6: the cache's slot belongs to a segment now, too. */
void swap_shmem_alloc(swp_entry_t entry);
bool swap_is_shmem(swp_entry_t entry);
void swap_free(swp_entry_t entry);
/* The cache's hold on a slot: -EEXIST if it has a page for it already (2.6). */
int swapcache_prepare(swp_entry_t entry);
void swapcache_free(swp_entry_t entry);
void __swap_free(swp_entry_t entry, unsigned short count);
unsigned swap_count(swp_entry_t entry);	/* holders now, of a live entry; 2.4's cache is one */
unsigned swap_users(swp_entry_t entry);	/* the same without the cache, which has a page for it */
bool swap_has_cache(swp_entry_t entry);	/* 2.6 */
/* The area that ENTRY names, locked, or NULL; CALLER is for a message. */
struct swap_area *lock_swap_area(swp_entry_t entry, const char *caller);

/* slots.c, slots26.c: where the eras look for a free slot; the area's lock is held. */
unsigned long scan_swap_map(struct swap_area *area);
unsigned long find_free_cluster(const struct swap_area *area);	/* for both: or 0 */
unsigned long scan_swap_map_v26(struct swap_area *area);

/*
 * handles.c: the slots of the aligned window around ENTRY that are in use, one after the
 * other. Returns how many, *OFFSET the first. 2.4: from the window's start; each gets a
 * reference (Q25). 2.6: those around ENTRY, if there are others; no references.
 */
unsigned valid_swaphandles(swp_entry_t entry, unsigned long *offset);

/*
 * areas.c: switching areas on and off. swap_area_add takes a map that it then owns if
 * it succeeds: 0 = free, SWAP_MAP_BAD; PRIO < 0 asks for the next of -1, -2, …. 0 or
 * -errno. swap_area_remove brings every page back first; -ENOMEM if they do not fit.
 */
u16 *swap_map_alloc(unsigned long max);		/* all free but the header; or NULL */
void swap_map_free(u16 *map, unsigned long max);
int swap_area_add(struct block_device *dev, const char *name, u16 *map,
		  unsigned long max, int prio);
int swap_area_add_at(const struct swap_place *place, const char *name, u16 *map,
		     unsigned long max, int prio);	/* takes the extents, too */
int swap_area_remove(unsigned type);
/* The type of the area on the whole of DEV, or, if INODE is not NULL, in that file; or -1. */
int swap_area_on(const struct block_device *dev, const struct inode *inode);
bool is_swap_device(const struct block_device *dev);

/*
 * extents.c: finds the place of a file's first MAX pages, and marks in MAP those that cannot
 * be used. 0; -EINVAL: there are holes, or nothing that can be used; -EIO, -ENOMEM. The
 * extents are freed by kfree. swap_sector: where a slot, not a bad one, lies.
 */
int swap_place_in_file(struct swap_place *place, struct inode *inode, u16 *map,
		       unsigned long max);
u64 swap_sector(const struct swap_place *place, unsigned long slot);

/* swapon.c, not in sim. FLAGS: SWAP_FLAG_PREFER and a priority, or 0. */
#define SWAP_FLAG_PREFER	0x8000
#define SWAP_FLAG_PRIO_MASK	0x7fff
long sys_swapon(const char *user_path, int flags);
long sys_swapoff(const char *user_path);
/* The first with kernel memory and without a look at the caller's rights. */
int swap_on(const char *path, int flags);

/* swap_state.c: the swap cache. Pages come locked. */
void swap_cache_init(void);
/*
 * The slot's reference that the caller has becomes the cache's. Never sleeps. 0, or
 * -ENOMEM, or -EEXIST: the slot has a page already; then the page is as before.
 */
int add_to_swap_cache(struct page *page, swp_entry_t entry);
/* The same for pagecache_lock holders, who have called radix_preload. */
int __add_to_swap_cache(struct page *page, swp_entry_t entry);
void __delete_from_swap_cache(struct page *page);	/* pagecache_lock held */
void delete_from_swap_cache_nolock(struct page *page);	/* the caller has the page lock */
/* 2.6: the page stays on its list; its contents are nowhere else. The caller has a reference. */
void delete_from_swap_cache(struct page *page);
void free_page_and_swap_cache(struct page *page);
struct page *lookup_swap_cache(swp_entry_t entry);
/* The slot's page in the cache, reading it if needed; WAIT until it is read. */
struct page *read_swap_cache_async(swp_entry_t entry, bool wait);
/* Locks a page, in any case. 0: it has the slot and its data; -EIO; -EAGAIN: look again. */
int lock_swap_page(struct page *page, swp_entry_t entry);
bool is_page_shared(struct page *page);
/* vm/swapin.c: starts to read the slots of ENTRY's aligned window that are in use. */
void swapin_readahead(swp_entry_t entry);

/* add_to_swap.c: 2.6's moves between anonymous and swap-cache pages; locked pages. */
bool add_to_swap(struct page *page);		/* false: no slot, or no memory */
bool try_to_free_swap(struct page *page);	/* gives the slot up if no pte needs it */
bool reuse_swap_page(struct page *page);	/* may its only user write to it? */
bool vm_swap_full(void);			/* more than half */
void free_swap_and_cache(swp_entry_t entry);	/* a pte's hold, and a page for nobody */

/* swap_bio.c: 2.6's I/O. A locked page, unlocked as soon as may be. */
int swap_writepage(struct page *page);	/* 0 */
void swap_readpage(struct page *page);

/* swap_io.c */
void rw_swap_page(bool write, struct page *page, bool wait);
/* A write has ended. CLEANED: its page need not be written again, or nobody wants it. */
void count_swap_write(bool cleaned);
bool swap_writes_fail(void);		/* all of the last ones have failed */
void forget_failed_writes(void);
bool swap_page_wanted(struct page *page);	/* by more than the cache */
int async_swap_limit(void);	/* pages in flight beyond which writes are waited for */

extern unsigned swap_cluster;	/* clusters in flight before writers wait, tunable */
extern unsigned page_cluster;	/* log2 of pages read at once, tunable */
void swap_setup(void);		/* page_cluster from the size of memory */

#endif
