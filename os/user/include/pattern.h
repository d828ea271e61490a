/*
 * Pages full of words that can be checked: what the workloads write and verify. A page's
 * words follow from its key alone, so a wrong word is found and named without a copy.
 */
#ifndef PATTERN_H
#define PATTERN_H

#include <sys/abi.h>

#define PATTERN_WORDS	(PAGE_SIZE / sizeof(uint32_t))

/* A key that differs for different seeds, pages, and generations of a page. */
uint32_t pattern_key(uint32_t seed, uint32_t page, uint32_t generation);

void pattern_fill(void *page, uint32_t key);

/*
 * Compares a page with its pattern. Returns the index of the first wrong word, or -1 if all
 * are right; then *sum, unless sum is NULL, has grown by what the page contributes to a
 * checksum that does not depend on the order of the pages.
 */
int pattern_check(const void *page, uint32_t key, uint32_t *sum);

/* The word that belongs at an index of the page, for messages. */
uint32_t pattern_word(uint32_t key, int index);

#endif
