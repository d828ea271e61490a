/*
 * How many pages took each edge of the state machine, by the function that moved them:
 * /proc/page_moves, and its sums in /proc/vmstat.
 *
 * Counted by the letters of facts 2.4, 2.0: a page that page_launder has in its hands
 * still counts as inactive_dirty, and all that is allocated and on no list is N. The
 * counters begin at boot, once the frames have gone to the buddy.
 */
#ifndef MM_TRACE_MOVES_H
#define MM_TRACE_MOVES_H

#include "mm/trace/events.h"

enum move_place {
	PLACE_F,	/* free, in the buddy */
	PLACE_N,	/* allocated, on no list */
	PLACE_A,	/* active */
	PLACE_D,	/* inactive_dirty */
	PLACE_C,	/* inactive_clean */
	NR_MOVE_PLACES,
	PLACE_OTHER = NR_MOVE_PLACES,	/* reserved, or about to come back: counts apart */
};

extern const char move_place_letters[NR_MOVE_PLACES + 1];

/* [from][to][function]; atomic, not exact for a reader while pages move. */
extern unsigned long page_moves[NR_MOVE_PLACES + 1][NR_MOVE_PLACES + 1][NR_MM_REASONS];

void count_page_move(enum page_state from, enum page_state to, enum mm_reason reason);

/* The sum over all functions. */
unsigned long count_of_moves(enum move_place from, enum move_place to);

#endif
