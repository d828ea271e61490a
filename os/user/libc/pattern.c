/*
 * Pages full of words that can be checked. Words come from a linear congruential sequence:
 * two instructions each, and four words to a turn of a loop, so that a workload measures
 * memory and not arithmetic.
 */
#include <pattern.h>

#define FACTOR	1664525u
#define STEP	1013904223u
#define TURN	4	/* divides PATTERN_WORDS */

static inline uint32_t next_word(uint32_t word)
{
	return word * FACTOR + STEP;
}

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
	uint32_t *end = (uint32_t *)page + PATTERN_WORDS;

	for (uint32_t *word = page; word < end; word += TURN) {
		word[0] = next_word(key);
		word[1] = next_word(word[0]);
		word[2] = next_word(word[1]);
		word[3] = key = next_word(word[2]);
	}
}

/* The index of the first wrong word from FIRST on, whose predecessor is KEY, or -1. */
static int find_wrong(const uint32_t *words, size_t first, uint32_t key)
{
	for (size_t i = first; i < PATTERN_WORDS; i++) {
		key = next_word(key);
		if (words[i] != key)
			return i;
	}
	return -1;
}

static uint32_t contribution(const uint32_t *words, uint32_t key)
{
	for (size_t i = 0; i < PATTERN_WORDS; i++)
		key = (key ^ words[i]) * 0x01000193u;
	return key;
}

int pattern_check(const void *page, uint32_t key, uint32_t *sum)
{
	const uint32_t *words = page;
	uint32_t word = key;

	for (size_t i = 0; i < PATTERN_WORDS; i += TURN) {
		uint32_t first = next_word(word), second = next_word(first);
		uint32_t third = next_word(second), last = next_word(third);

		if ((words[i] ^ first) | (words[i + 1] ^ second) |
		    (words[i + 2] ^ third) | (words[i + 3] ^ last))
			return find_wrong(words, i, word);
		word = last;
	}
	if (sum)
		*sum += contribution(words, key);
	return -1;
}

uint32_t pattern_word(uint32_t key, int index)
{
	while (index-- >= 0)
		key = key * FACTOR + STEP;
	return key;
}
