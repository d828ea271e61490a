/*
 * Zones: their sizes, watermarks and the order in which an allocation tries them
 * (facts 2.4, 3.1 and 4.1; lab 03).
 *
 * Everything here is written at boot and constant afterwards.
 */
#include "mm/zone.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/trace/events.h"

/* Low memory of one zone is kept back in proportion to its size, within these bounds. */
#define WATERMARK_LEAST	10ul
#define WATERMARK_MOST	255ul

#define NR_ZONELISTS	32	/* one for each combination of the mask's five bits */

struct zone zones[NR_ZONE_TYPES];
struct freepages freepages;
unsigned long num_physpages;
struct page *mem_map;
unsigned long nr_frames;

static struct zonelist zonelists[NR_ZONELISTS];

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
		list_init(&zone->free_area[order].blocks);
}

static void setup_watermarks(struct zone *zone)
{
	unsigned long ratio = zone->type == ZONE_DMA ? 32 : 128;
	unsigned long mark = zone->size / ratio;

	mark = max(mark, WATERMARK_LEAST);
	mark = min(mark, WATERMARK_MOST);
	zone->pages_min = mark;
	zone->pages_low = 2 * mark;
	zone->pages_high = 3 * mark;
	freepages.min += zone->pages_min;
	freepages.low += zone->pages_low;
	freepages.high += zone->pages_high;
}

static enum zone_type best_zone(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	if (gfp & __GFP_HIGHMEM)
		return ZONE_HIGHMEM;
	return ZONE_NORMAL;
}

static void build_zonelist(gfp_t gfp)
{
	struct zonelist *list = &zonelists[gfp];
	unsigned n = 0;

	list->gfp = gfp;
	for (int type = best_zone(gfp); type >= ZONE_DMA; type--)
		if (zones[type].size)
			list->zones[n++] = &zones[type];
	list->zones[n] = NULL;
}

const struct zonelist *gfp_zonelist(gfp_t gfp)
{
	assert(gfp < NR_ZONELISTS);
	return &zonelists[gfp];
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

void zones_init(struct page *map, unsigned long frames)
{
	mem_map = map;
	nr_frames = frames;
	for_each_zone(zone) {
		assert(zone->start_pfn + zone->size <= frames);
		for (pfn_t pfn = zone->start_pfn; pfn < zone->start_pfn + zone->size; pfn++)
			init_page(pfn_to_page(pfn), zone->type);
		setup_watermarks(zone);
		num_physpages += zone->size;
	}
	for (gfp_t gfp = 0; gfp < NR_ZONELISTS; gfp++)
		build_zonelist(gfp);
}

void free_boot_page(struct page *page)
{
	assert(PageReserved(page));
	ClearPageReserved(page);
	page->age = AGE_WHEN_FREED;
	page_zone(page)->present_pages++;
	buddy_free(page, 0);
}

unsigned long nr_free_pages(void)
{
	unsigned long sum = 0;

	for_each_zone(zone)
		sum += zone->free_pages;
	return sum;
}

unsigned long nr_inactive_clean_pages(void)
{
	unsigned long sum = 0;

	for_each_zone(zone)
		sum += zone->inactive_clean_pages;
	return sum;
}
