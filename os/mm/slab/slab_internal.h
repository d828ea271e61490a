/* What the allocator (slab.c), the reaper (reap.c) and kmalloc.c share. */
#ifndef MM_SLAB_INTERNAL_H
#define MM_SLAB_INTERNAL_H

#include "arch/machine.h"
#include "kernel/wait.h"
#include "mm/page.h"
#include "mm/slab/slab.h"

/*
 * Locks: (l) cache->lock, (m) cache_mutex, (!) constant after creation.
 */
struct kmem_cache {
	const char *name;		/* (!) */
	size_t size;			/* (!) bytes from one object to the next */
	size_t align;			/* (!) of each object, in bytes */
	unsigned order;			/* (!) pages of a slab, log2 */
	unsigned per_slab;		/* (!) objects in a slab */
	bool outside;			/* (!) descriptors are not in the slabs themselves */
	bool no_reap;			/* (!) the reaper leaves it alone */
	void (*ctor)(void *object);	/* (!) or NULL */
	struct spinlock lock;		/* rank RANK_SLAB */
	struct list_head full;		/* (l) slabs without a free object */
	struct list_head partial;	/* (l) slabs with used and free ones */
	struct list_head free;		/* (l) slabs with free ones only */
	unsigned long nr_slabs;		/* (l) on all three lists */
	unsigned long nr_free_slabs;	/* (l) on `free` */
	unsigned long nr_active;	/* (l) objects in use */
	unsigned growing;		/* (l) tasks that make a slab for it now */
	bool grown;			/* (l) has grown since the reaper came by */
	struct list_head link;		/* (m) in all_caches */
};

extern struct mutex cache_mutex;	/* guards all_caches and the reaper's clock */
extern struct list_head all_caches;	/* (m) kmem_cache.link, oldest first */

/* Takes one fully free slab off the cache, or NULL; cache->lock held. */
struct slab *take_free_slab(struct kmem_cache *cache);

/* Gives the memory of a slab that is on no list back. */
void destroy_slab(struct kmem_cache *cache, struct slab *slab);

/* kmalloc.c */
void kmalloc_init(void);

#endif
