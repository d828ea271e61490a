/*
 * Counts moves of pages. Owns page_moves; page_move and rotate_page report each move,
 * whether events are recorded or not.
 */
#include "mm/trace/moves.h"

const char move_place_letters[NR_MOVE_PLACES + 1] = "FNADC";

unsigned long page_moves[NR_MOVE_PLACES + 1][NR_MOVE_PLACES + 1][NR_MM_REASONS];

static const u8 places[NR_PAGE_STATES] = {
	[STATE_RESERVED] = PLACE_OTHER,
	[STATE_FREE] = PLACE_F,
	[STATE_PCP] = PLACE_F,
	[STATE_KERNEL] = PLACE_N,
	[STATE_SLAB] = PLACE_N,
	[STATE_PAGETABLE] = PLACE_N,
	[STATE_ANON] = PLACE_N,
	[STATE_ACTIVE] = PLACE_A,
	[STATE_INACTIVE_DIRTY] = PLACE_D,
	[STATE_INACTIVE_CLEAN] = PLACE_C,
	[STATE_ISOLATED] = PLACE_D,
};

void count_page_move(enum page_state from, enum page_state to, enum mm_reason reason)
{
	/* Where an isolated page goes is known only when it gets there. */
	unsigned target = to == STATE_ISOLATED ? PLACE_OTHER : places[to];

	__atomic_fetch_add(&page_moves[places[from]][target][reason], 1, __ATOMIC_RELAXED);
}

unsigned long count_of_moves(enum move_place from, enum move_place to)
{
	unsigned long sum = 0;

	for (unsigned reason = 0; reason < NR_MM_REASONS; reason++)
		sum += __atomic_load_n(&page_moves[from][to][reason], __ATOMIC_RELAXED);
	return sum;
}
