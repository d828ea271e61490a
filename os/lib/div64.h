/*
 * 64-bit division by a 32-bit number. i386 has no instruction for it that a
 * compiler would use without its run-time library, which we do not link.
 */
#ifndef LIB_DIV64_H
#define LIB_DIV64_H

#include "lib/types.h"

/* value / by; the remainder is stored through REST unless it is NULL. */
static inline u64 div64_u32(u64 value, u32 by, u32 *rest)
{
	u64 quotient;
	u32 left;

#ifdef __i386__
	u32 high = (u32)(value >> 32) / by;
	u32 low;

	/* The remainder of the upper half is below `by`, so divl cannot overflow. */
	__asm__("divl %4" : "=a"(low), "=d"(left)
		: "0"((u32)value), "1"((u32)(value >> 32) % by), "rm"(by));
	quotient = (u64)high << 32 | low;
#else
	quotient = value / by;
	left = (u32)(value % by);
#endif
	if (rest)
		*rest = left;
	return quotient;
}

/* The same by a number of the machine's own width. */
static inline u64 div64_ulong(u64 value, unsigned long by)
{
#ifdef __i386__
	return div64_u32(value, by, NULL);
#else
	return value / by;
#endif
}

#endif
