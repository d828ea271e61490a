/*
 * Policy 2.6: allocation masks by name, NAME[+BIT...] (B14).
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/era26.h"

static const char *const gfp_names[] = { "none", "nowait", "atomic", "noio", "nofs", "kernel",
					 "temporary", "user", "highuser", "highuser_movable",
					 NULL };
static const gfp_t gfp_masks[] = { GFP_NONE, GFP_NONE, GFP_ATOMIC, GFP_NOIO, GFP_NOFS,
				   GFP_KERNEL, GFP_TEMPORARY, GFP_USER, GFP_HIGHUSER,
				   GFP_HIGHUSER_MOVABLE };

static const char *const bit_names[] = { "dma", "dma32", "highmem", "movable", "reclaimable",
					 "wait", "high", "io", "fs", "cold", "nowarn",
					 "repeat", "nofail", "noretry", "nomemalloc",
					 "no_kswapd", "write", "thisnode", NULL };
static const gfp_t bits[] = { __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM, __GFP_MOVABLE,
			      __GFP_RECLAIMABLE, __GFP_WAIT, __GFP_HIGH, __GFP_IO, __GFP_FS,
			      __GFP_COLD, __GFP_NOWARN, __GFP_REPEAT, __GFP_NOFAIL,
			      __GFP_NORETRY, __GFP_NOMEMALLOC, __GFP_NO_KSWAPD, __GFP_WRITE,
			      __GFP_THISNODE };

/* One zone at most; for the low ones there is no other that could serve (B21). */
static void check_zone_bits(gfp_t gfp, const char *text)
{
	const gfp_t zone_bits = gfp & (__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM);

	if (zone_bits & (zone_bits - 1))
		fail("gfp=%s names two zones, expected one at most", text);
	if ((gfp & __GFP_DMA && !zones[ZONE_DMA].size) ||
	    (gfp & __GFP_DMA32 && !zones[ZONE_DMA32].size))
		fail("gfp=%s names a zone that this machine has not, expected one that it has",
		     text);
}

gfp_t parse_gfp26(const char *text)
{
	char copy[RESULT_SIZE];
	char *rest = copy;
	gfp_t gfp;

	snprintf(copy, sizeof(copy), "%s", text);
	gfp = gfp_masks[parse_choice("gfp", strsep(&rest, "+"), gfp_names)];
	while (rest)
		gfp |= bits[parse_choice("gfp bit", strsep(&rest, "+"), bit_names)];
	check_zone_bits(gfp, text);
	return gfp;
}
