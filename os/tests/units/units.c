/* The machine of the tests in C: sim's parts, without the scenario runner. */
#include <stdio.h>
#include <stdlib.h>

#include "arch/sim/sim.h"
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
	unsigned long total = dma_pages + normal_pages;

	panic_hook = print_panic;
	policy_select("2.4");
	zone_setup(ZONE_DMA, 0, dma_pages);
	zone_setup(ZONE_NORMAL, dma_pages, normal_pages);
	memory_init(total);
	zones_init(memory_map, zeroed((memory_frames >> PAGEBLOCK_ORDER) + 1), memory_frames);
	events_init(1024, zeroed);
	events_on = true;
	for (pfn_t pfn = 0; pfn < total; pfn++)
		free_boot_page(pfn_to_page(pfn));
	mm_init();
	policy->start();
	disk_instant = true;
	sched_kswapd_wait = kswapd_runs;
}

void unit_swap(unsigned long slots, int prio)
{
	static unsigned number;
	u16 *map = swap_map_alloc(slots + 1);

	check(map != NULL);
	check(swap_area_add(disk_create("swap", MAJOR_VIRTIO, number++, slots + 1), "swap", map,
			    slots + 1, prio) == 0);
}

int main(int argc, char **argv)
{
	seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	unit_main();
	return 0;
}
