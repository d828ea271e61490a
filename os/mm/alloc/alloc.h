/*
 * The page allocator: whole frames, in blocks of 2^order.
 *
 * May sleep if the mask has __GFP_WAIT; in an interrupt, or with a spinlock held,
 * use GFP_ATOMIC. Under policy 2.4 an order-0 request with __GFP_WAIT comes back
 * only with a page, unless the caller has PF_MEMALLOC (Q30).
 */
#ifndef MM_ALLOC_H
#define MM_ALLOC_H

#include "mm/trace/events.h"
#include "mm/zone.h"

#define AGE_WHEN_FREED	2	/* what a page starts its next life with */

/* A block with count 1 on its first page, contents undefined but for ZERO, or NULL. */
struct page *alloc_pages(gfp_t gfp, unsigned order);

static inline struct page *alloc_page(gfp_t gfp)
{
	return alloc_pages(gfp, 0);
}

/* The order of the smallest block that holds so many bytes. */
static inline unsigned get_order(size_t bytes)
{
	unsigned order = 0;

	while (PAGE_SIZE << order < bytes)
		order++;
	return order;
}

/* Drops a reference on a block's first page; the last one frees the block. */
void free_pages(struct page *page, unsigned order);

/* 2.4's, for who has dropped the last reference: checks and cleans the first page. */
void prepare_free(struct page *page, unsigned order);

/* The same with low memory's addresses; get_zeroed_page gives one page of zeros. */
void *__get_free_pages(gfp_t gfp, unsigned order);
void *get_zeroed_page(gfp_t gfp);
void free_pages_virt(void *address, unsigned order);

/*
 * The buddy, for the eras' allocators. TYPE is an enum migrate_type; 2.4 has only
 * MIGRATE_UNMOVABLE. Those in the first group want zone->lock held.
 */
void __free_one_page(struct zone *zone, struct page *page, unsigned order, unsigned type);
struct page *__rmqueue_smallest(struct zone *zone, unsigned order, unsigned type);
struct page *take_block(struct zone *zone, struct page *page, unsigned wanted, unsigned type);
void retype_block(struct zone *zone, struct page *page, unsigned type);

/* A block goes back to its pageblock's type. */
void buddy_free(struct page *page, unsigned order);
struct page *rmqueue(struct zone *zone, unsigned order);	/* 2.4: a block, or NULL */

static inline void move_frames(struct page *page, unsigned order, enum page_state to,
			       enum mm_reason reason)
{
	for (unsigned long i = 0; i < 1ul << order; i++)
		page_move(page + i, to, reason);
}

/* A block that has left the buddy gets its first reference. */
static inline struct page *block_taken(struct page *page, unsigned order,
				       enum mm_reason reason)
{
	assert(page_count(page) == 0);
	atomic_set(&page->count, 1);
	move_frames(page, order, STATE_KERNEL, reason);
	return page;
}

#endif
