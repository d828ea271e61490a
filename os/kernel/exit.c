/*
 * The end of a process, and waiting for it.
 *
 * A task that ends gives everything back itself, but for its record and the stack it stands
 * on: it stays as a zombie until its parent has taken its exit status. Children that
 * outlive their parent become init's.
 *
 * Invariant: a zombie's exit_code is valid before its state says zombie; both change under
 * task_list_lock.
 */
#include "arch/context.h"
#include "fs/fs.h"
#include "kernel/entry.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscalls.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/vm/vm.h"

#define WNOHANG		1
#define WUNTRACED	2
#define WAIT_OPTIONS	(WNOHANG | WUNTRACED | 0x60000000)	/* __WALL and __WCLONE */

/* Linux's struct rusage: we fill the times and the faults. */
struct user_rusage {
	long utime_sec, utime_usec;
	long stime_sec, stime_usec;
	long maxrss, ixrss, idrss, isrss;
	long minflt, majflt;
	long nswap, inblock, oublock, msgsnd, msgrcv, nsignals, nvcsw, nivcsw;
};

/* Without the machine's process 1 nobody can log in, wait for orphans or shut down. */
static void init_has_died(int status) __noreturn;

static void init_has_died(int status)
{
	if (status & 0x7f)
		printk("init was killed by signal %d: power off\n", status & 0x7f);
	else
		printk("init has exited with status %d: power off\n", status >> 8 & 0xff);
	fs_shutdown();
	machine_poweroff(status >> 8 ? status >> 8 & 0xff : status & 0x7f);
}

/* Others look at a task's mm under task_list_lock, and take a reference there. */
static void exit_mm(void)
{
	struct mm_struct *mm = current->mm;

	if (!mm)
		return;
	spin_lock(&task_list_lock);
	context_set_mm(NULL);
	spin_unlock(&task_list_lock);
	mm_put(mm);
}

/* Returns whether init has inherited a zombie. task_list_lock held. */
static bool orphan_children(struct task *task)
{
	struct task *child, *after;
	bool zombies = false;

	list_for_each_safe(child, after, &task->children, sibling) {
		child->parent = init_task;
		list_move_tail(&child->sibling, &init_task->children);
		zombies |= child->state == TASK_ZOMBIE;
	}
	return zombies;
}

/*
 * The parent may free this task as soon as the lock is dropped and schedule() has left
 * the stack (wait_off_cpu): nothing may be touched in between but the stack itself.
 */
static void become_zombie(int status) __noreturn;

static void become_zombie(int status)
{
	struct task *task = current;
	struct task *parent;

	spin_lock(&task_list_lock);
	if (orphan_children(task))
		wake_up(&init_task->child_exit);
	if (!task->parent) {
		task->parent = init_task;
		list_add_tail(&task->sibling, &init_task->children);
	}
	parent = task->parent;
	task->exit_code = status;
	__atomic_store_n(&task->state, TASK_ZOMBIE, __ATOMIC_SEQ_CST);
	wake_up(&parent->child_exit);
	spin_unlock(&task_list_lock);
	schedule();
	panic("a zombie runs: pid %d", task->pid);
}

void do_exit(int status)
{
	struct task *task = current;

	if (task == init_task)
		init_has_died(status);
	task->flags |= PF_EXITING;
	exit_mm();	/* first: somebody may wait for the memory, and files for a disk */
	files_exit();
	if (task->cwd)
		dput(task->cwd);
	task->cwd = NULL;
	become_zombie(status);
}

void do_exit_signal(int sig)
{
	do_exit(sig);
}

void kthread_exit(void)
{
	do_exit(0);
}

long sys_exit(int code)
{
	do_exit((code & 0xff) << 8);
}

/* A process has one thread only. */
long sys_exit_group(int code)
{
	do_exit((code & 0xff) << 8);
}

/*
 * A child that fits PID and has ended, taken off the list for the caller to free; or NULL,
 * with *ERROR -ECHILD if there is no such child at all and 0 if it still lives.
 */
static struct task *take_zombie(int pid, int *error)
{
	struct task *child, *found = NULL;

	*error = -ECHILD;
	spin_lock(&task_list_lock);
	list_for_each(child, &current->children, sibling) {
		if (pid > 0 && child->pid != pid)
			continue;
		*error = 0;
		if (child->state == TASK_ZOMBIE) {
			found = child;
			break;
		}
	}
	if (found)
		task_unlink(found);
	spin_unlock(&task_list_lock);
	return found;
}

static int report_usage(const struct task *child, struct user_rusage *user)
{
	unsigned long utime = child->utime + child->child_utime;
	unsigned long stime = child->stime + child->child_stime;
	struct user_rusage usage;

	memset(&usage, 0, sizeof(usage));
	usage.utime_sec = (long)(utime / HZ);
	usage.utime_usec = (long)(utime % HZ * (1000000 / HZ));
	usage.stime_sec = (long)(stime / HZ);
	usage.stime_usec = (long)(stime % HZ * (1000000 / HZ));
	usage.minflt = (long)child->min_flt;
	usage.majflt = (long)child->maj_flt;
	return put_user(usage, user);
}

/* Takes a dead child's status and times, and frees it. */
static long reap(struct task *child, int *user_status, struct user_rusage *user_usage)
{
	long result = child->pid;

	wait_off_cpu(child);
	current->child_utime += child->utime + child->child_utime;
	current->child_stime += child->stime + child->child_stime;
	if (user_status && put_user(child->exit_code, user_status))
		result = -EFAULT;
	if (user_usage && report_usage(child, user_usage))
		result = -EFAULT;
	context_release(child);
	task_free(child);
	return result;
}

/*
 * PID > 0 waits for that child, -1 for any. We have no process groups: every child is in
 * the caller's, so 0 means any, too, and no child is in another group.
 */
long sys_wait4(int pid, int *user_status, int options, struct user_rusage *user_usage)
{
	struct waiter waiter;
	struct task *child;
	int error;

	if (options & ~WAIT_OPTIONS)
		return -EINVAL;
	if (pid < -1)
		return -ECHILD;
	for (;;) {
		child = take_zombie(pid, &error);
		if (child)
			return reap(child, user_status, user_usage);
		if (error || options & WNOHANG)
			return error;
		wait_prepare(&current->child_exit, &waiter, true);
		child = take_zombie(pid, &error);
		if (!child && !error && !signal_pending(current))
			schedule();
		wait_finish(&current->child_exit, &waiter);
		if (child)
			return reap(child, user_status, user_usage);
		if (signal_pending(current))
			return -EINTR;
	}
}
