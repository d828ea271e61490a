/*
 * How much memory is wanted: pressure, target and the two shortages (facts 2.4, 3.3;
 * lab 09).
 *
 * Owns memory_pressure, an atomic counter that allocations and reclaims raise, frees
 * lower and time wears off. The counters that it is compared with are read without
 * their locks: the answers are estimates.
 */
#include "arch/machine.h"
#include "mm/reclaim/v24/v24.h"

/* Pressure fades by one part in 2^6 a second; the target is a second's worth of it. */
#define INACTIVE_SHIFT	6

int memory_pressure;

static unsigned long pressure_now(void)
{
	return (unsigned long)__atomic_load_n(&memory_pressure, __ATOMIC_RELAXED);
}

/* A block came back, whatever its order. The counter never gets below the CPUs' number. */
void memory_pressure_down(void)
{
	if (pressure_now() > nr_cpus)
		__atomic_fetch_sub(&memory_pressure, 1, __ATOMIC_RELAXED);
}

/* Once a second: from 63 on down nothing fades any more (Q29). */
void recalculate_vm_stats(void)
{
	__atomic_fetch_sub(&memory_pressure, (int)(pressure_now() >> INACTIVE_SHIFT),
			   __ATOMIC_RELAXED);
}

/* Pages that should be inactive: as many as are asked for in a second. */
unsigned long inactive_target(void)
{
	unsigned long target = pressure_now() >> INACTIVE_SHIFT;

	return min(target, num_physpages / 4);
}

/*
 * Pages missing from the supply that can be given out at once. Only when the sum over
 * all zones suffices are single zones looked at: the answer can rise when pages are
 * freed (Q17).
 */
unsigned long free_shortage(void)
{
	unsigned long have = nr_free_pages() + nr_inactive_clean_pages();
	unsigned long want = freepages.high + inactive_target() / 3;
	unsigned long missing = 0;

	if (have < want)
		return want - have;
	for_each_zone(zone) {
		unsigned long in_zone = zone->free_pages + zone->inactive_clean_pages;

		if (in_zone < zone->pages_min + 1)
			missing += zone->pages_min + 1 - in_zone;
	}
	return missing;
}

/* Pages missing from all that is free or inactive. */
unsigned long inactive_shortage(void)
{
	unsigned long have = nr_free_pages() + nr_inactive_clean_pages() +
		nr_inactive_dirty_pages;
	unsigned long want = freepages.high + inactive_target();

	return have < want ? want - have : 0;
}
