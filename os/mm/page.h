/*
 * The page: one record for each frame of memory, and the rules of its use.
 *
 * Who holds a reference (facts 2.4, 1.5): a page or swap cache 1; buffers on a
 * cached page 1; each present pte 1; each temporary user 1; membership of an LRU
 * list 0. A page whose count falls to zero goes back to the buddy.
 *
 * Locks, by letter: (a) atomic, (z) zone->lock, (l) lru_lock, (c) pagecache_lock,
 * (p) the page lock PG_locked, (m) page_table_lock of the mm that maps it,
 * (!) constant after boot.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "arch/machine.h"
#include "lib/atomic.h"
#include "lib/list.h"
#include "lib/printk.h"
#include "lib/types.h"

struct address_space;
struct anon_vma;
struct buffer_head;
struct kmem_cache;
struct zone;

/* Bit numbers in page->flags (facts 2.4, 1.1). */
enum page_flag {
	PG_locked = 0,		/* I/O or exclusive use; waiters sleep in lock_page */
	PG_error = 1,		/* the last read or write failed */
	PG_referenced = 2,	/* used since a scanner looked (2.4: only touch_buffer) */
	PG_uptodate = 3,	/* the contents are valid */
	PG_dirty = 4,		/* must be written through writepage before it is dropped */
	PG_decr_after = 5,	/* counted in nr_async_pages until its I/O ends */
	PG_active = 6,		/* on active_list */
	PG_inactive_dirty = 7,	/* on inactive_dirty_list */
	PG_slab = 8,		/* an object cache owns it */
	PG_swap_cache = 9,	/* indexed in swapper_space */
	PG_highmem = 10,	/* has no address in the direct map */
	PG_inactive_clean = 11,	/* on its zone's inactive_clean_list */
	PG_buddy = 12,		/* first frame of a free block of 2^order frames */

	/* 2.6 only (facts 2.6, 4.1) */
	PG_lru = 13,		/* on one of its zone's lists */
	PG_swapbacked = 14,	/* its backing store is swap: it goes on the anon lists */
	PG_unevictable = 15,	/* on, or meant for, the unevictable list */
	PG_mlocked = 16,	/* a VM_LOCKED area maps it */
	PG_writeback = 17,	/* being written; not locked meanwhile */
	PG_reclaim = 18,	/* free it as soon as its write has ended */

	PG_reserved = 31,	/* never freed: kernel image, holes, zero page */
};

/*
 * Where a page is, for events, dumps and pictures. Changed only by page_move
 * (mm/trace/events.h). The order is part of the trace format.
 */
enum page_state {
	STATE_RESERVED,		/* never given out */
	STATE_FREE,		/* in the buddy */
	STATE_PCP,		/* on a per-CPU list (2.6) */
	STATE_KERNEL,		/* allocated, on no list, no user of its own kind below */
	STATE_SLAB,
	STATE_PAGETABLE,
	STATE_ANON,		/* anonymous, on no list */
	STATE_ACTIVE,
	STATE_INACTIVE_DIRTY,
	STATE_INACTIVE_CLEAN,
	STATE_ISOLATED,		/* off its list for a moment, or lost (Q13) */
	STATE_INACTIVE_ANON,	/* 2.6's five lists, in the order of enum lru_list */
	STATE_ACTIVE_ANON,
	STATE_INACTIVE_FILE,
	STATE_ACTIVE_FILE,
	STATE_UNEVICTABLE,
	STATE_PAGEVEC,		/* about to join a list (2.6) */
	NR_PAGE_STATES
};

struct page {
	struct list_head list;		/* (z) free block; (c) the mapping's list; slab's */
	struct list_head lru;		/* (l) */
	struct address_space *mapping;	/* (c)+(p) NULL if in no cache */
	unsigned long index;		/* (c)+(p) in pages; a swap entry in the swap cache */
	struct buffer_head *buffers;	/* (p) ring of buffers on this page, or NULL */
	struct anon_vma *anon_vma;	/* (m) who may map an anonymous page, or NULL */
	union {
		struct kmem_cache *slab;	/* owner while PG_slab */
		unsigned long anon_index;	/* (m) place in the areas of anon_vma */
	};
	unsigned long flags;		/* (a) bits of enum page_flag */
	atomic_t count;			/* (a) references; see above */
	atomic_t mapcount;		/* (a) present ptes that map it */
	u8 zone;			/* (!) index in zones[]: of its node and zone */
	u8 order;			/* (z) of the free block, valid with PG_buddy */
	u8 state;			/* enum page_state */
	u8 age;				/* (l) 0 … PAGE_AGE_MAX; 2.4 only */
};

extern struct page *mem_map;		/* (!) by frame number */
extern unsigned long nr_frames;		/* (!) length of mem_map */

static inline struct page *pfn_to_page(pfn_t pfn)
{
	return mem_map + pfn;
}

static inline pfn_t page_to_pfn(const struct page *page)
{
	return (pfn_t)(page - mem_map);
}

