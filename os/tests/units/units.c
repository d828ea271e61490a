/* The machine of the tests in C: sim's parts, without the scenario runner. */
#include <stdio.h>
#include <stdlib.h>

#include "arch/sim/sim.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/pagecache.h"
#include "mm/init.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"
#include "mm/vm/vm.h"
#include "tests/units/units.h"

static unsigned long seed;

unsigned unit_random(unsigned n)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(seed >> 33) % n;
}

void unit_check(bool ok, const char *text, const char *file, int line)
{
	if (ok)
		return;
	fprintf(stderr, "%s:%d: failed: %s\n", file, line, text);
	exit(1);
}

static void *zeroed(size_t bytes)
{
	return calloc(1, bytes);
}

static bool kswapd_runs(void)
{
	kswapd_turn();
	return true;
}

static void print_panic(const char *message) __noreturn;
static void print_panic(const char *message)
{
	fprintf(stderr, "panic: %s\n", message);
	abort();
}

void unit_boot(unsigned long dma_pages, unsigned long normal_pages)
{
	unit_boot_era("2.4", dma_pages, normal_pages);
	sched_kswapd_wait = kswapd_runs;
}

void unit_boot_era(const char *era, unsigned long dma_pages, unsigned long normal_pages)
{
	unsigned long total = dma_pages + normal_pages;

	panic_hook = print_panic;
	check(policy_select(era));
	zone_setup(0, ZONE_DMA, 0, dma_pages);
	zone_setup(0, ZONE_NORMAL, dma_pages, normal_pages);
	memory_init(total);
	zones_init(memory_map, zeroed((memory_frames >> PAGEBLOCK_ORDER) + 1), memory_frames);
	events_init(1024, zeroed);
	events_on = true;
	for (pfn_t pfn = 0; pfn < total; pfn++)
		free_boot_page(pfn_to_page(pfn));
	mm_init();
	policy->start();
	disk_instant = true;
}

void unit_swap(unsigned long slots, int prio)
{
	static unsigned number;
	u16 *map = swap_map_alloc(slots + 1);

	check(map != NULL);
	check(swap_area_add(disk_create("swap", MAJOR_VIRTIO, number++, slots + 1), "swap", map,
			    slots + 1, prio) == 0);
}

#define MOST_FRAMES	40000

static struct page *taken[MOST_FRAMES];
static unsigned nr_taken;

static struct page *take_frame(struct zone *zone)
{
	unsigned long flags;
	struct page *page;

	if (policy != &policy_v26)
		return rmqueue(zone, 0);
	flags = spin_lock_irqsave(&zone->lock);
	page = __rmqueue(zone, 0, MIGRATE_MOVABLE);
	spin_unlock_irqrestore(&zone->lock, flags);
	return block_taken(page, 0, BY_buffered_rmqueue);
}

void unit_leave_free(enum zone_type type, unsigned long n)
{
	while (zones[type].free_pages > n) {
		check(nr_taken < MOST_FRAMES);
		taken[nr_taken++] = take_frame(&zones[type]);
	}
}

void unit_give_frames(void)
{
	int pressure = memory_pressure;

	while (nr_taken)
		put_page(taken[--nr_taken]);
	memory_pressure = pressure;
}

static struct address_space cached;

void unit_cached_pages(unsigned n, enum page_state list)
{
	static const struct address_space_operations nothing_to_write;
	static pgoff_t index;

	if (!cached.ops)
		mapping_init(&cached, NULL, &nothing_to_write);
	while (n--) {
		struct page *page = rmqueue(&zones[ZONE_NORMAL], 0);

		check(page && add_to_page_cache(page, &cached, index++) == 0);
		page->age = 0;
		spin_lock(&lru_lock);
		if (list != STATE_ACTIVE)
			del_page_from_active_list(page);
		if (list == STATE_INACTIVE_DIRTY)
			add_page_to_inactive_dirty_list(page, BY_deactivate_page);
		else if (list == STATE_INACTIVE_CLEAN)
			add_page_to_inactive_clean_list(page, BY_page_launder);
		spin_unlock(&lru_lock);
		unlock_page(page);
		put_page(page);
	}
}

void unit_drop_cached_pages(void)
{
	truncate_inode_pages(&cached, 0);
	check(cached.nrpages == 0);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	unit_main();
	return 0;
}
