/*
 * How a machine enters the kernel: what trap, interrupt and start-up code calls.
 *
 * On its way back to user mode, with interrupts off, a machine looks at two things and
 * calls, with interrupts on, until neither holds any more:
 *
 *	current->need_resched	schedule()
 *	signal_pending(current)	do_signals()
 */
#ifndef KERNEL_ENTRY_H
#define KERNEL_ENTRY_H

#include "kernel/task.h"

struct trap_frame;

/*
 * CPU N's idle task. idle_tasks[0] is `current` from the first instruction of C, so that
 * everything in boot may use it; smp_start makes the others `current` on their CPUs.
 */
extern struct task idle_tasks[NR_CPUS_MAX];

/* Another CPU, set up and with interrupts off, joins the scheduler as its idle task. */
void sched_start_cpu(void) __noreturn;

/*
 * A new task's first code in the kernel, before a kernel thread's main function or the
 * way to user mode: ends the switch that schedule() began. Leaves interrupts on.
 */
void sched_finish_switch(void);

/* A kernel thread's main function has returned. */
void kthread_exit(void) __noreturn;

/* The timer of this CPU; USER: it interrupted user mode. Interrupts are off. */
void timer_tick(bool user);

/* A character came in on the console. Interrupts are off. */
void console_input(char c);

/* Acts on the pending signals of the current task; does not return if one kills it. */
void do_signals(void);

/* A system call: number and arguments are in FRAME, and the result goes there. */
void syscall_dispatch(struct trap_frame *frame);

#endif
