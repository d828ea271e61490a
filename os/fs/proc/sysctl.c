/*
 * /proc/sys/vm: tunables. A value that makes no sense is refused with -EINVAL.
 *
 * Owns those that 2.4.0 has and never reads (Q38): limits of the buffer and page caches,
 * how often kswapd tries, how many page tables a CPU keeps. They hold what was written.
 */
#include "arch/machine.h"
#include "fs/internal.h"
#include "fs/proc/proc.h"
#include "lib/errno.h"
#include "mm/cache/buffer.h"
#include "mm/reclaim/policy.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"
#include "mm/zone.h"

#define MAX_PAGE_CLUSTER	5	/* 32 pages: more at once helps nobody */
#define MAX_SWAP_CLUSTER	1024

int parse_numbers(const char *words, unsigned values[], int most)
{
	int nr = 0;

	while (*words) {
		unsigned value = 0;

		if (nr == most || *words < '0' || *words > '9')
			return -EINVAL;
		for (; *words >= '0' && *words <= '9'; words++) {
			value = value * 10 + (unsigned)(*words - '0');
			if (value > 99999999)
				return -EINVAL;
		}
		while (*words == ' ' || *words == '\t')
			words++;
		values[nr++] = value;
	}
	return nr ? nr : -EINVAL;
}

int parse_number(const char *words, unsigned most, unsigned *value)
{
	unsigned number;

	if (parse_numbers(words, &number, 1) != 1 || number > most)
		return -EINVAL;
	*value = number;
	return 0;
}

int show_page_cluster(struct text *text, int pid)
{
	text_printf(text, "%u\n", page_cluster);
	return 0;
}

int store_page_cluster(const char *words)
{
	unsigned value;
	int error = parse_number(words, MAX_PAGE_CLUSTER, &value);

	if (!error)
		page_cluster = value;
	return error;
}

int show_freepages(struct text *text, int pid)
{
	text_printf(text, "%lu\t%lu\t%lu\n", freepages.min, freepages.low, freepages.high);
	return 0;
}

/* 2.4's nine numbers: nfract ndirty nrefill - interval age_buffer nfract_sync - -. */
static unsigned nrefill = 64;		/* nobody reads it */

int show_bdflush(struct text *text, int pid)
{
	const struct bdflush_params *p = &bdflush_params;

	text_printf(text, "%u\t%u\t%u\t0\t%u\t%u\t%u\t0\t0\n", p->nfract, p->ndirty,
		    nrefill, p->interval, p->age_buffer, p->nfract_sync);
	return 0;
}

/* Fewer than nine numbers leave the others as they are. */
int store_bdflush(const char *words)
{
	struct bdflush_params new = bdflush_params;
	unsigned values[9] = {
		new.nfract, new.ndirty, nrefill, 0, new.interval, new.age_buffer,
		new.nfract_sync,
	};

	if (parse_numbers(words, values, 9) < 0)
		return -EINVAL;
	new = (struct bdflush_params) {
		values[0], values[1], values[4], values[5], values[6],
	};
	if (new.nfract > 100 || new.nfract_sync > 100 || !new.ndirty || new.ndirty > 50000 ||
	    values[2] > 20000 || new.interval > 600 * HZ || new.age_buffer < HZ ||
	    new.age_buffer > 600 * HZ)
		return -EINVAL;
	bdflush_params = new;
	nrefill = values[2];
	return 0;
}

int show_overcommit_memory(struct text *text, int pid)
{
	text_printf(text, "%d\n", sysctl_overcommit_memory);
	return 0;
}

/* 0: requests that nothing could ever fill are refused; 1: none is. */
int store_overcommit_memory(const char *words)
{
	unsigned value;
	int error = parse_number(words, 1, &value);

	if (!error)
		sysctl_overcommit_memory = (int)value;
	return error;
}

int show_max_map_count(struct text *text, int pid)
{
	text_printf(text, "%u\n", max_map_count);
	return 0;
}

int store_max_map_count(const char *words)
{
	return parse_number(words, INT_MAX, &max_map_count);
}

static int show_several(struct text *text, const unsigned values[], int count)
{
	for (int i = 0; i < count; i++)
		text_printf(text, "%u%c", values[i], i < count - 1 ? '\t' : '\n');
	return 0;
}

/* Up to COUNT numbers of at most MOST, which must not fall; the rest stays as it is. */
static int store_rising(const char *words, unsigned values[], int count, unsigned most)
{
	unsigned new[3];

	for (int i = 0; i < count; i++)
		new[i] = values[i];
	if (parse_numbers(words, new, count) < 0)
		return -EINVAL;
	for (int i = 0; i < count; i++)
		if (new[i] > most || (i && new[i] < new[i - 1]))
			return -EINVAL;
	for (int i = 0; i < count; i++)
		values[i] = new[i];
	return 0;
}

/* Percent of memory: at least, from here on to be taken first, at most. Without effect. */
static unsigned buffermem[3] = { 2, 10, 60 };
static unsigned pagecache[3] = { 2, 15, 75 };

int show_buffermem(struct text *text, int pid)
{
	return show_several(text, buffermem, 3);
}

int store_buffermem(const char *words)
{
	return store_rising(words, buffermem, 3, 100);
}

int show_pagecache(struct text *text, int pid)
{
	return show_several(text, pagecache, 3);
}

int store_pagecache(const char *words)
{
	return store_rising(words, pagecache, 3, 100);
}

/* Page tables that a CPU keeps, at least and at most: ours keeps none. Without effect. */
static unsigned pagetable_cache[2] = { 25, 50 };

int show_pagetable_cache(struct text *text, int pid)
{
	return show_several(text, pagetable_cache, 2);
}

int store_pagetable_cache(const char *words)
{
	return store_rising(words, pagetable_cache, 2, 10000);
}

/*
 * How often kswapd tries, at most and at least, without effect; and the clusters of
 * 2^page_cluster pages that swap may have in flight before a writer waits.
 */
static unsigned kswapd_tries[2] = { 512, 32 };

int show_kswapd(struct text *text, int pid)
{
	text_printf(text, "%u\t%u\t%u\n", kswapd_tries[0], kswapd_tries[1], swap_cluster);
	return 0;
}

int store_kswapd(const char *words)
{
	unsigned values[3] = { kswapd_tries[0], kswapd_tries[1], swap_cluster };

	if (parse_numbers(words, values, 3) < 0 || values[0] < values[1] || !values[1] ||
	    !values[2] || values[2] > MAX_SWAP_CLUSTER)
		return -EINVAL;
	kswapd_tries[0] = values[0];
	kswapd_tries[1] = values[1];
	swap_cluster = values[2];
	return 0;
}

/* 1: clean pages of files; 2: names and inodes that nobody uses; 3: both. */
int store_drop_caches(const char *words)
{
	unsigned value;
	int error = parse_number(words, 3, &value);

	if (error || !value)
		return -EINVAL;
	if (value & 1)
		drop_clean_pages();
	if (value & 2) {
		if (policy->drop_slab)
			policy->drop_slab();
		/* 2.6's shrinkers keep some of each; a measurement wants none of them. */
		prune_dcache(0);
		prune_icache(0);
	}
	return 0;
}
