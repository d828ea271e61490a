/* Physical memory as the kernel sees it. */
#include "arch/machine.h"
#include "arch/x86/cpu.h"
#include "mm/alloc/alloc.h"
#include "mm/page.h"

u64 machine_lowmem_limit = DIRECT_MAP_MAX;

struct page *machine_kernel_pages(gfp_t gfp, unsigned order)
{
	return alloc_pages(gfp, order);
}

void machine_kernel_pages_free(struct page *page, unsigned order)
{
	free_pages(page, order);
}
