/*
 * OPT, Belady's optimum: the page goes whose next use is farthest in the future. No
 * policy that loads pages only when they are used has fewer misses.
 *
 * A page in memory is named by the place of its next use in the trace: a bit for each
 * reference says that the page which it will need is there. Whether a reference hits is
 * then its own bit, and the page to take is the last bit that is set. Levels of summary
 * bits, 64 to 1, find it in a few steps. Pages that will never be used again are only
 * counted; they go first.
 */
#include <stdlib.h>

#include "arch/sim/replay/replay.h"

#define NEVER	0xffffffffu
#define LEVELS	6		/* 64^6 is more than any trace has */

struct bits {
	u64 *words[LEVELS];	/* [0] a bit for each reference, [n] for each word of [n-1] */
	unsigned top;		/* the level of one word */
};

static void bits_init(struct bits *bits, size_t n)
{
	bits->top = 0;
	for (;; bits->top++) {
		n = (n + 63) / 64;
		bits->words[bits->top] = host_memory(n * sizeof(u64));
		if (n == 1)
			return;
	}
}

static inline void bits_set(struct bits *bits, u32 at)
{
	for (unsigned level = 0; level <= bits->top; level++) {
		u64 *word = &bits->words[level][at >> 6];
		u64 before = *word;

		*word |= 1ull << (at & 63);
		if (before)
			return;		/* the levels above know */
		at >>= 6;
	}
}

static inline void bits_clear(struct bits *bits, u32 at)
{
	for (unsigned level = 0; level <= bits->top; level++) {
		u64 *word = &bits->words[level][at >> 6];

		*word &= ~(1ull << (at & 63));
		if (*word)
			return;
		at >>= 6;
	}
}

static inline bool bits_test(const struct bits *bits, u32 at)
{
	return bits->words[0][at >> 6] >> (at & 63) & 1;
}

/* The highest bit that is set; there is one. */
static inline u32 bits_last(const struct bits *bits)
{
	u32 at = 0;

	for (unsigned level = bits->top + 1; level-- > 0;)
		at = at << 6 | (u32)(63 - __builtin_clzll(bits->words[level][at]));
	return at;
}

/* For each reference the next one to the same page, or NEVER. */
static u32 *next_uses(const struct trace *trace)
{
	u32 *next = host_memory(trace->nr_refs * sizeof(u32));
	u32 *seen = host_memory(trace->nr_pages * sizeof(u32));	/* + 1 */

	for (size_t at = trace->nr_refs; at-- > 0;) {
		u32 page = trace->refs[at] & REF_PAGE;

		next[at] = seen[page] ? seen[page] - 1 : NEVER;
		seen[page] = (u32)at + 1;
	}
	free(seen);
	return next;
}

void replay_opt(const struct trace *trace, u32 memory, struct result *result)
{
	u32 *next = next_uses(trace);
	u32 room = memory;	/* frames that are free, or whose page will not be used again */
	struct bits soon;

	bits_init(&soon, trace->nr_refs);
	for (size_t now = 0; now < trace->nr_refs; now++) {
		if (bits_test(&soon, (u32)now)) {
			bits_clear(&soon, (u32)now);
		} else {
			result->misses++;
			if (room)
				room--;
			else
				bits_clear(&soon, bits_last(&soon));
		}
		if (next[now] == NEVER)
			room++;
		else
			bits_set(&soon, next[now]);
	}
	for (unsigned level = 0; level <= soon.top; level++)
		free(soon.words[level]);
	free(next);
}
