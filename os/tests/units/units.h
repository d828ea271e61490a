/* A machine for tests in C that link the core as sim has it. */
#ifndef TESTS_UNITS_H
#define TESTS_UNITS_H

#include "lib/types.h"
#include "mm/zone.h"

/*
 * Boots the core of policy 2.4 with so many pages in each zone. Transfers end at once,
 * and who waits for kswapd makes it take a turn.
 */
void unit_boot(unsigned long dma_pages, unsigned long normal_pages);
/* The same for the policy ERA; kswapd is nobody's but the test's. */
void unit_boot_era(const char *era, unsigned long dma_pages, unsigned long normal_pages);

/* A swap area of SLOTS slots. */
void unit_swap(unsigned long slots, int prio);

/*
 * Takes frames out of the buddy, zone by zone, until N are free in this one; all come
 * back with unit_give_frames. Neither changes the pressure.
 */
void unit_leave_free(enum zone_type type, unsigned long n);
void unit_give_frames(void);

/*
 * N clean pages of zone normal in a mapping of their own, each with age 0 and only the
 * cache's reference, on the list of that state; and an end to all that are still there.
 */
void unit_cached_pages(unsigned n, enum page_state list);
void unit_drop_cached_pages(void);

/* A number below N, from a sequence that the seed on the command line begins. */
unsigned unit_random(unsigned n);

/* Ends the program with a message unless COND holds. */
#define check(cond)	unit_check((cond), #cond, __FILE__, __LINE__)
void unit_check(bool ok, const char *text, const char *file, int line);

/* The test itself. */
void unit_main(void);

#endif
