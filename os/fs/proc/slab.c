/*
 * /proc/slabinfo, in the format of 2.4's SMP kernels, or of 2.6's (facts 2.6, 15.2), which
 * tells how many objects a slab has, too; processors share no stock of objects, so that what
 * is about one is 0. For each cache: its name; objects that are not in their slabs and objects
 * there are (those that processors keep at hand count as used); bytes of one object; slabs
 * with such objects and slabs there are; pages of one slab; then how many objects each CPU
 * keeps, and trades at once.
 *
 * Root tunes the last two by writing "NAME LIMIT BATCHCOUNT"; 0 0 turns arrays off.
 */
#include "fs/proc/proc.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/reclaim/policy.h"
#include "mm/slab/slab.h"

#define LONGEST_NAME	32u

static void show_cache(const struct slab_info *info, void *arg)
{
	text_printf(arg, "%-17s %6lu %6lu %6zu %4lu %4lu %4u : %4u %4u\n", info->name,
		    info->active_objects, info->total_objects, info->object_size,
		    info->active_slabs, info->total_slabs, info->pages_per_slab, info->limit,
		    info->batch);
}

static void show_cache26(const struct slab_info *info, void *arg)
{
	text_printf(arg, "%-17s %6lu %6lu %6zu %4u %4u : tunables %4u %4u %4u : slabdata "
		    "%6lu %6lu %6u\n", info->name, info->active_objects, info->total_objects,
		    info->object_size, info->objects_per_slab, info->pages_per_slab,
		    info->limit, info->batch, 0, info->active_slabs, info->total_slabs, 0);
}

static int show_slabinfo26(struct text *text)
{
	text_printf(text, "slabinfo - version: 2.1\n"
		    "# name            <active_objs> <num_objs> <objsize> <objperslab> "
		    "<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata "
		    "<active_slabs> <num_slabs> <sharedavail>\n");
	slab_for_each(show_cache26, text);
	return 0;
}

int show_slabinfo(struct text *text, int pid)
{
	if (policy == &policy_v26)
		return show_slabinfo26(text);
	text_printf(text, "slabinfo - version: 1.1 (SMP)\n");
	slab_for_each(show_cache, text);
	return 0;
}

int store_slabinfo(const char *words)
{
	char name[LONGEST_NAME];
	unsigned values[2];
	size_t length = 0;

	while (length < sizeof(name) - 1 && words[length] && words[length] != ' ') {
		name[length] = words[length];
		length++;
	}
	name[length] = '\0';
	words += length;
	while (*words == ' ')
		words++;
	if (parse_numbers(words, values, 2) != 2)
		return -EINVAL;
	return kmem_cache_tune(name, values[0], values[1]);
}
