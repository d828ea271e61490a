/*
 * /proc/sys/vm: the numbers that only 2.6 looks at (facts 2.6, sections 1, 5 and 9).
 *
 * Owns nothing: each variable belongs to the mechanism that reads it. Under vm=2.4 they
 * can be set, too, and change nothing.
 */
#include "fs/proc/proc.h"
#include "lib/errno.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/flusher.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/slab/shrinker.h"

#define CENTISECS	100	/* of a second; our ticks are as long */

#define SHOW(name, variable)						\
	int show_##name(struct text *text, int pid)			\
	{								\
		text_printf(text, "%u\n", (unsigned)(variable));	\
		return 0;						\
	}

#define TUNABLE(name, variable, most)					\
	SHOW(name, variable)						\
	int store_##name(const char *words)				\
	{								\
		return parse_number(words, most, &(variable));		\
	}

TUNABLE(swappiness, vm_swappiness, 100)
TUNABLE(vfs_cache_pressure, vfs_cache_pressure, 1000000)
TUNABLE(dirty_writeback_centisecs, dirty_writeback_interval, 60 * CENTISECS)
TUNABLE(dirty_expire_centisecs, dirty_expire_interval, 600 * CENTISECS)
TUNABLE(zone_reclaim_mode, zone_reclaim_mode, RECLAIM_ZONE | RECLAIM_WRITE | RECLAIM_SWAP)
TUNABLE(min_unmapped_ratio, sysctl_min_unmapped_ratio, 100)
TUNABLE(min_slab_ratio, sysctl_min_slab_ratio, 100)

/* A limit is either a percentage or a number of bytes: each takes the other's place. */
static int store_either(const char *words, unsigned most, unsigned *variable, unsigned *other)
{
	int error = parse_number(words, most, variable);

	if (!error)
		*other = 0;
	return error;
}

#define EITHER(name, variable, most, other)				\
	SHOW(name, variable)						\
	int store_##name(const char *words)				\
	{								\
		return store_either(words, most, &(variable), &(other)); \
	}

EITHER(dirty_ratio, vm_dirty_ratio, 100, vm_dirty_bytes)
EITHER(dirty_bytes, vm_dirty_bytes, 99999999, vm_dirty_ratio)
EITHER(dirty_background_ratio, dirty_background_ratio, 100, dirty_background_bytes)
EITHER(dirty_background_bytes, dirty_background_bytes, 99999999, dirty_background_ratio)

SHOW(min_free_kbytes, min_free_kbytes)

/* The marks and the reserve blocks follow at once. */
int store_min_free_kbytes(const char *words)
{
	int error = parse_number(words, 65536, &min_free_kbytes);

	if (!error && policy == &policy_v26)
		setup_per_zone_wmarks();
	return error;
}

SHOW(percpu_pagelist_fraction, percpu_pagelist_fraction)

/* 0: as at boot. */
int store_percpu_pagelist_fraction(const char *words)
{
	unsigned value;
	int error = parse_number(words, 99999999, &value);

	if (error || (value && value < LEAST_PAGELIST_FRACTION))
		return -EINVAL;
	percpu_pagelist_fraction = value;
	if (policy == &policy_v26)
		setup_zone_pagesets();
	return 0;
}

SHOW(laptop_mode, laptop_mode)

int store_laptop_mode(const char *words)
{
	unsigned value;
	int error = parse_number(words, 1, &value);

	if (!error)
		laptop_mode = value;
	return error;
}

int show_numa_zonelist_order(struct text *text, int pid)
{
	text_printf(text, "%s\n", numa_zonelist_order_name());
	return 0;
}

/* The lists are put into the new order at once. */
int store_numa_zonelist_order(const char *words)
{
	int error = set_numa_zonelist_order(words);

	if (!error)
		build_all_zonelists();
	return error;
}
