/*
 * How kswapd goes to sleep, with what can happen while it naps: a scenario, where nothing
 * happens by itself, cannot state that (facts 2.6, 6.3).
 */
#include "arch/sim/sim.h"
#include "kernel/task.h"
#include "mm/alloc/alloc26.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/trace/vmstat.h"
#include "tests/units/units.h"


static struct pglist_data *node;
static struct zone *normal;
static unsigned sleeps, asleep_threshold;

void __wrap_schedule(void);
void __wrap_schedule(void)
{
	sleeps++;
	asleep_threshold = normal->stat_threshold;
}

/* What happens at the third tick of a nap. */
static void (*event)(void);
static unsigned ticks;

static void tick(void)
{
	if (++ticks == 3 && event)
		event();
}

static void pages_are_taken(void)
{
	unit_leave_free(ZONE_NORMAL, normal->pages_low);
}

static void somebody_calls(void)
{
	pages_are_taken();
	wakeup_kswapd(normal, 0, ZONE_NORMAL);
}

static void somebody_calls_for_a_moment(void)
{
	somebody_calls();
	unit_give_frames();
}

/* Tries to sleep, which ends after so many ticks, and as the counters say. */
static void tries(void (*during)(void), unsigned nap, unsigned slept, unsigned low, unsigned high)
{
	unsigned long low_before = vm_counters[VM_kswapd_low_wmark_hit_quickly];
	unsigned long high_before = vm_counters[VM_kswapd_high_wmark_hit_quickly];

	event = during;
	ticks = sleeps = 0;
	node->kswapd_woken = false;
	kswapd_try_to_sleep(node, 0, ZONE_NORMAL);
	check(ticks == nap && sleeps == slept);
	check(vm_counters[VM_kswapd_low_wmark_hit_quickly] == low_before + low);
	check(vm_counters[VM_kswapd_high_wmark_hit_quickly] == high_before + high);
	check(list_empty(&node->kswapd_wait.waiters) && current->state == TASK_RUNNABLE);
}

void unit_main(void)
{
	unit_boot_era("2.6", 0, 20480);
	node = &nodes[0];
	normal = &node->zones[ZONE_NORMAL];
	nr_cpus = 4;
	min_free_kbytes = 150;	/* marks so close that the CPUs' differences matter */
	setup_per_zone_wmarks();
	sched_ticked = tick;

	/* All is well: a nap of a tenth of a second, then it sleeps, and lets CPUs keep more. */
	tries(NULL, HZ / 10, 1, 0, 0);
	check(asleep_threshold == calculate_normal_threshold(normal));
	check(normal->stat_threshold == calculate_pressure_threshold(normal));
	check(calculate_pressure_threshold(normal) < calculate_normal_threshold(normal));

	/* Below the high mark after the nap, though nobody called. */
	tries(pages_are_taken, HZ / 10, 0, 0, 1);
	unit_give_frames();
	/* Called during the nap, which ends at once. */
	tries(somebody_calls, 3, 0, 1, 0);
	/* Still short: not even a nap. The marks were hit quickly all the same. */
	tries(NULL, 0, 0, 0, 1);
	unit_give_frames();
	/* It was needed only for a moment: no sleep even so. */
	tries(somebody_calls_for_a_moment, 3, 0, 1, 0);
	/* A request that came too late to wake anybody is not slept over. */
	node->kswapd_woken = true;
	kswapd_try_to_sleep(node, 0, ZONE_NORMAL);
	check(sleeps == 0);
}
