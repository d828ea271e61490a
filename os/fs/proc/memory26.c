/*
 * /proc: the files about memory under vm=2.6, in Linux's formats (facts 2.6, 15.2).
 *
 * Lines that each kernel has whatever it is built with are all here, in their order, some
 * always 0. Those of what can be left out of a kernel, and is not in ours yet (compaction,
 * huge pages), are absent.
 */
#include "arch/machine.h"
#include "fs/proc/proc.h"
#include "kernel/task.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/buffer.h"
#include "mm/cache/pagecache.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/policy.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"
#include "mm/vm/vm.h"

/* A machine's zones in the names of events; what another machine has is left out. */
static const struct {
	const char *suffix;
	int type;		/* enum zone_type, or -1: we never make such a zone */
} zone_kinds[] = {
	{ "dma", ZONE_DMA },
#ifdef __LP64__
	{ "dma32", ZONE_DMA32 },
#endif
	{ "normal", ZONE_NORMAL },
#ifndef __LP64__
	{ "high", ZONE_HIGHMEM },
#endif
	{ "movable", -1 },
};

/* The counts of a zone in their order, behind nr_free_pages. */
#define ITEM(name)	{ #name, STAT_##name }
#define NOTHING(name)	{ #name, -1 }
static const struct {
	const char *name;
	int stat;		/* enum zone_stat, or -1: there is no such page */
} zone_items[] = {
	ITEM(nr_inactive_anon), ITEM(nr_active_anon), ITEM(nr_inactive_file),
	ITEM(nr_active_file), ITEM(nr_unevictable), ITEM(nr_mlock), ITEM(nr_anon_pages),
	ITEM(nr_mapped), ITEM(nr_file_pages), ITEM(nr_dirty), ITEM(nr_writeback),
	ITEM(nr_slab_reclaimable), ITEM(nr_slab_unreclaimable), ITEM(nr_page_table_pages),
	ITEM(nr_kernel_stack),
	NOTHING(nr_unstable),		/* of a file server */
	NOTHING(nr_bounce),		/* in low memory, for a disk that sees no other */
	ITEM(nr_vmscan_write), ITEM(nr_vmscan_immediate_reclaim),
	NOTHING(nr_writeback_temp),	/* of file systems that are programs */
	ITEM(nr_isolated_anon), ITEM(nr_isolated_file), ITEM(nr_shmem), ITEM(nr_dirtied),
	ITEM(nr_written),
};

_Static_assert(ARRAY_SIZE(zone_items) == NR_ZONE_STATS + 3, "each count has a line");

static const char *const type_names[NR_MIGRATE_TYPES] = { "Unmovable", "Reclaimable", "Movable",
							  "Reserve", "Isolate" };

static void kib_line(struct text *text, const char *name, unsigned long pages)
{
	text_printf(text, "%-16s%8lu kB\n", name, pages << (PAGE_SHIFT - 10));
}

/* Free pages on per-CPU lists count as free, too. */
static unsigned long free_pages_of(const struct zone *zone)
{
	unsigned long pages = zone_free_pages_snapshot(zone);

	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		pages += zone->pcp[cpu].count;
	return pages;
}

