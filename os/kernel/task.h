/*
 * Tasks: user processes and kernel threads.
 *
 * Letters name the lock that guards a field: (t) task_list_lock, (r) the run queue's
 * lock, (o) only the task itself, (a) atomic, (!) constant after creation,
 * (m) mm's own rules (mm/vm.h).
 */
#ifndef KERNEL_TASK_H
#define KERNEL_TASK_H

#include "arch/machine.h"
#include "kernel/limits.h"
#include "kernel/wait.h"
#include "lib/atomic.h"

struct mm_struct;
struct dentry;
struct file;
struct flusher;

#define NR_OPEN		64	/* file descriptors of a process */
#define TASK_COMM_LEN	16
#define KERNEL_STACK_PAGES	2
#define KERNEL_STACK_SIZE	(KERNEL_STACK_PAGES * PAGE_SIZE)	/* 8 KiB */

/* task.flags */
#define PF_MEMALLOC	1u	/* may use the last reserves of memory */
#define PF_KTHREAD	2u	/* has no user space */
#define PF_EXITING	4u
#define PF_KSWAPD	8u	/* is a kswapd */
#define PF_STOPPED	16u	/* SIGSTOP holds it until SIGCONT or SIGKILL */
#define PF_SWAPWRITE	32u	/* writes for reclaim however busy the disk is */
#define PF_REALTIME	128u	/* may go a quarter below the lowest watermark (2.6) */

enum task_state { TASK_RUNNABLE, TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE, TASK_ZOMBIE };

struct task {
	struct thread_context context;	/* (r) registers of the switched-out task */
	void *stack;			/* (!) lowest byte of the kernel stack */
	struct list_head run_link;	/* (r) in a run queue */
	struct list_head link;		/* (t) in task_list */
	struct list_head children;	/* (t) */
	struct list_head sibling;	/* (t) in parent->children */
	struct task *parent;		/* (t) */
	int pid;			/* (!) */
	enum task_state state;		/* (r), set to asleep by the task itself */
	unsigned flags;			/* (o) PF_… */
	bool memdie;			/* (a) the OOM killer chose it: it may use the reserves */
	int oom_score_adj;		/* (a) mm/reclaim/oom_score.h; inherited */
	u8 cpu;				/* (r) where it runs or ran last */
	bool on_cpu;			/* (r) a CPU executes it now */
	bool need_resched;		/* (a) give the CPU away soon */
	int slice;			/* (r) ticks left before others get a turn */
	int nice;			/* (o) -20 … 19 */
	unsigned uid, euid;		/* (o) 0 is the superuser */
	unsigned long pending;		/* (a) bit N-1: signal N has been sent */
	int exit_code;			/* (t) as wait4 reports it */
	unsigned long start_time;	/* (!) jiffies at creation */
	unsigned long utime, stime;	/* (o) ticks in user and kernel mode */
	unsigned long child_utime, child_stime;	/* (o) of children it has waited for */
	unsigned long min_flt, maj_flt;	/* (o) faults without and with I/O */
	unsigned nr_dirtied;		/* (o) pages of files, since it looked at the limit (2.6) */
	unsigned nr_dirtied_pause;	/* (o) so many, and it looks again */
	struct flusher *backing_dev_info;	/* (o) of the file that it writes; or NULL */
	unsigned long reclaimed_slab;	/* (o) pages that its shrinking of slab caches freed */
	struct mm_struct *mm;		/* (o) NULL for kernel threads */
	struct file *files[NR_OPEN];	/* (o) */
	unsigned close_on_exec[NR_OPEN / 32];	/* (o) one bit each */
	struct dentry *cwd;		/* (o) */
	unsigned umask;			/* (o) */
	struct limit limits[NR_LIMITS];	/* (o) by RLIMIT_… */
	struct wait_queue child_exit;	/* wait4 sleeps here */
	char comm[TASK_COMM_LEN];	/* (o) program name */
};

extern struct spinlock task_list_lock;	/* rank RANK_PROC_TABLE */
extern struct list_head task_list;	/* (t) all tasks, oldest first */

/* The task with that pid, or NULL; task_list_lock held. */
struct task *find_task(int pid);

/* How many tasks there are, zombies included. (t) */
extern unsigned nr_tasks;

/* The task that runs on this CPU. */
#define current	(current_task())

static inline bool signal_pending(const struct task *task)
{
	return task->pending != 0;
}

#define SIGHUP	1
#define SIGINT	2
#define SIGQUIT	3
#define SIGILL	4
#define SIGTRAP	5
#define SIGABRT	6
#define SIGBUS	7
#define SIGFPE	8
#define SIGKILL	9
#define SIGUSR1	10
#define SIGSEGV	11
#define SIGUSR2	12
#define SIGPIPE	13
#define SIGALRM	14
#define SIGTERM	15
#define SIGCHLD	17
#define SIGCONT	18
#define SIGSTOP	19
#define SIGURG	23
#define SIGWINCH	28

#define NSIG	32	/* signals have the numbers 1 … NSIG-1 */

static inline bool fatal_signal_pending(const struct task *task)
{
	return task->pending & 1ul << (SIGKILL - 1);
}

/* Sends SIG to TASK: default action only, taken when it next leaves the kernel. */
void send_signal(struct task *task, int sig);

/* Starts a kernel thread; returns the task or NULL if there is no memory. */
struct task *kthread_start(const char *name, void (*main)(void *), void *argument);

/* Ends the calling process as if SIG had killed it. */
void do_exit_signal(int sig) __noreturn;

#endif
