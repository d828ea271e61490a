/*
 * How many pages took each edge of the state machine, by the function that moved them:
 * /proc/page_moves, and its sums in /proc/vmstat.
 *
 * Counted by places, of which each era has its own. Those of 2.4 are the letters of facts
 * 2.4, 2.0: a page that page_launder has in its hands still counts as inactive_dirty, and
 * all that is allocated and on no list is N. Those of 2.6 are its states: a page passes
 * through isolation and pagevecs on the way from list to list. The counters begin at
 * boot, once the frames have gone to the buddy.
 */
#ifndef MM_TRACE_MOVES_H
#define MM_TRACE_MOVES_H

#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"

enum move_place {
	PLACE_F,	/* free, in the buddy */
	PLACE_N,	/* allocated, on no list */

	PLACE_A,	/* 2.4: active */
	PLACE_D,	/* inactive_dirty */
	PLACE_C,	/* inactive_clean */

	PLACE_P = PLACE_A,	/* 2.6: free, on a per-CPU list */
	PLACE_V,	/* in a pagevec */
	PLACE_X,	/* isolated */
	PLACE_IA,	/* the five lists, in the order of their states */
	PLACE_AA,
	PLACE_IF,
	PLACE_AF,
	PLACE_U,
	NR_MOVE_PLACES,
	PLACE_OTHER = NR_MOVE_PLACES,	/* reserved, or about to come back: counts apart */
};

/* The places of one era; struct reclaim_policy has them. */
struct move_places {
	const char *names[NR_MOVE_PLACES];	/* NULL: the era has fewer */
	u8 of[NR_PAGE_STATES];		/* enum move_place of a page in that state */
	u8 isolated;			/* where a page counts that is just being isolated */
	u16 rotating;			/* bit for each place whose pages may stay there */
};

extern const struct move_places move_places_v24, move_places_v26;

/*
 * [from][to][function]; atomic, not exact for a reader while pages move. They begin again at
 * 2^32 on all machines: words of 64 bits would take 32 KiB more for good.
 */
extern u32 page_moves[NR_MOVE_PLACES + 1][NR_MOVE_PLACES + 1][NR_MM_REASONS];

static inline void count_page_move(enum page_state from, enum page_state to,
				   enum mm_reason reason)
{
	const struct move_places *places = policy->places;
	unsigned target = to == STATE_ISOLATED ? places->isolated : places->of[to];

	__atomic_fetch_add(&page_moves[places->of[from]][target][reason], 1,
			   __ATOMIC_RELAXED);
}

/* The sum over all functions. */
unsigned long count_of_moves(enum move_place from, enum move_place to);

#endif
