/*
 * Object caches. A cache cuts slabs, runs of 2^order pages, into objects of one size.
 *
 *	+------------+---------------+--------+--------+-- - --+
 *	| descriptor | next_free[n]  | obj 0  | obj 1  |       |	one slab
 *	+------------+---------------+--------+--------+-- - --+
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
#include "lib/printk.h"
#include "mm/slab/slab_internal.h"
#include "mm/trace/events.h"

#define CHAIN_END	0xfffeu	/* next_free of the last free object */
#define IN_USE		0xffffu	/* next_free of an object that is given out */
#define OUTSIDE_SIZE	512	/* objects from this size on: descriptor elsewhere */
#define MAX_SLAB_ORDER	3

/* Fields are guarded by the cache's lock. */
struct slab {
	struct list_head link;	/* in one of the cache's lists */
	char *objects;		/* the first one; constant */
	unsigned in_use;
	unsigned first_free;	/* index, or CHAIN_END */
	u16 next_free[];	/* per_slab entries: index, CHAIN_END or IN_USE */
};

/* The most objects of a slab with an outside descriptor: 2^3 pages of them. */
#define MAX_OUTSIDE	((PAGE_SIZE << MAX_SLAB_ORDER) / OUTSIDE_SIZE)

struct mutex cache_mutex = MUTEX_INIT(cache_mutex);
LIST_HEAD(all_caches);

static struct kmem_cache cache_cache;		/* the cache of struct kmem_cache */
static struct kmem_cache *outside_cache;	/* of descriptors kept outside */

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* Bytes at the start of a slab that its descriptor takes. */
static size_t head_size(const struct kmem_cache *cache, unsigned objects)
{
	if (cache->outside)
		return 0;
	return round_up(sizeof(struct slab) + objects * sizeof(u16), cache->align);
}

static unsigned objects_that_fit(const struct kmem_cache *cache, size_t bytes)
{
	unsigned n = (unsigned)(bytes / cache->size);

	while (n && head_size(cache, n) + n * cache->size > bytes)
		n--;
	return n;
}

/* The smallest slab that wastes no more than an eighth, else the least wasteful. */
static void choose_order(struct kmem_cache *cache)
{
	size_t best_waste = 0;

	cache->per_slab = 0;
	for (unsigned order = 0; order <= MAX_SLAB_ORDER; order++) {
		size_t bytes = PAGE_SIZE << order;
		unsigned n = objects_that_fit(cache, bytes);
		size_t waste = (bytes - n * cache->size) >> order;

		if (n == 0 || (cache->per_slab && waste >= best_waste))
			continue;
		cache->order = order;
		cache->per_slab = n;
		best_waste = waste;
		if (waste <= PAGE_SIZE / 8)
			break;
	}
	assert(cache->per_slab);
}

static void setup_cache(struct kmem_cache *cache, const char *name, size_t size,
			size_t align, void (*ctor)(void *))
{
	if (align == 0)
		align = size >= sizeof(u64) ? sizeof(u64) : sizeof(u32);
	*cache = (struct kmem_cache){ .name = name, .ctor = ctor };
	cache->align = align;
	cache->size = round_up(size, align);
	cache->outside = cache->size >= OUTSIDE_SIZE;
	spin_init(&cache->lock, name, RANK_SLAB);
	list_init(&cache->full);
	list_init(&cache->partial);
	list_init(&cache->free);
	choose_order(cache);

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
	return cache;
}

void slab_init(void)
{
	setup_cache(&cache_cache, "kmem_cache", sizeof(struct kmem_cache), 0, NULL);
	cache_cache.no_reap = true;
	outside_cache = kmem_cache_create("slab_outside", sizeof(struct slab) +
					  MAX_OUTSIDE * sizeof(u16), 0, NULL);
	kmalloc_init();
}

/* Where a page of a slab keeps the address of its descriptor. */
static struct slab *page_slab(const struct page *page)
{
	return (struct slab *)page->index;
}

static void *object_at(const struct kmem_cache *cache, const struct slab *slab, unsigned i)
{
	return slab->objects + i * cache->size;
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
	}
}

