/*
 * Tasks and the CPU: switching between them, entering and leaving user mode.
 *
 * os/kernel sees the PCs through this header, arch/machine.h and arch/boot.h; what the
 * PCs call in return is in kernel/entry.h.
 * machine_arch.h defines struct thread_context, struct trap_frame and, inline:
 *
 *	long frame_syscall_nr(const struct trap_frame *frame)
 *	unsigned long frame_arg(const struct trap_frame *frame, unsigned i)	i: 0 … 5
 *	void frame_set_result(struct trap_frame *frame, long result)
 *	unsigned long frame_ip(const struct trap_frame *frame)
 *	unsigned long frame_sp(const struct trap_frame *frame)
 *	bool frame_user_mode(const struct trap_frame *frame)
 */
#ifndef ARCH_CONTEXT_H
#define ARCH_CONTEXT_H

#include "arch/machine.h"
#include "kernel/task.h"

/*
 * Switches the CPU from FROM, which is current, to TO, with its address space
 * (TO->mm NULL: the one of the last process stays loaded). Interrupts are off.
 * Returns, when FROM runs again, the task that ran on this CPU just before.
 */
struct task *switch_context(struct task *from, struct task *to);

/*
 * Kernel stacks of KERNEL_STACK_SIZE bytes, each above a page that is none: to overflow one
 * is a panic. NULL if there is no memory or there are too many. Before the second task,
 * kernel_stacks_init says how many there will be at most.
 */
void kernel_stacks_init(unsigned most);
void *kernel_stack_alloc(void);
void kernel_stack_free(void *stack);

/*
 * A new task, its stack already in task->stack. When it first runs, it calls
 * sched_finish_switch, then goes on with interrupts on: a kernel thread in
 * MAIN(ARGUMENT), and in kthread_exit if that returns; a forked child in user mode,
 * like the parent whose frame this is, with result 0. 0, or -EAGAIN if there are too
 * many tasks. A dead task's context is given back with context_release.
 */
int context_init_kthread(struct task *task, void (*main)(void *), void *argument);
int context_fork(struct task *child, const struct trap_frame *frame);
void context_release(struct task *task);

/* The user registers of a task that is in the kernel: at the top of its stack. */
struct trap_frame *task_frame(struct task *task);

/* exec: clean registers in FRAME, to go on at IP with stack SP. */
void context_enter_user(struct trap_frame *frame, unsigned long ip, unsigned long sp);

/* For a kernel thread that has become a process: leaves the kernel by task_frame. */
void context_return_to_user(void) __noreturn;

/* Gives the current task the address space MM and loads it. */
void context_set_mm(struct mm_struct *mm);

/* Makes another CPU look at its need_resched soon; ends its cpu_idle. */
void cpu_kick(unsigned cpu);

/*
 * Waits for an interrupt. Called with interrupts off, after a last look that there
 * is no work; returns with interrupts on.
 */
void cpu_idle(void);

/* Both leave a test harness's exit code STATUS behind, if there is one. */
void machine_poweroff(int status) __noreturn;
void machine_reboot(void) __noreturn;

/* Seconds since 1970 by the battery-backed clock, read once at boot. */
u32 machine_boot_seconds(void);

#endif
