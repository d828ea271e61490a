/*
 * Object caches: contents survive, and the reaper's choice (facts 2.4, 3.8). The reaper
 * is included under another name, so that tests can set its clock.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define kmem_cache_reap	unit_reap
#define reap_forget	unit_reap_forget
#include "mm/slab/reap.c"
#include "arch/sim/sim.h"
#include "lib/errno.h"
#include "lib/printk.h"
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
static struct slab_info found;

static void find_cache(const struct slab_info *info, void *arg)
{
	if (strcmp(info->name, wanted) == 0)
		found = *info;
}

static struct slab_info info_of(const char *name)
{
	wanted = name;
	found.name = NULL;
	slab_for_each(find_cache, NULL);
	check(found.name != NULL);
	return found;
}

static unsigned long slabs_of(const char *name)
{
	return info_of(name).total_slabs;
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

static void scores(void)
{
	struct kmem_cache plain = { .order = 0 }, built = { .ctor = nothing };
	struct kmem_cache large = { .order = 1 }, both = { .order = 1, .ctor = nothing };

	check(score_of(&plain, 10) == 10);
	check(score_of(&built, 10) == 8);
	check(score_of(&large, 10) == 16);
	check(score_of(&both, 10) == 13);
}

/* One call of the reaper that begins with this cache. */
static void reap_from(struct kmem_cache *cache)
{
	clock_hand = cache;
	kmem_cache_reap(GFP_KERNEL);
}

/* N free slabs, and no mark of growth. */
static void settle(struct kmem_cache *cache, const char *name, unsigned long n)
{
	fill_and_drain(cache, name, n);
	cache->grown = false;
}

static void growth_is_spared(void)
{
	struct kmem_cache *cache = kmem_cache_create("growth", 2000, 0, NULL);

	fill_and_drain(cache, "growth", 1);
	check(cache->grown);
	cache->growing = 1;
	reap_from(cache);
	check(slabs_of("growth") == 1 && cache->grown);	/* growing: not even its mark goes */
	cache->growing = 0;
	reap_from(cache);
	check(slabs_of("growth") == 1 && !cache->grown);	/* skipped once */
	reap_from(cache);
	check(slabs_of("growth") == 0);

	settle(cache, "growth", 3);
	cache->growing = 1;
	check(kmem_cache_shrink(cache) == 0 && slabs_of("growth") == 3);
	cache->growing = 0;
	check(kmem_cache_shrink(cache) == 3);
	check(kmem_cache_destroy(cache) == 0);
}

static void the_clock_goes_ten_caches_far(void)
{
	static const char *const names[] = {
		"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8", "k9", "k10",
	};
	struct kmem_cache *caches[11];

	for (unsigned i = 0; i < 11; i++)
		caches[i] = kmem_cache_create(names[i], 2000, 0, NULL);
	settle(caches[10], "k10", 5);
	reap_from(caches[0]);
	check(slabs_of("k10") == 5 && clock_hand == caches[10]);
	kmem_cache_reap(GFP_KERNEL);
	check(slabs_of("k10") == 1);

	settle(caches[0], "k0", 5);	/* as many are not more: the first one stays best */
	settle(caches[1], "k1", 5);
	reap_from(caches[0]);
	check(slabs_of("k0") == 1 && slabs_of("k1") == 5);

	settle(caches[2], "k2", 10);	/* ten are enough: the search ends there */
	settle(caches[3], "k3", 20);
	reap_from(caches[0]);
	check(slabs_of("k2") == 2 && slabs_of("k3") == 20 && clock_hand == caches[3]);

	clock_hand = caches[3];		/* who holds the mutex must not wait for it */
	mutex_lock(&cache_mutex);
	kmem_cache_reap(GFP_KERNEL);
	mutex_unlock(&cache_mutex);
	check(slabs_of("k3") == 20);
	clock_hand = NULL;
	for (unsigned i = 0; i < 11; i++)
		check(kmem_cache_destroy(caches[i]) == 0);
}

/* Caches come and go; the cache that they come from keeps its free slabs. */
static void the_cache_of_caches_is_not_reaped(void)
{
	struct kmem_cache *caches[100];
	unsigned long slabs = slabs_of("kmem_cache");

	for (unsigned i = 0; i < 100; i++)
		caches[i] = kmem_cache_create("many", 64, 0, NULL);
	check(slabs_of("kmem_cache") > slabs);
	slabs = slabs_of("kmem_cache");
	for (unsigned i = 0; i < 100; i++)
		check(kmem_cache_destroy(caches[i]) == 0);
	for (unsigned call = 0; call < 30; call++)
		kmem_cache_reap(GFP_KERNEL);
	check(slabs_of("kmem_cache") == slabs);
}

static unsigned constructed, destructed;

static void construct(void *object)
{
	memset(object, 0xc7, 40);
	constructed++;
}

static void destruct(void *object)
{
	for (unsigned i = 0; i < 40; i++)
		check(((u8 *)object)[i] == 0xc7);
	destructed++;
}

