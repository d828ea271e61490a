/*
 * Nodes and zones. A node is memory that some CPUs reach faster than the rest; 2.4 knows
 * one. A zone is a run of a node's frames with the same limits of use, with its own free
 * blocks, watermarks and lists (facts 2.4, 1.2, 3.1, 4; facts 2.6, section 1).
 */
#ifndef MM_ZONE_H
#define MM_ZONE_H

#include "arch/machine.h"
#include "kernel/lock.h"
#include "kernel/wait.h"
#include "mm/gfp.h"
#include "mm/page.h"
#include "mm/trace/vmstat.h"

#define MAX_ORDER	11	/* most block orders that an era has: 0 … 10, up to 1024 pages */

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_HIGHMEM, NR_ZONE_TYPES };

#define MAX_NUMNODES	4
#define NR_ZONES	(MAX_NUMNODES * NR_ZONE_TYPES)

/*
 * What a block's frames are used for (facts 2.6, 1.1): 2.6 keeps those that can be moved
 * or reclaimed apart from those that cannot. 2.4 has one kind, the first.
 */
enum migrate_type {
	MIGRATE_UNMOVABLE,
	MIGRATE_RECLAIMABLE,	/* caches of objects that a shrinker frees */
	MIGRATE_MOVABLE,	/* user and page-cache pages */
	NR_PCP_TYPES,		/* those above have per-CPU lists */
	MIGRATE_RESERVE = NR_PCP_TYPES,	/* kept for when all else fails */
	MIGRATE_ISOLATE,	/* not given out */
	NR_MIGRATE_TYPES
};

struct free_area {
	struct list_head blocks[NR_MIGRATE_TYPES]; /* (z) page->list of each first frame */
	unsigned long nr_free;		/* (z) blocks on all of these lists */
};

/* The unit whose frames have one migrate type. */
#define PAGEBLOCK_ORDER	9
#define PAGEBLOCK_PAGES	(1ul << PAGEBLOCK_ORDER)

extern u8 *pageblock_types;	/* (z) enum migrate_type, by frame number >> PAGEBLOCK_ORDER */

static inline unsigned pageblock_type(const struct page *page)
{
	return pageblock_types[page_to_pfn(page) >> PAGEBLOCK_ORDER];
}

/* 2.6: single free pages of one CPU, in front of the buddy (facts 2.6, 2.4). */
struct per_cpu_pages {
	struct spinlock lock;		/* rank RANK_PCP; taken with interrupts off */
	unsigned count;			/* (lock) pages on the lists */
	struct list_head lists[NR_PCP_TYPES];	/* (lock) page->list */
	int free_diff;			/* (z) what this CPU has not yet added to free_pages */
};

/* 2.6: the lists of pages that may be reclaimed (facts 2.6, 4.1). */
enum lru_list {
	LRU_INACTIVE_ANON,
	LRU_ACTIVE_ANON,
	LRU_INACTIVE_FILE,
	LRU_ACTIVE_FILE,
	LRU_UNEVICTABLE,
	NR_LRU_LISTS
};

/* (z) zone->lock, (l) lru_lock, (a) atomic, (!) constant after boot. Counts are in pages. */
struct zone {
	struct spinlock lock;		/* rank RANK_ZONE; taken with interrupts off */
	const char *name;		/* (!) "DMA" … */
	enum zone_type type;		/* (!) */
	struct pglist_data *node;	/* (!) whose memory it is */
	pfn_t start_pfn;		/* (!) */
	unsigned long size;		/* (!) frames, holes and reserved ones included;
					   0: the zone does not exist */
	unsigned long present_pages;	/* (!) frames that the buddy manages */
	unsigned long free_pages;	/* (z) in free_area, but for the CPUs' free_diff; read
					   without the lock, with zone_free_pages */
	unsigned long pages_min;	/* (!) watermarks, facts 2.4, 3.1 */
	unsigned long pages_low;
	unsigned long pages_high;
	struct free_area free_area[MAX_ORDER];

	/* 2.4's lists of this zone */
	struct list_head inactive_clean_list;	/* (l) */
	unsigned long inactive_clean_pages;	/* (l) read without the lock */
	unsigned long inactive_dirty_pages;	/* (l) its share of inactive_dirty_list */

