/* Object caches: contents survive, and the reaper's choice (facts 2.4, 3.8). */
#include <string.h>

#include "mm/slab/slab.h"
#include "tests/units/units.h"

#define OBJECTS	3000

/* Each object is filled with its own byte; nobody else may write into it. */
static void objects_do_not_overlap(void)
{
	static unsigned char *objects[OBJECTS];
	static size_t sizes[OBJECTS];

	for (unsigned round = 0; round < 100000; round++) {
		unsigned i = unit_random(OBJECTS);

		if (objects[i]) {
			for (size_t k = 0; k < sizes[i]; k++)
				check(objects[i][k] == (unsigned char)i);
			kfree(objects[i]);
			objects[i] = NULL;
		} else {
			sizes[i] = unit_random(unit_random(10) ? 600 : 9000);
			objects[i] = kmalloc(sizes[i], GFP_KERNEL);
			check(objects[i] != NULL);
			memset(objects[i], (int)i, sizes[i]);
		}
	}
	for (unsigned i = 0; i < OBJECTS; i++)
		kfree(objects[i]);
	check(kmalloc((128u << 10) + 1, GFP_KERNEL) == NULL);
}

static const char *wanted;
static unsigned long wanted_slabs;

static void find_cache(const struct slab_info *info, void *arg)
{
	if (strcmp(info->name, wanted) == 0)
		wanted_slabs = info->total_slabs;
}

static unsigned long slabs_of(const char *name)
{
	wanted = name;
	wanted_slabs = ~0ul;
	slab_for_each(find_cache, NULL);
	check(wanted_slabs != ~0ul);
	return wanted_slabs;
}

/* Makes N slabs and frees all that is in them. */
static void fill_and_drain(struct kmem_cache *cache, const char *name, unsigned long n)
{
	static void *objects[OBJECTS];
	unsigned count = 0;

	while (slabs_of(name) < n)
		objects[count++] = kmem_cache_alloc(cache, GFP_KERNEL);
	while (count)
		kmem_cache_free(cache, objects[--count]);
	check(slabs_of(name) == n);
}

/* Reaps until all caches have lost their marks of growth and COUNT slabs are left. */
static void reaper_takes(struct kmem_cache *cache, const char *name, unsigned long have,
			 unsigned long takes)
{
	fill_and_drain(cache, name, have);
	for (unsigned call = 0; call < 20 && slabs_of(name) == have; call++)
		kmem_cache_reap(GFP_KERNEL);
	check(slabs_of(name) == have - takes);
	kmem_cache_shrink(cache);
	check(slabs_of(name) == 0);
}

static void nothing(void *object)
{
}

static void reaper_takes_four_fifths(void)
{
	static const unsigned long vectors[][2] = {
		{ 1, 1 }, { 2, 1 }, { 3, 2 }, { 5, 4 }, { 10, 8 }, { 12, 9 },
	};
	struct kmem_cache *cache = kmem_cache_create("plain", 2000, 0, NULL);

	for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		reaper_takes(cache, "plain", vectors[i][0], vectors[i][1]);
}

/* Nine slabs with a constructor weigh 7, eight without weigh 8. */
static void constructors_weigh_less(void)
{
	struct kmem_cache *plain = kmem_cache_create("rival", 2000, 0, NULL);
	struct kmem_cache *built = kmem_cache_create("built", 2000, 0, nothing);

	fill_and_drain(plain, "rival", 8);
	fill_and_drain(built, "built", 9);
	for (unsigned call = 0; call < 20 && slabs_of("rival") == 8; call++) {
		check(slabs_of("built") == 9);
		kmem_cache_reap(GFP_KERNEL);
	}
	check(slabs_of("rival") == 2);
}

void unit_main(void)
{
	unit_boot(256, 4096);
	objects_do_not_overlap();
	while (slabs_of("size-32") + slabs_of("size-64") + slabs_of("size-128") +
	       slabs_of("size-256") + slabs_of("size-512") + slabs_of("size-1024") +
	       slabs_of("size-2048") > 0)
		kmem_cache_reap(GFP_KERNEL);
	reaper_takes_four_fifths();
	constructors_weigh_less();
}
