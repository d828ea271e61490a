/*
 * The watermarks of 2.6: what each zone keeps free, and from whom (facts 2.6, 1.5, 1.6;
 * lab 03).
 *
 * Owns min_free_kbytes, totalreserve_pages, and of each zone pages_min, pages_low,
 * pages_high, lowmem_reserve, dirty_balance_reserve and inactive_ratio. Written at boot and
 * when the tunable changes, by one writer at a time; a reader may see some of the old values
 * for a moment.
 *
 * A zone keeps two kinds of pages back. Its marks hold for every request. Its reserve is
 * counted on top, against requests that could have been served by a higher zone: low
 * memory is not to be filled with what would fit elsewhere.
 */
#include "lib/div64.h"
#include "lib/isqrt.h"
#include "mm/alloc/alloc26.h"
#include "mm/reclaim/policy.h"

#define MIN_FREE_LEAST	128u		/* KiB */
#define MIN_FREE_MOST	65536u

/* HighMem's mark is no reserve for anybody, only a little air. */
#define HIGHMEM_LEAST	32ul
#define HIGHMEM_MOST	128ul

unsigned min_free_kbytes;
unsigned long totalreserve_pages;

/* One page of a zone is reserved for so many pages of the zones above it. */
static const unsigned reserve_ratios[NR_ZONE_TYPES] = {
	[ZONE_DMA] = 256, [ZONE_DMA32] = 256, [ZONE_NORMAL] = 32, [ZONE_HIGHMEM] = 32,
};

static unsigned long lowmem_pages(void)
{
	unsigned long pages = 0;

	for_each_zone(zone)
		if (zone->type != ZONE_HIGHMEM)
			pages += zone->present_pages;
	return pages;
}

static void setup_marks(struct zone *zone, unsigned long lowmem)
{
	u64 all = (u64)(min_free_kbytes >> (PAGE_SHIFT - 10)) * zone->present_pages;
	unsigned long share = lowmem ? (unsigned long)div64_u32(all, (u32)lowmem, NULL) : 0;
	unsigned long least = share;

	if (zone->type == ZONE_HIGHMEM)
		least = min(max(zone->present_pages / 1024, HIGHMEM_LEAST), HIGHMEM_MOST);
	zone->pages_min = least;
	zone->pages_low = least + share / 4;
	zone->pages_high = least + share / 2;
}

/* Most that a request from above must leave in ZONE, with its high mark. */
static unsigned long reserve_of(const struct zone *zone)
{
	unsigned long most = 0;

	for (unsigned class = 0; class < NR_ZONE_TYPES; class++)
		most = max(most, zone->lowmem_reserve[class]);
	return min(most + zone->pages_high, zone->present_pages);
}

void calculate_totalreserve_pages(void)
{
	unsigned long pages = 0;

	for_each_zone(zone) {
		zone->dirty_balance_reserve = reserve_of(zone);
		pages += zone->dirty_balance_reserve;
	}
	totalreserve_pages = pages;
}

/* Against requests from the higher zones of the same node. */
void setup_per_zone_lowmem_reserve(void)
{
	for_each_zone(zone) {
		unsigned long above = 0;

		for (unsigned class = 0; class < NR_ZONE_TYPES; class++) {
			if (class > zone->type)
				above += zone->node->zones[class].present_pages;
			zone->lowmem_reserve[class] = above / reserve_ratios[zone->type];
		}
	}
	calculate_totalreserve_pages();
}

/* The larger a zone, the smaller the part of its anonymous pages that is inactive. */
unsigned calculate_zone_inactive_ratio(const struct zone *zone)
{
	unsigned long gigabytes = zone->present_pages >> (30 - PAGE_SHIFT);

	return gigabytes ? (unsigned)isqrt(10ull * gigabytes) : 1;
}

void setup_per_zone_wmarks(void)
{
	unsigned long lowmem = lowmem_pages();

	for_each_zone(zone) {
		unsigned long flags;

		flags = spin_lock_irqsave(&zone->lock);
		setup_marks(zone, lowmem);
		setup_migrate_reserve(zone);
		spin_unlock_irqrestore(&zone->lock, flags);
	}
	calculate_totalreserve_pages();
	refresh_zone_stat_thresholds();
}

void init_per_zone_wmark_min(void)
{
	u64 kilobytes = (u64)lowmem_pages() << (PAGE_SHIFT - 10);
	unsigned root = (unsigned)isqrt(16 * kilobytes);

	min_free_kbytes = min(max(root, MIN_FREE_LEAST), MIN_FREE_MOST);
	setup_per_zone_wmarks();
	setup_per_zone_lowmem_reserve();
	for_each_zone(zone)
		zone->inactive_ratio = calculate_zone_inactive_ratio(zone);
}

static inline bool __zone_watermark_ok(const struct zone *zone, unsigned order,
				       unsigned long mark, enum zone_type classzone,
				       unsigned alloc_flags, unsigned long free)
{
	long needed = (long)mark;
	long left = (long)free - (long)((1ul << order) - 1);

	if (alloc_flags & ALLOC_HIGH)
		needed -= needed / 2;
	if (alloc_flags & ALLOC_HARDER)
		needed -= needed / 4;
	/* No block is larger than the largest. */
	if (order >= MAX_ORDER || left <= needed + (long)zone->lowmem_reserve[classzone])
		return false;

	/* Smaller blocks do not help; of the larger ones, fewer have to remain. */
	for (unsigned smaller = 0; smaller < order; smaller++) {
		left -= (long)(zone->free_area[smaller].nr_free << smaller);
		needed >>= 1;
		if (left <= needed)
			return false;
	}
	return true;
}

bool zone_watermark_ok(const struct zone *zone, unsigned order, unsigned long mark,
		       enum zone_type classzone, unsigned alloc_flags)
{
	return __zone_watermark_ok(zone, order, mark, classzone, alloc_flags,
				   zone_free_pages(zone));
}

bool zone_watermark_ok_safe(const struct zone *zone, unsigned order, unsigned long mark,
			    enum zone_type classzone, unsigned alloc_flags)
{
	unsigned long free = zone_free_pages(zone);

	if (free < zone->percpu_drift_mark)
		free = zone_free_pages_snapshot(zone);
	return __zone_watermark_ok(zone, order, mark, classzone, alloc_flags, free);
}
