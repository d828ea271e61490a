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

static int store_up_to(const char *words, unsigned most, unsigned *variable)
{
	unsigned value;
	int n = parse_numbers(words, &value, 1);

	if (n != 1 || value > most)
		return -EINVAL;
	*variable = value;
	return 0;
}

#define TUNABLE(name, variable, most)					\
	int show_##name(struct text *text, int pid)			\
	{								\
		text_printf(text, "%u\n", variable);			\
		return 0;						\
	}								\
	int store_##name(const char *words)				\
	{								\
		return store_up_to(words, most, &(variable));		\
	}

TUNABLE(swappiness, vm_swappiness, 100)
TUNABLE(vfs_cache_pressure, vfs_cache_pressure, 1000000)
TUNABLE(dirty_writeback_centisecs, dirty_writeback_interval, 60 * CENTISECS)
TUNABLE(dirty_expire_centisecs, dirty_expire_interval, 600 * CENTISECS)
TUNABLE(zone_reclaim_mode, zone_reclaim_mode, RECLAIM_ZONE | RECLAIM_WRITE | RECLAIM_SWAP)

/* A limit is either a percentage or a number of bytes: each takes the other's place. */
#define EITHER(name, variable, most, other)				\
	int show_##name(struct text *text, int pid)			\
	{								\
		text_printf(text, "%u\n", variable);			\
		return 0;						\
	}								\
	int store_##name(const char *words)				\
	{								\
		int error = store_up_to(words, most, &(variable));	\
									\
		if (!error)						\
			other = 0;					\
		return error;						\
	}

EITHER(dirty_ratio, vm_dirty_ratio, 100, vm_dirty_bytes)
EITHER(dirty_bytes, vm_dirty_bytes, 99999999, vm_dirty_ratio)
EITHER(dirty_background_ratio, dirty_background_ratio, 100, dirty_background_bytes)
EITHER(dirty_background_bytes, dirty_background_bytes, 99999999, dirty_background_ratio)

int show_min_free_kbytes(struct text *text, int pid)
{
	text_printf(text, "%u\n", min_free_kbytes);
	return 0;
}

/* The marks and the reserve blocks follow at once. */
int store_min_free_kbytes(const char *words)
{
	int error = store_up_to(words, 65536, &min_free_kbytes);

	if (!error && policy == &policy_v26)
		setup_per_zone_wmarks();
	return error;
}

int show_laptop_mode(struct text *text, int pid)
{
	text_printf(text, "%d\n", laptop_mode);
	return 0;
}

int store_laptop_mode(const char *words)
{
	unsigned value;
	int error = store_up_to(words, 1, &value);

	if (!error)
		laptop_mode = value;
	return error;
}
