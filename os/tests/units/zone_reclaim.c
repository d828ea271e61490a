/*
 * zone_reclaim and object caches, whose pages sim keeps outside of the zones: here a zone's
 * numbers say what it has (facts 2.6, 6.4 and its vectors).
 */
#include "arch/sim/sim.h"
#include "kernel/task.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/slab/shrinker.h"
#include "tests/units/units.h"

static struct zone *normal;
static unsigned calls;
static bool cross;		/* the next batch is interrupted by another request */
static bool holder_waits;	/* who is in the middle of a batch wants the CPU back */

void __wrap_cond_resched(void);
void __wrap_cond_resched(void)
{
	if (holder_waits)
		zone_stat_add(normal, STAT_nr_slab_reclaimable, -1);
	holder_waits = false;
}

/* Another task's request meets the first one's batch: only that one can bring it on. */
static void cross_request(void)
{
	unsigned flags = current->flags;

	cross = false;
	holder_waits = true;
	normal->reclaim_locked = false;
	current->flags = 0;
	check(zone_reclaim(normal, GFP_KERNEL, 0) == ZONE_RECLAIM_SUCCESS && !holder_waits);
	current->flags = flags;
	normal->reclaim_locked = true;
}

/* Frees two pages of the zone's at each batch, and never has less to offer. */
static long shrink(struct shrinker *self, unsigned long nr, gfp_t gfp)
{
	if (nr) {
		calls++;
		check(current->flags & PF_MEMALLOC);
		if (cross)
			cross_request();
		zone_stat_add(normal, STAT_nr_slab_reclaimable, -2);
		return 10000 - 1;
	}
	return 10000;
}

static struct shrinker cache = { .name = "cache", .shrink = shrink, .seeks = DEFAULT_SEEKS,
				 .batch = 1000 };

static void has(enum zone_stat stat, long pages)
{
	zone_stat_add(normal, stat, pages - (long)zone_stat(normal, stat));
}

/* What it answers of so many file pages, mapped, dirty, and slab pages. */
static int says(long file, long mapped, long dirty, long slab, gfp_t gfp, unsigned order)
{
	int result;

	has(STAT_nr_inactive_file, file);
	has(STAT_nr_mapped, mapped);
	has(STAT_nr_dirty, dirty);
	has(STAT_nr_slab_reclaimable, slab);
	calls = 0;
	result = zone_reclaim(normal, gfp, order);
	check(!normal->reclaim_locked && !(current->flags & (PF_MEMALLOC | PF_SWAPWRITE)));
	return result;
}

static void vectors(void)
{
	/* With NOSCAN for who may not wait: the first question alone. */
	check(says(160, 60, 0, 500, GFP_ATOMIC, 0) == ZONE_RECLAIM_FULL);
	check(says(161, 60, 0, 500, GFP_ATOMIC, 0) == ZONE_RECLAIM_NOSCAN);
	check(says(190, 60, 30, 500, GFP_ATOMIC, 0) == ZONE_RECLAIM_FULL);
	zone_reclaim_mode |= RECLAIM_WRITE;
	check(says(190, 60, 30, 500, GFP_ATOMIC, 0) == ZONE_RECLAIM_NOSCAN);
	zone_reclaim_mode &= ~RECLAIM_WRITE;
	check(says(160, 60, 0, 501, GFP_ATOMIC, 0) == ZONE_RECLAIM_NOSCAN);
	/* More mapped than there are on the lists: others' pages are. Dirty beyond them: none. */
	check(says(20, 60, 0, 0, GFP_ATOMIC, 0) == ZONE_RECLAIM_FULL);
	check(says(100, 60, 70, 0, GFP_ATOMIC, 0) == ZONE_RECLAIM_FULL);
	sysctl_min_slab_ratio = 6;
	check(says(0, 0, 0, 600, GFP_ATOMIC, 0) == ZONE_RECLAIM_FULL);
	check(says(0, 0, 0, 601, GFP_ATOMIC, 0) == ZONE_RECLAIM_NOSCAN);
	sysctl_min_slab_ratio = 5;
}

/* Caches shrink until the zone has so many pages fewer; nothing else is scanned. */
static void object_caches_pay(void)
{
	unsigned long failed = vm_counters[VM_zone_reclaim_failed];

	check(says(0, 0, 0, 501, GFP_KERNEL, 0) == ZONE_RECLAIM_SUCCESS && calls >= 1);
	check(says(0, 0, 0, 600, GFP_KERNEL, 3) == ZONE_RECLAIM_SUCCESS && calls >= 4);
	check(zone_stat(normal, STAT_nr_slab_reclaimable) <= 600 - 8);
	check(zone_stat(normal, STAT_nr_slab_reclaimable) > 500);
	check(vm_counters[VM_zone_reclaim_failed] == failed);
	cross = true;
	check(says(0, 0, 0, 600, GFP_KERNEL, 0) == ZONE_RECLAIM_SUCCESS && !cross);

	/* A cache that has nothing left ends it. */
	unregister_shrinker(&cache);
	check(says(0, 0, 0, 600, GFP_KERNEL, 0) == ZONE_RECLAIM_SOME && calls == 0);
	check(vm_counters[VM_zone_reclaim_failed] == failed + 1);
}

void unit_main(void)
{
	unit_boot_era("2.6", 0, 10000);
	normal = &nodes[0].zones[ZONE_NORMAL];
	zone_reclaim_mode = RECLAIM_ZONE;
	register_shrinker(&cache);
	vectors();
	object_caches_pay();
	has(STAT_nr_inactive_file, 0);
}
