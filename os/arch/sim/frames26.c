/*
 * Policy 2.6: free frames, at the start and by statements (B1 to B3).
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/era26.h"
#include "arch/sim/sim.h"
#include "mm/alloc/alloc26.h"

static const char *const types[] = { "unmovable", "reclaimable", "movable", "reserve", NULL };

/* Moves each block of the list in front of the lower ones that precede it. */
static void sort_blocks(struct list_head *blocks)
{
	struct list_head *link = blocks->next;

	while (link != blocks) {
		struct page *block = list_entry(link, struct page, list);
		struct list_head *before = link;

		link = link->next;
		while (before->prev != blocks &&
		       list_entry(before->prev, struct page, list) < block)
			before = before->prev;
		if (before != &block->list)
			list_move_tail(&block->list, before);
	}
}

/*
 * B1: the lists run from high frames to low. A block that the tail rule kept from the head
 * of its list, at the end of a zone that begins in the middle of a block, does not know.
 */
void sort_free_lists26(void)
{
	for_each_zone(zone)
		for (unsigned order = 0; order < MAX_ORDER; order++)
			for (unsigned type = 0; type < NR_MIGRATE_TYPES; type++)
				sort_blocks(&zone->free_area[order].blocks[type]);
}

struct page *take_frame26(struct zone *zone)
{
	unsigned long flags = spin_lock_irqsave(&zone->lock);
	struct page *page = __rmqueue(zone, 0, MIGRATE_MOVABLE);

	spin_unlock_irqrestore(&zone->lock, flags);
	return page ? block_taken(page, 0, BY_scenario) : NULL;
}

/* Ballast frames become a free block again. */
static void free_ballast_block(struct zone *zone, pfn_t pfn, unsigned order, int type)
{
	struct page *page = pfn_to_page(pfn);
	unsigned long flags;

	for (unsigned long i = 0; i < 1ul << order; i++) {
		struct page *frame = take_ballast_at(pfn + i);

		atomic_set(&frame->count, 0);
		page_move(frame, STATE_FREE, BY_scenario);
	}
	flags = spin_lock_irqsave(&zone->lock);
	__free_one_page(zone, page, order, type < 0 ? pageblock_type(page) : (unsigned)type);
	spin_unlock_irqrestore(&zone->lock, flags);
}

static int find_type(struct statement *s)
{
	const char *text = find_key(s, "type");

	return text ? (int)parse_choice("type", text, types) : -1;
}

void do_block26(struct statement *s)
{
	struct zone *zone = parse_zone(need_key(s, "zone"));
	pfn_t last = zone->start_pfn + zone->size - 1;
	pfn_t pfn = need_number(s, "pfn", zone->start_pfn, last);
	unsigned order = (unsigned)need_number(s, "order", 0, MAX_ORDER - 1);
	unsigned long n = find_number(s, "n", 1, 1, zone->size);
	unsigned long stride = find_number(s, "stride", 2ul << order, 1, zone->size);
	int type = find_type(s);

	end_of_statement(s);
	if (pfn % (1ul << order))
		fail("pfn=%lu for a block of order %u, expected a multiple of %lu", pfn, order,
		     1ul << order);
	if (pfn + (n - 1) * stride + (1ul << order) - 1 > last)
		fail("the last block begins at %lu, expected all of it below %lu, the zone's end",
		     pfn + (n - 1) * stride, last + 1);
	for (; n; n--, pfn += stride)
		free_ballast_block(zone, pfn, order, type);
}

void do_pageblock26(struct statement *s)
{
	pfn_t pfn = need_number(s, "pfn", 0, memory_zone_frames - 1);
	unsigned type = parse_choice("type", need_key(s, "type"), types);

	end_of_statement(s);
	set_pageblock_type(pfn_to_page(pfn), type);
}
