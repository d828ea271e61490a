/*
 * Mappings of device memory and firmware tables, in a window of the kernel's address
 * space that is the same in all page tables. Handed out in order, never taken back:
 * devices are found once. Used at boot only, by one CPU: no lock.
 */
#include "arch/x86/cpu.h"
#include "arch/x86/io.h"
#include "arch/x86/machine_x86.h"

static unsigned long next_free = MMIO_BASE;

void *mmio_map(u64 physical, size_t bytes)
{
	u64 first = physical & ~(u64)(PAGE_SIZE - 1);
	size_t pages = (size_t)((physical + bytes - first + PAGE_SIZE - 1) >> PAGE_SHIFT);
	unsigned long address = next_free;

	if (physical + bytes - 1 > PTE_ADDRESS + (PAGE_SIZE - 1) ||
	    pages > (MMIO_BASE + MMIO_TABLES * PTE_SPAN - next_free) >> PAGE_SHIFT)
		return NULL;
	for (size_t i = 0; i < pages; i++)
		kernel_map_page(address + i * PAGE_SIZE,
				((unsigned long)first + i * PAGE_SIZE) | PTE_P | PTE_W | PTE_A |
				PTE_D | PTE_G | PTE_PCD | PTE_PWT);
	next_free += pages * PAGE_SIZE;
	return (void *)(address + (unsigned long)(physical - first));
}
