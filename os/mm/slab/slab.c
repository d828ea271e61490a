/*
 * Slabs: runs of 2^order pages, cut into the objects of one cache (facts 2.4, 3.8;
 * lab 10).
 *
 *	+- -+------------+---------------+--------+--------+-- - --+- -+
 *	|   | descriptor | next_free[n]  | obj 0  | obj 1  |       |   |	one slab
 *	+- -+------------+---------------+--------+--------+-- - --+- -+
 *	colour							what is left over
 *
 * Objects of all slabs at the same offsets would compete for the same lines of the CPU's
 * cache. So each slab of a cache begins a line further, its colour, as far as the bytes
 * left over reach, and then at 0 again.
 *
 * The free objects of a slab form a chain of indices in next_free, outside of the
 * objects, so that those keep their constructed state. Large objects would waste much
 * of a page beside a descriptor; theirs come from a cache of descriptors instead. Each
 * page of a slab names its cache in page->slab and its descriptor in page->index.
 *
 * A slab is on the list that tells how full it is: full, partial or free. Allocation
 * takes from a partial slab, so that others can drain and be reaped (reap.c).
 *
 * Locks: cache->lock for lists and chains, dropped to get pages; page fields are
 * constant while the slab exists. Not for interrupt handlers.
 */
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/alloc/failalloc.h"
#include "mm/slab/slab_internal.h"
#include "mm/trace/events.h"
#include "mm/zone.h"

#define CHAIN_END	0xfffeu	/* next_free of the last free object */
#define IN_USE		0xffffu	/* next_free of an object that is given out */

/* Where a page of a slab keeps the address of its descriptor. */
static struct slab *page_slab(const struct page *page)
{
	return (struct slab *)page->index;
}

static void *object_at(const struct kmem_cache *cache, const struct slab *slab, unsigned i)
{
	return slab->objects + i * cache->size + cache->red_zone;
}

static void init_objects(struct kmem_cache *cache, struct slab *slab)
{
	unsigned last = cache->per_slab - 1;

	slab->in_use = 0;
	slab->first_free = 0;
	for (unsigned i = 0; i <= last; i++) {
		slab->next_free[i] = (u16)(i < last ? i + 1 : CHAIN_END);
		if (cache->ctor)
			cache->ctor(object_at(cache, slab, i));
		check_new(cache, object_at(cache, slab, i));
	}
}

/* N pages more, or less, in 2.6's counters. A frame of sim's own kernel is in no zone. */
static void count_pages(const struct kmem_cache *cache, const struct page *page, long n)
{
	struct zone *zone = page_zone(page);

	if (page_to_pfn(page) - zone->start_pfn < zone->size)
		zone_stat_add(zone, cache->reclaimable ? STAT_nr_slab_reclaimable :
			      STAT_nr_slab_unreclaimable, n);
}

/* The pages of a slab, counted; NULL if there is no memory. */
static struct page *kmem_getpages(struct kmem_cache *cache, gfp_t gfp)
{
	gfp_t kind = cache->reclaimable ? __GFP_RECLAIMABLE : 0;
	struct page *page = machine_kernel_pages((gfp & ~__GFP_HIGHMEM) | kind, cache->order);

	if (!page)
		return NULL;
	for (unsigned i = 0; i < 1u << cache->order; i++) {
		page[i].slab = cache;
		SetPageSlab(&page[i]);
		page_move(&page[i], STATE_SLAB, BY_kmem_getpages);
	}
	count_pages(cache, page, 1l << cache->order);
	return page;
}

/* They go back, and who shrinks caches to get pages hears of it. */
static void kmem_freepages(struct kmem_cache *cache, struct page *page)
{
	for (unsigned i = 0; i < 1u << cache->order; i++) {
		ClearPageSlab(&page[i]);
		page[i].slab = NULL;
		page[i].index = 0;
	}
	count_pages(cache, page, -(1l << cache->order));
	current->reclaimed_slab += 1ul << cache->order;
	machine_kernel_pages_free(page, cache->order);
}

/* A new slab, all free, on no list; NULL if there is no memory. No lock held. */
static struct slab *make_slab(struct kmem_cache *cache, unsigned colour, gfp_t gfp)
{
	struct page *page = kmem_getpages(cache, gfp);
	struct slab *slab;
	char *memory;

