/* See failalloc.h. Owns the count of requests. */
#include "mm/alloc/failalloc.h"

#ifdef CHECK
#include "kernel/task.h"
#include "lib/atomic.h"

unsigned failalloc_interval;

static atomic_t requests;	/* (a) of those that may fail */

/* Another number for each, in no order that a loop of requests could fall in step with. */
static unsigned scatter(unsigned n)
{
	n *= 0x9e3779b1u;
	n ^= n >> 15;
	n *= 0x85ebca77u;
	return n ^ n >> 13;
}

bool allocation_fails(gfp_t gfp)
{
	const struct task *task = current;

	if (!failalloc_interval || !(gfp & __GFP_WAIT) || (gfp & __GFP_NOFAIL) ||
	    task->euid == 0 || (task->flags & (PF_KTHREAD | PF_MEMALLOC | PF_EXITING)))
		return false;
	atomic_inc(&requests);
	return scatter((unsigned)atomic_read(&requests)) % failalloc_interval == 0;
}
#endif
