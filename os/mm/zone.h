/*
 * Zones: runs of frames with the same limits of use, each with its own free
 * blocks, watermarks and clean list (facts 2.4, 1.2, 3.1, 4).
 */
#ifndef MM_ZONE_H
#define MM_ZONE_H

#include "kernel/lock.h"
#include "kernel/wait.h"
#include "mm/gfp.h"
#include "mm/page.h"

#define MAX_ORDER	10	/* block orders 0 … 9, the largest 512 pages */

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, ZONE_HIGHMEM, NR_ZONE_TYPES };

struct free_area {
	struct list_head blocks;	/* (z) page->list of the first frame of each block */
	unsigned long nr_free;		/* (z) length of the list, in blocks */
};

/* (z) zone->lock, (l) lru_lock, (!) constant after boot. Counts are in pages. */
struct zone {
	struct spinlock lock;		/* rank RANK_ZONE; taken with interrupts off */
	const char *name;		/* (!) "DMA" … */
	enum zone_type type;		/* (!) */
	pfn_t start_pfn;		/* (!) */
	unsigned long size;		/* (!) frames, holes and reserved ones included;
					   0: the zone does not exist */
	unsigned long present_pages;	/* (!) frames that the buddy manages */
	unsigned long free_pages;	/* (z) in free_area; read without the lock */
	unsigned long pages_min;	/* (!) watermarks, facts 2.4, 3.1 */
	unsigned long pages_low;
	unsigned long pages_high;
	struct free_area free_area[MAX_ORDER];

	/* 2.4's lists of this zone */
	struct list_head inactive_clean_list;	/* (l) */
	unsigned long inactive_clean_pages;	/* (l) read without the lock */
	unsigned long inactive_dirty_pages;	/* (l) its share of inactive_dirty_list */
};

extern struct zone zones[NR_ZONE_TYPES];	/* by enum zone_type */

#define for_each_zone(zone)						\
	for (struct zone *zone = zones; zone < zones + NR_ZONE_TYPES; zone++) \
		if (zone->size)

static inline struct zone *page_zone(const struct page *page)
{
	return &zones[page->zone];
}

/*
 * The zones that an allocation may use, best first, empty ones left out, ended by
 * NULL. The list carries the mask that it was built for (facts 2.4, 4.1).
 */
struct zonelist {
	struct zone *zones[NR_ZONE_TYPES + 1];
	gfp_t gfp;
};

const struct zonelist *gfp_zonelist(gfp_t gfp);

/* Sums over all zones. */
unsigned long nr_free_pages(void);
unsigned long nr_inactive_clean_pages(void);

extern struct freepages {		/* sums of the zones' watermarks */
	unsigned long min, low, high;
} freepages;

extern unsigned long num_physpages;	/* (!) frames that the system manages */

/*
 * Boot. zone_setup describes one zone, before mem_map exists; zones_init makes
 * mem_map's records for them, all reserved, builds the zone lists and the
 * watermarks; frames then enter the buddy with free_boot_page.
 */
void zone_setup(enum zone_type type, pfn_t start_pfn, unsigned long size);
void zones_init(struct page *map, unsigned long frames);
void free_boot_page(struct page *page);

#endif