int show_meminfo26(struct text *text, int pid)
{
	unsigned long total = 0, high = 0, free = 0, high_free = 0;
	unsigned long cached = global_stat(STAT_nr_file_pages);
	unsigned long swap_cached = swapper_space.nrpages;
	unsigned long buffers = nr_blockdev_pages();
	unsigned long slab = global_stat(STAT_nr_slab_reclaimable);
	unsigned long slab_fixed = global_stat(STAT_nr_slab_unreclaimable);
	const struct {
		const char *name;
		enum zone_stat first, second;
	} lists[] = {
		{ "Active:", STAT_nr_active_anon, STAT_nr_active_file },
		{ "Inactive:", STAT_nr_inactive_anon, STAT_nr_inactive_file },
	};

	for_each_zone(zone) {
		total += zone->present_pages;
		free += free_pages_of(zone);
		if (zone->type == ZONE_HIGHMEM) {
			high += zone->present_pages;
			high_free += free_pages_of(zone);
		}
	}
	/* Buffers' own pages are in no page cache here: nothing is counted twice. */
	kib_line(text, "MemTotal:", total);
	kib_line(text, "MemFree:", free);
	kib_line(text, "Buffers:", buffers);
	kib_line(text, "Cached:", cached > swap_cached + buffers ?
		 cached - swap_cached - buffers : 0);
	kib_line(text, "SwapCached:", swap_cached);
	for (unsigned i = 0; i < ARRAY_SIZE(lists); i++)
		kib_line(text, lists[i].name,
			 global_stat(lists[i].first) + global_stat(lists[i].second));
	kib_line(text, "Active(anon):", global_stat(STAT_nr_active_anon));
	kib_line(text, "Inactive(anon):", global_stat(STAT_nr_inactive_anon));
	kib_line(text, "Active(file):", global_stat(STAT_nr_active_file));
	kib_line(text, "Inactive(file):", global_stat(STAT_nr_inactive_file));
	kib_line(text, "Unevictable:", global_stat(STAT_nr_unevictable));
	kib_line(text, "Mlocked:", global_stat(STAT_nr_mlock));
	if (high) {
		kib_line(text, "HighTotal:", high);
		kib_line(text, "HighFree:", high_free);
		kib_line(text, "LowTotal:", total - high);
		kib_line(text, "LowFree:", free - high_free);
	}
	kib_line(text, "SwapTotal:", total_swap_pages);
	kib_line(text, "SwapFree:", nr_swap_pages > 0 ? (unsigned long)nr_swap_pages : 0);
	kib_line(text, "Dirty:", global_stat(STAT_nr_dirty));
	kib_line(text, "Writeback:", global_stat(STAT_nr_writeback));
	kib_line(text, "AnonPages:", global_stat(STAT_nr_anon_pages));
	kib_line(text, "Mapped:", global_stat(STAT_nr_mapped));
	kib_line(text, "Shmem:", global_stat(STAT_nr_shmem));
	kib_line(text, "Slab:", slab + slab_fixed);
	kib_line(text, "SReclaimable:", slab);
	kib_line(text, "SUnreclaim:", slab_fixed);
	kib_line(text, "KernelStack:", global_stat(STAT_nr_kernel_stack) * KERNEL_STACK_PAGES);
	kib_line(text, "PageTables:", global_stat(STAT_nr_page_table_pages));
	kib_line(text, "NFS_Unstable:", 0);
	kib_line(text, "Bounce:", 0);
	kib_line(text, "WritebackTmp:", 0);
	kib_line(text, "CommitLimit:", vm_commit_limit(total));
	kib_line(text, "Committed_AS:", vm_committed_as());
	/* Our kernel maps no memory of its own page by page: there is no such space. */
	kib_line(text, "VmallocTotal:", 0);
	kib_line(text, "VmallocUsed:", 0);
	kib_line(text, "VmallocChunk:", 0);
	return 0;
}

/* A counter of zones: name_dma, name_normal, … */
static void zone_events(struct text *text, enum zone_event event)
{
	for (unsigned i = 0; i < ARRAY_SIZE(zone_kinds); i++) {
		unsigned long sum = 0;

		for_each_zone(zone)
			if ((int)zone->type == zone_kinds[i].type)
				sum += zone->events[event];
		text_printf(text, "%s_%s %lu\n", zone_event_names[event],
			    zone_kinds[i].suffix, sum);
	}
}

/* 3.3's last item of a zone, behind those of its node: there are no huge pages. */
#define HUGE_PAGES	"nr_anon_transparent_hugepages 0\n"

static void items_of_all_zones(struct text *text)
{
	for (unsigned i = 0; i < ARRAY_SIZE(zone_items); i++)
		text_printf(text, "%s %lu\n", zone_items[i].name, zone_items[i].stat < 0 ? 0 :
			    global_stat((enum zone_stat)zone_items[i].stat));
}

