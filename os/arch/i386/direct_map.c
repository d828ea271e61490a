/*
 * The direct map of low memory. entry.S makes it as large as it may be, with 4 MiB
 * pages; once the zones are known, what is HighMem loses its address, so that a use
 * without kmap faults at once, on the smallest guest, too.
 */
#include "arch/x86/cpu.h"
#include "arch/x86/machine_x86.h"
#include "mm/zone.h"

#define FIRST_ENTRY	(KERNEL_BASE / PTE_SPAN)
#define LAST_ENTRY	((KERNEL_BASE + DIRECT_MAP_MAX) / PTE_SPAN)
#define FRAMES		(PTE_SPAN / PAGE_SIZE)

/* Maps the low part of the 4 MiB in which the direct map ends. */
static struct page_table last_table __aligned(4096);

/* entry.S has done it. */
void direct_map_init(void)
{
}

void direct_map_trim(void)
{
	pfn_t high = DIRECT_MAP_MAX / PAGE_SIZE;
	unsigned long end, rest;

	for_each_zone(zone)
		if (zone->type == ZONE_HIGHMEM)
			high = min(high, zone->start_pfn);
	if (high == DIRECT_MAP_MAX / PAGE_SIZE)
		return;
	end = high / FRAMES;
	rest = high % FRAMES;
	if (rest) {
		for (unsigned long i = 0; i < rest; i++)
			last_table.entries[i] = (end * FRAMES + i) << PAGE_SHIFT |
						PTE_P | PTE_W | PTE_A | PTE_D | PTE_G;
		kernel_root.entries[FIRST_ENTRY + end] = image_physical(&last_table) | PTE_P |
							 PTE_W | PTE_A;
		end++;
	}
	for (unsigned long i = FIRST_ENTRY + end; i < LAST_ENTRY; i++)
		kernel_root.entries[i] = 0;
	write_cr3(read_cr3());	/* enough: global pages come into force in smp_start */
}