	/* 2.6's part of it; NULL and zero under 2.4 */
	unsigned long lowmem_reserve[NR_ZONE_TYPES]; /* free pages kept from requests that
						could have come from a zone of that type */
	unsigned long dirty_balance_reserve;	/* pages that caches cannot count on */
	struct per_cpu_pages pcp[NR_CPUS_MAX];
	unsigned pcp_batch;		/* pages moved at once between buddy and list */
	unsigned pcp_high;		/* pages on a CPU's lists that send a batch back */
	struct list_head lru[NR_LRU_LISTS];	/* (l) page->lru */
	unsigned stat_threshold;	/* most that free_diff may be; 0: free_pages is exact */
	unsigned long percpu_drift_mark; /* free pages: with fewer, marks are compared with
					    the exact number; 0: never */
	unsigned long stats[NR_ZONE_STATS];	/* (a) mm/trace/vmstat.h */
	unsigned long events[NR_ZONE_EVENTS];	/* (a) */
	unsigned long numa[NR_NUMA_STATS];	/* (a) only if there are several nodes */
	unsigned long recent_scanned[2];	/* (l) of late: [0] anonymous, [1] file pages */
	unsigned long recent_rotated[2];	/* (l) those of them that were in use */
	unsigned inactive_ratio;	/* (!) active to inactive anonymous pages */
	unsigned long pages_scanned;	/* (l) since a page of the zone was freed last */
	bool all_unreclaimable;		/* (l) scanned often enough without success */
	bool congested;			/* (a) its dirty pages wait for a busy disk */
	bool reclaim_locked;		/* (a) somebody runs zone_reclaim */
	bool oom_locked;		/* (a) somebody runs the OOM killer for it */
};

/* Node after node, each one's by enum zone_type. Node 0's come first. */
extern struct zone zones[NR_ZONES];
extern unsigned nr_online_nodes;	/* (!) 0 … nr_online_nodes - 1 exist */

#define for_each_zone(zone)							\
	for (struct zone *zone = zones;						\
	     zone < zones + nr_online_nodes * NR_ZONE_TYPES; zone++)		\
		if (zone->size)

static inline struct zone *page_zone(const struct page *page)
{
	return &zones[page->zone];
}

static inline void zone_stat_add(struct zone *zone, enum zone_stat stat, long delta)
{
	__atomic_fetch_add(&zone->stats[stat], (unsigned long)delta, __ATOMIC_RELAXED);
}

/* So many pages more in the buddy, as this CPU counts them (vmstat.h). zone->lock held. */
static inline void mod_zone_free_pages(struct zone *zone, long pages)
{
	int *diff = &zone->pcp[this_cpu()].free_diff;
	long kept = *diff + pages;

	if (kept > (long)zone->stat_threshold || kept < -(long)zone->stat_threshold) {
		__atomic_store_n(&zone->free_pages, zone->free_pages + (unsigned long)kept,
				 __ATOMIC_RELAXED);
		kept = 0;
	}
	*diff = (int)kept;
}

/* Free pages in the buddy as everybody sees them: at once, and a little wrong (vmstat.h). */
static inline unsigned long zone_free_pages(const struct zone *zone)
{
	long pages = (long)__atomic_load_n(&zone->free_pages, __ATOMIC_RELAXED);

	return pages > 0 ? (unsigned long)pages : 0;
}

static inline void zone_event_add(struct zone *zone, enum zone_event event, unsigned long n)
{
	__atomic_fetch_add(&zone->events[event], n, __ATOMIC_RELAXED);
}

static inline void zone_numa_add(struct zone *zone, enum numa_stat stat)
{
	__atomic_fetch_add(&zone->numa[stat], 1, __ATOMIC_RELAXED);
}

static inline void page_stat_add(const struct page *page, enum zone_stat stat, long delta)
{
	zone_stat_add(page_zone(page), stat, delta);
}

/* ---- zone lists ---- */

/* One place in a list. The last is followed by one without a zone. */
struct zoneref {
	struct zone *zone;
};

/* 2.6, several nodes: which zones of a list were full of late (zonelist_cache.c). */
struct zonelist_cache {
	unsigned long full;		/* (a) bit N: the zone at place N */
	unsigned long wiped;		/* (a) the jiffies when nothing was known */
};

/* Zones in the order in which a node's requests try them; empty ones are left out. */
struct zonelist {
	struct zoneref refs[NR_ZONES + 1];	/* rewritten one by one (zonelist.c) */
	struct zonelist_cache *cache;	/* (!) */
};

/* The highest zone that the mask allows, whether it exists or not (facts 2.6, 1.2). */
static inline enum zone_type gfp_zone(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	if (gfp & __GFP_DMA32)
		return ZONE_DMA32;
	return gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL;
}

/* From REF on, the first place whose zone is no higher than HIGHEST. */
static inline const struct zoneref *next_zones_zonelist(const struct zoneref *ref,
							enum zone_type highest)
{
	while (ref->zone && ref->zone->type > highest)
		ref++;
	return ref;
}

/* The zone that a request would like best; NULL if it may use none. */
static inline struct zone *first_zones_zonelist(const struct zonelist *list,
						enum zone_type highest)
{
	return next_zones_zonelist(list->refs, highest)->zone;
}