static void items_of_zone(struct text *text, const struct zone *zone)
{
	for (unsigned i = 0; i < ARRAY_SIZE(zone_items); i++)
		text_printf(text, "    %-12s %lu\n", zone_items[i].name,
			    zone_items[i].stat < 0 ? 0 :
			    zone_stat(zone, (enum zone_stat)zone_items[i].stat));
}

static void counters(struct text *text, const enum vm_counter *which, size_t n)
{
	for (size_t i = 0; i < n; i++)
		text_printf(text, "%s %lu\n", vm_counter_names[which[i]], vm_counters[which[i]]);
}

#define COUNTERS(text, ...)							\
	counters(text, (const enum vm_counter[]){ __VA_ARGS__ },		\
		 ARRAY_SIZE(((const enum vm_counter[]){ __VA_ARGS__ })))

int show_vmstat26(struct text *text, int pid)
{
	unsigned long background, dirty;

	text_printf(text, "nr_free_pages %lu\n", nr_free_pages_snapshot());
	items_of_all_zones(text);
	for (unsigned i = 0; nr_online_nodes > 1 && i < NR_NUMA_STATS; i++)
		text_printf(text, "%s %lu\n", numa_stat_names[i], global_numa(i));
	text_printf(text, HUGE_PAGES);
	global_dirty_limits(&background, &dirty);
	text_printf(text, "nr_dirty_threshold %lu\nnr_dirty_background_threshold %lu\n", dirty,
		    background);
	COUNTERS(text, VM_pgpgin, VM_pgpgout, VM_pswpin, VM_pswpout);
	zone_events(text, ZONE_pgalloc);
	COUNTERS(text, VM_pgfree, VM_pgactivate, VM_pgdeactivate, VM_pgfault, VM_pgmajfault);
	zone_events(text, ZONE_pgrefill);
	zone_events(text, ZONE_pgsteal);
	zone_events(text, ZONE_pgscan_kswapd);
	zone_events(text, ZONE_pgscan_direct);
	COUNTERS(text, VM_zone_reclaim_failed, VM_pginodesteal, VM_slabs_scanned, VM_kswapd_steal,
		 VM_kswapd_inodesteal, VM_kswapd_low_wmark_hit_quickly,
		 VM_kswapd_high_wmark_hit_quickly, VM_kswapd_skip_congestion_wait, VM_pageoutrun,
		 VM_allocstall, VM_pgrotated, VM_unevictable_pgs_culled);
	/* Looked at again, when a segment of shared memory was unlocked: there is no such call. */
	text_printf(text, "unevictable_pgs_scanned 0\n");
	COUNTERS(text, VM_unevictable_pgs_rescued, VM_unevictable_pgs_mlocked,
		 VM_unevictable_pgs_munlocked, VM_unevictable_pgs_cleared,
		 VM_unevictable_pgs_stranded, VM_unevictable_pgs_mlockfreed, VM_oom_kill);
	return 0;
}

/* Does any node have such a zone? */
static bool zone_type_exists(enum zone_type type)
{
	for_each_online_node(node)
		if (node->zones[type].size)
			return true;
	return false;
}

static void show_protection(struct text *text, const struct zone *zone)
{
	const char *between = "";

	text_printf(text, "        protection: (");
	for (unsigned class = 0; class < NR_ZONE_TYPES; class++)
		if (zone_type_exists(class)) {
			text_printf(text, "%s%lu", between, zone->lowmem_reserve[class]);
			between = ", ";
		}
	text_printf(text, ")\n");
}

