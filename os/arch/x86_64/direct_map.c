/*
 * The direct map of all memory, with 2 MiB pages. entry.S makes the first 4 GiB; the
 * directories for memory above take the frames behind the kernel's image.
 */
#include "arch/boot.h"
#include "arch/x86/cpu.h"
#include "arch/x86/machine_x86.h"

#define GIB		(1ul << 30)
#define LARGE_PAGE	(1ul << 21)
#define FIRST_GIB	4ul		/* not mapped by entry.S */

extern struct page_table direct_pointers;

void direct_map_init(void)
{
	u64 end = 0, next = boot_info.kernel_end;

	for (unsigned i = 0; i < boot_info.nr_ranges; i++) {
		if (boot_info.ranges[i].end > DIRECT_MAP_MAX)
			boot_info.ranges[i].end = DIRECT_MAP_MAX;
		if (boot_info.ranges[i].end > end)
			end = boot_info.ranges[i].end;
	}
	for (u64 gib = FIRST_GIB; gib * GIB < end; gib++) {
		struct page_table *directory = (void *)(KERNEL_BASE + next);

		for (unsigned i = 0; i < ARRAY_SIZE(directory->entries); i++)
			directory->entries[i] = (gib * GIB + i * LARGE_PAGE) | PTE_P | PTE_W |
						PTE_A | PTE_D | PTE_PS | PTE_G;
		direct_pointers.entries[gib] = next | PTE_P | PTE_W | PTE_A;
		next += PAGE_SIZE;
	}
	boot_info.kernel_end = next;
}

/* There is no HighMem. */
void direct_map_trim(void)
{
}
