/*
 * Counts moves of pages. Owns page_moves; page_move and whoever rotates a page report each
 * move, whether events are recorded or not.
 */
#include "mm/trace/moves.h"

u32 page_moves[NR_MOVE_PLACES + 1][NR_MOVE_PLACES + 1][NR_MM_REASONS];

const struct move_places move_places_v24 = {
	.names = { "F", "N", "A", "D", "C" },
	.of = {
		[STATE_RESERVED] = PLACE_OTHER,
		[STATE_FREE] = PLACE_F,
		[STATE_KERNEL] = PLACE_N,
		[STATE_SLAB] = PLACE_N,
		[STATE_PAGETABLE] = PLACE_N,
		[STATE_ANON] = PLACE_N,
		[STATE_ACTIVE] = PLACE_A,
		[STATE_INACTIVE_DIRTY] = PLACE_D,
		[STATE_INACTIVE_CLEAN] = PLACE_C,
		[STATE_ISOLATED] = PLACE_D,
	},
	/* Where an isolated page goes is known only when it gets there. */
	.isolated = PLACE_OTHER,
	.rotating = 1u << PLACE_A | 1u << PLACE_D,
};

const struct move_places move_places_v26 = {
	.names = { "F", "N", "P", "V", "X", "IA", "AA", "IF", "AF", "U" },
	.of = {
		[STATE_RESERVED] = PLACE_OTHER,
		[STATE_FREE] = PLACE_F,
		[STATE_PCP] = PLACE_P,
		[STATE_KERNEL] = PLACE_N,
		[STATE_SLAB] = PLACE_N,
		[STATE_PAGETABLE] = PLACE_N,
		[STATE_ANON] = PLACE_N,
		[STATE_ISOLATED] = PLACE_X,
		[STATE_INACTIVE_ANON] = PLACE_IA,
		[STATE_ACTIVE_ANON] = PLACE_AA,
		[STATE_INACTIVE_FILE] = PLACE_IF,
		[STATE_ACTIVE_FILE] = PLACE_AF,
		[STATE_UNEVICTABLE] = PLACE_U,
		[STATE_PAGEVEC] = PLACE_V,
	},
	.isolated = PLACE_X,
	.rotating = 1u << PLACE_IA | 1u << PLACE_AA | 1u << PLACE_IF | 1u << PLACE_AF,
};

unsigned long count_of_moves(enum move_place from, enum move_place to)
{
	unsigned long sum = 0;

	for (unsigned reason = 0; reason < NR_MM_REASONS; reason++)
		sum += __atomic_load_n(&page_moves[from][to][reason], __ATOMIC_RELAXED);
	return sum;
}
