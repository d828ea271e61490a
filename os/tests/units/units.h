/* A machine for tests in C that link the core as sim has it. */
#ifndef TESTS_UNITS_H
#define TESTS_UNITS_H

#include "lib/types.h"

/*
 * Boots the core of policy 2.4 with so many pages in each zone. Transfers end at once,
 * and who waits for kswapd makes it take a turn.
 */
void unit_boot(unsigned long dma_pages, unsigned long normal_pages);

/* A swap area of SLOTS slots. */
void unit_swap(unsigned long slots, int prio);

/* A number below N, from a sequence that the seed on the command line begins. */
unsigned unit_random(unsigned n);

/* Ends the program with a message unless COND holds. */
#define check(cond)	unit_check((cond), #cond, __FILE__, __LINE__)
void unit_check(bool ok, const char *text, const char *file, int line);

/* The test itself. */
void unit_main(void);

#endif