/* A new slab, all free, on no list; NULL if there is no memory. No lock held. */
static struct slab *make_slab(struct kmem_cache *cache, gfp_t gfp)
{
	struct page *page = machine_kernel_pages(gfp & ~__GFP_HIGHMEM, cache->order);
	struct slab *slab;
	char *memory;

	if (!page)
		return NULL;
	memory = page_address(page);
	slab = (struct slab *)memory;
	if (cache->outside) {
		slab = kmem_cache_alloc(outside_cache, gfp);
		if (!slab) {
			machine_kernel_pages_free(page, cache->order);
			return NULL;
		}
	}
	slab->objects = memory + head_size(cache, cache->per_slab);
	for (unsigned i = 0; i < 1u << cache->order; i++) {
		page[i].slab = cache;
		page[i].index = (unsigned long)slab;
		SetPageSlab(&page[i]);
		page_move(&page[i], STATE_SLAB, BY_kmem_getpages);
	}
	init_objects(cache, slab);
	return slab;
}

void destroy_slab(struct kmem_cache *cache, struct slab *slab)
{
	struct page *page = virt_to_page(slab->objects);

	assert(slab->in_use == 0);
	for (unsigned i = 0; i < 1u << cache->order; i++) {
		ClearPageSlab(&page[i]);
		page[i].slab = NULL;
		page[i].index = 0;
	}
	if (cache->outside)
		kmem_cache_free(outside_cache, slab);
	machine_kernel_pages_free(page, cache->order);
}

/* Gets a slab from the page allocator; the lock is dropped meanwhile. */
static bool grow(struct kmem_cache *cache, gfp_t gfp)
{
	struct slab *slab;

	cache->growing++;
	spin_unlock(&cache->lock);
	slab = make_slab(cache, gfp);
	spin_lock(&cache->lock);
	cache->growing--;
	if (!slab)
		return false;
	cache->grown = true;
	cache->nr_slabs++;
	cache->nr_free_slabs++;
	list_add(&slab->link, &cache->free);
	return true;
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

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	struct slab *slab;
	unsigned i;

	spin_lock(&cache->lock);
	while ((slab = usable_slab(cache)) == NULL) {
		if (!grow(cache, gfp)) {
			spin_unlock(&cache->lock);
			return NULL;
		}
	}
	i = slab->first_free;
	slab->first_free = slab->next_free[i];
	slab->next_free[i] = IN_USE;
	slab->in_use++;
	cache->nr_active++;
	refile(cache, slab, slab->in_use - 1);
	spin_unlock(&cache->lock);
	return object_at(cache, slab, i);
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	struct page *page = virt_to_page(object);
	struct slab *slab = page_slab(page);
	unsigned i;

	assert(PageSlab(page) && page->slab == cache);
	i = (unsigned)((size_t)((char *)object - slab->objects) / cache->size);
	assert(object == object_at(cache, slab, i));

	spin_lock(&cache->lock);
	if (slab->next_free[i] != IN_USE)
		panic("%s: object %p freed twice", cache->name, object);
	slab->next_free[i] = (u16)slab->first_free;
	slab->first_free = i;
	slab->in_use--;
	cache->nr_active--;
	refile(cache, slab, slab->in_use + 1);
	spin_unlock(&cache->lock);
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

unsigned long kmem_cache_shrink(struct kmem_cache *cache)
{
	unsigned long pages = 0;
	struct slab *slab;

	for (;;) {
		spin_lock(&cache->lock);
		slab = take_free_slab(cache);
		spin_unlock(&cache->lock);
		if (!slab)
			return pages;
		destroy_slab(cache, slab);
		pages += 1ul << cache->order;
	}
}

void slab_for_each(void (*show)(const struct slab_info *info, void *arg), void *arg)
{
	struct kmem_cache *cache;

	mutex_lock(&cache_mutex);
	list_for_each(cache, &all_caches, link) {
		struct slab_info info = {
			.name = cache->name,
			.object_size = cache->size,
			.pages_per_slab = 1u << cache->order,
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