/* REF walks the places of LIST that a request up to HIGHEST may use. */
#define for_each_zoneref(ref, list, highest)					\
	for (const struct zoneref *ref = next_zones_zonelist((list)->refs, highest); \
	     ref->zone; ref = next_zones_zonelist(ref + 1, highest))

/* ---- nodes ---- */

/* The lists of a node. */
enum { ZONELIST_FALLBACK, ZONELIST_THISNODE, NR_ZONELISTS };

/* Memory of a node, and who looks after it. (a) atomic, (!) constant after boot. */
struct pglist_data {
	unsigned id;			/* (!) place in nodes[] */
	struct zone *zones;		/* (!) its part of zones[], by enum zone_type */
	struct zonelist zonelists[NR_ZONELISTS];	/* all zones; only its own */
	struct zonelist_cache caches[NR_ZONELISTS];
	pfn_t start_pfn;		/* (!) of its first zone */
	unsigned long spanned_pages;	/* (!) up to the end of its last one; 0: no memory */
	unsigned long present_pages;	/* (!) frames that the buddy manages */
	unsigned long cpus;		/* (!) bit N: CPU N belongs to it */

	/* 2.6: its kswapd, and what that is asked for (kswapd26.c) */
	struct task *kswapd;		/* (!) NULL if the node has no memory */
	struct wait_queue kswapd_wait;
	unsigned kswapd_max_order;	/* (a) largest block that somebody asked for */
	enum zone_type classzone_idx;	/* (a) up to this zone */
	bool kswapd_woken;		/* (a) since its last turn */
};

extern struct pglist_data nodes[MAX_NUMNODES];
extern u8 cpu_nodes[NR_CPUS_MAX];	/* (!) each CPU's node */

#define for_each_online_node(node)						\
	for (struct pglist_data *node = nodes; node < nodes + nr_online_nodes; node++)

/* The node of the CPU that runs this: where its pages come from, if there are any. */
static inline unsigned numa_node_id(void)
{
	return cpu_nodes[this_cpu()];
}

/* Where a request from that node with that mask looks for pages. */
static inline const struct zonelist *node_zonelist(unsigned node, gfp_t gfp)
{
	return &nodes[node].zonelists[gfp & __GFP_THISNODE ? ZONELIST_THISNODE
							    : ZONELIST_FALLBACK];
}

/* How far memory is: 10 for a node's own, more for others'. */
#define LOCAL_DISTANCE	10
#define REMOTE_DISTANCE	20
#define RECLAIM_DISTANCE 30	/* farther: better to reclaim from one's own zones first */

extern u8 node_distances[MAX_NUMNODES][MAX_NUMNODES];	/* (!) */

static inline unsigned node_distance(unsigned from, unsigned to)
{
	return node_distances[from][to];
}

/* Sums over all zones. */
static inline unsigned long nr_free_pages(void)
{
	unsigned long sum = 0;

	for_each_zone(zone)
		sum += zone_free_pages(zone);
	return sum;
}

static inline unsigned long nr_inactive_clean_pages(void)
{
	unsigned long sum = 0;

	for_each_zone(zone)
		sum += zone->inactive_clean_pages;
	return sum;
}

extern struct freepages {		/* sums of the zones' watermarks */
	unsigned long min, low, high;
} freepages;

extern unsigned long num_physpages;	/* (!) frames that the system manages */

/*
 * Boot. With more than one node, nodes_setup comes first; it makes all of them equally
 * far, without CPUs. zone_setup describes one zone of a node, before mem_map exists;
 * zones_init makes mem_map's records for them, all reserved; frames then enter the buddy
 * with free_boot_page, and when all have, build_all_zonelists puts the zones that got any
 * into lists. MAP and TYPES (a byte for each pageblock) are zeroed memory, which the zones
 * keep.
 */
void nodes_setup(unsigned nr);
void zone_setup(unsigned node, enum zone_type type, pfn_t start_pfn, unsigned long size);
void zones_init(struct page *map, u8 *types, unsigned long frames);
void free_boot_page(struct page *page);

/* zonelist.c: after boot only when the tunable has changed. */
void build_all_zonelists(void);
enum { ZONELIST_ORDER_DEFAULT, ZONELIST_ORDER_NODE, ZONELIST_ORDER_ZONE };
unsigned default_zonelist_order(void);
extern bool page_group_by_mobility_disabled;	/* (!) 2.6: all blocks are of one kind */
/* The node that NODE's list has next, and marks it in *USED; negative: all are there. */
int find_next_best_node(unsigned node, unsigned long *used);
/* What the user wants, by its first letter; -EINVAL if there is no such order. */
int set_numa_zonelist_order(const char *name);
const char *numa_zonelist_order_name(void);
const char *zonelist_order_name(void);	/* what the lists were built in */

/* Whoever walks a list twice and must meet the same zones holds it. Rank RANK_ZONELIST. */
extern struct spinlock zonelist_lock;

#endif
