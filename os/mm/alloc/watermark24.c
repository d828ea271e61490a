/*
 * The watermarks of 2.4: what each zone keeps back (facts 2.4, 3.1; lab 03).
 *
 * Owns freepages. Written at boot, constant afterwards.
 */
#include "mm/reclaim/v24/v24.h"

/* Low memory of one zone is kept back in proportion to its size, within these bounds. */
#define WATERMARK_LEAST	10ul
#define WATERMARK_MOST	255ul

struct freepages freepages;

static void setup_watermark(struct zone *zone)
{
	unsigned long ratio = zone->type == ZONE_DMA ? 32 : 128;
	unsigned long mark = zone->size / ratio;

	mark = max(mark, WATERMARK_LEAST);
	mark = min(mark, WATERMARK_MOST);
	zone->pages_min = mark;
	zone->pages_low = 2 * mark;
	zone->pages_high = 3 * mark;
	freepages.min += zone->pages_min;
	freepages.low += zone->pages_low;
	freepages.high += zone->pages_high;
}

void setup_watermarks(void)
{
	for_each_zone(zone)
		setup_watermark(zone);
}