static void constructors_run_once_for_each_object(void)
{
	struct kmem_cache *cache = kmem_cache_create("whole", 40, 0, construct);
	unsigned per_slab = cache->per_slab;
	u8 *object;

	kmem_cache_set_dtor(cache, destruct);
	for (unsigned round = 0; round < 10; round++) {
		object = kmem_cache_alloc(cache, GFP_KERNEL);
		for (unsigned i = 0; i < 40; i++)
			check(object[i] == 0xc7);
		kmem_cache_free(cache, object);
	}
	check(constructed == per_slab && destructed == 0);
	check(kmem_cache_shrink(cache) == 1);
	check(constructed == per_slab && destructed == per_slab);
	check(kmem_cache_destroy(cache) == 0);
}

static void destruction_needs_all_objects(void)
{
	struct kmem_cache *cache = kmem_cache_create("short-lived", 100, 0, NULL);
	void *object = kmem_cache_alloc(cache, GFP_KERNEL);

	check(kmem_cache_destroy(cache) == -EBUSY);
	check(info_of("short-lived").active_objects == 1);
	kmem_cache_free(cache, object);
	check(kmem_cache_destroy(cache) == 0);
	wanted = "short-lived";
	found.name = NULL;
	slab_for_each(find_cache, NULL);
	check(found.name == NULL);
}

/* Three objects of 1312 bytes leave 160 of a page: colours 0, 64 and 128. */
static void slabs_have_colours(void)
{
	static const size_t expected[] = { 0, 64, 128, 0, 64, 128, 0 };
	struct kmem_cache *cache = kmem_cache_create("coloured", 1300, 0, NULL);
	unsigned long outside = info_of("slab_outside").active_objects;
	void *objects[21];

	check(cache->size == 1312 && cache->per_slab == 3 && cache->outside);
	for (unsigned i = 0; i < 21; i++) {
		size_t at;

		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		at = (size_t)((char *)objects[i] -
			      (char *)page_address(virt_to_page(objects[i])));
		check(at == expected[i / 3] + i % 3 * cache->size + cache->red_zone);
	}
	check(info_of("slab_outside").active_objects == outside + 7);
	for (unsigned i = 0; i < 21; i++)
		kmem_cache_free(cache, objects[i]);
	check(kmem_cache_destroy(cache) == 0);
	check(info_of("slab_outside").active_objects == outside);
}

/* Room for 8, four at once. All counts are of objects out of their slabs. */
static void arrays_trade_in_batches(void)
{
	struct kmem_cache *cache = kmem_cache_create("at-hand", 60, 0, NULL);
	void *objects[12];

	check(kmem_cache_tune("at-hand", 8, 4) == 0);
	objects[0] = kmem_cache_alloc(cache, GFP_KERNEL);
	check(info_of("at-hand").active_objects == 4);
	kmem_cache_free(cache, objects[0]);
	check(kmem_cache_alloc(cache, GFP_KERNEL) == objects[0]);	/* the warmest */
	for (unsigned i = 1; i < 12; i++)
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	check(info_of("at-hand").active_objects == 12);
	for (unsigned i = 0; i < 8; i++)
		kmem_cache_free(cache, objects[i]);
	check(info_of("at-hand").active_objects == 12);
	kmem_cache_free(cache, objects[8]);		/* the oldest four make room */
	check(info_of("at-hand").active_objects == 8);
	check(cache->arrays[0].available == 5 && cache->arrays[0].objects[0] == objects[4]);
	for (unsigned i = 9; i < 12; i++)
		kmem_cache_free(cache, objects[i]);
	check(info_of("at-hand").active_objects == 8 && slabs_of("at-hand") == 1);

	cache->grown = false;
	reap_from(cache);				/* drains this CPU's array */
	check(info_of("at-hand").active_objects == 0 && slabs_of("at-hand") == 0);

	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
	check(kmem_cache_shrink(cache) == 1);
	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
	check(kmem_cache_tune("at-hand", 0, 0) == 0);
	check(info_of("at-hand").active_objects == 0 && info_of("at-hand").limit == 0);

	check(kmem_cache_tune("at-hand", 4, 5) == -EINVAL);
	check(kmem_cache_tune("at-hand", 4, 0) == -EINVAL);
	check(kmem_cache_tune("at-hand", SLAB_MAX_LIMIT + 1, 1) == -EINVAL);
	check(kmem_cache_tune("no such cache", 8, 4) == -EINVAL);
	check(info_of("at-hand").limit == 0);
	check(kmem_cache_destroy(cache) == 0);
}

/* The reaper leaves what other CPUs have at hand; the shrinker takes it. */
static void arrays_of_other_cpus(void)
{
	struct kmem_cache *cache = kmem_cache_create("elsewhere", 60, 0, NULL);
	struct cpu_array *own = &cache->arrays[0], *other = &cache->arrays[1];

	nr_cpus = 2;
	check(kmem_cache_tune("elsewhere", 8, 4) == 0);
	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
	memcpy(other->objects, own->objects, own->available * sizeof(void *));
	other->available = own->available;
	own->available = 0;

	cache->grown = false;
	reap_from(cache);
	check(info_of("elsewhere").active_objects == 4 && slabs_of("elsewhere") == 1);
	check(kmem_cache_shrink(cache) == 1);
	check(kmem_cache_destroy(cache) == 0);
	nr_cpus = 1;
}

