/*
 * The reaper: takes free slabs from the cache that has most to give (facts 2.4, 3.8;
 * lab 10).
 *
 * Owns the clock: the cache at which the next call begins, so that all caches get
 * their turn although one call looks at few. cache_mutex guards it; who may not wait
 * for the mutex gives up.
 */
#include "mm/slab/slab_internal.h"
#include "mm/trace/events.h"

#define REAP_SCANLEN	10	/* caches that one call looks at */
#define REAP_PERFECT	10	/* so many free slabs end the search */

static struct kmem_cache *clock_hand;	/* (m) NULL: the first one */

/* Four fifths, rounded down after adding a fifth. */
static unsigned long four_fifths(unsigned long n)
{
	return (4 * n + 1) / 5;
}

/* The one after CACHE on the list of all, which is a ring to the clock. */
static struct kmem_cache *cache_after(const struct kmem_cache *cache)
{
	const struct list_head *next = cache ? cache->link.next : all_caches.next;

	if (next == &all_caches)
		next = next->next;
	return list_entry(next, struct kmem_cache, link);
}

void reap_forget(const struct kmem_cache *cache)
{
	if (clock_hand == cache)
		clock_hand = cache_after(cache);
}

/*
 * Fully free slabs that may be taken now. A mark of growth costs the cache one turn.
 * Objects that this CPU keeps at hand go back to their slabs first; those that others
 * keep stay, and so do the slabs they are from.
 */
static unsigned long slabs_on_offer(struct kmem_cache *cache)
{
	unsigned long offer;
	bool marked;

	if (cache->no_reap)
		return 0;
	spin_lock(&cache->lock);
	marked = cache_is_growing(cache) || cache->grown;
	if (!cache_is_growing(cache))
		cache->grown = false;
	spin_unlock(&cache->lock);
	if (marked)
		return 0;
	drain_array(cache, this_cpu());
	spin_lock(&cache->lock);
	offer = cache->nr_free_slabs;
	spin_unlock(&cache->lock);
	return offer;
}

/* Pages to win; objects that must be constructed anew and large slabs count less. */
static unsigned long score_of(const struct kmem_cache *cache, unsigned long offer)
{
	unsigned long score = offer << cache->order;

	if (cache->ctor)
		score = four_fifths(score);
	if (cache->order > 0)
		score = four_fifths(score);
	return score;
}

static struct kmem_cache *choose_cache(unsigned long *offer)
{
	struct kmem_cache *start = clock_hand ? clock_hand : cache_after(NULL);
	struct kmem_cache *cache = start, *best = NULL;
	unsigned long best_score = 0;

	*offer = 0;
	for (unsigned scanned = 0; scanned < REAP_SCANLEN; scanned++) {
		unsigned long slabs = slabs_on_offer(cache);
		unsigned long score = score_of(cache, slabs);

		if (score > best_score) {
			best = cache;
			best_score = score;
			*offer = slabs;
		}
		cache = cache_after(cache);
		if (cache == start || *offer >= REAP_PERFECT)
			break;
	}
	clock_hand = cache;
	return best;
}

/* Stops early if the cache begins to need its slabs. */
static void free_slabs(struct kmem_cache *cache, unsigned long count)
{
	while (count-- > 0) {
		struct slab *slab = NULL;

		spin_lock(&cache->lock);
		if (!cache_is_growing(cache) && !cache->grown)
			slab = take_free_slab(cache);
		spin_unlock(&cache->lock);
		if (!slab)
			return;
		destroy_slab(cache, slab);
		count_vm_many(VM_slab_reaped, 1ul << cache->order);
	}
}

void kmem_cache_reap(gfp_t gfp)
{
	struct kmem_cache *cache;
	unsigned long offer;

	if (mutex_held(&cache_mutex))
		return;		/* who walks the caches needs memory, and got here */
	if (gfp & __GFP_WAIT)
		mutex_lock(&cache_mutex);
	else if (!mutex_trylock(&cache_mutex))
		return;
	cache = choose_cache(&offer);
	if (cache)
		free_slabs(cache, four_fifths(offer));
	mutex_unlock(&cache_mutex);
}