/* One set of tests for each flag: PageDirty, SetPageDirty, ClearPageDirty. */
#define PAGE_FLAG(Name, bit)							\
	static inline bool Page##Name(const struct page *page)			\
	{									\
		return test_bit(bit, &page->flags);				\
	}									\
	static inline void SetPage##Name(struct page *page)			\
	{									\
		set_bit(bit, &page->flags);					\
	}									\
	static inline void ClearPage##Name(struct page *page)			\
	{									\
		clear_bit(bit, &page->flags);					\
	}

PAGE_FLAG(Error, PG_error)
PAGE_FLAG(Referenced, PG_referenced)
PAGE_FLAG(Uptodate, PG_uptodate)
PAGE_FLAG(Dirty, PG_dirty)
PAGE_FLAG(DecrAfter, PG_decr_after)
PAGE_FLAG(Active, PG_active)
PAGE_FLAG(InactiveDirty, PG_inactive_dirty)
PAGE_FLAG(InactiveClean, PG_inactive_clean)
PAGE_FLAG(Slab, PG_slab)
PAGE_FLAG(SwapCache, PG_swap_cache)
PAGE_FLAG(HighMem, PG_highmem)
PAGE_FLAG(LRU, PG_lru)
PAGE_FLAG(SwapBacked, PG_swapbacked)
PAGE_FLAG(Unevictable, PG_unevictable)
PAGE_FLAG(Mlocked, PG_mlocked)
PAGE_FLAG(Writeback, PG_writeback)
PAGE_FLAG(Reclaim, PG_reclaim)
PAGE_FLAG(Reserved, PG_reserved)

/* The page's address in the direct map; not for HighMem pages (kmap them). */
static inline void *page_address(const struct page *page)
{
	assert(!PageHighMem(page));
	return pfn_to_virt(page_to_pfn(page));
}

static inline struct page *virt_to_page(const void *address)
{
	return pfn_to_page(virt_to_pfn(address));
}

/*
 * Maps any page for this task until kunmap; never sleeps and never fails. At most
 * four at a time, released in the opposite order: one or two for a copy, and as many in
 * a fault that the copy meets. The task may sleep in between: the mapping moves with it
 * to another CPU.
 */
static inline void *kmap(struct page *page)
{
	return PageHighMem(page) ? kmap_high(page) : pfn_to_virt(page_to_pfn(page));
}

static inline void kunmap(struct page *page)
{
	if (PageHighMem(page))
		kunmap_high(page);
}

/* Private pages of processes, once mapped; in the swap cache, too. */
static inline bool PageAnon(const struct page *page)
{
	return page->anon_vma != NULL;
}

static inline bool PageLocked(const struct page *page)
{
	return test_bit(PG_locked, &page->flags);
}

static inline bool PageTestandClearReferenced(struct page *page)
{
	return PageReferenced(page) && test_and_clear_bit(PG_referenced, &page->flags);
}

static inline bool PageTestandClearDecrAfter(struct page *page)
{
	return test_and_clear_bit(PG_decr_after, &page->flags);
}

static inline int page_count(const struct page *page)
{
	return atomic_read(&page->count);
}

static inline void get_page(struct page *page)
{
	atomic_inc(&page->count);
}

/* For a page that was found without a reference: false if its last one has just gone. */
static inline bool get_page_unless_zero(struct page *page)
{
	int count = page_count(page);

	while (count > 0)
		if (atomic_compare_exchange(&page->count, &count, count + 1))
			return true;
	return false;
}

void free_unused_page(struct page *page);	/* page_alloc.c: its last reference is gone */

/* Drops a reference; the last one frees the page. Reserved pages are not counted. */
static inline void put_page(struct page *page)
{
	if (PageReserved(page))
		return;
	assert(page_count(page) > 0);
	if (atomic_dec_and_test(&page->count))
		free_unused_page(page);
}

/* The page lock. lock_page sleeps; only its owner, or the end of I/O, unlocks. */
void lock_page(struct page *page);
bool trylock_page(struct page *page);
void unlock_page(struct page *page);
void wait_on_page(struct page *page);	/* until it is not locked */

void __set_page_dirty(struct page *page);	/* pagecache.c */
/* 2.6: some of its buffers are dirty, and the others shall stay as they are. */
void __set_page_dirty_nobuffers(struct page *page);

/*
 * Marks a page of a mapping dirty: PG_dirty, the mapping's dirty list (2.6: its tag in the
 * tree), its inode (facts 2.4, 2.3). Takes pagecache_lock. A page without a mapping is left
 * alone, and seen without the lock: who maps a page to processes has given it its mapping
 * before, and swap_out marks a page that enters the swap cache dirty itself.
 */
static inline void set_page_dirty(struct page *page)
{
	if (!__atomic_load_n(&page->mapping, __ATOMIC_RELAXED))
		return;
	/* 2.6: it is not to leave as soon as it is written, for it is in use again. */
	if (PageReclaim(page))
		ClearPageReclaim(page);
	if (!PageDirty(page) || page->buffers)
		__set_page_dirty(page);
}

#endif
