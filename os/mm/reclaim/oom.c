/*
 * Out of memory: the last way to get some is to end a process (facts 2.4, section 7;
 * lab 09).
 *
 * Owns only who was the last victim; walks the task list under task_list_lock.
 */
#include "mm/reclaim/oom.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"
#include "mm/vm/vm.h"
#include "mm/zone.h"

/* Time counts in units of about 10 s of CPU and 22 min of life (HZ is near 2^7). */
#define CPU_TIME_SHIFT	(7 + 3)
#define RUN_TIME_SHIFT	(7 + 10)

/*
 * True when neither free pages, nor clean ones, nor swap are left. What the caches
 * could give back is not considered (Q22), and one free slot says no, unless the disk
 * takes no writes: then the original would try for ever (it forgets the data, Q33).
 */
bool out_of_memory(void)
{
	unsigned long free = nr_free_pages();

	if (free > freepages.min)
		return false;
	if (free + nr_inactive_clean_pages() > freepages.low)
		return false;
	return nr_swap_pages <= 0 || swap_writes_fail();
}

/*
 * A rough square root, never 0: half the digits of X, a quarter off when the number of
 * digits is odd. It does not always rise with X (Q22).
 */
static unsigned long crude_root(unsigned long x)
{
	unsigned top_bit, root;

	if (x == 0)
		return 1;
	top_bit = (unsigned)(BITS_PER_LONG - 1 - (unsigned)__builtin_clzl(x));
	root = (unsigned)(x >> (top_bit + 1) / 2);
	if (top_bit % 2 == 0)
		root -= root / 4;
	return root ? root : 1;
}

/* Large, young, busy-free and unprivileged processes are the worst. */
unsigned long badness(const struct task *task)
{
	unsigned long points, cpu_time, run_time;

	if (!task->mm)
		return 0;
	points = task->mm->total_vm;
	cpu_time = (task->utime + task->stime) >> CPU_TIME_SHIFT;
	run_time = (jiffies - task->start_time) >> RUN_TIME_SHIFT;

	points /= crude_root(cpu_time);
	points /= crude_root(crude_root(run_time));
	if (task->nice > 0)
		points *= 2;
	/* The superuser has every capability: once for administration, once for raw I/O. */
	if (task->uid == 0 || task->euid == 0)
		points /= 16;
	return points;
}

/* The last victim. A pid alone may have been given to another task since. */
static int victim_pid;
static unsigned long victim_start_time;

static bool is_last_victim(const struct task *task)
{
	return task->pid == victim_pid && task->start_time == victim_start_time;
}

/*
 * The first of the worst; task_list_lock held. Nobody while the last victim ends: it has left
 * its address space, and another CPU gives back what was in it.
 */
static struct task *select_bad_process(void)
{
	struct task *task, *worst = NULL;
	unsigned long most = 0;

	list_for_each(task, &task_list, link) {
		unsigned long points;

		if (task->pid == 0 || task->state == TASK_ZOMBIE)
			continue;
		if (is_last_victim(task) && task->flags & PF_EXITING)
			return NULL;
		points = badness(task);
		if (points > most) {
			most = points;
			worst = task;
		}
	}
	return worst;
}

/*
 * A victim is killed again in each of kswapd's turns until it has gone (Q22): the first
 * message is enough.
 */
static void report_once(const struct task *victim)
{
	if (is_last_victim(victim))
		return;
	victim_pid = victim->pid;
	victim_start_time = victim->start_time;
	printk("Out of memory: killed process %d (%s), %lu pages\n", victim->pid, victim->comm,
	       victim->mm->total_vm);
}

struct task *oom_kill(void)
{
	struct task *victim;

	spin_lock(&task_list_lock);
	victim = select_bad_process();
	if (victim) {
		report_once(victim);
		victim->flags |= PF_MEMALLOC;
		victim->slice = 5 * HZ;
		note(EV_OOM_KILL, (unsigned)victim->pid, BY_oom_kill);
		count_vm(VM_oom_kill);
		send_signal(victim, victim->uid == 0 || victim->euid == 0 ? SIGTERM : SIGKILL);
	}
	spin_unlock(&task_list_lock);
	forget_failed_writes();
	/* Nobody to kill: the original stops the machine; we let kswapd try on. */
	yield();
	return victim;
}
