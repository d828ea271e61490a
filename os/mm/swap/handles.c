/*
 * Which slots around one are worth reading with it (facts 2.4, 5.3; facts 2.6, 11.3; lab 09).
 *
 * Owns nothing; looks at an area's map under its lock. Both eras look at the aligned window
 * of 2^page_cluster slots that the slot lies in: 2.4 from its start to the first slot that is
 * free, and holds each; 2.6 to both sides of the slot, and holds none.
 */
#include "mm/reclaim/policy.h"
#include "mm/swap/swap.h"

/* Slot 0, the header, is bad as far as the map is concerned. */
static bool can_be_read(const struct swap_area *area, unsigned long offset)
{
	return area->map[offset] && area->map[offset] != SWAP_MAP_BAD;
}

static unsigned handles_v26(swp_entry_t entry, unsigned long *offset)
{
	unsigned long window = 1ul << page_cluster, target = swp_offset(entry);
	unsigned long first = target & ~(window - 1), last = target, end;
	struct swap_area *area = lock_swap_area(entry, "valid_swaphandles");

	if (!area)
		return 0;
	end = min(first + window, area->max);
	*offset = target;
	while (*offset > first && can_be_read(area, *offset - 1))
		--*offset;
	while (last + 1 < end && can_be_read(area, last + 1))
		last++;
	spin_unlock(&area->lock);
	/* The target alone is no read-ahead. */
	return last == *offset ? 0 : (unsigned)(last + 1 - *offset);
}

static unsigned handles_v24(swp_entry_t entry, unsigned long *offset)
{
	unsigned long window = 1ul << page_cluster;
	struct swap_area *area;
	unsigned count = 0;

	*offset = swp_offset(entry) & ~(window - 1);
	/* The header is no page to read: the first window counts as empty (Q25). */
	if (*offset == 0)
		return 0;
	area = lock_swap_area(entry, "valid_swaphandles");
	if (!area)
		return 0;
	for (; count < window && *offset + count < area->max; count++) {
		u16 *holders = &area->map[*offset + count];

		if (!can_be_read(area, *offset + count))
			break;
		/* The original would turn MAX into BAD here (Q25). */
		if (*holders < SWAP_MAP_MAX)
			++*holders;
	}
	spin_unlock(&area->lock);
	return count;
}

unsigned valid_swaphandles(swp_entry_t entry, unsigned long *offset)
{
	return policy->swap_cache_bit ? handles_v26(entry, offset) : handles_v24(entry, offset);
}
