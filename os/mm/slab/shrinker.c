/*
 * shrink_slab: pressure on the page lists is passed on to the caches of objects
 * (facts 2.6, section 7; lab 14).
 *
 * Owns the list of shrinkers, under shrinker_lock, and their deferred work. One caller
 * walks the list at a time; others do not wait.
 */
#include "mm/slab/shrinker.h"

#include "kernel/task.h"
#include "kernel/wait.h"
#include "lib/div64.h"
#include "lib/printk.h"
#include "mm/slab/mempool.h"
#include "mm/reclaim/v26/v26.h"

#define SHRINK_BATCH	128ul

unsigned vfs_cache_pressure = 100;
struct list_head shrinker_list = LIST_HEAD_INIT(shrinker_list);
static struct mutex shrinker_lock = MUTEX_INIT(shrinker_lock);

void register_shrinker(struct shrinker *shrinker)
{
	shrinker->deferred = 0;
	mutex_lock(&shrinker_lock);
	list_add_tail(&shrinker->link, &shrinker_list);
	mutex_unlock(&shrinker_lock);
}

void unregister_shrinker(struct shrinker *shrinker)
{
	mutex_lock(&shrinker_lock);
	list_del(&shrinker->link);
	mutex_unlock(&shrinker_lock);
}

/* The cache's share of the pressure, with what earlier calls have left over. */
static unsigned long objects_to_scan(struct shrinker *shrinker, unsigned long objects,
				     unsigned long scanned, unsigned long lru)
{
	u64 share = (u64)(4 * scanned / shrinker->seeks) * objects;
	unsigned long delta = (unsigned long)div64_ulong(share, lru + 1);
	unsigned long total = __atomic_exchange_n(&shrinker->deferred, 0, __ATOMIC_RELAXED);

	total += delta;
	if ((long)total < 0) {
		printk("shrinker %s: %ld objects to scan\n", shrinker->name, (long)total);
		total = objects;
	}
	/* A long debt must not empty the cache when there is hardly any pressure. */
	if (delta < objects / 4)
		total = min(total, objects / 2);
	return min(total, 2 * objects);
}

static unsigned long shrink_one(struct shrinker *shrinker, unsigned long scanned,
				unsigned long lru, gfp_t gfp)
{
	unsigned long batch = shrinker->batch ? shrinker->batch : SHRINK_BATCH;
	long objects = shrinker->shrink(shrinker, 0, gfp);
	unsigned long total, freed = 0;

	if (objects <= 0)
		return 0;
	total = objects_to_scan(shrinker, (unsigned long)objects, scanned, lru);
	while (total >= batch) {
		long before = shrinker->shrink(shrinker, 0, gfp);
		long after = shrinker->shrink(shrinker, batch, gfp);

		if (after == -1)
			break;
		if (after < before)
			freed += (unsigned long)(before - after);
		count_vm_many(VM_slabs_scanned, batch);
		total -= batch;
		cond_resched();
	}
	__atomic_fetch_add(&shrinker->deferred, total, __ATOMIC_RELAXED);
	return freed;
}

unsigned long shrink_slab(unsigned long scanned, unsigned long lru, gfp_t gfp)
{
	struct shrinker *shrinker;
	unsigned long freed = 0;

	if (!scanned)
		scanned = SWAP_CLUSTER_MAX;
	/* Somebody is at it: as good as one freed by us. */
	if (!mutex_trylock(&shrinker_lock))
		return 1;
	list_for_each(shrinker, &shrinker_list, link)
		freed += shrink_one(shrinker, scanned, lru, gfp);
	mutex_unlock(&shrinker_lock);
	return freed;
}

void drop_slab(void)
{
	while (shrink_slab(1000, 1000, GFP_KERNEL) > 10)
		;
	mempools_trim();
}

unsigned long take_reclaimed_slab(void)
{
	unsigned long pages = current->reclaimed_slab;

	current->reclaimed_slab = 0;
	return pages;
}
