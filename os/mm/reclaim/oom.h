/* Out of memory: when it is, and who must go (facts 2.4, section 7). */
#ifndef MM_RECLAIM_OOM_H
#define MM_RECLAIM_OOM_H

#include "lib/types.h"

struct task;

/* Is there no way left to get memory? */
bool out_of_memory(void);

/* Kills the worst process; returns it, or NULL when there is nobody to kill. */
struct task *oom_kill(void);

/* The measure: pages, cut by age and CPU time; 0: never. */
unsigned long badness(const struct task *task);

#endif
