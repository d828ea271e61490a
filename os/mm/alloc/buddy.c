/*
 * The buddy system: free frames in blocks of 2^order (facts 2.4, 4.2; lab 02).
 *
 * Owns free_area and free_pages of each zone, under zone->lock with interrupts off.
 *
 * A zone is cut into aligned blocks, counted from its own first frame. Two blocks of
 * an order that together make one of the next are buddies: their numbers differ in
 * one bit. Two free buddies are always merged, so a block on a list has a buddy that
 * is in use, split, or outside the zone.
 *
 *	frame   0       4       8      12      16
 *	        |  order 3      |  o2   |o1 |0|x|	x in use: its buddy at 14 is
 *	                                               alone on the order-0 list
 *
 * The first frame of a free block carries PG_buddy and the block's order.
 */
#include "kernel/lock.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/trace/events.h"

static struct page *frame_in_zone(const struct zone *zone, unsigned long index)
{
	return pfn_to_page(zone->start_pfn + index);
}

static bool is_free_block(const struct zone *zone, unsigned long index, unsigned order)
{
	const struct page *page;

	if (index + (1ul << order) > zone->size)
		return false;
	page = frame_in_zone(zone, index);
	return test_bit(PG_buddy, &page->flags) && page->order == order;
}

static void link_block(struct zone *zone, struct page *page, unsigned order)
{
	struct free_area *area = &zone->free_area[order];

	page->order = (u8)order;
	set_bit(PG_buddy, &page->flags);
	list_add(&page->list, &area->blocks);
	area->nr_free++;
}

static void unlink_block(struct zone *zone, struct page *page)
{
	clear_bit(PG_buddy, &page->flags);
	list_del(&page->list);
	zone->free_area[page->order].nr_free--;
}

static void move_block(struct page *page, unsigned order, enum page_state to,
		       enum mm_reason reason)
{
	for (unsigned long i = 0; i < 1ul << order; i++)
		page_move(page + i, to, reason);
}

/* Gives a block back, merging it with its buddies as far as that goes. */
void buddy_free(struct page *page, unsigned order)
{
	struct zone *zone = page_zone(page);
	unsigned long index = page_to_pfn(page) - zone->start_pfn;
	unsigned long flags;

	assert(order < MAX_ORDER);
	assert((index & ((1ul << order) - 1)) == 0);
	move_block(page, order, STATE_FREE, BY___free_pages_ok);

	flags = spin_lock_irqsave(&zone->lock);
	zone->free_pages += 1ul << order;
	while (order < MAX_ORDER - 1 && is_free_block(zone, index ^ 1ul << order, order)) {
		unlink_block(zone, frame_in_zone(zone, index ^ 1ul << order));
		index &= ~(1ul << order);
		order++;
	}
	link_block(zone, frame_in_zone(zone, index), order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/*
 * Cuts a block of order HAVE down to WANTED. Each lower half goes back to its list;
 * the upper half is what remains. Returns the last upper half.
 */
static struct page *split_block(struct zone *zone, struct page *page, unsigned have,
				unsigned wanted)
{
	while (have > wanted) {
		have--;
		link_block(zone, page, have);
		page += 1ul << have;
	}
	return page;
}

/* Takes a block off the lists: the first frame, with count 1, or NULL. */
struct page *rmqueue(struct zone *zone, unsigned order)
{
	struct page *page = NULL;
	unsigned long flags = spin_lock_irqsave(&zone->lock);

	for (unsigned have = order; have < MAX_ORDER; have++) {
		struct free_area *area = &zone->free_area[have];

		if (list_empty(&area->blocks))
			continue;
		page = list_first(&area->blocks, struct page, list);
		unlink_block(zone, page);
		page = split_block(zone, page, have, order);
		zone->free_pages -= 1ul << order;
		break;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	if (!page)
		return NULL;

	assert(page_count(page) == 0);
	atomic_set(&page->count, 1);
	move_block(page, order, STATE_KERNEL, BY_rmqueue);
	count_vm_many(VM_pgalloc, 1ul << order);
	return page;
}
