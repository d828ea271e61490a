/*
 * Counters of each zone (facts 2.6, 15.1 and 1.6). Owns the names, and of each zone
 * free_diff, under zone->lock, and stat_threshold and percpu_drift_mark, which a CPU may read
 * while kswapd changes them: it keeps by the old one once more. Who changes a state counts it.
 */
#include "mm/trace/vmstat.h"
#include "mm/zone.h"

#define MOST_THRESHOLD	125u

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

/* ---- free pages, which CPUs keep to themselves for a while ---- */

unsigned long zone_free_pages_snapshot(const struct zone *zone)
{
	long pages = (long)__atomic_load_n(&zone->free_pages, __ATOMIC_RELAXED);

	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		pages += __atomic_load_n(&zone->pcp[cpu].free_diff, __ATOMIC_RELAXED);
	return pages > 0 ? (unsigned long)pages : 0;
}

unsigned long nr_free_pages_snapshot(void)
{
	unsigned long sum = 0;

	for_each_zone(zone)
		sum += zone_free_pages_snapshot(zone);
	return sum;
}

/* How often it can be halved until nothing is left. */
static unsigned fls(unsigned long n)
{
	unsigned bits = 0;

	for (; n; n >>= 1)
		bits++;
	return bits;
}

/* The more CPUs and the larger the zone (in 128 MiB), the more each may keep. */
unsigned calculate_normal_threshold(const struct zone *zone)
{
	unsigned size = 1 + fls(zone->present_pages >> 15);

	return min(2 * fls(nr_cpus) * size, MOST_THRESHOLD);
}

/* All together no more than what lies between the zone's lowest marks. */
unsigned calculate_pressure_threshold(const struct zone *zone)
{
	unsigned long share = (zone->pages_low - zone->pages_min) / nr_cpus;

	return (unsigned)min(max(share, 1ul), (unsigned long)MOST_THRESHOLD);
}

void refresh_zone_stat_thresholds(void)
{
	if (nr_cpus == 1)
		return;
	for_each_zone(zone) {
		unsigned threshold = calculate_normal_threshold(zone);
		unsigned long drift = (unsigned long)nr_cpus * threshold;
		bool matters = drift > zone->pages_low - zone->pages_min;

		zone->stat_threshold = threshold;
		zone->percpu_drift_mark = matters ? zone->pages_high + drift : 0;
	}
}

void set_pgdat_percpu_threshold(struct pglist_data *node,
				unsigned (*threshold)(const struct zone *zone))
{
	for (struct zone *zone = node->zones; zone < node->zones + NR_ZONE_TYPES; zone++)
		if (zone->percpu_drift_mark)
			zone->stat_threshold = threshold(zone);
}
