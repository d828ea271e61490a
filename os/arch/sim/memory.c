/*
 * Physical memory of the simulated machine: host memory behind every frame.
 *
 * Frames of the zones come first, then the kernel's own: slab pages and page tables
 * of the host must not change the free counts that a scenario states. All of it is
 * mapped at once and touched only when used, so a large machine starts quickly.
 *
 * Owns the direct map, mem_map's memory and the free lists of kernel frames.
 */
#include <string.h>
#include <sys/mman.h>

#include "arch/machine.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"
#include "mm/zone.h"

#define KERNEL_ORDERS	12		/* blocks of up to 8 MiB */

/*
 * The same place in each run: who sleeps for a page shares a queue with others, chosen by
 * the address (cache/page_lock.c), and so whom a wake-up reaches would differ.
 */
#define MAP_AT		((uintptr_t)0x200000000000)
#define FRAMES_AT	((uintptr_t)0x300000000000)

struct page *memory_map;
unsigned long memory_frames;
unsigned long memory_zone_frames;
bool memory_contents = true;

static char *frames;			/* the direct map */
static unsigned long kernel_next;	/* first kernel frame never given out */
static struct list_head kernel_free[KERNEL_ORDERS];	/* page->list, by order */

/* WHERE is only a wish. */
static void *map_lazily(uintptr_t where, size_t bytes)
{
	void *memory = mmap((void *)where, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		panic("the host has no %zu bytes of address space", bytes);
	return memory;
}

void memory_init(unsigned long zone_frames)
{
	/* More than buffer heads, tree nodes, tables and swap maps can need; only address space. */
	unsigned long kernel_frames = 65536 + zone_frames / 2;

	memory_zone_frames = zone_frames;
	memory_frames = zone_frames + kernel_frames;
	memory_map = map_lazily(MAP_AT, memory_frames * sizeof(struct page));
	frames = map_lazily(FRAMES_AT, memory_frames * PAGE_SIZE);
	kernel_next = zone_frames;
	for (unsigned order = 0; order < KERNEL_ORDERS; order++)
		list_init(&kernel_free[order]);
}

struct page *machine_kernel_pages(gfp_t gfp, unsigned order)
{
	unsigned long pages = 1ul << order;
	struct page *page;

	if (order >= KERNEL_ORDERS)
		return NULL;
	if (!list_empty(&kernel_free[order])) {
		page = list_first(&kernel_free[order], struct page, list);
		list_del(&page->list);
	} else {
		if (kernel_next + pages > memory_frames)
			return NULL;
		page = pfn_to_page(kernel_next);
		kernel_next += pages;
	}
	atomic_set(&page->count, 1);
	return page;
}

void machine_kernel_pages_free(struct page *page, unsigned order)
{
	assert(page_to_pfn(page) >= memory_zone_frames);
	atomic_set(&page->count, 0);
	list_add(&page->list, &kernel_free[order]);
}

void *pfn_to_virt(pfn_t pfn)
{
	return frames + pfn * PAGE_SIZE;
}

pfn_t virt_to_pfn(const void *address)
{
	return (pfn_t)((const char *)address - frames) >> PAGE_SHIFT;
}

/* Host memory has an address, wherever the page is. */
void *kmap_high(struct page *page)
{
	return pfn_to_virt(page_to_pfn(page));
}

void kunmap_high(struct page *page)
{
}

/* The kernel's own frames always have contents. */
static bool has_contents(const void *page)
{
	return memory_contents || virt_to_pfn(page) >= memory_zone_frames;
}

void clear_page(void *page)
{
	if (has_contents(page))
		memset(page, 0, PAGE_SIZE);
}

void copy_page(void *to, const void *from)
{
	if (has_contents(to))
		memcpy(to, from, PAGE_SIZE);
}
