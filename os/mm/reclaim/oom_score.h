/*
 * How a task's chance to be killed is told and changed (facts 2.6, section 13): for /proc and
 * swapoff. The numbers can be set under vm=2.4, too, whose killer does not look at them.
 */
#ifndef MM_RECLAIM_OOM_SCORE_H
#define MM_RECLAIM_OOM_SCORE_H

struct task;

/* A task's own part in its score: from MIN (never kill it) to MAX (before all others). */
#define OOM_SCORE_ADJ_MIN	(-1000)
#define OOM_SCORE_ADJ_MAX	1000

/* The same in older kernels' numbers. */
#define OOM_DISABLE	(-17)
#define OOM_ADJUST_MAX	15

/* In thousandths of memory and swap. task_list_lock held. */
unsigned oom_score(const struct task *task);

/* The running task's part becomes ADJ; returns what it was. */
int test_set_oom_score_adj(int adj);
/* And back to ADJ, unless somebody has changed it from OLD meanwhile. */
void compare_swap_oom_score_adj(int old, int adj);

/* Tunables: 1 or 2: the machine stops instead; not 0: who asks for memory is killed. */
extern unsigned panic_on_oom;
extern unsigned oom_kill_allocating_task;

#endif
