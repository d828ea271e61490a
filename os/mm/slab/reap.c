/*
 * The reaper: takes free slabs from the cache that has most to give (facts 2.4, 3.8;
 * lab 10).
 *
 * Owns the clock: the cache at which the next call begins, so that all caches get
 * their turn although one call looks at few. cache_mutex guards it; who may not wait
 * for the mutex gives up.
 */
#include "mm/slab/slab_internal.h"

#define REAP_SCANLEN	10	/* caches that one call looks at */
#define REAP_PERFECT	10	/* so many free slabs end the search */

static struct list_head *clock_hand = &all_caches;	/* a cache's link, or the anchor */

/* Four fifths, rounded down after adding a fifth. */
static unsigned long four_fifths(unsigned long n)
{
	return (4 * n + 1) / 5;
}

/* The cache at the hand, which steps over the list's anchor and on to the next one. */
static struct kmem_cache *next_cache(void)
{
	struct kmem_cache *cache;

	if (clock_hand == &all_caches)
		clock_hand = clock_hand->next;
	cache = list_entry(clock_hand, struct kmem_cache, link);
	clock_hand = clock_hand->next;
	if (clock_hand == &all_caches)
		clock_hand = clock_hand->next;
	return cache;
}

/* Fully free slabs that may be taken now. A mark of growth costs the cache one turn. */
static unsigned long slabs_on_offer(struct kmem_cache *cache)
{
	unsigned long offer = 0;

	if (cache->no_reap)
		return 0;
	spin_lock(&cache->lock);
	if (cache->growing == 0 && !cache->grown)
		offer = cache->nr_free_slabs;
	if (cache->growing == 0)
		cache->grown = false;
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
	struct kmem_cache *first = NULL, *best = NULL;
	unsigned long best_score = 0;

	for (unsigned scanned = 0; scanned < REAP_SCANLEN; scanned++) {
		struct kmem_cache *cache = next_cache();
		unsigned long slabs, score;

		if (cache == first)
			break;
		if (!first)
			first = cache;
		slabs = slabs_on_offer(cache);
		score = score_of(cache, slabs);
		if (score <= best_score)
			continue;
		best = cache;
		best_score = score;
		*offer = slabs;
		if (slabs >= REAP_PERFECT)
			break;
	}
	return best;
}

/* Stops early if the cache begins to need its slabs. */
static void free_slabs(struct kmem_cache *cache, unsigned long count)
{
	while (count-- > 0) {
		struct slab *slab = NULL;

		spin_lock(&cache->lock);
		if (cache->growing == 0 && !cache->grown)
			slab = take_free_slab(cache);
		spin_unlock(&cache->lock);
		if (!slab)
			return;
		destroy_slab(cache, slab);
	}
}

void kmem_cache_reap(gfp_t gfp)
{
	struct kmem_cache *cache;
	unsigned long offer = 0;

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
