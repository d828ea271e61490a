/*
 * Tasks: their records, stacks and pids, and the list of all of them.
 *
 * Owns task_list and the map of pids, both under task_list_lock. A task is on the list from
 * fork until its parent has waited for it.
 */
#include "arch/context.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"
#include "mm/slab/slab.h"

#define PID_MAX		32768
#define MIN_TASKS	64
#define MAX_TASKS	4096

struct spinlock task_list_lock = SPINLOCK_INIT("task_list", RANK_PROC_TABLE);
LIST_HEAD(task_list);
unsigned nr_tasks;
struct task *init_task;

static struct kmem_cache *task_cache;
static unsigned max_tasks = MIN_TASKS;	/* (!) */
static unsigned long used_pids[PID_MAX / BITS_PER_LONG];	/* (t) one bit each */
static int last_pid;			/* (t) given out most recently */

/*
 * A task costs up to a dozen pages that cannot be swapped: stack, page tables, records.
 * All tasks together may take half of memory, or the rest would have nothing to run in.
 */
void task_init(void)
{
	unsigned long fit = num_physpages / 24;

	task_cache = kmem_cache_create("task", sizeof(struct task), 0, NULL);
	max_tasks = (unsigned)min(max(fit, (unsigned long)MIN_TASKS),
				  (unsigned long)MAX_TASKS);
	used_pids[0] = 1;	/* pid 0 is the idle tasks' */
	kernel_stacks_init(max_tasks);
}

/* The next pid that nobody has, round and round; there are more pids than tasks. */
static int pid_alloc(void)
{
	int pid = last_pid;

	do {
		pid = pid + 1 < PID_MAX ? pid + 1 : 2;
	} while (test_and_set_bit((unsigned)pid % BITS_PER_LONG,
				  &used_pids[(unsigned)pid / BITS_PER_LONG]));
	last_pid = pid;
	return pid;
}

static void pid_free(int pid)
{
	clear_bit((unsigned)pid % BITS_PER_LONG, &used_pids[(unsigned)pid / BITS_PER_LONG]);
}

/* A place among the tasks and a pid, or false. */
static bool reserve_task(struct task *task)
{
	bool free;

	spin_lock(&task_list_lock);
	free = nr_tasks < max_tasks;
	if (free) {
		nr_tasks++;
		task->pid = pid_alloc();
	}
	spin_unlock(&task_list_lock);
	return free;
}

static void release_task(struct task *task)
{
	spin_lock(&task_list_lock);
	nr_tasks--;
	pid_free(task->pid);
	spin_unlock(&task_list_lock);
}

struct task *task_alloc(const char *name)
{
	struct task *task = kmem_cache_alloc(task_cache, GFP_KERNEL);

	if (!task)
		return NULL;
	memset(task, 0, sizeof(*task));
	task->stack = kernel_stack_alloc();
	if (!task->stack || !reserve_task(task)) {
		if (task->stack)
			kernel_stack_free(task->stack);
		kmem_cache_free(task_cache, task);
		return NULL;
	}
	task->state = TASK_UNINTERRUPTIBLE;	/* nobody wakes it before wake_new_task */
	task->start_time = jiffies;
	task->umask = 022;
	limits_init(task->limits);
	list_init(&task->children);
	wait_queue_init(&task->child_exit, "child_exit");
	copy_string(task->comm, name, sizeof(task->comm));
	return task;
}

void task_free(struct task *task)
{
	release_task(task);
	kernel_stack_free(task->stack);
	kmem_cache_free(task_cache, task);
}

void task_link(struct task *task, struct task *parent)
{
	assert(spin_held(&task_list_lock));
	list_add_tail(&task->link, &task_list);
	list_init(&task->sibling);
	task->parent = parent;
	if (parent)
		list_add_tail(&task->sibling, &parent->children);
}

void task_unlink(struct task *task)
{
	assert(spin_held(&task_list_lock));
	list_del(&task->link);
	list_del(&task->sibling);
}

struct task *find_task(int pid)
{
	struct task *task;

	assert(spin_held(&task_list_lock));
	list_for_each(task, &task_list, link)
		if (task->pid == pid)
			return task;
	return NULL;
}

struct task *kthread_start(const char *name, void (*main)(void *), void *argument)
{
	struct task *task = task_alloc(name);

	if (!task)
		return NULL;
	task->flags = PF_KTHREAD;
	if (context_init_kthread(task, main, argument)) {
		task_free(task);
		return NULL;
	}
	spin_lock(&task_list_lock);
	task_link(task, NULL);
	spin_unlock(&task_list_lock);
	wake_new_task(task);
	return task;
}
