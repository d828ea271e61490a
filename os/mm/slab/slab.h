/*
 * Object caches: small objects of one size, carved out of whole pages (facts 2.4, 3.8).
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include "kernel/lock.h"
#include "lib/list.h"
#include "mm/gfp.h"

struct kmem_cache;

/*
 * NAME is kept, not copied. ALIGN 0: the natural one. CTOR, if given, runs once for
 * each object when its slab is made, and objects are freed in constructed state.
 * Panics if there is no memory: caches are made at boot.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     void (*ctor)(void *));

/* DTOR runs once for each object when its slab goes. To be set before the first object. */
void kmem_cache_set_dtor(struct kmem_cache *cache, void (*dtor)(void *));

/*
 * Under pressure a shrinker frees its objects, or who reclaims a page does: 2.6 keeps its
 * pages apart, and counts them apart (facts 2.6, 7). To be set before the first object.
 */
void kmem_cache_set_reclaimable(struct kmem_cache *cache);

/* 0, or -EBUSY if an object is still in use: the cache lives on. Nobody may use it now. */
int kmem_cache_destroy(struct kmem_cache *cache);

/* An object, contents undefined or as constructed; NULL if no memory. */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *object);

/* Gives all fully free slabs back; returns the pages freed. */
unsigned long kmem_cache_shrink(struct kmem_cache *cache);

/*
 * 2.6's (facts 2.6, section 7): what CPU keeps at hand and does not use goes back to the
 * slabs, and free slabs that nobody needed go back to the buddy, a few at a time. Returns
 * the slabs freed. The daemon does it for all CPUs every two seconds.
 */
unsigned long cache_reap(unsigned cpu);
void cache_reap_start(void);

/* 2.4's reaper: picks one cache and frees most of its free slabs. */
void kmem_cache_reap(gfp_t gfp);

/* Any size up to 128 KiB, zeroed by kzalloc; NULL if no memory. */
void *kmalloc(size_t size, gfp_t gfp);
void *kzalloc(size_t size, gfp_t gfp);
void kfree(void *object);

void slab_init(void);		/* after the page allocator */
void slab_start_arrays(void);	/* when all CPUs run */

/*
 * Each CPU keeps up to LIMIT free objects of the cache called NAME at hand, and trades
 * BATCH of them at once; 0 and 0: none. 0, -EINVAL or -ENOMEM.
 */
#define SLAB_MAX_LIMIT	4096
int kmem_cache_tune(const char *name, unsigned limit, unsigned batch);

/* For /proc/slabinfo: calls SHOW for each cache with its counts. */
struct slab_info {
	const char *name;
	size_t object_size;
	unsigned long active_objects, total_objects;	/* CPUs' arrays count as active */
	unsigned long active_slabs, total_slabs;
	unsigned objects_per_slab, pages_per_slab;
	unsigned limit, batch;		/* of each CPU's array */
};
void slab_for_each(void (*show)(const struct slab_info *info, void *arg), void *arg);

#endif
