/*
 * Pages full of words that can be checked. Words come from a linear congruential sequence:
 * two instructions each, so that a workload measures memory and not arithmetic.
 */
#include <pattern.h>

#define FACTOR	1664525u
#define STEP	1013904223u

uint32_t pattern_key(uint32_t seed, uint32_t page, uint32_t generation)
{
	uint32_t key = seed * 0x9e3779b1u ^ (page + 1) * 0x85ebca6bu
		       ^ (generation + 1) * 0xc2b2ae35u;

	key ^= key >> 15;
	key *= 0x2c1b3c6du;
	return key ^ key >> 13;
}

void pattern_fill(void *page, uint32_t key)
{
	uint32_t *word = page;

	for (size_t i = 0; i < PATTERN_WORDS; i++) {
		key = key * FACTOR + STEP;
		word[i] = key;
	}
}

int pattern_check(const void *page, uint32_t key, uint32_t *sum)
{
	const uint32_t *word = page;
	uint32_t total = key;

	for (size_t i = 0; i < PATTERN_WORDS; i++) {
		key = key * FACTOR + STEP;
		if (word[i] != key)
			return i;
		total = (total ^ word[i]) * 0x01000193u;
	}
	if (sum)
		*sum += total;
	return -1;
}

uint32_t pattern_word(uint32_t key, int index)
{
	while (index-- >= 0)
		key = key * FACTOR + STEP;
	return key;
}
