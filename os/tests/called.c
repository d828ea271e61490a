/*
 * Which functions a program calls that was compiled with -finstrument-functions: with this
 * in LD_PRELOAD, their addresses go to the file CALLED when it ends.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define QUIET __attribute__((no_instrument_function))
#define SLOTS (1u << 16)	/* far more than functions */

void __cyg_profile_func_enter(void *function, void *caller);
void __cyg_profile_func_exit(void *function, void *caller);

static void *called[SLOTS];

QUIET void __cyg_profile_func_enter(void *function, void *caller)
{
	uint32_t at = (uintptr_t)function >> 2;

	(void)caller;
	for (at %= SLOTS; called[at] && called[at] != function; at = (at + 1) % SLOTS)
		;
	called[at] = function;
}

QUIET void __cyg_profile_func_exit(void *function, void *caller)
{
	(void)function, (void)caller;
}

__attribute__((destructor)) QUIET static void tell(void)
{
	FILE *file = getenv("CALLED") ? fopen(getenv("CALLED"), "w") : NULL;

	for (unsigned at = 0; file && at < SLOTS; at++)
		if (called[at])
			fprintf(file, "%lx\n", (unsigned long)called[at]);
	if (file)
		fclose(file);
}
