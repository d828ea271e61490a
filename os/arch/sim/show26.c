/*
 * Policy 2.6: subjects of the show statement (B20).
 */
#include <stdio.h>

#include "arch/sim/era26.h"
#include "mm/alloc/alloc26.h"

static const char *const type_names[NR_MIGRATE_TYPES] = { "unmovable", "reclaimable", "movable",
							  "reserve", "isolate" };

static struct zone *need_zone(struct statement *s)
{
	struct zone *zone = parse_zone(need_key(s, "zone"));

	end_of_statement(s);
	return zone;
}

static void show_sc(struct statement *s)
{
	end_of_statement(s);
	printf("sc nr_scanned=%lu", last_scan.nr_scanned);
	if (last_scan_wrote)
		printf(" nr_dirty=%lu nr_writeback=%lu", last_scan.nr_dirty,
		       last_scan.nr_writeback);
	printf("\n");
}

static void show_zone(struct statement *s)
{
	const struct zone *zone = need_zone(s);

	printf("zone %s pages_scanned=%lu all_unreclaimable=%d congested=%d "
	       "recent_scanned=%lu,%lu recent_rotated=%lu,%lu\n", zone_key(zone),
	       zone->pages_scanned, zone->all_unreclaimable, zone->congested,
	       zone->recent_scanned[0], zone->recent_scanned[1], zone->recent_rotated[0],
	       zone->recent_rotated[1]);
}

static void show_marks(struct statement *s)
{
	const struct zone *zone = need_zone(s);

	printf("marks %s min=%lu low=%lu high=%lu", zone_key(zone), zone->pages_min,
	       zone->pages_low, zone->pages_high);
	for (enum zone_type class = 0; class < NR_ZONE_TYPES; class++)
		if (zone->node->zones[class].size)
			printf(" reserve.%s=%lu", zone_key(&zone->node->zones[class]),
			       zone->lowmem_reserve[class]);
	printf(" inactive_ratio=%u batch=%u pcp_high=%u\n", zone->inactive_ratio,
	       zone->pcp_batch, zone->pcp_high);
}

static void print_frames(const struct list_head *list)
{
	const struct page *page;

	list_for_each(page, list, list)
		printf(" %lu", page_to_pfn(page));
	printf("\n");
}

static void show_buddy(struct statement *s)
{
	const struct zone *zone = need_zone(s);

	for (unsigned order = 0; order < MAX_ORDER; order++)
		for (unsigned type = 0; type < NR_MIGRATE_TYPES; type++) {
			const struct list_head *blocks = &zone->free_area[order].blocks[type];

			if (list_empty(blocks))
				continue;
			printf("buddy %s order=%u type=%s:", zone_key(zone), order,
			       type_names[type]);
			print_frames(blocks);
		}
}

static void show_pcp(struct statement *s)
{
	const struct zone *zone = need_zone(s);

	for (unsigned type = 0; type < NR_PCP_TYPES; type++) {
		const struct list_head *list = &zone->pcp[0].lists[type];

		if (list_empty(list))
			continue;
		printf("pcp %s type=%s:", zone_key(zone), type_names[type]);
		print_frames(list);
	}
}

static void show_pageblocks(struct statement *s)
{
	const struct zone *zone = need_zone(s);
	pfn_t first = zone->start_pfn & ~(PAGEBLOCK_PAGES - 1);

	for (pfn_t pfn = first; pfn < zone->start_pfn + zone->size; pfn += PAGEBLOCK_PAGES)
		if (pageblock_type(pfn_to_page(pfn)) != MIGRATE_MOVABLE)
			printf("pageblock %s %lu type=%s\n", zone_key(zone), pfn,
			       type_names[pageblock_type(pfn_to_page(pfn))]);
}

static void show_frame(struct statement *s)
{
	do {
		const struct name *name = need_page_name(s, true);

		printf("frame %s pfn=%lu zone=%s block=%s\n", name->text,
		       page_to_pfn(name->page), zone_key(page_zone(name->page)),
		       type_names[pageblock_type(name->page)]);
	} while (more_words(s));
	end_of_statement(s);
}

static void show_kswapd(struct statement *s)
{
	end_of_statement(s);
	for_each_online_node(node)
		if (node->kswapd)
			printf("kswapd %u woken=%d order=%u class=%s\n", node->id,
			       node->kswapd_woken, node->kswapd_max_order,
			       zone_key(&node->zones[node->classzone_idx]));
}

static void show_swap(struct statement *s)
{
	end_of_statement(s);
	for (unsigned type = 0; type < nr_swap_areas; type++) {
		const struct swap_area *area = &swap_areas[type];

		printf("swap %u prio=%d slots=%lu used=%lu\n", type, area->prio, area->pages,
		       area->inuse);
		for (unsigned long slot = 1; slot < area->max; slot++)
			if (area->map[slot] && area->map[slot] != SWAP_MAP_BAD)
				printf("slot %u:%lu map=%u cache=%d\n", type, slot,
				       swap_count(swp_entry(type, slot)),
				       swap_has_cache(swp_entry(type, slot)));
	}
}

static void print_if(const char *name, unsigned long value)
{
	if (value)
		printf(" %s=%lu", name, value);
}

static void show_vmstat(struct statement *s)
{
	static const enum zone_stat stats[] = {
		STAT_nr_mlock, STAT_nr_anon_pages, STAT_nr_mapped, STAT_nr_file_pages,
		STAT_nr_dirty, STAT_nr_writeback, STAT_nr_vmscan_write,
		STAT_nr_vmscan_immediate_reclaim, STAT_nr_isolated_anon,
		STAT_nr_isolated_file,
	};
	static const enum vm_counter counters[] = {
		VM_slabs_scanned, VM_kswapd_steal, VM_pageoutrun, VM_allocstall, VM_pgrotated,
		VM_unevictable_pgs_culled, VM_unevictable_pgs_rescued,
		VM_unevictable_pgs_mlocked, VM_unevictable_pgs_munlocked,
		VM_unevictable_pgs_cleared, VM_unevictable_pgs_stranded,
	};

	end_of_statement(s);
	printf("vmstat");
	for (unsigned i = 0; i < ARRAY_SIZE(stats); i++)
		print_if(zone_stat_names[stats[i]], global_stat(stats[i]));
	print_if("pgalloc", global_event(ZONE_pgalloc));
	print_if("pgfree", vm_counters[VM_pgfree]);
	print_if("pgrefill", global_event(ZONE_pgrefill));
	print_if("pgsteal", global_event(ZONE_pgsteal));
	print_if("pgscan_kswapd", global_event(ZONE_pgscan_kswapd));
	print_if("pgscan_direct", global_event(ZONE_pgscan_direct));
	for (unsigned i = 0; i < NR_NUMA_STATS; i++)
		print_if(numa_stat_names[i], global_numa(i));
	for (unsigned i = 0; i < ARRAY_SIZE(counters); i++)
		print_if(vm_counter_names[counters[i]], vm_counters[counters[i]]);
	printf("\n");
}

const struct subject subjects26[] = {
	{ "sc", show_sc },		{ "zone", show_zone },
	{ "marks", show_marks },	{ "buddy", show_buddy },
	{ "pcp", show_pcp },		{ "pageblocks", show_pageblocks },
	{ "frame", show_frame },	{ "kswapd", show_kswapd },
	{ "shrinkers", show_shrinkers26 },	{ "swap", show_swap },
	{ "vmstat", show_vmstat },	{ "flusher", show_flusher26 },
	{ "zonelist", show_zonelist26 },	{ "tags", show_tags26 },
	{ NULL, NULL },
};
