/*
 * Counters of each zone. Owns nothing but the names; who changes a state counts it.
 */
#include "mm/trace/vmstat.h"
#include "mm/zone.h"

#define X(name)	#name,
const char *const zone_stat_names[NR_ZONE_STATS] = { ZONE_STATS(X) };
const char *const zone_event_names[NR_ZONE_EVENTS] = { ZONE_EVENTS(X) };
const char *const numa_stat_names[NR_NUMA_STATS] = { NUMA_STATS(X) };
#undef X

unsigned long zone_stat(const struct zone *zone, enum zone_stat stat)
{
	long value = (long)__atomic_load_n(&zone->stats[stat], __ATOMIC_RELAXED);

	return value > 0 ? (unsigned long)value : 0;
}

unsigned long global_stat(enum zone_stat stat)
{
	unsigned long sum = 0;

	for_each_zone(zone)
		sum += zone_stat(zone, stat);
	return sum;
}

unsigned long global_event(enum zone_event event)
{
	unsigned long sum = 0;

	for_each_zone(zone)
		sum += __atomic_load_n(&zone->events[event], __ATOMIC_RELAXED);
	return sum;
}

unsigned long global_numa(enum numa_stat stat)
{
	unsigned long sum = 0;

	for_each_zone(zone)
		sum += __atomic_load_n(&zone->numa[stat], __ATOMIC_RELAXED);
	return sum;
}
