/*
 * Arrays of free objects, one for each CPU and cache: most allocations and frees touch
 * nothing that another CPU uses (facts 2.4, 3.8; lab 10).
 *
 * An empty array is filled from the slabs, and a full one emptied into them, a batch at
 * a time: the cache's lock is taken once for many objects, and not again by who frees
 * what it just got. To the slabs an object in an array is in use; so the reaper and the
 * shrinker drain arrays before they count free slabs.
 *
 * Owns the arrays, each under its own lock, which ranks before its cache's. Machines
 * with one CPU have none, as 2.4's kernels for them: a limit of 0. Limits are tunables
 * (/proc/slabinfo); 2.4 chose four times ours, for machines with more memory.
 */
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/slab/slab_internal.h"

static bool arrays_in_use;	/* (m) from boot's end on, on machines with several CPUs */

void arrays_init(struct kmem_cache *cache)
{
	for (unsigned cpu = 0; cpu < NR_CPUS_MAX; cpu++)
		spin_init(&cache->arrays[cpu].lock, cache->name, RANK_SLAB_ARRAY);
}

static struct cpu_array *own_array(struct kmem_cache *cache)
{
	return &cache->arrays[this_cpu()];
}

/* Is there an array at all? Read without its lock: either answer will do. */
static bool has_array(const struct cpu_array *array)
{
	return __atomic_load_n(&array->limit, __ATOMIC_RELAXED) > 0;
}

/* (a) A batch from the slabs, as far as they have it without growing. */
static void refill(struct kmem_cache *cache, struct cpu_array *array)
{
	spin_lock(&cache->lock);
	while (array->available < array->batch) {
		void *object = slab_take(cache);

		if (!object)
			break;
		array->objects[array->available++] = object;
	}
	spin_unlock(&cache->lock);
}

/* (a) The oldest COUNT objects go back to their slabs. */
static void flush(struct kmem_cache *cache, struct cpu_array *array, unsigned count)
{
	spin_lock(&cache->lock);
	for (unsigned i = 0; i < count; i++)
		slab_put(cache, array->objects[i]);
	spin_unlock(&cache->lock);
	array->available -= count;
	memmove(array->objects, array->objects + count,
		array->available * sizeof(array->objects[0]));
}

static void *take_from_slab(struct kmem_cache *cache)
{
	void *object;

	spin_lock(&cache->lock);
	object = slab_take(cache);
	spin_unlock(&cache->lock);
	return object;
}

static void put_into_slab(struct kmem_cache *cache, void *object)
{
	spin_lock(&cache->lock);
	slab_put(cache, object);
	spin_unlock(&cache->lock);
}

void *array_take(struct kmem_cache *cache)
{
	struct cpu_array *array = own_array(cache);
	void *object = NULL;

	if (!has_array(array))
		return take_from_slab(cache);
	spin_lock(&array->lock);
	if (!array->available)
		refill(cache, array);
	array->touched = true;
	if (array->available)
		object = array->objects[--array->available];
	spin_unlock(&array->lock);
	return object;
}

void array_put(struct kmem_cache *cache, void *object)
{
	struct cpu_array *array = own_array(cache);

	if (!has_array(array)) {
		put_into_slab(cache, object);
		return;
	}
	spin_lock(&array->lock);
	if (array->available == array->limit)
		flush(cache, array, array->batch);
	if (array->limit)
		array->objects[array->available++] = object;
	else
		put_into_slab(cache, object);	/* the array has just gone */
	spin_unlock(&array->lock);
}

void drain_array(struct kmem_cache *cache, unsigned cpu)
{
	struct cpu_array *array = &cache->arrays[cpu];

	if (!has_array(array))
		return;
	spin_lock(&array->lock);
	flush(cache, array, array->available);
	spin_unlock(&array->lock);
}

void drain_idle_array(struct kmem_cache *cache, unsigned cpu)
{
	struct cpu_array *array = &cache->arrays[cpu];
	unsigned part;

	if (!has_array(array))
		return;
	spin_lock(&array->lock);
	part = (array->limit + 4) / 5;
	if (part > array->available)
		part = (array->available + 1) / 2;
	if (!array->touched)
		flush(cache, array, part);
	array->touched = false;
	spin_unlock(&array->lock);
}

void drain_arrays(struct kmem_cache *cache)
{
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		drain_array(cache, cpu);
}

/* One CPU's array becomes OBJECTS; returns the memory of the old one, empty. */
static void **exchange(struct kmem_cache *cache, unsigned cpu, void **objects,
		       unsigned limit, unsigned batch)
{
	struct cpu_array *array = &cache->arrays[cpu];
	void **old;

	spin_lock(&array->lock);
	if (array->available)
		flush(cache, array, array->available);
	old = array->objects;
	array->objects = objects;
	array->batch = batch;
	__atomic_store_n(&array->limit, limit, __ATOMIC_RELAXED);
	spin_unlock(&array->lock);
	return old;
}

static void free_all(void **memory[NR_CPUS_MAX])
{
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		kfree(memory[cpu]);
}

/* Memory for one array for each CPU; LIMIT 0: for none. */
static int get_memory(void **memory[NR_CPUS_MAX], unsigned limit)
{
	for (unsigned cpu = 0; cpu < NR_CPUS_MAX; cpu++)
		memory[cpu] = NULL;
	for (unsigned cpu = 0; limit && cpu < nr_cpus; cpu++) {
		memory[cpu] = kmalloc(limit * sizeof(void *), GFP_KERNEL);
		if (!memory[cpu]) {
			free_all(memory);
			return -ENOMEM;
		}
	}
	return 0;
}

static int set_arrays(struct kmem_cache *cache, unsigned limit, unsigned batch)
{
	void **memory[NR_CPUS_MAX];
	int error = get_memory(memory, limit);

	if (error)
		return error;
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		memory[cpu] = exchange(cache, cpu, memory[cpu], limit, batch);
	free_all(memory);
	return 0;
}

/* A cache that gets no memory for arrays works without. */
void arrays_default(struct kmem_cache *cache)
{
	unsigned limit = 64;

	if (!arrays_in_use || cache->user_size > PAGE_SIZE)
		return;
	if (cache->user_size > 1024)
		limit = 16;
	else if (cache->user_size > 256)
		limit = 32;
	set_arrays(cache, limit, limit / 2);
}

void arrays_free(struct kmem_cache *cache)
{
	set_arrays(cache, 0, 0);
}

void slab_start_arrays(void)
{
	struct kmem_cache *cache;

	if (nr_cpus == 1)
		return;
	mutex_lock(&cache_mutex);
	arrays_in_use = true;
	list_for_each(cache, &all_caches, link)
		arrays_default(cache);
	mutex_unlock(&cache_mutex);
}

int kmem_cache_tune(const char *name, unsigned limit, unsigned batch)
{
	struct kmem_cache *cache;
	int error = -EINVAL;

	if (limit > SLAB_MAX_LIMIT || batch > limit || (limit && !batch))
		return -EINVAL;
	mutex_lock(&cache_mutex);
	list_for_each(cache, &all_caches, link) {
		if (strcmp(cache->name, name))
			continue;
		error = set_arrays(cache, limit, batch);
		break;
	}
	mutex_unlock(&cache_mutex);
	return error;
}
