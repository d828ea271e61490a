/*
 * Checks of debug builds (CHECK=1, and sim): who writes beyond an object, or into one
 * that is free, is found when the object next changes hands.
 *
 *	+----------+-----------------------+----------+
 *	| red zone | the user's bytes      | red zone |	from one object to the next
 *	+----------+-----------------------+----------+
 *
 * A red zone is a word that says whether the object is given out. The bytes of a free
 * object are all POISON, the last one POISON_END; not in a cache with a constructor,
 * whose free objects keep their state. Owns nothing: an object has one owner.
 */
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/slab/slab_internal.h"

#ifdef CHECK

#define RED_IN_USE	0x170fc2a5u
#define RED_FREE	0x5a2cf071u
#define POISON		0x5au
#define POISON_END	0xa5u

void check_layout(struct kmem_cache *cache)
{
	cache->red_zone = round_up(sizeof(u32), cache->align);
	cache->size = round_up(cache->red_zone + round_up(cache->user_size, sizeof(u32)) +
			       sizeof(u32), cache->align);
}

/* Both red zones of an object: the words next to it. */
static u32 *zone_before(void *object)
{
	return (u32 *)object - 1;
}

static u32 *zone_behind(const struct kmem_cache *cache, void *object)
{
	return (u32 *)((char *)object + round_up(cache->user_size, sizeof(u32)));
}

static void set_zones(const struct kmem_cache *cache, void *object, u32 value)
{
	*zone_before(object) = value;
	*zone_behind(cache, object) = value;
}

static void expect_zones(const struct kmem_cache *cache, void *object, u32 value)
{
	u32 before = *zone_before(object), behind = *zone_behind(cache, object);

	if (before == value && behind == value)
		return;
	if (value == RED_IN_USE && before == RED_FREE && behind == RED_FREE)
		panic("%s: object %p freed twice", cache->name, object);
	panic("%s: object %p: somebody wrote %s it: red zones %x and %x", cache->name, object,
	      before == value ? "behind" : "before", before, behind);
}

static void poison(const struct kmem_cache *cache, void *object)
{
	if (cache->ctor)
		return;
	memset(object, POISON, cache->user_size - 1);
	((u8 *)object)[cache->user_size - 1] = POISON_END;
}

static void expect_poison(const struct kmem_cache *cache, const void *object)
{
	const u8 *bytes = object;
	size_t last = cache->user_size - 1, i = 0;

	if (cache->ctor)
		return;
	while (i < last && bytes[i] == POISON)
		i++;
	if (i < last || bytes[last] != POISON_END)
		panic("%s: object %p: somebody wrote byte %zu after it was freed",
		      cache->name, object, i);
}

void check_new(const struct kmem_cache *cache, void *object)
{
	set_zones(cache, object, RED_FREE);
	poison(cache, object);
}

void check_alloc(const struct kmem_cache *cache, void *object)
{
	expect_zones(cache, object, RED_FREE);
	expect_poison(cache, object);
	set_zones(cache, object, RED_IN_USE);
}

void check_free(const struct kmem_cache *cache, void *object)
{
	expect_zones(cache, object, RED_IN_USE);
	set_zones(cache, object, RED_FREE);
	poison(cache, object);
}

void check_gone(const struct kmem_cache *cache, void *object)
{
	expect_zones(cache, object, RED_FREE);
	expect_poison(cache, object);
}

#endif
