/*
 * An overflow of a kernel stack, on purpose, in the checking build (CHECK=1) only: with the
 * boot option overflow=NAME the thread of that name (init, idle) calls itself until its
 * stack ends. What happens then can so be tested.
 */
#include "kernel/process.h"

#ifdef CHECK
#include "lib/string.h"

const char *overflow_thread = "";

static volatile unsigned long most_calls = ~0ul;

/* Adds something afterwards, so that each call needs a frame. */
static __attribute__((noinline)) unsigned long call_deeper(unsigned long calls)
{
	return calls == most_calls ? 0 : call_deeper(calls + 1) + most_calls;
}

void overflow_on_purpose(const char *thread)
{
	if (!strcmp(thread, overflow_thread))
		most_calls = call_deeper(0);
}
#endif
