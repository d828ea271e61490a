/* Shrinkers: caches of objects that can give some back (facts 2.6, section 7). */
#ifndef MM_SHRINKER_H
#define MM_SHRINKER_H

#include "lib/list.h"
#include "mm/gfp.h"

#define DEFAULT_SEEKS	2	/* disk accesses that it costs to make an object again */

struct shrinker {
	const char *name;
	/*
	 * Tries to free NR objects and says how many are left; with NR 0 only the latter.
	 * -1: cannot work now (a lock that the caller may hold).
	 */
	long (*shrink)(struct shrinker *self, unsigned long nr, gfp_t gfp);
	unsigned seeks;			/* (!) */
	unsigned long batch;		/* (!) objects asked for at once; 0: 128 */
	unsigned long deferred;		/* (a) asked for but not worth a batch yet */
	struct list_head link;		/* (shrinker_lock) */
};

extern struct list_head shrinker_list;	/* in the order in which they were registered */

/* Percent of their share that dentries and inodes are shrunk by; tunable. */
extern unsigned vfs_cache_pressure;

void register_shrinker(struct shrinker *shrinker);
void unregister_shrinker(struct shrinker *shrinker);	/* waits until nobody runs it */

/*
 * Frees from each cache the part of its objects that SCANNED is of twice LRU pages, but
 * SCANNED may be 0. Returns the objects freed; sleeps.
 */
unsigned long shrink_slab(unsigned long scanned, unsigned long lru, gfp_t gfp);

/* Frees from all caches until hardly anything goes any more (drop_caches). */
void drop_slab(void);

/* The pages that the running task got by it since it last asked: those of emptied slabs. */
unsigned long take_reclaimed_slab(void);

#endif
