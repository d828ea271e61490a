/*
 * Kinds of frames: 2.6 keeps what can be moved or freed apart from what cannot, so that
 * large blocks can be had again (facts 2.6, 1.2, 2.3).
 *
 * Owns pageblock_types, under zone->lock of the zone concerned. A pageblock's type says
 * where its frames go when they are freed; a free block's list says who gets it next.
 * The two may differ, since a request whose kind has run out takes from another kind.
 */
#include "lib/printk.h"
#include "mm/alloc/alloc26.h"
#include "mm/reclaim/policy.h"

/* A block of at least this order is worth taking its whole pageblock over. */
#define STEAL_ORDER	(PAGEBLOCK_ORDER / 2)

#define MOST_RESERVE_BLOCKS	2

/* Whose blocks a kind takes when it has none itself; the reserve comes after all. */
static const u8 fallbacks[NR_PCP_TYPES][2] = {
	[MIGRATE_UNMOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_RECLAIMABLE] = { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE] = { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
};

void set_pageblock_type(struct page *page, unsigned type)
{
	pageblock_types[page_to_pfn(page) >> PAGEBLOCK_ORDER] = (u8)type;
}

void setup_migrate_types(void)
{
	for (unsigned long i = 0; i <= nr_frames >> PAGEBLOCK_ORDER; i++)
		pageblock_types[i] = MIGRATE_MOVABLE;
}

/*
 * Puts all free blocks of the pageblock around PAGE on TYPE's lists. Returns their
 * pages; 0, and nothing is moved, if the pageblock reaches out of the zone.
 */
static unsigned long move_freepages_block(struct zone *zone, struct page *page, unsigned type)
{
	pfn_t pfn = page_to_pfn(page) & ~(PAGEBLOCK_PAGES - 1);
	pfn_t end = pfn + PAGEBLOCK_PAGES;
	unsigned long moved = 0;

	if (end > zone->start_pfn + zone->size)
		return 0;
	if (pfn < zone->start_pfn)
		pfn = page_to_pfn(page);
	while (pfn < end) {
		struct page *block = pfn_to_page(pfn);

		if (!test_bit(PG_buddy, &block->flags)) {
			pfn++;
			continue;
		}
		retype_block(zone, block, type);
		moved += 1ul << block->order;
		pfn += 1ul << block->order;
	}
	return moved;
}

/* A block of another kind was found for TYPE: how much of its surroundings goes along? */
static unsigned take_over(struct zone *zone, struct page *block, unsigned type,
			  unsigned owner)
{
	unsigned order = block->order;
	unsigned rest = owner;

	if (order >= STEAL_ORDER || type == MIGRATE_RECLAIMABLE || page_group_by_mobility_disabled) {
		unsigned long moved = move_freepages_block(zone, block, type);

		if (moved >= PAGEBLOCK_PAGES / 2 || page_group_by_mobility_disabled)
			set_pageblock_type(block, type);
		rest = type;
	}
	for (unsigned long i = 0; order >= PAGEBLOCK_ORDER && i < 1ul << order;
	     i += PAGEBLOCK_PAGES)
		set_pageblock_type(block + i, type);
	return rest;
}

/* The largest block of the other kinds: the fewer of them are mixed, the better. */
static struct page *__rmqueue_fallback(struct zone *zone, unsigned order, unsigned type)
{
	for (unsigned have = policy->buddy.orders; have-- > order;)
		for (unsigned i = 0; i < ARRAY_SIZE(fallbacks[type]); i++) {
			unsigned owner = fallbacks[type][i];
			struct list_head *blocks = &zone->free_area[have].blocks[owner];
			struct page *block;

			if (list_empty(blocks))
				continue;
			block = list_first(blocks, struct page, list);
			return take_block(zone, block, order,
					  take_over(zone, block, type, owner));
		}
	return NULL;
}

struct page *__rmqueue(struct zone *zone, unsigned order, unsigned type)
{
	struct page *page = __rmqueue_smallest(zone, order, type);

	if (!page && type != MIGRATE_RESERVE)
		page = __rmqueue_fallback(zone, order, type);
	if (!page)
		page = __rmqueue_smallest(zone, order, MIGRATE_RESERVE);
	return page;
}

static bool has_reserved_frame(pfn_t pfn, pfn_t end)
{
	for (; pfn < end; pfn++)
		if (PageReserved(pfn_to_page(pfn)))
			return true;
	return false;
}

/*
 * The first pageblocks of a zone are its reserve, as many as hold its lowest mark, but
 * not more than two: large blocks for requests that cannot wait. zone->lock held.
 */
void setup_migrate_reserve(struct zone *zone)
{
	pfn_t end = zone->start_pfn + zone->size;
	unsigned long wanted = (zone->pages_min + PAGEBLOCK_PAGES - 1) >> PAGEBLOCK_ORDER;
	pfn_t pfn = (zone->start_pfn + PAGEBLOCK_PAGES - 1) & ~(PAGEBLOCK_PAGES - 1);

	wanted = min(wanted, (unsigned long)MOST_RESERVE_BLOCKS);
	for (; pfn < end; pfn += PAGEBLOCK_PAGES) {
		struct page *page = pfn_to_page(pfn);
		unsigned type = pageblock_type(page);

		if (wanted && (type == MIGRATE_RESERVE || type == MIGRATE_MOVABLE) &&
		    !has_reserved_frame(pfn, min(pfn + PAGEBLOCK_PAGES, end))) {
			wanted--;
			if (type == MIGRATE_MOVABLE) {
				set_pageblock_type(page, MIGRATE_RESERVE);
				move_freepages_block(zone, page, MIGRATE_RESERVE);
			}
		} else if (type == MIGRATE_RESERVE) {
			set_pageblock_type(page, MIGRATE_MOVABLE);
			move_freepages_block(zone, page, MIGRATE_MOVABLE);
		}
	}
}
