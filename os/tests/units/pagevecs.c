/*
 * Pagevecs of several CPUs, and reclaimers who wait for each other: what a scenario, which
 * has one CPU and one reclaimer, cannot state (facts 2.6, 4.2, 4.3, 5.5; E17, E39).
 */
#include "arch/sim/sim.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/filemap.h"
#include "mm/reclaim/v26/v26.h"
#include "tests/units/units.h"

#define PAGES	32u

static struct address_space mapping;
static struct zone *normal;
static struct page *pages[PAGES];

static unsigned long inactive(void)
{
	return lru_pages(normal, LRU_INACTIVE_FILE);
}

static unsigned long active(void)
{
	return lru_pages(normal, LRU_ACTIVE_FILE);
}

/* Clean pages of a file; their cache has the only reference. */
static void make_pages(void)
{
	static const struct address_space_operations nothing_to_write;

	normal = page_zone(alloc_page(GFP_KERNEL));
	mapping_init(&mapping, NULL, &nothing_to_write);
	for (unsigned i = 0; i < PAGES; i++) {
		pages[i] = add_new_page(&mapping, i, mapping.gfp);
		check(!IS_ERR(pages[i]));
		SetPageUptodate(pages[i]);
		unlock_page(pages[i]);
		put_page(pages[i]);
	}
}

/* What this CPU has collected is another's now. */
static void give_to_other_cpu(unsigned which)
{
	cpu_pagevecs[1][which] = cpu_pagevecs[0][which];
	cpu_pagevecs[0][which].n = 0;
}

static void only_all_cpus_have_all(void)
{
	nr_cpus = 2;
	check(inactive() == 28 && cpu_pagevecs[0][LRU_INACTIVE_FILE].n == PAGES - 28);
	give_to_other_cpu(LRU_INACTIVE_FILE);
	lru_add_drain();
	check(inactive() == 28 && page_count(pages[PAGES - 1]) == 2);
	lru_add_drain_all();
	check(inactive() == PAGES && page_count(pages[PAGES - 1]) == 1);
}

/* E17 where there are several CPUs. */
static void activation_waits_for_the_drain(void)
{
	mark_page_accessed(pages[0]);
	mark_page_accessed(pages[0]);
	check(!PageActive(pages[0]) && !PageReferenced(pages[0]) && page_count(pages[0]) == 2);
	lru_add_drain();
	check(PageActive(pages[0]) && active() == 1 && page_count(pages[0]) == 1);
	check(vm_counters[VM_pgactivate] == 1);
	check(normal->recent_scanned[1] == PAGES + 1 && normal->recent_rotated[1] == 1);

	/* It has become unnecessary meanwhile: the page was isolated, or is active already. */
	activate_page(pages[1]);
	check(isolate_lru_page(pages[1]) == 0);
	activate_page(pages[2]);
	activate_page(pages[2]);
	lru_add_drain();
	check(!PageActive(pages[1]) && PageActive(pages[2]) && active() == 2);
	putback_lru_page(pages[1]);
	lru_add_drain();
	check(inactive() == PAGES - 2 && vm_counters[VM_pgactivate] == 2);
	nr_cpus = 1;
}

static unsigned waits, waits_until_enough;

static void isolated_pages_come_back(void)
{
	if (++waits == waits_until_enough)
		zone_stat_add(normal, STAT_nr_isolated_file, -1);
}

static unsigned long shrink(void)
{
	struct scan_control sc = {
		.gfp = GFP_KERNEL, .nr_to_reclaim = SWAP_CLUSTER_MAX, .may_writepage = true,
		.may_unmap = true, .may_swap = true,
	};

	return shrink_inactive_list(1, normal, &sc, DEF_PRIORITY, true);
}

/* E39: more pages are isolated than are left. Reclaimers wait, kswapd and the dying do not. */
static void direct_reclaim_waits(void)
{
	unsigned long left = inactive(), before;
	struct task *kswapd;

	zone_stat_add(normal, STAT_nr_isolated_file, (long)left + 1);
	sched_yielded = isolated_pages_come_back;
	waits_until_enough = 3;
	before = jiffies;
	check(shrink() == 1 && waits == 3 && jiffies - before == 3 * (HZ / 10));
	check(inactive() == left - 1);

	/* As many as are left are not too many. */
	zone_stat_add(normal, STAT_nr_isolated_file, -1);
	check(shrink() == 1 && waits == 3 && inactive() == left - 2);

	kswapd = sched_find_thread("kswapd0");
	kswapd->flags |= PF_KSWAPD;
	sched_set_current(kswapd);
	check(shrink() == 1 && waits == 3 && inactive() == left - 3);
	sched_set_current(NULL);

	/* A signal that kills: as if a batch had been reclaimed. */
	current->pending |= 1ul << (SIGKILL - 1);
	check(shrink() == SWAP_CLUSTER_MAX && waits == 4 && inactive() == left - 3);
	current->pending = 0;
	sched_yielded = NULL;
	zone_stat_add(normal, STAT_nr_isolated_file, -(long)left + 1);
	check(zone_stat(normal, STAT_nr_isolated_file) == 0);
}

void unit_main(void)
{
	unit_boot_era("2.6", 64, 4096);
	make_pages();
	only_all_cpus_have_all();
	activation_waits_for_the_drain();
	direct_reclaim_waits();
	lru_check();
}
