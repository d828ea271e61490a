/*
 * /proc: who is killed when memory is gone (facts 2.6, section 13). Of each process its
 * score, and its own part in it, in two units; of the machine the two tunables.
 *
 * Owns nothing. 2.4's killer asks its own function, and none of the numbers that can be set.
 */
#include "fs/proc/proc.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "mm/reclaim/oom.h"
#include "mm/reclaim/oom_score.h"
#include "mm/reclaim/policy.h"

/* The task with PID, task_list_lock held, which the caller releases; or NULL without it. */
static struct task *find_and_lock(int pid)
{
	struct task *task;

	spin_lock(&task_list_lock);
	task = find_task(pid);
	if (!task)
		spin_unlock(&task_list_lock);
	return task;
}

int show_pid_oom_score(struct text *text, int pid)
{
	const struct task *task = find_and_lock(pid);

	if (!task)
		return -ESRCH;
	text_printf(text, "%lu\n", policy == &policy_v26 ? oom_score(task) : badness(task));
	spin_unlock(&task_list_lock);
	return 0;
}

int show_pid_oom_score_adj(struct text *text, int pid)
{
	const struct task *task = find_and_lock(pid);

	if (!task)
		return -ESRCH;
	text_printf(text, "%d\n", task->oom_score_adj);
	spin_unlock(&task_list_lock);
	return 0;
}

/* What is exact at both ends of one scale is so on the other; between them 0 is nearer. */
int show_pid_oom_adj(struct text *text, int pid)
{
	const struct task *task = find_and_lock(pid);
	int adj;

	if (!task)
		return -ESRCH;
	adj = task->oom_score_adj;
	adj = adj == OOM_SCORE_ADJ_MAX ? OOM_ADJUST_MAX : adj * -OOM_DISABLE / OOM_SCORE_ADJ_MAX;
	text_printf(text, "%d\n", adj);
	spin_unlock(&task_list_lock);
	return 0;
}

/* One number, perhaps negative: LOW at least and HIGH at most. */
static int parse_signed(const char *words, int low, int high, int *value)
{
	bool negative = *words == '-';
	unsigned number;
	int error = parse_number(words + negative, (unsigned)(negative ? -low : high), &number);

	if (!error)
		*value = negative ? -(int)number : (int)number;
	return error;
}

/* A user may give his own processes up; that they are spared only root can decide. */
static int set_adj(int pid, int adj)
{
	struct task *task = find_and_lock(pid);
	int error = 0;

	if (!task)
		return -ESRCH;
	if (current->euid != 0 && current->euid != task->euid)
		error = -EPERM;
	else if (current->euid != 0 && adj < task->oom_score_adj)
		error = -EACCES;
	else
		__atomic_store_n(&task->oom_score_adj, adj, __ATOMIC_RELAXED);
	spin_unlock(&task_list_lock);
	return error;
}

int store_pid_oom_score_adj(int pid, const char *words)
{
	int adj;
	int error = parse_signed(words, OOM_SCORE_ADJ_MIN, OOM_SCORE_ADJ_MAX, &adj);

	return error ? error : set_adj(pid, adj);
}

int store_pid_oom_adj(int pid, const char *words)
{
	int adj;
	int error = parse_signed(words, OOM_DISABLE, OOM_ADJUST_MAX, &adj);

	if (error)
		return error;
	if (adj == OOM_ADJUST_MAX)
		return set_adj(pid, OOM_SCORE_ADJ_MAX);
	return set_adj(pid, adj * OOM_SCORE_ADJ_MAX / -OOM_DISABLE);
}

int show_panic_on_oom(struct text *text, int pid)
{
	text_printf(text, "%u\n", panic_on_oom);
	return 0;
}

int store_panic_on_oom(const char *words)
{
	return parse_number(words, 2, &panic_on_oom);
}

int show_oom_kill_allocating_task(struct text *text, int pid)
{
	text_printf(text, "%u\n", oom_kill_allocating_task);
	return 0;
}

int store_oom_kill_allocating_task(const char *words)
{
	return parse_number(words, 1, &oom_kill_allocating_task);
}
