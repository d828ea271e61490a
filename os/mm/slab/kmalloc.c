/*
 * kmalloc: caches for sizes that are powers of two, and whole pages above them.
 *
 * Owns the size caches. A block of pages is told from an object by PG_slab; its first
 * page keeps the block's order in page->index.
 */
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"
#include "mm/slab/slab_internal.h"

#define LARGEST		2048u		/* more than half a page: pages are as good */
#define LARGEST_ORDER	5u		/* 128 KiB */

static const struct {
	size_t size;
	const char *name;
} size_classes[] = {
	{ 32, "size-32" }, { 64, "size-64" }, { 128, "size-128" }, { 256, "size-256" },
	{ 512, "size-512" }, { 1024, "size-1024" }, { 2048, "size-2048" },
};

static struct kmem_cache *size_caches[ARRAY_SIZE(size_classes)];

void kmalloc_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(size_classes); i++)
		size_caches[i] = kmem_cache_create(size_classes[i].name,
						   size_classes[i].size, 0, NULL);
}

static void *kmalloc_pages(size_t size, gfp_t gfp)
{
	struct page *page;
	unsigned order;

	if (size > PAGE_SIZE << LARGEST_ORDER)
		return NULL;
	order = get_order(size);
	page = machine_kernel_pages(gfp & ~__GFP_HIGHMEM, order);
	if (!page)
		return NULL;
	page->index = order;
	return page_address(page);
}

void *kmalloc(size_t size, gfp_t gfp)
{
	unsigned class = 0;

	if (size > LARGEST)
		return kmalloc_pages(size, gfp);
	while (size_classes[class].size < size)
		class++;
	return kmem_cache_alloc(size_caches[class], gfp);
}

void *kzalloc(size_t size, gfp_t gfp)
{
	void *object = kmalloc(size, gfp);

	if (object)
		memset(object, 0, size);
	return object;
}

void kfree(void *object)
{
	struct page *page;

	if (!object)
		return;
	page = virt_to_page(object);
	if (PageSlab(page)) {
		kmem_cache_free(page->slab, object);
		return;
	}
	assert(object == page_address(page));
	machine_kernel_pages_free(page, (unsigned)page->index);
}
