/*
 * 64-bit division for i386, under the names by which the compiler calls it; there is no
 * libgcc to take it from. Empty on x86-64, which divides by itself.
 */
#ifdef __i386__
#include <stdint.h>

uint64_t __udivmoddi4(uint64_t number, uint64_t divisor, uint64_t *remainder);
uint64_t __udivdi3(uint64_t number, uint64_t divisor);
uint64_t __umoddi3(uint64_t number, uint64_t divisor);
int64_t __divdi3(int64_t number, int64_t divisor);
int64_t __moddi3(int64_t number, int64_t divisor);
int64_t __divmoddi4(int64_t number, int64_t divisor, int64_t *remainder);

/* high:low / divisor, for high < divisor, so that the quotient fits. */
static uint32_t divide_pair(uint32_t high, uint32_t low, uint32_t divisor, uint32_t *rest)
{
	uint32_t quotient;

	__asm__("divl %4" : "=a"(quotient), "=d"(*rest)
		: "a"(low), "d"(high), "rm"(divisor) : "cc");
	return quotient;
}

uint64_t __udivmoddi4(uint64_t number, uint64_t divisor, uint64_t *remainder)
{
	uint64_t quotient = 0;

	if (divisor >> 32 == 0) {
		uint32_t small = divisor, high = number >> 32, rest;
		uint32_t upper = high / small;
		uint32_t lower = divide_pair(high % small, number, small, &rest);

		if (remainder)
			*remainder = rest;
		return (uint64_t)upper << 32 | lower;
	}
	/* The divisor has more than 32 bits, the quotient thus fewer: at most 32 rounds. */
	int shift = __builtin_clz(divisor >> 32);

	if (number >> 32 != 0)
		shift -= __builtin_clz(number >> 32);
	for (; shift >= 0 && number >= divisor; shift--) {
		if (number >= divisor << shift) {
			number -= divisor << shift;
			quotient |= 1ULL << shift;
		}
	}
	if (remainder)
		*remainder = number;
	return quotient;
}

uint64_t __udivdi3(uint64_t number, uint64_t divisor)
{
	return __udivmoddi4(number, divisor, 0);
}

uint64_t __umoddi3(uint64_t number, uint64_t divisor)
{
	uint64_t remainder;

	__udivmoddi4(number, divisor, &remainder);
	return remainder;
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

int64_t __divdi3(int64_t number, int64_t divisor)
{
	uint64_t quotient = __udivdi3(magnitude(number), magnitude(divisor));

	return (number < 0) != (divisor < 0) ? -quotient : quotient;
}

int64_t __moddi3(int64_t number, int64_t divisor)
{
	uint64_t remainder = __umoddi3(magnitude(number), magnitude(divisor));

	return number < 0 ? -remainder : remainder;
}

int64_t __divmoddi4(int64_t number, int64_t divisor, int64_t *remainder)
{
	*remainder = __moddi3(number, divisor);
	return __divdi3(number, divisor);
}
#endif