	if (!page)
		return NULL;
	memory = (char *)page_address(page) + (size_t)colour * COLOUR_UNIT;
	slab = (struct slab *)memory;
	if (cache->outside) {
		slab = kmem_cache_alloc(outside_cache, gfp);
		if (!slab) {
			kmem_freepages(cache, page);
			return NULL;
		}
	}
	slab->pages = page;
	slab->objects = memory + slab_head_size(cache, cache->per_slab);
	for (unsigned i = 0; i < 1u << cache->order; i++)
		page[i].index = (unsigned long)slab;
	init_objects(cache, slab);
	return slab;
}

void destroy_slab(struct kmem_cache *cache, struct slab *slab)
{
	struct page *page = slab->pages;

	assert(slab->in_use == 0);
	for (unsigned i = 0; i < cache->per_slab; i++) {
		check_gone(cache, object_at(cache, slab, i));
		if (cache->dtor)
			cache->dtor(object_at(cache, slab, i));
	}
	if (cache->outside)
		kmem_cache_free(outside_cache, slab);
	kmem_freepages(cache, page);
}

bool cache_grow(struct kmem_cache *cache, gfp_t gfp)
{
	struct slab *slab;
	unsigned colour;

	spin_lock(&cache->lock);
	cache->growing++;
	colour = cache->next_colour;
	cache->next_colour = (colour + 1) % cache->colours;
	spin_unlock(&cache->lock);

	slab = make_slab(cache, colour, gfp);

	spin_lock(&cache->lock);
	cache->growing--;
	if (slab) {
		cache->grown = true;
		cache->nr_slabs++;
		cache->nr_free_slabs++;
		list_add(&slab->link, &cache->free);
	}
	spin_unlock(&cache->lock);
	return slab != NULL;
}

bool cache_is_growing(const struct kmem_cache *cache)
{
	assert(spin_held(&cache->lock));
	return cache->growing > 0;
}

/* A slab with a free object, or NULL. */
static struct slab *usable_slab(struct kmem_cache *cache)
{
	if (!list_empty(&cache->partial))
		return list_first(&cache->partial, struct slab, link);
	if (!list_empty(&cache->free))
		return list_first(&cache->free, struct slab, link);
	return NULL;
}

/* Puts a slab whose in_use changed on the list that fits. */
static void refile(struct kmem_cache *cache, struct slab *slab, unsigned before)
{
	bool was_free = before == 0, is_free = slab->in_use == 0;

	if (is_free)
		list_move(&slab->link, &cache->free);
	else if (slab->in_use == cache->per_slab)
		list_move(&slab->link, &cache->full);
	else if (was_free || before == cache->per_slab)
		list_move(&slab->link, &cache->partial);
	cache->nr_free_slabs += (unsigned long)is_free - (unsigned long)was_free;
}

void *slab_take(struct kmem_cache *cache)
{
	struct slab *slab = usable_slab(cache);
	unsigned i;

	assert(spin_held(&cache->lock));
	if (!slab)
		return NULL;
	if (!slab->in_use)
		cache->free_touched = true;
	i = slab->first_free;
	slab->first_free = slab->next_free[i];
	slab->next_free[i] = IN_USE;
	slab->in_use++;
	cache->nr_active++;
	refile(cache, slab, slab->in_use - 1);
	return object_at(cache, slab, i);
}

void slab_put(struct kmem_cache *cache, void *object)
{
	struct slab *slab = page_slab(virt_to_page(object));
	unsigned i = (unsigned)((size_t)((char *)object - slab->objects) / cache->size);

	assert(spin_held(&cache->lock));
	assert(object == object_at(cache, slab, i));
	if (slab->next_free[i] != IN_USE)
		panic("%s: object %p freed twice", cache->name, object);
	slab->next_free[i] = (u16)slab->first_free;
	slab->first_free = i;
	slab->in_use--;
	cache->nr_active--;
	refile(cache, slab, slab->in_use + 1);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	void *object;

	if (allocation_fails(gfp))
		return NULL;
	while ((object = array_take(cache)) == NULL)
		if (!cache_grow(cache, gfp))
			return NULL;
	check_alloc(cache, object);
	return object;
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	const struct page *page = virt_to_page(object);

	assert(PageSlab(page) && page->slab == cache);
	check_free(cache, object);
	array_put(cache, object);
}

struct slab *take_free_slab(struct kmem_cache *cache)
{
	struct slab *slab;

	assert(spin_held(&cache->lock));
	if (list_empty(&cache->free))
		return NULL;
	slab = list_last(&cache->free, struct slab, link);
	list_del(&slab->link);
	cache->nr_slabs--;
	cache->nr_free_slabs--;
	return slab;
}