static jmp_buf after_panic;
static char last_words[200];

static void note_panic(const char *message) __noreturn;
static void note_panic(const char *message)
{
	strncpy(last_words, message, sizeof(last_words) - 1);
	longjmp(after_panic, 1);
}

/* Frees OBJECT, whose cache must find that this was done to it. */
static void free_finds(struct kmem_cache *cache, void *object, const char *words)
{
	void (*before)(const char *) __noreturn = panic_hook;

	panic_hook = note_panic;
	last_words[0] = '\0';
	if (!setjmp(after_panic))
		kmem_cache_free(cache, object);
	panic_hook = before;
	check(strstr(last_words, words) != NULL);
}

static void stray_writes_are_found(void)
{
	struct kmem_cache *cache = kmem_cache_create("guarded", 50, 0, NULL);
	void (*before)(const char *) __noreturn = panic_hook;
	char *object = kmem_cache_alloc(cache, GFP_KERNEL);

	object[cache->user_size + 2]++;		/* 50 is rounded up to 52 */
	free_finds(cache, object, "behind");
	object[cache->user_size + 2]--;
	object[-1]++;
	free_finds(cache, object, "before");
	object[-1]--;
	kmem_cache_free(cache, object);
	free_finds(cache, object, "freed twice");

	object[49] = 1;				/* the same object comes next */
	panic_hook = note_panic;
	last_words[0] = '\0';
	if (!setjmp(after_panic))
		kmem_cache_alloc(cache, GFP_KERNEL);
	panic_hook = before;
	check(strstr(last_words, "somebody wrote byte 49") != NULL);
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

/* 2.6's reaper at N ticks from the last call. Other caches may have something for it, too. */
static void reap_after(unsigned long n)
{
	clock_tick(n);
	cache_reap(0);
}

/*
 * Facts 2.6, 7: every four seconds, unless a free slab was needed, as many as a fifth of
 * the free objects that the cache may keep fill, rounded up.
 */
static void free_slabs_go_by_the_clock(void)
{
	struct kmem_cache *cache = kmem_cache_create("clock", 1000, 0, NULL);
	unsigned long limit, pages = current->reclaimed_slab;

	fill_and_drain(cache, "clock", 12);
	reap_after(4 * HZ);
	check(slabs_of("clock") == 12);		/* they were needed a moment ago */
	reap_after(2 * HZ);
	check(slabs_of("clock") == 12);		/* too early */
	reap_after(2 * HZ);
	check(slabs_of("clock") == 11);		/* one slab may stay: a fifth of it goes */
	check(current->reclaimed_slab >= pages + 1);

	check(kmem_cache_tune("clock", 60, 30) == 0);
	limit = 2 * 30 + info_of("clock").objects_per_slab;
	reap_after(4 * HZ);
	check(slabs_of("clock") == 11 - (limit + 5 * cache->per_slab - 1) / (5 * cache->per_slab));
	check(slabs_of("clock") < 9);

	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
	limit = slabs_of("clock");
	reap_after(4 * HZ);
	check(slabs_of("clock") == limit);	/* one was needed */
	check(kmem_cache_destroy(cache) == 0);
}

/* A fifth of what the array could hold, but only if nobody has used it meanwhile. */
static void idle_arrays_are_drained(void)
{
	struct kmem_cache *cache = kmem_cache_create("idle", 100, 0, NULL);
	void *objects[20];

	check(kmem_cache_tune("idle", 20, 10) == 0);
	for (unsigned i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = kmem_cache_alloc(cache, GFP_KERNEL);
	for (unsigned i = 0; i < ARRAY_SIZE(objects); i++)
		kmem_cache_free(cache, objects[i]);
	check(info_of("idle").active_objects == 20);
	cache_reap(0);
	check(info_of("idle").active_objects == 20);
	cache_reap(0);
	check(info_of("idle").active_objects == 16);
	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
	cache_reap(0);
	check(info_of("idle").active_objects == 16);
	for (unsigned i = 0; i < 3; i++)
		cache_reap(0);
	check(info_of("idle").active_objects == 4);
	cache_reap(0);
	check(info_of("idle").active_objects == 0);
	check(kmem_cache_destroy(cache) == 0);
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
	scores();
	growth_is_spared();
	the_clock_goes_ten_caches_far();
	the_cache_of_caches_is_not_reaped();
	constructors_run_once_for_each_object();
	destruction_needs_all_objects();
	slabs_have_colours();
	arrays_trade_in_batches();
	arrays_of_other_cpus();
	free_slabs_go_by_the_clock();
	idle_arrays_are_drained();
	stray_writes_are_found();
}
