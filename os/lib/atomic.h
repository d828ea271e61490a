/*
 * Atomic counters and bits, on the compiler's built-ins: the same on all
 * machines. All are sequentially consistent unless the name says otherwise.
 */
#ifndef LIB_ATOMIC_H
#define LIB_ATOMIC_H

#include "lib/types.h"

#define BITS_PER_LONG	(sizeof(long) * CHAR_BIT)

typedef struct {
	int value;
} atomic_t;

static inline int atomic_read(const atomic_t *a)
{
	return __atomic_load_n(&a->value, __ATOMIC_RELAXED);
}

static inline void atomic_set(atomic_t *a, int v)
{
	__atomic_store_n(&a->value, v, __ATOMIC_RELAXED);
}

/* The value after the change. */
static inline int atomic_add(atomic_t *a, int n)
{
	return __atomic_add_fetch(&a->value, n, __ATOMIC_SEQ_CST);
}

static inline void atomic_inc(atomic_t *a)
{
	atomic_add(a, 1);
}

static inline void atomic_dec(atomic_t *a)
{
	atomic_add(a, -1);
}

static inline bool atomic_dec_and_test(atomic_t *a)
{
	return atomic_add(a, -1) == 0;
}

/* Stores TO if the value is *EXPECTED; otherwise false, and *EXPECTED is the value. */
static inline bool atomic_compare_exchange(atomic_t *a, int *expected, int to)
{
	return __atomic_compare_exchange_n(&a->value, expected, to, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_SEQ_CST);
}

static inline bool test_bit(unsigned bit, const unsigned long *word)
{
	return (__atomic_load_n(word, __ATOMIC_RELAXED) >> bit) & 1;
}

static inline void set_bit(unsigned bit, unsigned long *word)
{
	__atomic_fetch_or(word, 1ul << bit, __ATOMIC_SEQ_CST);
}

static inline void clear_bit(unsigned bit, unsigned long *word)
{
	__atomic_fetch_and(word, ~(1ul << bit), __ATOMIC_SEQ_CST);
}

/* The bit's value before the change. */
static inline bool test_and_set_bit(unsigned bit, unsigned long *word)
{
	return (__atomic_fetch_or(word, 1ul << bit, __ATOMIC_SEQ_CST) >> bit) & 1;
}

static inline bool test_and_clear_bit(unsigned bit, unsigned long *word)
{
	return (__atomic_fetch_and(word, ~(1ul << bit), __ATOMIC_SEQ_CST) >> bit) & 1;
}

#endif
