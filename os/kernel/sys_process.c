/*
 * Small system calls about the process itself. There is one user, the superuser, unless a
 * program gives that up with setuid; and one group, 0.
 */
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscalls.h"
#include "lib/errno.h"

#define PRIO_PROCESS	0

long sys_getpid(void)
{
	return current->pid;
}

/* A process has one thread only. */
long sys_gettid(void)
{
	return current->pid;
}

long sys_getppid(void)
{
	long pid;

	spin_lock(&task_list_lock);
	pid = current->parent ? current->parent->pid : 0;
	spin_unlock(&task_list_lock);
	return pid;
}

/* The parent is not held up, and shares nothing: a legal vfork, and a cheap one. */
long sys_vfork(void)
{
	return sys_fork();
}

long sys_waitpid(int pid, int *status, int options)
{
	return sys_wait4(pid, status, options, NULL);
}

long sys_pause(void)
{
	struct wait_queue nobody;

	wait_queue_init(&nobody, "pause");
	return wait_event_interruptible(&nobody, false);
}

long sys_sched_yield(void)
{
	yield();
	return 0;
}

static int set_nice(struct task *task, int nice)
{
	nice = min(max(nice, -20), 19);
	if (nice < task->nice && current->euid != 0)
		return -EACCES;
	task->nice = nice;
	return 0;
}

long sys_nice(int by)
{
	return set_nice(current, current->nice + min(max(by, -40), 40)) ? -EPERM : 0;
}

/* Linux returns 20 - nice, so that the result is never negative. */
long sys_getpriority(int which, int who)
{
	struct task *task;
	long result = -ESRCH;

	if (which != PRIO_PROCESS)
		return -EINVAL;
	spin_lock(&task_list_lock);
	task = who ? find_task(who) : current;
	if (task)
		result = 20 - task->nice;
	spin_unlock(&task_list_lock);
	return result;
}

long sys_setpriority(int which, int who, int nice)
{
	struct task *task;
	long result = -ESRCH;

	if (which != PRIO_PROCESS)
		return -EINVAL;
	spin_lock(&task_list_lock);
	task = who ? find_task(who) : current;
	if (task)
		result = set_nice(task, nice);
	spin_unlock(&task_list_lock);
	return result;
}

long sys_getuid(void)
{
	return current->uid;
}

long sys_geteuid(void)
{
	return current->euid;
}

long sys_getgid(void)
{
	return 0;
}

long sys_getegid(void)
{
	return 0;
}

long sys_getuid32(void)
{
	return sys_getuid();
}

long sys_geteuid32(void)
{
	return sys_geteuid();
}

long sys_getgid32(void)
{
	return 0;
}

long sys_getegid32(void)
{
	return 0;
}

long sys_setuid(unsigned uid)
{
	if (current->euid != 0 && uid != current->uid)
		return -EPERM;
	current->euid = uid;
	if (current->uid == 0)
		current->uid = uid;
	return 0;
}

long sys_umask(unsigned mask)
{
	unsigned old = current->umask;

	current->umask = mask & 0777;
	return old;
}
