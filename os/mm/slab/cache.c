/*
 * Caches: how large their slabs are, and their life from creation to destruction
 * (facts 2.4, 3.8; lab 10).
 *
 * Owns the list of all caches, in the order of their creation, under cache_mutex. The
 * first one is the cache of caches; it exists before memory does.
 */
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/slab/slab_internal.h"

/* The most objects of a slab with an outside descriptor: 2^3 pages of them. */
#define MAX_OUTSIDE	((PAGE_SIZE << MAX_SLAB_ORDER) / OUTSIDE_SIZE)

struct mutex cache_mutex = MUTEX_INIT(cache_mutex);
LIST_HEAD(all_caches);

static struct kmem_cache cache_cache;		/* the cache of struct kmem_cache */
struct kmem_cache *outside_cache;		/* NULL until it is made */

static unsigned objects_that_fit(const struct kmem_cache *cache, size_t bytes)
{
	unsigned n = (unsigned)(bytes / cache->size);

	while (n && slab_head_size(cache, n) + n * cache->size > bytes)
		n--;
	return n;
}

static size_t left_over(const struct kmem_cache *cache, unsigned order, unsigned objects)
{
	return (PAGE_SIZE << order) - slab_head_size(cache, objects) - objects * cache->size;
}

/* The smallest slab that wastes no more than an eighth, else the least wasteful. */
static void choose_order(struct kmem_cache *cache)
{
	size_t best_waste = 0;

	cache->per_slab = 0;
	for (unsigned order = 0; order <= MAX_SLAB_ORDER; order++) {
		unsigned n = objects_that_fit(cache, PAGE_SIZE << order);
		size_t waste = ((PAGE_SIZE << order) - n * cache->size) >> order;

		if (n == 0 || (cache->per_slab && waste >= best_waste))
			continue;
		cache->order = order;
		cache->per_slab = n;
		best_waste = waste;
		if (waste <= PAGE_SIZE / 8)
			break;
	}
	assert(cache->per_slab);
	cache->colours = 1 + (unsigned)(left_over(cache, cache->order, cache->per_slab) /
					COLOUR_UNIT);
}

static void setup_cache(struct kmem_cache *cache, const char *name, size_t size,
			size_t align, void (*ctor)(void *))
{
	if (align == 0)
		align = size >= sizeof(u64) ? sizeof(u64) : sizeof(u32);
	*cache = (struct kmem_cache){ .name = name, .ctor = ctor };
	cache->align = align;
	cache->user_size = size;
	cache->size = round_up(size, align);
	check_layout(cache);
	cache->outside = outside_cache && cache->size >= OUTSIDE_SIZE;
	spin_init(&cache->lock, name, RANK_SLAB);
	list_init(&cache->full);
	list_init(&cache->partial);
	list_init(&cache->free);
	choose_order(cache);
	arrays_init(cache);

	mutex_lock(&cache_mutex);
	list_add_tail(&cache->link, &all_caches);
	mutex_unlock(&cache_mutex);
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     void (*ctor)(void *))
{
	struct kmem_cache *cache = kmem_cache_alloc(&cache_cache, GFP_KERNEL);

	if (!cache)
		panic("no memory for object cache %s", name);
	setup_cache(cache, name, size, align, ctor);
	arrays_default(cache);
	return cache;
}

void kmem_cache_set_dtor(struct kmem_cache *cache, void (*dtor)(void *))
{
	assert(cache->nr_slabs == 0);
	cache->dtor = dtor;
}

void kmem_cache_set_reclaimable(struct kmem_cache *cache)
{
	assert(cache->nr_slabs == 0);
	cache->reclaimable = true;
}

unsigned long kmem_cache_shrink(struct kmem_cache *cache)
{
	unsigned long pages = 0;

	drain_arrays(cache);
	for (;;) {
		struct slab *slab = NULL;

		spin_lock(&cache->lock);
		if (!cache_is_growing(cache))
			slab = take_free_slab(cache);
		spin_unlock(&cache->lock);
		if (!slab)
			return pages;
		destroy_slab(cache, slab);
		pages += 1ul << cache->order;
	}
}

int kmem_cache_destroy(struct kmem_cache *cache)
{
	assert(cache != &cache_cache && cache != outside_cache);
	mutex_lock(&cache_mutex);
	reap_forget(cache);
	list_del(&cache->link);
	mutex_unlock(&cache_mutex);

	kmem_cache_shrink(cache);
	if (cache->nr_slabs) {
		printk("%s: destroyed with %lu objects in use\n", cache->name,
		       cache->nr_active);
		mutex_lock(&cache_mutex);
		list_add_tail(&cache->link, &all_caches);
		mutex_unlock(&cache_mutex);
		return -EBUSY;
	}
	arrays_free(cache);
	kmem_cache_free(&cache_cache, cache);
	return 0;
}

void slab_init(void)
{
	setup_cache(&cache_cache, "kmem_cache", sizeof(struct kmem_cache), 0, NULL);
	cache_cache.no_reap = true;
	outside_cache = kmem_cache_create("slab_outside", sizeof(struct slab) +
					  MAX_OUTSIDE * sizeof(u16), 0, NULL);
	kmalloc_init();
}

void slab_for_each(void (*show)(const struct slab_info *info, void *arg), void *arg)
{
	struct kmem_cache *cache;

	mutex_lock(&cache_mutex);
	list_for_each(cache, &all_caches, link) {
		struct slab_info info = {
			.name = cache->name,
			.object_size = cache->size,
			.objects_per_slab = cache->per_slab,
			.pages_per_slab = 1u << cache->order,
			.limit = cache->arrays[0].limit,
			.batch = cache->arrays[0].batch,
		};

		spin_lock(&cache->lock);
		info.active_objects = cache->nr_active;
		info.total_objects = cache->nr_slabs * cache->per_slab;
		info.active_slabs = cache->nr_slabs - cache->nr_free_slabs;
		info.total_slabs = cache->nr_slabs;
		spin_unlock(&cache->lock);
		show(&info, arg);
	}
	mutex_unlock(&cache_mutex);
}
