/*
 * /proc: the files about memory. Names and units are Linux's; what 2.4 alone has (its
 * lists and targets) stands beside what later kernels print.
 */
#include "arch/machine.h"
#include "fs/proc/proc.h"
#include "mm/cache/buffer.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/policy.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"
#include "mm/trace/moves.h"
#include "mm/zone.h"

#define KIB(pages)	((unsigned long)(pages) << (PAGE_SHIFT - 10))

static void kib_line(struct text *text, const char *name, unsigned long pages)
{
	text_printf(text, "%-14s%8lu kB\n", name, KIB(pages));
}

static unsigned long free_swap_pages(void)
{
	return nr_swap_pages > 0 ? (unsigned long)nr_swap_pages : 0;
}

/* 2.6 has files of its own: memory26.c. */
static bool is_26(void)
{
	return policy == &policy_v26;
}

int show_meminfo(struct text *text, int pid)
{
	unsigned long total = 0, high = 0, high_free = 0;
	unsigned long cached = page_cache_size, swap_cached = swapper_space.nrpages;

	if (is_26())
		return show_meminfo26(text, pid);
	for_each_zone(zone) {
		total += zone->present_pages;
		if (zone->type == ZONE_HIGHMEM) {
			high += zone->present_pages;
			high_free += zone->free_pages;
		}
	}
	kib_line(text, "MemTotal:", total);
	kib_line(text, "MemFree:", nr_free_pages());
	kib_line(text, "Buffers:", buffermem_pages);
	kib_line(text, "Cached:", cached > swap_cached ? cached - swap_cached : 0);
	kib_line(text, "SwapCached:", swap_cached);
	kib_line(text, "Active:", nr_active_pages);
	kib_line(text, "Inactive:", nr_inactive_dirty_pages + nr_inactive_clean_pages());
	kib_line(text, "Inact_dirty:", nr_inactive_dirty_pages);
	kib_line(text, "Inact_clean:", nr_inactive_clean_pages());
	kib_line(text, "Inact_target:", inactive_target());
	kib_line(text, "HighTotal:", high);
	kib_line(text, "HighFree:", high_free);
	kib_line(text, "LowTotal:", total - high);
	kib_line(text, "LowFree:", nr_free_pages() - high_free);
	kib_line(text, "SwapTotal:", total_swap_pages);
	kib_line(text, "SwapFree:", free_swap_pages());
	return 0;
}

static void move_lines(struct text *text)
{
	const struct move_places *places = policy->places;

	for (unsigned from = 0; from < NR_MOVE_PLACES && places->names[from]; from++)
		for (unsigned to = 0; to < NR_MOVE_PLACES && places->names[to]; to++)
			if (from != to || places->rotating & 1u << from)
				text_printf(text, "move_%s_%s %lu\n", places->names[from],
					    places->names[to], count_of_moves(from, to));
}

int show_vmstat(struct text *text, int pid)
{
	if (is_26())
		return show_vmstat26(text, pid);
	text_printf(text, "nr_free_pages %lu\n", nr_free_pages());
	text_printf(text, "nr_active %lu\n", nr_active_pages);
	text_printf(text, "nr_inactive_dirty %lu\n", nr_inactive_dirty_pages);
	text_printf(text, "nr_inactive_clean %lu\n", nr_inactive_clean_pages());
	text_printf(text, "nr_file_pages %lu\n", page_cache_size);
	text_printf(text, "nr_swapcache %lu\n", swapper_space.nrpages);
	text_printf(text, "nr_buffermem %lu\n", buffermem_pages);
	text_printf(text, "nr_async_pages %d\n", atomic_read(&nr_async_pages));
	text_printf(text, "memory_pressure %d\n", memory_pressure);
	text_printf(text, "inactive_target %lu\n", inactive_target());
	text_printf(text, "free_shortage %lu\n", free_shortage());
	text_printf(text, "inactive_shortage %lu\n", inactive_shortage());
	for (unsigned i = 0; i < NR_VM_COUNTERS; i++)
		text_printf(text, "%s %lu\n", vm_counter_names[i], vm_counters[i]);
	move_lines(text);
	return 0;
}

/* Lines of "FROM TO FUNCTION COUNT", of the edges that pages have taken. */
int show_page_moves(struct text *text, int pid)
{
	const char *const *names = policy->places->names;

	for (unsigned from = 0; from < NR_MOVE_PLACES && names[from]; from++)
		for (unsigned to = 0; to < NR_MOVE_PLACES && names[to]; to++)
			for (unsigned reason = 0; reason < NR_MM_REASONS; reason++) {
				unsigned long count = page_moves[from][to][reason];

				if (count)
					text_printf(text, "%s %s %s %lu\n", names[from],
						    names[to], mm_reason_names[reason],
						    count);
			}
	return 0;
}

int show_zoneinfo(struct text *text, int pid)
{
	if (is_26())
		return show_zoneinfo26(text, pid);
	for_each_zone(zone) {
		text_printf(text, "Node %u, zone %8s\n  pages free     %lu\n",
			    zone->node->id, zone->name, zone->free_pages);
		text_printf(text, "        min      %lu\n        low      %lu\n"
			    "        high     %lu\n", zone->pages_min, zone->pages_low,
			    zone->pages_high);
		text_printf(text, "        spanned  %lu\n        present  %lu\n", zone->size,
			    zone->present_pages);
		text_printf(text, "    nr_inactive_dirty %lu\n    nr_inactive_clean %lu\n",
			    zone->inactive_dirty_pages, zone->inactive_clean_pages);
		text_printf(text, "  start_pfn:         %lu\n", (unsigned long)zone->start_pfn);
	}
	return 0;
}

int show_buddyinfo(struct text *text, int pid)
{
	for_each_zone(zone) {
		unsigned long blocks[MAX_ORDER];
		unsigned long flags = spin_lock_irqsave(&zone->lock);

		for (unsigned order = 0; order < policy->buddy.orders; order++)
			blocks[order] = zone->free_area[order].nr_free;
		spin_unlock_irqrestore(&zone->lock, flags);
		text_printf(text, "Node %u, zone %8s ", zone->node->id, zone->name);
		for (unsigned order = 0; order < policy->buddy.orders; order++)
			text_printf(text, "%6lu ", blocks[order]);
		text_printf(text, "\n");
	}
	return 0;
}

int show_swaps(struct text *text, int pid)
{
	text_printf(text, "%-39s Type\t\tSize\tUsed\tPriority\n", "Filename");
	spin_lock(&swap_list_lock);
	for (unsigned i = 0; i < nr_swap_areas; i++) {
		const struct swap_area *area = &swap_areas[i];

		if (area->flags)
			text_printf(text, "%-39s %s\t%lu\t%lu\t%d\n", area->name,
				    area->place.inode ? "file\t" : "partition", KIB(area->pages), KIB(area->inuse), area->prio);
	}
	spin_unlock(&swap_list_lock);
	return 0;
}
