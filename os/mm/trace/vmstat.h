/*
 * What 2.6 counts for each zone (facts 2.6, 15.1): how many pages are in a state now, and
 * how often something has happened. Lines of /proc/vmstat and /proc/zoneinfo.
 *
 * Counts are atomic, but that of free pages, see below; a sum over zones is exact only when
 * nothing moves.
 */
#ifndef MM_TRACE_VMSTAT_H
#define MM_TRACE_VMSTAT_H

struct page;
struct pglist_data;
struct zone;

/* In pages, nr_kernel_stack in stacks. The first five follow enum lru_list. */
#define ZONE_STATS(X)								\
	X(nr_inactive_anon) X(nr_active_anon) X(nr_inactive_file)		\
	X(nr_active_file) X(nr_unevictable) X(nr_mlock) X(nr_anon_pages)	\
	X(nr_mapped) X(nr_file_pages) X(nr_dirty) X(nr_writeback)		\
	X(nr_slab_reclaimable) X(nr_slab_unreclaimable)				\
	X(nr_page_table_pages) X(nr_kernel_stack) X(nr_vmscan_write)		\
	X(nr_vmscan_immediate_reclaim) X(nr_isolated_anon)			\
	X(nr_isolated_file) X(nr_shmem) X(nr_dirtied) X(nr_written)

/* Events that /proc/vmstat gives for each zone: pgalloc_dma, pgalloc_normal, … */
#define ZONE_EVENTS(X)								\
	X(pgalloc) X(pgrefill) X(pgsteal) X(pgscan_kswapd) X(pgscan_direct)

/* Where pages come from if there are several nodes; counted in pages (facts 2.6, 14). */
#define NUMA_STATS(X)								\
	X(numa_hit)		/* the node that was wanted gave it */		\
	X(numa_miss)		/* this node gave it in another's place */	\
	X(numa_foreign)		/* wanted here, given by another */		\
	X(numa_interleave)	/* as interleaving wanted it */			\
	X(numa_local)		/* to a CPU of the node */			\
	X(numa_other)		/* to a CPU of another */

enum zone_stat {
#define X(name)	STAT_##name,
	ZONE_STATS(X)
#undef X
	NR_ZONE_STATS
};

enum zone_event {
#define X(name)	ZONE_##name,
	ZONE_EVENTS(X)
#undef X
	NR_ZONE_EVENTS
};

enum numa_stat {
#define X(name)	NUMA_##name,
	NUMA_STATS(X)
#undef X
	NR_NUMA_STATS
};

extern const char *const numa_stat_names[NR_NUMA_STATS];
extern const char *const zone_stat_names[NR_ZONE_STATS];
extern const char *const zone_event_names[NR_ZONE_EVENTS];

/*
 * Counted with zone_stat_add, page_stat_add and zone_event_add, free pages with
 * mod_zone_free_pages (all in mm/zone.h).
 */

/* Never below 0, though other CPUs may just be moving a page. */
unsigned long zone_stat(const struct zone *zone, enum zone_stat stat);
unsigned long global_stat(enum zone_stat stat);		/* sums over all zones */
unsigned long global_event(enum zone_event event);
unsigned long global_numa(enum numa_stat stat);

/*
 * Free pages on a machine with several CPUs (facts 2.6, 1.6). Each CPU keeps what it takes
 * and gives to itself until it is more than the zone's stat_threshold, so that they do not
 * all write to one word; zone->free_pages may be wrong by so much for each of them:
 *
 *	free_pages  100        exact: 100 + 6 - 5 + 0 = 101
 *	free_diff   +6  -5  0
 *
 * That does not matter while there is plenty. Where it could hide that a zone is below its
 * mark, below percpu_drift_mark, kswapd adds all up (zone_watermark_ok_safe), and while it
 * is awake the thresholds are smaller. A machine with one CPU has no thresholds, nor has 2.4.
 *
 * Only this counter is kept so: the others are atomic, and exact.
 */
/* With what the CPUs have kept; exact under zone->lock. And the sum over all zones. */
unsigned long zone_free_pages_snapshot(const struct zone *zone);
unsigned long nr_free_pages_snapshot(void);

unsigned calculate_normal_threshold(const struct zone *zone);
unsigned calculate_pressure_threshold(const struct zone *zone);
void refresh_zone_stat_thresholds(void);	/* when marks have changed */
/* Of the node's zones that have a drift mark: kswapd comes (pressure), or goes to sleep. */
void set_pgdat_percpu_threshold(struct pglist_data *node,
				unsigned (*threshold)(const struct zone *zone));

#endif
