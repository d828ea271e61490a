/* shrink_slab's arithmetic, and 2.6's count of slab pages (facts 2.6, 7; S1 to S6, E44). */
#include "mm/slab/shrinker.h"

#include "lib/printk.h"
#include "mm/slab/slab.h"
#include "mm/trace/events.h"
#include "tests/units/units.h"

/* A cache that counts what it is asked for; it has as much as before unless it gives. */
struct counted {
	struct shrinker shrinker;
	long objects;
	bool gives;		/* objects can be freed */
	bool refuses;
	unsigned long batches;
	unsigned long asked;	/* objects, in all batches */
};

static long shrink(struct shrinker *self, unsigned long nr, gfp_t gfp)
{
	struct counted *c = container_of(self, struct counted, shrinker);

	if (!nr)
		return c->objects;
	if (c->refuses)
		return -1;
	c->batches++;
	c->asked += nr;
	if (c->gives)
		c->objects -= (long)min(nr, (unsigned long)c->objects);
	return c->objects;
}

static struct counted cache;

static void make(unsigned seeks, long objects, unsigned long deferred)
{
	cache = (struct counted){
		.shrinker = { .name = "counted", .shrink = shrink, .seeks = seeks },
		.objects = objects,
	};
	register_shrinker(&cache.shrinker);
	cache.shrinker.deferred = deferred;
}

static void gone(void)
{
	unregister_shrinker(&cache.shrinker);
	check(list_empty(&shrinker_list));
}

static void vectors(void)
{
	static const struct {
		unsigned long scanned, lru;
		unsigned seeks;
		long objects;
		unsigned long deferred, batches, left;
	} cases[] = {
		{ 1000, 99999, 2, 50000, 0, 7, 104 },	/* S1 */
		{ 0, 9999, 2, 10000, 0, 0, 64 },	/* S2 */
		{ 1000, 999, 2, 5000, 0, 78, 16 },	/* S3 */
		{ 100, 99999, 2, 1000, 900, 3, 116 },	/* S4, as of 3.3 */
		{ 64, 999, 1, 2000, 0, 4, 0 },		/* S5 */
		{ 4096, 1023, 2, 1000, 0, 15, 80 },	/* S6 */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long scanned = vm_counters[VM_slabs_scanned];

		make(cases[i].seeks, cases[i].objects, cases[i].deferred);
		check(shrink_slab(cases[i].scanned, cases[i].lru, GFP_KERNEL) == 0);
		check(cache.batches == cases[i].batches);
		check(cache.asked == 128 * cases[i].batches);
		check(cache.shrinker.deferred == cases[i].left);
		check(vm_counters[VM_slabs_scanned] == scanned + 128 * cases[i].batches);
		gone();
	}
}

/* What is too little for a batch is done when enough has come together. */
static void small_shares_add_up(void)
{
	make(2, 10000, 0);
	shrink_slab(0, 9999, GFP_KERNEL);
	check(cache.batches == 0 && cache.shrinker.deferred == 64);
	shrink_slab(0, 9999, GFP_KERNEL);
	check(cache.batches == 1 && cache.shrinker.deferred == 0);
	gone();

	make(2, 10000, 0);
	cache.shrinker.batch = 10;
	shrink_slab(0, 9999, GFP_KERNEL);
	check(cache.batches == 6 && cache.shrinker.deferred == 4);
	gone();
}

static void what_is_freed_is_told(void)
{
	make(2, 50000, 0);
	cache.gives = true;
	check(shrink_slab(1000, 99999, GFP_KERNEL) == 7 * 128);
	check(cache.objects == 50000 - 7 * 128);
	gone();
	make(2, 0, 0);
	check(shrink_slab(1000, 99, GFP_KERNEL) == 0 && cache.batches == 0);
	gone();
}

static void a_refusal_keeps_the_debt(void)
{
	unsigned long scanned = vm_counters[VM_slabs_scanned];

	make(2, 50000, 0);
	cache.refuses = true;
	check(shrink_slab(1000, 99999, GFP_KERNEL) == 0);	/* E44 */
	check(cache.shrinker.deferred == 1000 && vm_counters[VM_slabs_scanned] == scanned);
	gone();
}

static void a_debt_beyond_all_bounds_is_the_whole_cache(void)
{
	make(2, 1000, LONG_MAX);
	shrink_slab(100000, 99999, GFP_KERNEL);
	check(cache.batches == 7 && cache.shrinker.deferred == 1000 - 7 * 128);
	gone();
}

/* The caches of mm: sim's slabs are outside of the zones, and counted nowhere. */
static void only_zones_have_slab_pages(void)
{
	struct kmem_cache *objects = kmem_cache_create("counted", 2000, 0, NULL);
	void *object;

	kmem_cache_set_reclaimable(objects);
	object = kmem_cache_alloc(objects, GFP_KERNEL);
	check(object && global_stat(STAT_nr_slab_reclaimable) == 0);
	check(global_stat(STAT_nr_slab_unreclaimable) == 0);
	kmem_cache_free(objects, object);
	check(kmem_cache_destroy(objects) == 0);
}

void unit_main(void)
{
	unit_boot(64, 256);
	vectors();
	small_shares_add_up();
	what_is_freed_is_told();
	a_refusal_keeps_the_debt();
	a_debt_beyond_all_bounds_is_the_whole_cache();
	only_zones_have_slab_pages();
}
