/*
 * Reserves of objects for who frees memory and needs some for that, such as the writes of
 * pages to swap: a request that may wait never fails (facts 2.6, 11.3).
 */
#ifndef MM_MEMPOOL_H
#define MM_MEMPOOL_H

#include "kernel/wait.h"
#include "mm/slab/slab.h"

struct mempool {
	struct kmem_cache *cache;	/* (!) */
	unsigned min;			/* (!) objects in the reserve */
	struct spinlock lock;		/* rank RANK_DEVICE */
	void *free;			/* (lock) the first; NULL if nr_free is 0 */
	unsigned nr_free;		/* (lock) reserve and more */
	struct wait_queue returned;	/* who waits for an object */
	struct list_head link;		/* (!) in the list of all pools */
};

/*
 * POOL is of CACHE's objects, without constructor, that are larger than a pointer; MIN of
 * them at least will always come back. Panics if there is no memory: pools are made at boot.
 */
void mempool_init_slab_pool(struct mempool *pool, unsigned min, struct kmem_cache *cache);

/*
 * An object, contents undefined: from the cache if it has memory, else from the reserve,
 * else one that somebody gives back, which he must do without waiting for the caller. NULL
 * only without __GFP_WAIT.
 */
void *mempool_alloc(struct mempool *pool, gfp_t gfp);
void mempool_free(void *element, struct mempool *pool);	/* in interrupts, too */

/* What has come back beyond the reserves goes to the caches, for all pools. */
void mempools_trim(void);

#endif
