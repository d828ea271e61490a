/*
 * What the parts share: caches (cache.c), their slabs (slab.c), the processors' arrays
 * (arrays.c), the reaper (reap.c), the checks of debug builds (check.c) and kmalloc.c.
 */
#ifndef MM_SLAB_INTERNAL_H
#define MM_SLAB_INTERNAL_H

#include "arch/machine.h"
#include "kernel/wait.h"
#include "mm/page.h"
#include "mm/slab/slab.h"

/*
 * Objects that one CPU keeps at hand: the last one freed, still warm, is the first given
 * out. Others take its lock only to drain it. All fields: (a) its lock.
 */
struct cpu_array {
	struct spinlock lock;		/* rank RANK_SLAB_ARRAY */
	unsigned available;		/* objects in it */
	unsigned limit;			/* objects that fit; 0: there is no array */
	unsigned batch;			/* objects that move at once to or from the slabs */
	bool touched;			/* used since cache_reap came by (2.6) */
	void **objects;			/* oldest first; NULL if limit is 0 */
};

/*
 * Locks: (l) cache->lock, (m) cache_mutex, (!) constant after creation.
 */
struct kmem_cache {
	const char *name;		/* (!) */
	size_t size;			/* (!) bytes from one object to the next */
	size_t align;			/* (!) of each object, in bytes */
	size_t user_size;		/* (!) bytes of an object that its user may write */
	size_t red_zone;		/* (!) bytes before each object; 0 without checks */
	unsigned order;			/* (!) pages of a slab, log2 */
	unsigned per_slab;		/* (!) objects in a slab */
	unsigned colours;		/* (!) places where a slab's first object may be */
	bool outside;			/* (!) descriptors are not in the slabs themselves */
	bool reclaimable;		/* (!) SReclaimable, for 2.6 */
	bool no_reap;			/* (!) the reaper leaves it alone */
	void (*ctor)(void *object);	/* (!) or NULL */
	void (*dtor)(void *object);	/* (!) or NULL */
	struct spinlock lock;		/* rank RANK_SLAB */
	struct list_head full;		/* (l) slabs without a free object */
	struct list_head partial;	/* (l) slabs with used and free ones */
	struct list_head free;		/* (l) slabs with free ones only */
	unsigned long nr_slabs;		/* (l) on all three lists */
	unsigned long nr_free_slabs;	/* (l) on `free` */
	unsigned long nr_active;	/* (l) objects out of their slabs: in use or in arrays */
	unsigned next_colour;		/* (l) of the next slab */
	unsigned growing;		/* (l) tasks that make a slab for it now */
	bool grown;			/* (l) has grown since the reaper came by */
	bool free_touched;		/* (l) a free slab was needed since cache_reap came by */
	unsigned long next_reap;	/* (m) tick at which cache_reap looks at free slabs */
	struct list_head link;		/* (m) in all_caches */
	struct cpu_array arrays[NR_CPUS_MAX];
};

/* Fields are guarded by the cache's lock. */
struct slab {
	struct list_head link;	/* in one of the cache's lists */
	struct page *pages;	/* the first of 2^order; constant */
	char *objects;		/* the first one's place, with its red zone; constant */
	unsigned in_use;
	unsigned first_free;	/* index, or CHAIN_END */
	u16 next_free[];	/* per_slab entries: index, CHAIN_END or IN_USE */
};

#define MAX_SLAB_ORDER	3
#define OUTSIDE_SIZE	512	/* objects from this size on: descriptor elsewhere */
#define COLOUR_UNIT	64	/* bytes between two colours: a line of the CPU's cache */

extern struct mutex cache_mutex;	/* guards all_caches and the reaper's clock */
extern struct list_head all_caches;	/* (m) kmem_cache.link, oldest first */
extern struct kmem_cache *outside_cache;	/* of descriptors kept outside */

static inline size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* Bytes at the start of a slab that its descriptor takes, without the colour. */
static inline size_t slab_head_size(const struct kmem_cache *cache, unsigned objects)
{
	if (cache->outside)
		return 0;
	return round_up(sizeof(struct slab) + objects * sizeof(u16), cache->align);
}

/* slab.c: cache->lock is held for the first four. */
void *slab_take(struct kmem_cache *cache);	/* a free object of some slab, or NULL */
void slab_put(struct kmem_cache *cache, void *object);
struct slab *take_free_slab(struct kmem_cache *cache);	/* off its list, or NULL */
bool cache_is_growing(const struct kmem_cache *cache);
/* No lock held: gets a slab from the page allocator; false if there is no memory. */
bool cache_grow(struct kmem_cache *cache, gfp_t gfp);
/* Gives the memory of a slab that is on no list back. */
void destroy_slab(struct kmem_cache *cache, struct slab *slab);

/* arrays.c */
void arrays_init(struct kmem_cache *cache);	/* of a new cache; none is in force yet */
void *array_take(struct kmem_cache *cache);	/* from the array or a slab, or NULL */
void array_put(struct kmem_cache *cache, void *object);
void drain_array(struct kmem_cache *cache, unsigned cpu);	/* empties it into the slabs */
void drain_arrays(struct kmem_cache *cache);	/* of all CPUs */
/* Empties an array that nobody has used since the last call by a fifth. */
void drain_idle_array(struct kmem_cache *cache, unsigned cpu);
void arrays_default(struct kmem_cache *cache);	/* once arrays are in use at all */
void arrays_free(struct kmem_cache *cache);

/* reap.c: a cache that goes away must not be where the clock's hand is. cache_mutex held. */
void reap_forget(const struct kmem_cache *cache);

/* kmalloc.c */
void kmalloc_init(void);

/*
 * check.c: red zones around objects, and free memory that knows its content. Each
 * function is called with an object that nobody else has.
 */
#ifdef CHECK
void check_layout(struct kmem_cache *cache);	/* sets red_zone, and makes size larger */
void check_new(const struct kmem_cache *cache, void *object);	/* in a new slab */
void check_alloc(const struct kmem_cache *cache, void *object);
void check_free(const struct kmem_cache *cache, void *object);
void check_gone(const struct kmem_cache *cache, void *object);	/* with its slab */
#else
static inline void check_layout(struct kmem_cache *cache)
{
}

static inline void check_new(const struct kmem_cache *cache, void *object)
{
}

static inline void check_alloc(const struct kmem_cache *cache, void *object)
{
}

static inline void check_free(const struct kmem_cache *cache, void *object)
{
}

static inline void check_gone(const struct kmem_cache *cache, void *object)
{
}
#endif

#endif
