/*
 * Nodes and zones: where they lie and how large they are (facts 2.4, 1.2; facts 2.6,
 * section 1; lab 03). zonelist.c says in which order an allocation tries them.
 *
 * Everything here is written at boot and constant afterwards.
 */
#include "mm/zone.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"

struct zone zones[NR_ZONES];
struct pglist_data nodes[MAX_NUMNODES] = { { .zones = zones, .cpus = ~0ul } };
unsigned nr_online_nodes = 1;
u8 cpu_nodes[NR_CPUS_MAX];
u8 node_distances[MAX_NUMNODES][MAX_NUMNODES] = { { LOCAL_DISTANCE } };
unsigned long num_physpages;
struct page *mem_map;
u8 *pageblock_types;
unsigned long nr_frames;

static const char *const zone_names[NR_ZONE_TYPES] = { "DMA", "DMA32", "Normal", "HighMem" };

void nodes_setup(unsigned nr)
{
	nr_online_nodes = nr;
	for (unsigned i = 0; i < nr; i++) {
		nodes[i].id = i;
		nodes[i].zones = &zones[i * NR_ZONE_TYPES];
		nodes[i].cpus = 0;
		for (unsigned other = 0; other < nr; other++)
			node_distances[i][other] = i == other ? LOCAL_DISTANCE
							      : REMOTE_DISTANCE;
	}
}

void zone_setup(unsigned node, enum zone_type type, pfn_t start_pfn, unsigned long size)
{
	struct zone *zone = &nodes[node].zones[type];

	zone->node = &nodes[node];
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

static void init_page(struct page *page, const struct zone *zone)
{
	list_init(&page->list);
	list_init(&page->lru);
	page->zone = (u8)(zone - zones);
	page->state = STATE_RESERVED;
	SetPageReserved(page);
	if (zone->type == ZONE_HIGHMEM)
		SetPageHighMem(page);
}

void zones_init(struct page *map, u8 *types, unsigned long frames)
{
	mem_map = map;
	pageblock_types = types;
	nr_frames = frames;
	for_each_zone(zone) {
		struct pglist_data *node = zone->node;

		if (!node->spanned_pages)
			node->start_pfn = zone->start_pfn;
		node->spanned_pages = zone->start_pfn + zone->size - node->start_pfn;
		assert(zone->start_pfn + zone->size <= frames);
		for (pfn_t pfn = zone->start_pfn; pfn < zone->start_pfn + zone->size; pfn++)
			init_page(pfn_to_page(pfn), zone);
		num_physpages += zone->size;
	}
	policy->setup_zones();
}

void free_boot_page(struct page *page)
{
	assert(PageReserved(page));
	ClearPageReserved(page);
	page->age = AGE_WHEN_FREED;
	page_zone(page)->present_pages++;
	page_zone(page)->node->present_pages++;
	buddy_free(page, 0);
}
