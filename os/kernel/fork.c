/*
 * fork: a second process that differs from the first in its pid and in what fork returns.
 *
 * Everything that can fail is done before the child is on any list, so that a failure only
 * has to take back what was built.
 */
#include "arch/context.h"
#include "fs/fs.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscalls.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/vm/vm.h"

static void copy_identity(struct task *child, const struct task *parent)
{
	child->nice = parent->nice;
	child->uid = parent->uid;
	child->euid = parent->euid;
	child->umask = parent->umask;
	child->oom_score_adj = parent->oom_score_adj;
	memcpy(child->limits, parent->limits, sizeof(child->limits));
	child->cpu = parent->cpu;
	child->cwd = parent->cwd ? dget(parent->cwd) : NULL;
}

/* -ENOMEM: not even a root of page tables, or not for all that the parent has mapped. */
static int copy_mm(struct task *child, const struct task *parent)
{
	child->mm = dup_mm(parent->mm);
	return child->mm ? 0 : -ENOMEM;
}

/*
 * -EAGAIN: too many tasks, or no memory for the task itself; -ENOMEM: none for its
 * address space, as on Linux.
 */
long do_fork(const struct trap_frame *frame)
{
	struct task *parent = current;
	struct task *child = task_alloc(parent->comm);
	int pid, error;

	if (!child)
		return -EAGAIN;
	error = context_fork(child, frame);
	if (error)
		goto no_context;
	error = copy_mm(child, parent);
	if (error)
		goto no_mm;
	files_fork(child);
	copy_identity(child, parent);
	pid = child->pid;

	spin_lock(&task_list_lock);
	task_link(child, parent);
	spin_unlock(&task_list_lock);
	wake_new_task(child);
	return pid;

no_mm:
	context_release(child);
no_context:
	task_free(child);
	return error;
}

long sys_fork(void)
{
	return do_fork(task_frame(current));
}
