/*
 * Allocations that fail on purpose, in the checking build (CHECK=1) only: under policy 2.4
 * a request that may wait nearly always succeeds at last, and what a kernel does when it
 * does not would never run.
 *
 * With the boot option failalloc=N one in N of the requests fails that may wait and come
 * from processes that are not the superuser's; which, looks random, so that each place
 * meets it some time. So a program can prepare and judge, and a child
 * that has called setuid suffers. What frees memory (PF_MEMALLOC), and a process that is
 * ending, are spared: a failure there would prove nothing.
 */
#ifndef MM_FAILALLOC_H
#define MM_FAILALLOC_H

#include "lib/types.h"
#include "mm/gfp.h"

#ifdef CHECK
extern unsigned failalloc_interval;	/* (!) N; 0: nothing fails */

bool allocation_fails(gfp_t gfp);
#else
static inline bool allocation_fails(gfp_t gfp)
{
	return false;
}
#endif

#endif
