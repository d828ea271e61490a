/*
 * Where all the memory is, for the log: what one wants to know when a request has failed
 * under vm=2.6 (facts 2.6, 3.5). Owns nothing; looks without locks, for who holds them may
 * be the one who asks.
 */
#include "lib/printk.h"
#include "mm/alloc/alloc26.h"
#include "mm/reclaim/policy.h"
#include "mm/swap/swap.h"

static void show_zone(const struct zone *zone)
{
	printk("%s free:%lu min:%lu low:%lu high:%lu present:%lu scanned:%lu "
	       "all_unreclaimable:%d\n", zone->name, zone_free_pages_snapshot(zone), zone->pages_min,
	       zone->pages_low, zone->pages_high, zone->present_pages, zone->pages_scanned,
	       zone->all_unreclaimable);
	printk("%s active_anon:%lu inactive_anon:%lu active_file:%lu inactive_file:%lu "
	       "unevictable:%lu isolated:%lu,%lu\n", zone->name,
	       zone_stat(zone, STAT_nr_active_anon), zone_stat(zone, STAT_nr_inactive_anon),
	       zone_stat(zone, STAT_nr_active_file), zone_stat(zone, STAT_nr_inactive_file),
	       zone_stat(zone, STAT_nr_unevictable), zone_stat(zone, STAT_nr_isolated_anon),
	       zone_stat(zone, STAT_nr_isolated_file));
	printk("%s dirty:%lu writeback:%lu slab:%lu+%lu pagetables:%lu\n", zone->name,
	       zone_stat(zone, STAT_nr_dirty), zone_stat(zone, STAT_nr_writeback),
	       zone_stat(zone, STAT_nr_slab_reclaimable),
	       zone_stat(zone, STAT_nr_slab_unreclaimable),
	       zone_stat(zone, STAT_nr_page_table_pages));
}

/* A request for a block may fail although there is enough free memory: not in one piece. */
static void show_free_blocks(const struct zone *zone)
{
	char line[200];
	int length = snprintf(line, sizeof(line), "%s:", zone->name);

	for (unsigned order = 0; order < policy->buddy.orders; order++)
		length += snprintf(line + length, sizeof(line) - (size_t)length, " %lu*%lukB",
				   zone->free_area[order].nr_free, (PAGE_SIZE >> 10) << order);
	printk("%s\n", line);
}

void show_mem(void)
{
	for_each_zone(zone) {
		show_zone(zone);
		show_free_blocks(zone);
	}
	printk("swap: %ld of %lu pages free, %lu cached\n", nr_swap_pages, total_swap_pages,
	       swapper_space.nrpages);
}
