/* Physical memory as the kernel sees it, and whole pages cleared and copied. */
#include "arch/machine.h"
#include "arch/x86/cpu.h"
#include "mm/alloc/alloc.h"
#include "mm/page.h"

u64 machine_lowmem_limit = DIRECT_MAP_MAX;

void *pfn_to_virt(pfn_t pfn)
{
	return (void *)(KERNEL_BASE + ((unsigned long)pfn << PAGE_SHIFT));
}

/* Also for an address in the kernel's image. */
pfn_t virt_to_pfn(const void *address)
{
	unsigned long at = (unsigned long)address;

	return (at >= IMAGE_BASE ? at - IMAGE_BASE : at - KERNEL_BASE) >> PAGE_SHIFT;
}

#ifdef __i386__
#define REP_STORE	"rep stosl"
#define REP_MOVE	"rep movsl"
#else
#define REP_STORE	"rep stosq"
#define REP_MOVE	"rep movsq"
#endif

void clear_page(void *page)
{
	unsigned long count = PAGE_SIZE / sizeof(long);

	__asm__ volatile(REP_STORE : "+D"(page), "+c"(count) : "a"(0ul) : "memory");
}

void copy_page(void *to, const void *from)
{
	unsigned long count = PAGE_SIZE / sizeof(long);

	__asm__ volatile(REP_MOVE : "+D"(to), "+S"(from), "+c"(count) : : "memory");
}

struct page *machine_kernel_pages(gfp_t gfp, unsigned order)
{
	return alloc_pages(gfp, order);
}

void machine_kernel_pages_free(struct page *page, unsigned order)
{
	free_pages(page, order);
}
