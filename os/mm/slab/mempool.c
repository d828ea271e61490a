/*
 * Memory pools (facts 2.6, 11.3): where to turn for an object, in that order.
 *
 *	1. what has come back, beyond the reserve
 *	2. the cache, without waiting: it may have to ask the page allocator
 *	3. the reserve
 *	4. the cache, waiting as long as its caller may
 *	5. wait until somebody gives one back; then from the start
 *
 * Who asks may be freeing memory himself: the last pages are not for his objects, as long as
 * there is a reserve (__GFP_NOMEMALLOC). Objects come back in interrupts, where a cache must
 * not be touched: they stay here, first the reserve and then more, for the next who asks, or
 * for the reaper to give back.
 *
 * Owns the list of pools, which only grows while the machine boots; and each pool's free
 * objects, chained by their first words, under its lock.
 */
#include "mm/slab/mempool.h"

#include "arch/machine.h"
#include "lib/printk.h"

#define PATIENCE	(5 * HZ)	/* memory may come from elsewhere, too */

static LIST_HEAD(pools);

/* One of the free objects if there are more than LEAVE. */
static void *take(struct mempool *pool, unsigned leave)
{
	unsigned long flags = spin_lock_irqsave(&pool->lock);
	void **element = NULL;

	if (pool->nr_free > leave) {
		element = pool->free;
		pool->free = *element;
		pool->nr_free--;
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	return element;
}

void mempool_free(void *element, struct mempool *pool)
{
	unsigned long flags = spin_lock_irqsave(&pool->lock);

	*(void **)element = pool->free;
	pool->free = element;
	pool->nr_free++;
	spin_unlock_irqrestore(&pool->lock, flags);
	if (wait_queue_active(&pool->returned))
		wake_up(&pool->returned);
}

void mempool_init_slab_pool(struct mempool *pool, unsigned min, struct kmem_cache *cache)
{
	*pool = (struct mempool){ .cache = cache, .min = min };
	spin_init(&pool->lock, "mempool", RANK_DEVICE);
	wait_queue_init(&pool->returned, "mempool");
	while (min--) {
		void *element = kmem_cache_alloc(cache, GFP_KERNEL);

		if (!element)
			panic("no memory for a pool's reserve");
		mempool_free(element, pool);
	}
	list_add_tail(&pool->link, &pools);
}

static void wait_for_return(struct mempool *pool)
{
	struct waiter waiter;

	wait_prepare(&pool->returned, &waiter, false);
	if (!__atomic_load_n(&pool->nr_free, __ATOMIC_SEQ_CST))
		schedule_timeout(PATIENCE);
	wait_finish(&pool->returned, &waiter);
}

void *mempool_alloc(struct mempool *pool, gfp_t gfp)
{
	gfp_t hasty;

	gfp |= __GFP_NOMEMALLOC | __GFP_NORETRY | __GFP_NOWARN;
	hasty = gfp & ~(__GFP_WAIT | __GFP_IO);
	for (;;) {
		void *element = take(pool, pool->min);

		if (!element)
			element = kmem_cache_alloc(pool->cache, hasty);
		if (!element)
			element = take(pool, 0);
		if (!element && gfp & __GFP_WAIT)
			element = kmem_cache_alloc(pool->cache, gfp);
		if (element || !(gfp & __GFP_WAIT))
			return element;
		wait_for_return(pool);
	}
}

void mempools_trim(void)
{
	struct mempool *pool;
	void *element;

	list_for_each(pool, &pools, link)
		while ((element = take(pool, pool->min)))
			kmem_cache_free(pool->cache, element);
}
