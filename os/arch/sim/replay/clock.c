/*
 * CLOCK: pages stand in a circle; the hand passes over those that were used since it came
 * by last, and takes the first that was not. A new page stands behind the hand and counts
 * as not used yet.
 */
#include <stdlib.h>

#include "arch/sim/replay/replay.h"

enum { OUT, UNUSED, USED };

void replay_clock(const struct trace *trace, u32 memory, struct result *result)
{
	u8 *state = host_memory(trace->nr_pages);	/* by page */
	u32 *circle = host_memory(memory * sizeof(u32));
	u32 in_memory = 0, hand = 0;

	for (size_t now = 0; now < trace->nr_refs; now++) {
		u32 page = trace->refs[now] & REF_PAGE;

		if (state[page] != OUT) {
			state[page] = USED;
			continue;
		}
		result->misses++;
		state[page] = UNUSED;
		if (in_memory < memory) {
			circle[in_memory++] = page;
			continue;
		}
		result->freed++;
		while (result->scanned++, state[circle[hand]] == USED) {
			state[circle[hand]] = UNUSED;
			hand = hand + 1 < memory ? hand + 1 : 0;
		}
		state[circle[hand]] = OUT;
		circle[hand] = page;
		hand = hand + 1 < memory ? hand + 1 : 0;
	}
	free(state);
	free(circle);
}
