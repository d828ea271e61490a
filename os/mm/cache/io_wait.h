/*
 * Sleeping for a lock bit: pages and buffers are too many to have a wait queue each,
 * so they share a table of queues, found by the address of the word with the bit.
 * A waker wakes everybody in the queue, and each looks at his own bit again.
 */
#ifndef MM_CACHE_IO_WAIT_H
#define MM_CACHE_IO_WAIT_H

#include "lib/types.h"

struct page;

/*
 * Sleeps until somebody clears a bit in a word that shares WORD's queue, unless BIT
 * is clear already; then the caller looks again. I/O on PAGE is what he waits for.
 */
void io_wait(const unsigned long *word, unsigned bit, const struct page *page);

/* The bit in WORD has just been cleared. Safe in interrupts; WORD itself is not read. */
void io_wake(const unsigned long *word);

/* Sleeps for a tick, with all I/O under way: for who can do nothing else. */
void io_pause(void);

void io_wait_init(void);

#endif
