/* /proc/sys/vm: tunables. A value that makes no sense is refused with -EINVAL. */
#include "arch/machine.h"
#include "fs/internal.h"
#include "fs/proc/proc.h"
#include "lib/errno.h"
#include "mm/cache/buffer.h"
#include "mm/swap/swap.h"
#include "mm/zone.h"

#define MAX_PAGE_CLUSTER	5	/* 32 pages: more at once helps nobody */

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

/* One number up to MOST: 0, or -EINVAL. */
static int parse_number(const char *words, unsigned most, unsigned *value)
{
	return parse_numbers(words, value, 1) == 1 && *value <= most ? 0 : -EINVAL;
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

/*
 * 2.4's nine numbers: nfract ndirty - - interval age_buffer nfract_sync - -. Those that
 * nothing reads are 0 and may be written as anything.
 */
int show_bdflush(struct text *text, int pid)
{
	const struct bdflush_params *p = &bdflush_params;

	text_printf(text, "%u\t%u\t0\t0\t%u\t%u\t%u\t0\t0\n", p->nfract, p->ndirty,
		    p->interval, p->age_buffer, p->nfract_sync);
	return 0;
}

/* Fewer than nine numbers leave the others as they are. */
int store_bdflush(const char *words)
{
	struct bdflush_params new = bdflush_params;
	unsigned values[9] = {
		new.nfract, new.ndirty, 0, 0, new.interval, new.age_buffer, new.nfract_sync,
	};

	if (parse_numbers(words, values, 9) < 0)
		return -EINVAL;
	new = (struct bdflush_params) {
		values[0], values[1], values[4], values[5], values[6],
	};
	if (new.nfract > 100 || new.nfract_sync > 100 || !new.ndirty || new.ndirty > 50000 ||
	    new.interval > 600 * HZ || new.age_buffer < HZ || new.age_buffer > 600 * HZ)
		return -EINVAL;
	bdflush_params = new;
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
		prune_dcache(0);
		prune_icache(0);
	}
	return 0;
}
