/* The integer square root. */
#ifndef LIB_ISQRT_H
#define LIB_ISQRT_H

#include "lib/types.h"

/* The largest number whose square is not above N. */
static inline unsigned long isqrt(u64 n)
{
	u64 root = 0;

	for (u64 bit = 1ull << 31; bit; bit >>= 1)
		if ((root + bit) * (root + bit) <= n)
			root += bit;
	return (unsigned long)root;
}

#endif
