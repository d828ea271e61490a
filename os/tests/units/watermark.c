/*
 * Is there enough? The vectors of the notes, WM1 to WM15 (facts 2.6, 1.6; E00), in a zone that
 * has only the numbers; and on a machine of four CPUs, how far the number of free pages may be
 * from the truth, and who sees it.
 */
#include "arch/sim/sim.h"
#include "mm/alloc/alloc26.h"
#include "mm/trace/vmstat.h"
#include "tests/units/units.h"

struct vector {
	unsigned order;
	unsigned long mark;
	unsigned flags;
	unsigned long free, reserve;
	unsigned long nr_free[3];
	bool ok;
};

static const struct vector vectors[] = {
	{ 0, 100, 0, 100, 0, { 0 }, false },
	{ 0, 100, 0, 101, 0, { 0 }, true },
	{ 0, 100, ALLOC_HIGH, 50, 0, { 0 }, false },
	{ 0, 100, ALLOC_HIGH, 51, 0, { 0 }, true },
	{ 0, 100, ALLOC_HARDER, 75, 0, { 0 }, false },
	{ 0, 100, ALLOC_HARDER, 76, 0, { 0 }, true },
	{ 0, 100, ALLOC_HIGH | ALLOC_HARDER, 38, 0, { 0 }, false },
	{ 0, 100, ALLOC_HIGH | ALLOC_HARDER, 39, 0, { 0 }, true },
	{ 0, 100, 0, 150, 50, { 0 }, false },
	{ 0, 100, 0, 151, 50, { 0 }, true },
	{ 1, 128, 0, 1000, 0, { 934 }, true },
	{ 1, 128, 0, 1000, 0, { 936 }, false },
	{ 2, 16, 0, 24, 0, { 12, 2 }, true },
	{ 2, 16, 0, 24, 0, { 12, 3 }, false },
	{ 3, 128, 0, 1000, 0, { 400, 200, 44 }, true },
	/* Half first: 101 - 50 - 12 is 39; a quarter first would give 38. */
	{ 0, 101, ALLOC_HIGH | ALLOC_HARDER, 39, 0, { 0 }, false },
	{ 0, 101, ALLOC_HIGH | ALLOC_HARDER, 40, 0, { 0 }, true },
	/* The reserve counts once, not for each order: 1000 - 1 > 128 + 800, then 65 > 64. */
	{ 1, 128, 0, 1000, 800, { 934 }, true },
	{ 1, 128, 0, 1000, 871, { 0 }, false },
};

static void check_vectors(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct vector *v = &vectors[i];
		struct zone zone = { .free_pages = v->free };

		zone.lowmem_reserve[ZONE_NORMAL] = v->reserve;
		for (unsigned order = 0; order < ARRAY_SIZE(v->nr_free); order++)
			zone.free_area[order].nr_free = v->nr_free[order];
		check(zone_watermark_ok(&zone, v->order, v->mark, ZONE_NORMAL, v->flags) == v->ok);
		check(zone_watermark_ok_safe(&zone, v->order, v->mark, ZONE_NORMAL,
					     v->flags) == v->ok);
	}
}

/* ---- several CPUs ---- */

static LIST_HEAD(held);

/* Frames that this CPU takes out of the buddy, past its list. */
static void take_on(unsigned cpu, struct zone *zone, unsigned long n)
{
	sim_cpu = cpu;
	while (n--) {
		unsigned long flags = spin_lock_irqsave(&zone->lock);
		struct page *page = __rmqueue(zone, 0, MIGRATE_MOVABLE);

		spin_unlock_irqrestore(&zone->lock, flags);
		check(page != NULL);
		block_taken(page, 0, BY_buffered_rmqueue);
		list_add(&page->lru, &held);
	}
	sim_cpu = 0;
}

/* Gives N back, the latest first; this CPU's list passes them on at once. */
static void give_on(unsigned cpu, unsigned long n)
{
	sim_cpu = cpu;
	while (n--) {
		struct page *page = list_first(&held, struct page, lru);

		list_del(&page->lru);
		put_page(page);
	}
	drain_all_pages();
	sim_cpu = 0;
}