int show_zoneinfo26(struct text *text, int pid)
{
	for_each_zone(zone) {
		text_printf(text, "Node %u, zone %8s\n  pages free     %lu\n",
			    zone->node->id, zone->name, zone_free_pages_snapshot(zone));
		text_printf(text, "        min      %lu\n        low      %lu\n"
			    "        high     %lu\n        scanned  %lu\n", zone->pages_min,
			    zone->pages_low, zone->pages_high, zone->pages_scanned);
		text_printf(text, "        spanned  %lu\n        present  %lu\n", zone->size,
			    zone->present_pages);
		text_printf(text, "    nr_free_pages %lu\n", zone_free_pages_snapshot(zone));
		items_of_zone(text, zone);
		for (unsigned i = 0; nr_online_nodes > 1 && i < NR_NUMA_STATS; i++)
			text_printf(text, "    %-12s %lu\n", numa_stat_names[i],
				    zone->numa[i]);
		text_printf(text, "    " HUGE_PAGES);
		show_protection(text, zone);
		text_printf(text, "  pagesets\n");
		for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
			text_printf(text, "    cpu: %u\n              count: %u\n"
				    "              high:  %u\n              batch: %u\n"
				    "  vm stats threshold: %u\n", cpu, zone->pcp[cpu].count,
				    zone->pcp_high, zone->pcp_batch, zone->stat_threshold);
		text_printf(text, "  all_unreclaimable: %d\n  start_pfn:         %lu\n"
			    "  inactive_ratio:    %u\n", zone->all_unreclaimable,
			    (unsigned long)zone->start_pfn, zone->inactive_ratio);
	}
	return 0;
}

/* Blocks on one list; the lock is held. */
static unsigned long length_of(const struct list_head *list)
{
	const struct list_head *link;
	unsigned long length = 0;

	for (link = list->next; link != list; link = link->next)
		length++;
	return length;
}

static void show_free_blocks(struct text *text, struct zone *zone)
{
	unsigned long blocks[MAX_ORDER];

	for (unsigned type = 0; type < NR_MIGRATE_TYPES; type++) {
		unsigned long flags = spin_lock_irqsave(&zone->lock);

		for (unsigned order = 0; order < policy->buddy.orders; order++)
			blocks[order] = length_of(&zone->free_area[order].blocks[type]);
		spin_unlock_irqrestore(&zone->lock, flags);
		text_printf(text, "Node %4u, zone %8s, type %12s ", zone->node->id, zone->name,
			    type_names[type]);
		for (unsigned order = 0; order < policy->buddy.orders; order++)
			text_printf(text, "%6lu ", blocks[order]);
		text_printf(text, "\n");
	}
}

static void show_block_types(struct text *text, const struct zone *zone)
{
	unsigned long blocks[NR_MIGRATE_TYPES] = { 0 };
	pfn_t pfn = zone->start_pfn & ~(PAGEBLOCK_PAGES - 1);

	for (; pfn < zone->start_pfn + zone->size; pfn += PAGEBLOCK_PAGES)
		blocks[pageblock_types[pfn >> PAGEBLOCK_ORDER]]++;
	text_printf(text, "Node %u, zone %8s ", zone->node->id, zone->name);
	for (unsigned type = 0; type < NR_MIGRATE_TYPES; type++)
		text_printf(text, "%12lu ", blocks[type]);
	text_printf(text, "\n");
}

int show_pagetypeinfo(struct text *text, int pid)
{
	text_printf(text, "Page block order: %d\nPages per block:  %lu\n\n", PAGEBLOCK_ORDER,
		    PAGEBLOCK_PAGES);
	text_printf(text, "%-43s ", "Free pages count per migrate type at order");
	for (unsigned order = 0; order < policy->buddy.orders; order++)
		text_printf(text, "%6u ", order);
	text_printf(text, "\n");
	for_each_zone(zone)
		show_free_blocks(text, zone);
	text_printf(text, "\n%-23s", "Number of blocks type ");
	for (unsigned type = 0; type < NR_MIGRATE_TYPES; type++)
		text_printf(text, "%12s ", type_names[type]);
	text_printf(text, "\n");
	for_each_zone(zone)
		show_block_types(text, zone);
	return 0;
}
