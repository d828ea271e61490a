/*
 * LRU: the page goes whose last use is the longest ago.
 *
 * There is no list. The trace itself is the list, in the order of use: of each page only
 * its latest reference counts, and the pages in memory are those whose latest one lies
 * behind `oldest`. To take a page, `oldest` moves on to the next reference that is a
 * latest one.
 */
#include <stdlib.h>

#include "arch/sim/replay/replay.h"

void replay_lru(const struct trace *trace, u32 memory, struct result *result)
{
	const u32 *refs = trace->refs;
	/* By page: the reference + 1; 0: not in memory. */
	u32 *latest = host_memory(trace->nr_pages * sizeof(u32));
	u32 room = memory;
	size_t oldest = 0;

	for (size_t now = 0; now < trace->nr_refs; now++) {
		u32 page = refs[now] & REF_PAGE;

		if (!latest[page]) {
			result->misses++;
			if (room) {
				room--;
			} else {
				while (latest[refs[oldest] & REF_PAGE] != oldest + 1)
					oldest++;
				latest[refs[oldest++] & REF_PAGE] = 0;
			}
		}
		latest[page] = (u32)now + 1;
	}
	free(latest);
}
