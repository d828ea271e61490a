/*
 * Zones: their sizes and the order in which an allocation tries them (facts 2.4, 4.1;
 * facts 2.6, 1.4; lab 03).
 *
 * Everything here is written at boot and constant afterwards.
 */
#include "mm/zone.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"

struct zone zones[NR_ZONE_TYPES];
unsigned long num_physpages;
struct page *mem_map;
u8 *pageblock_types;
unsigned long nr_frames;

static struct zonelist zonelists[NR_ZONE_TYPES];	/* by the highest zone allowed */

static const char *const zone_names[NR_ZONE_TYPES] = { "DMA", "DMA32", "Normal", "HighMem" };

void zone_setup(enum zone_type type, pfn_t start_pfn, unsigned long size)
{
	struct zone *zone = &zones[type];

	zone->type = type;
	zone->name = zone_names[type];
	zone->start_pfn = start_pfn;
	zone->size = size;
	spin_init(&zone->lock, zone->name, RANK_ZONE);
	list_init(&zone->inactive_clean_list);
	for (unsigned order = 0; order < MAX_ORDER; order++)
		for (unsigned kind = 0; kind < NR_MIGRATE_TYPES; kind++)
			list_init(&zone->free_area[order].blocks[kind]);
}

static void build_zonelist(enum zone_type highest)
{
	struct zonelist *list = &zonelists[highest];
	unsigned n = 0;

	list->highest = highest;
	for (int type = highest; type >= ZONE_DMA; type--)
		if (zones[type].size)
			list->zones[n++] = &zones[type];
	list->zones[n] = NULL;
}

const struct zonelist *gfp_zonelist(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return &zonelists[ZONE_DMA];
	if (gfp & __GFP_DMA32)
		return &zonelists[ZONE_DMA32];
	return &zonelists[gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL];
}

static void init_page(struct page *page, enum zone_type type)
{
	list_init(&page->list);
	list_init(&page->lru);
	page->zone = type;
	page->state = STATE_RESERVED;
	SetPageReserved(page);
	if (type == ZONE_HIGHMEM)
		SetPageHighMem(page);
}

void zones_init(struct page *map, u8 *types, unsigned long frames)
{
	mem_map = map;
	pageblock_types = types;
	nr_frames = frames;
	for_each_zone(zone) {
		assert(zone->start_pfn + zone->size <= frames);
		for (pfn_t pfn = zone->start_pfn; pfn < zone->start_pfn + zone->size; pfn++)
			init_page(pfn_to_page(pfn), zone->type);
		num_physpages += zone->size;
	}
	for (enum zone_type type = 0; type < NR_ZONE_TYPES; type++)
		build_zonelist(type);
	policy->setup_zones();
}

void free_boot_page(struct page *page)
{
	assert(PageReserved(page));
	ClearPageReserved(page);
	page->age = AGE_WHEN_FREED;
	page_zone(page)->present_pages++;
	buddy_free(page, 0);
}
