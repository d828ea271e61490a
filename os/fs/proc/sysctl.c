/* /proc/sys/vm: tunables. A value that makes no sense is refused with -EINVAL. */
#include "fs/internal.h"
#include "fs/proc/proc.h"
#include "lib/errno.h"
#include "mm/swap/swap.h"
#include "mm/zone.h"

#define MAX_PAGE_CLUSTER	5	/* 32 pages: more than a swap cluster helps nobody */

/* A decimal number and nothing else: 0, or -EINVAL. */
static int parse_number(const char *words, unsigned most, unsigned *value)
{
	*value = 0;
	if (!*words)
		return -EINVAL;
	for (; *words; words++) {
		if (*words < '0' || *words > '9')
			return -EINVAL;
		*value = *value * 10 + (unsigned)(*words - '0');
		if (*value > most)
			return -EINVAL;
	}
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
