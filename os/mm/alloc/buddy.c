/*
 * The buddy system: free frames in blocks of 2^order (facts 2.4, 4.2; facts 2.6, 2.1 and
 * 2.2; lab 02).
 *
 * Owns free_area and free_pages of each zone, under zone->lock with interrupts off.
 *
 * A zone is cut into aligned blocks. Two blocks of an order that together make one of
 * the next are buddies: their numbers differ in one bit. Two free buddies are always
 * merged, so a block on a list has a buddy that is in use, split, or outside the zone.
 *
 *	frame   0       4       8      12      16
 *	        |  order 3      |  o2   |o1 |0|x|	x in use: its buddy at 14 is
 *	                                               alone on the order-0 list
 *
 * The first frame of a free block carries PG_buddy and the block's order. Each order has
 * a list for each migrate type; 2.4 uses the first. Blocks merge whatever their types.
 *
 * The eras differ in four ways, which their policies state: how many orders there are,
 * from where frames are numbered, which half of a split block is given out, and whether
 * a block that will probably merge soon waits at the tail of its list.
 */
#include "kernel/lock.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"

/* Blocks are aligned in relation to this frame (2.4: the zone's first). */
static pfn_t first_frame(const struct zone *zone)
{
	return policy->buddy.from_zone_start ? zone->start_pfn : 0;
}

static struct page *frame_at(const struct zone *zone, unsigned long index)
{
	return pfn_to_page(first_frame(zone) + index);
}

/* The block's buddy: together they make one of the next order, which begins at the lower. */
static unsigned long __find_buddy_index(unsigned long index, unsigned order)
{
	return index ^ 1ul << order;
}

/* Is the block of this zone there, free, and neither split nor part of a larger one? */
static bool page_is_buddy(const struct zone *zone, unsigned long index, unsigned order)
{
	pfn_t pfn = first_frame(zone) + index;
	const struct page *page;

	if (pfn < zone->start_pfn || pfn + (1ul << order) > zone->start_pfn + zone->size)
		return false;
	page = pfn_to_page(pfn);
	return test_bit(PG_buddy, &page->flags) && page->order == order;
}

static void set_page_order(struct page *page, unsigned order)
{
	assert(page_count(page) == 0);
	page->order = (u8)order;
	set_bit(PG_buddy, &page->flags);
}

static void rmv_page_order(struct page *page)
{
	clear_bit(PG_buddy, &page->flags);
	page->order = 0;
}

static void link_block(struct zone *zone, struct page *page, unsigned order, unsigned type,
		       bool at_tail)
{
	struct free_area *area = &zone->free_area[order];

	set_page_order(page, order);
	if (at_tail)
		list_add_tail(&page->list, &area->blocks[type]);
	else
		list_add(&page->list, &area->blocks[type]);
	area->nr_free++;
}

static void unlink_block(struct zone *zone, struct page *page)
{
	zone->free_area[page->order].nr_free--;
	list_del(&page->list);
	rmv_page_order(page);
}

/*
 * Is the pair one order up free? Then the block's buddy may complete a larger block, so it
 * is given out last. The original sees this only of the lower half of a pair.
 */
static bool may_merge_soon(const struct zone *zone, unsigned long index, unsigned order)
{
	return policy->buddy.tail_rule && order + 2 < policy->buddy.orders &&
		!(index & 1ul << order) &&
		page_is_buddy(zone, __find_buddy_index(index, order + 1), order + 1);
}

/* Gives a block back, merging it with its buddies as far as that goes. zone->lock held. */
void __free_one_page(struct zone *zone, struct page *page, unsigned order, unsigned type)
{
	unsigned long index = page_to_pfn(page) - first_frame(zone);

	assert(order < policy->buddy.orders);
	assert((index & ((1ul << order) - 1)) == 0);
	mod_zone_free_pages(zone, 1l << order);
	while (order < policy->buddy.orders - 1) {
		unsigned long buddy = __find_buddy_index(index, order);

		if (!page_is_buddy(zone, buddy, order))
			break;
		unlink_block(zone, frame_at(zone, buddy));
		index &= buddy;
		order++;
	}
	link_block(zone, frame_at(zone, index), order, type,
		   may_merge_soon(zone, index, order));
}

/*
 * Cuts a block of order HAVE down to WANTED; the halves that are not needed go to the
 * lists of TYPE. Returns what remains: 2.4 keeps the upper halves, 2.6 the lower ones.
 */
static struct page *expand(struct zone *zone, struct page *page, unsigned have,
				unsigned wanted, unsigned type)
{
	while (have > wanted) {
		have--;
		if (policy->buddy.gives_lower_half) {
			link_block(zone, page + (1ul << have), have, type, false);
		} else {
			link_block(zone, page, have, type, false);
			page += 1ul << have;
		}
	}
	return page;
}

/* Takes this free block; what is more than WANTED goes to TYPE's lists. */
inline struct page *take_block(struct zone *zone, struct page *page, unsigned wanted,
			       unsigned type)
{
	unsigned have = page->order;

	unlink_block(zone, page);
	mod_zone_free_pages(zone, -(1l << wanted));
	return expand(zone, page, have, wanted, type);
}

/* The smallest block of TYPE that is large enough, cut to size; or NULL. */
struct page *__rmqueue_smallest(struct zone *zone, unsigned order, unsigned type)
{
	for (unsigned have = order; have < policy->buddy.orders; have++) {
		struct list_head *blocks = &zone->free_area[have].blocks[type];

		if (!list_empty(blocks))
			return take_block(zone, list_first(blocks, struct page, list), order,
					  type);
	}
	return NULL;
}

/* Puts a free block on the list of another type. */
void retype_block(struct zone *zone, struct page *page, unsigned type)
{
	list_move(&page->list, &zone->free_area[page->order].blocks[type]);
}

void buddy_free(struct page *page, unsigned order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;

	move_frames(page, order, STATE_FREE, BY___free_pages_ok);
	flags = spin_lock_irqsave(&zone->lock);
	__free_one_page(zone, page, order, pageblock_type(page));
	spin_unlock_irqrestore(&zone->lock, flags);
}

struct page *rmqueue(struct zone *zone, unsigned order)
{
	unsigned long flags = spin_lock_irqsave(&zone->lock);
	struct page *page = __rmqueue_smallest(zone, order, MIGRATE_UNMOVABLE);

	spin_unlock_irqrestore(&zone->lock, flags);
	if (!page)
		return NULL;
	count_vm_many(VM_pgalloc, 1ul << order);
	return block_taken(page, order, BY_rmqueue);
}
