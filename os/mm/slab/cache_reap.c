/*
 * 2.6 gives free slabs back by the clock, not because somebody wants memory: reclaim never
 * asks object caches for them (facts 2.6, section 7; lab 10).
 *
 * Every two seconds, for each CPU: of the objects that it keeps at hand and has not used
 * since the last time, some go back to their slabs. Every four seconds: if no free slab was
 * needed since the last time, a fifth of the free objects that the cache may keep go back to
 * the buddy, as whole slabs.
 *
 * Owns the caches' next_reap, under cache_mutex; if somebody has it there is another time.
 */
#include "arch/machine.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/slab/mempool.h"
#include "mm/slab/slab_internal.h"

#define REAP_TICKS	(2 * HZ)	/* between two looks at the arrays */
#define REAP_FREE_TICKS	(4 * HZ)	/* at the free slabs */

/* Free objects that a cache shall keep: a batch for each CPU and one more, and a slab. */
static unsigned long free_limit(const struct kmem_cache *cache)
{
	return (1ul + nr_cpus) * cache->arrays[0].batch + cache->per_slab;
}

/* Frees up to MOST free slabs, those first that have been free for longest. */
static unsigned long drain_freelist(struct kmem_cache *cache, unsigned long most)
{
	unsigned long freed = 0;

	while (freed < most) {
		struct slab *slab;

		spin_lock(&cache->lock);
		slab = take_free_slab(cache);
		spin_unlock(&cache->lock);
		if (!slab)
			break;
		destroy_slab(cache, slab);
		freed++;
	}
	return freed;
}

static unsigned long reap_cache(struct kmem_cache *cache, unsigned cpu)
{
	unsigned long part = 5ul * cache->per_slab;
	bool touched;

	drain_idle_array(cache, cpu);
	if ((long)(jiffies - cache->next_reap) < 0)
		return 0;
	cache->next_reap = jiffies + REAP_FREE_TICKS;
	spin_lock(&cache->lock);
	touched = cache->free_touched;
	cache->free_touched = false;
	spin_unlock(&cache->lock);
	return touched ? 0 : drain_freelist(cache, (free_limit(cache) + part - 1) / part);
}

unsigned long cache_reap(unsigned cpu)
{
	struct kmem_cache *cache;
	unsigned long freed = 0;

	if (!mutex_trylock(&cache_mutex))
		return 0;
	list_for_each(cache, &all_caches, link)
		if (!cache->no_reap)
			freed += reap_cache(cache, cpu);
	mutex_unlock(&cache_mutex);
	return freed;
}

static struct wait_queue nobody = WAIT_QUEUE_INIT(nobody);	/* for the pauses */

static void reaper(void *argument)
{
	for (;;) {
		struct waiter waiter;

		wait_prepare(&nobody, &waiter, true);
		schedule_timeout(REAP_TICKS);
		wait_finish(&nobody, &waiter);
		for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
			cache_reap(cpu);
		mempools_trim();
	}
}

void cache_reap_start(void)
{
	if (!kthread_start("cache_reap", reaper, NULL))
		panic("no memory for cache_reap");
}
