/*
 * Policy 2.6: the set statement (B4).
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/era26.h"
#include "kernel/task.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/buffer.h"
#include "mm/cache/flusher.h"
#include "mm/cache/writeback.h"
#include "mm/slab/shrinker.h"

bool autodrain26 = true;

/* Name, variable, and the most that it may be. */
#define TUNABLES(X)								\
	X(swappiness, vm_swappiness, 100)					\
	X(zone_reclaim_mode, zone_reclaim_mode, 7)				\
	X(min_unmapped_ratio, sysctl_min_unmapped_ratio, 100)			\
	X(min_slab_ratio, sysctl_min_slab_ratio, 100)				\
	X(dirty_ratio, vm_dirty_ratio, 100)					\
	X(dirty_background_ratio, dirty_background_ratio, 100)			\
	X(dirty_bytes, vm_dirty_bytes, 99999999)				\
	X(dirty_background_bytes, dirty_background_bytes, 99999999)		\
	X(dirty_writeback_centisecs, dirty_writeback_interval, 6000)		\
	X(dirty_expire_centisecs, dirty_expire_interval, 60000)			\
	X(vfs_cache_pressure, vfs_cache_pressure, 1000000)

#define NAME_OF(name, variable, most)	#name " "
#define ENTRY_OF(name, variable, most)	{ #name, &variable, most },

const char variables26[] =
	TUNABLES(NAME_OF) "laptop_mode min_free_kbytes percpu_pagelist_fraction numa_node "
	"numa_zonelist_order congested "
	"buffer_heads_over_limit autodrain task pages_scanned.ZONE all_unreclaimable.ZONE "
	"recent_scanned.ZONE.anon|file recent_rotated.ZONE.anon|file";

/* Who asks from now on: 2.6's answers were made by a task that counts as real-time. */
static void set_task(char *value)
{
	static const char *const words[] = { "none", "realtime", "memalloc", "memdie", NULL };
	static const unsigned flags[] = { 0, PF_REALTIME, PF_MEMALLOC, 0 };

	current->flags = 0;
	current->memdie = false;
	while (value) {
		const char *word = strsep(&value, ",");

		current->flags |= flags[parse_choice("task", word, words)];
		current->memdie |= strcmp(word, "memdie") == 0;
	}
}

static bool set_tunable(const char *name, const char *value)
{
	static const struct {
		const char *name;
		unsigned *variable;
		unsigned most;
	} tunables[] = {
		TUNABLES(ENTRY_OF)
	};

	for (unsigned i = 0; i < ARRAY_SIZE(tunables); i++)
		if (strcmp(tunables[i].name, name) == 0) {
			*tunables[i].variable = (unsigned)parse_number(name, value, 0,
								       tunables[i].most);
			return true;
		}
	if (strcmp(name, "laptop_mode") == 0)
		laptop_mode = parse_number(name, value, 0, 1);
	else if (strcmp(name, "congested") == 0)
		make_disk_busy26((unsigned)parse_number(name, value, 0, 1000));
	else if (strcmp(name, "buffer_heads_over_limit") == 0)
		buffer_heads_over_limit = parse_number(name, value, 0, 1);
	else if (strcmp(name, "autodrain") == 0)
		autodrain26 = parse_number(name, value, 0, 1);
	else if (strcmp(name, "min_free_kbytes") == 0) {
		min_free_kbytes = (unsigned)parse_number(name, value, 0, 1u << 30);
		setup_per_zone_wmarks();
	} else if (strcmp(name, "percpu_pagelist_fraction") == 0) {
		percpu_pagelist_fraction = (unsigned)parse_number(name, value, 0, 1u << 30);
		setup_zone_pagesets();
	} else {
		return set_node26(name, value);
	}
	return true;
}

/* NAME.ZONE, and for the recent_ counters .anon or .file behind it. */
bool set26(const char *name, char *value)
{
	static const char *const kinds[] = { "anon", "file", NULL };
	char copy[RESULT_SIZE];
	char *variable, *zone_text, *kind;
	unsigned long number;
	struct zone *zone;

	snprintf(copy, sizeof(copy), "%s", name);
	if (strcmp(name, "task") == 0) {
		set_task(value);
		return true;
	}
	variable = strtok(copy, ".");
	zone_text = strtok(NULL, ".");
	if (zone_text && *zone_text >= '0' && *zone_text <= '9') {
		/* NODE.ZONE stays together. */
		char *type = strtok(NULL, ".");

		if (type)
			type[-1] = '.';
	}
	kind = strtok(NULL, ".");
	if (!zone_text)
		return set_tunable(name, value);
	zone = parse_zone(zone_text);
	number = parse_number(name, value, 0, LONG_MAX);
	if (strcmp(variable, "recent_scanned") == 0 && kind)
		zone->recent_scanned[parse_choice("kind", kind, kinds)] = number;
	else if (strcmp(variable, "recent_rotated") == 0 && kind)
		zone->recent_rotated[parse_choice("kind", kind, kinds)] = number;
	else if (strcmp(variable, "pages_scanned") == 0 && !kind)
		zone->pages_scanned = number;
	else if (strcmp(variable, "all_unreclaimable") == 0 && !kind)
		zone->all_unreclaimable = number;
	else
		return false;
	return true;
}
