/*
 * Signals, with their default actions only: end the process, stop it, or nothing.
 *
 * A sent signal is a bit in task->pending, set atomically. It wakes an interruptible sleep
 * and is acted on when the task next leaves the kernel. One that would be ignored is not
 * even recorded, so that signal_pending() always means something to do. Process 1 and
 * kernel threads take none.
 */
#include "kernel/entry.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscalls.h"
#include "lib/errno.h"
#include "lib/printk.h"

#define SIGNAL_BIT(sig)	(1ul << ((sig) - 1))

#define SIGTSTP	20
#define SIGTTIN	21
#define SIGTTOU	22

#define IGNORED		(SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGURG) | SIGNAL_BIT(SIGWINCH))
#define STOPPING	(SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | \
			 SIGNAL_BIT(SIGTTOU))

void send_signal(struct task *task, int sig)
{
	unsigned long bit = SIGNAL_BIT(sig);

	assert(sig > 0 && sig < NSIG);
	if (bit & IGNORED || task == init_task || task->flags & PF_KTHREAD)
		return;
	if (sig == SIGCONT) {
		__atomic_fetch_and(&task->pending, ~STOPPING, __ATOMIC_SEQ_CST);
		if (!(task->flags & PF_STOPPED))
			return;
	}
	__atomic_fetch_or(&task->pending, bit, __ATOMIC_SEQ_CST);
	wake_task(task, false, false);
}

/* Sleeps until another signal than a stopping one has come. */
static void stop(void)
{
	struct task *task = current;

	task->flags |= PF_STOPPED;
	for (;;) {
		__atomic_fetch_and(&task->pending, ~STOPPING, __ATOMIC_SEQ_CST);
		__atomic_store_n(&task->state, TASK_INTERRUPTIBLE, __ATOMIC_SEQ_CST);
		if (task->pending & ~STOPPING)
			break;
		schedule();
	}
	task->state = TASK_RUNNABLE;
	task->flags &= ~PF_STOPPED;
	__atomic_fetch_and(&task->pending, ~SIGNAL_BIT(SIGCONT), __ATOMIC_SEQ_CST);
}

void do_signals(void)
{
	for (;;) {
		unsigned long pending = __atomic_load_n(&current->pending, __ATOMIC_SEQ_CST);
		unsigned long fatal = pending & ~(STOPPING | SIGNAL_BIT(SIGCONT));

		if (pending & SIGNAL_BIT(SIGKILL))
			do_exit_signal(SIGKILL);
		if (fatal)
			do_exit_signal(__builtin_ctzl(fatal) + 1);
		if (pending & STOPPING)
			stop();
		else if (pending)
			__atomic_fetch_and(&current->pending, ~pending, __ATOMIC_SEQ_CST);
		else
			return;
	}
}

unsigned signal_all(int sig)
{
	struct task *task;
	unsigned count = 0;

	spin_lock(&task_list_lock);
	list_for_each(task, &task_list, link) {
		if (task == init_task || task == current || task->flags & PF_KTHREAD)
			continue;
		count++;
		if (sig)
			send_signal(task, sig);
	}
	spin_unlock(&task_list_lock);
	return count;
}

/*
 * PID -1 is everybody but init and the caller. There are no process groups: 0 and the
 * other negative numbers name one that has no member.
 */
long sys_kill(int pid, int sig)
{
	struct task *task;

	if (sig < 0 || sig > 64)
		return -EINVAL;
	/* Real-time signals exist in Linux's numbering; here nobody can have asked for one. */
	if (sig >= NSIG)
		return -EINVAL;
	if (pid == -1)
		return signal_all(sig) ? 0 : -ESRCH;
	if (pid <= 0)
		return -ESRCH;
	spin_lock(&task_list_lock);
	task = find_task(pid);
	if (task && sig)
		send_signal(task, sig);
	spin_unlock(&task_list_lock);
	return task ? 0 : -ESRCH;
}