static void check_thresholds(struct zone *zone)
{
	/* One CPU: none. */
	check(zone->stat_threshold == 0 && zone->percpu_drift_mark == 0);

	nr_cpus = 4;
	setup_per_zone_wmarks();
	/* 2 * fls(4) * (1 + fls(20480 >> 15)), four times that is less than low - min. */
	check(zone->pages_min == 286 && zone->pages_low == 357 && zone->pages_high == 429);
	check(calculate_normal_threshold(zone) == 6 && zone->stat_threshold == 6);
	check(calculate_pressure_threshold(zone) == 71 / 4);
	check(zone->percpu_drift_mark == 0);
	/* Then there is nothing that kswapd would have to be careful about. */
	set_pgdat_percpu_threshold(zone->node, calculate_pressure_threshold);
	check(zone->stat_threshold == 6);

	/* Marks so close that the CPUs could hide one: 4 * 6 > 9, and each may keep 2. */
	min_free_kbytes = 150;
	setup_per_zone_wmarks();
	check(zone->pages_min == 37 && zone->pages_low == 46 && zone->pages_high == 55);
	check(zone->percpu_drift_mark == 55 + 24);
	check(calculate_pressure_threshold(zone) == 2);
}

static void check_drift(struct zone *zone)
{
	unsigned long marks = zone->pages_high;

	take_on(0, zone, zone_free_pages_snapshot(zone) - marks - 20);
	/* What is kept of that: a whole batch of seven is told at once. */
	give_on(0, 7);
	take_on(0, zone, 7);
	check(zone_free_pages(zone) == marks + 20 && zone_free_pages_snapshot(zone) == marks + 20);
	/* Six pages each stay between the CPU and itself; the seventh tells. */
	for (unsigned cpu = 0; cpu < 4; cpu++)
		take_on(cpu, zone, 6);
	check(zone_free_pages(zone) == marks + 20);
	check(zone_free_pages_snapshot(zone) == marks - 4);
	check(nr_free_pages_snapshot() == marks - 4);

	/* The truth is below the mark; only who asks carefully is told. */
	check(zone_watermark_ok(zone, 0, marks, ZONE_NORMAL, 0));
	check(!zone_watermark_ok_safe(zone, 0, marks, ZONE_NORMAL, 0));

	take_on(2, zone, 1);
	check(zone_free_pages(zone) == marks + 13);
	check(zone_free_pages_snapshot(zone) == marks - 5);

	/* kswapd is awake: the CPUs may keep 2, and each tells at its next page. */
	set_pgdat_percpu_threshold(zone->node, calculate_pressure_threshold);
	for (unsigned cpu = 0; cpu < 4; cpu++)
		take_on(cpu, zone, 1);
	check(zone->pcp[2].free_diff == -1);
	check(zone_free_pages(zone) == marks - 8 && zone_free_pages_snapshot(zone) == marks - 9);
	set_pgdat_percpu_threshold(zone->node, calculate_normal_threshold);
	check(zone->stat_threshold == 6);

	/* What others have taken, one CPU gives back. */
	give_on(3, 29);
	check(zone_free_pages_snapshot(zone) == marks + 20);
}

/* A CPU that has taken pages says so; who has given as many has not: less than nothing. */
static void check_below_zero(void)
{
	struct zone zone = { .free_pages = -6ul };

	zone.pcp[1].free_diff = 6;
	check(zone_free_pages(&zone) == 0 && zone_free_pages_snapshot(&zone) == 0);
	check(!zone_watermark_ok(&zone, 0, 0, ZONE_NORMAL, 0));
}

void unit_main(void)
{
	struct zone *zone = &zones[ZONE_NORMAL];

	check_vectors();
	unit_boot_era("2.6", 0, 20480);
	check_thresholds(zone);
	check_drift(zone);
	check_below_zero();
}
