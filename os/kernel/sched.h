/* The scheduler, as the rest of os/kernel uses it. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "kernel/task.h"

/* Since boot: interrupts that all CPUs took (the machine counts), and switches of task. */
extern unsigned long nr_interrupts, nr_switches;

/* Makes the boot CPU's idle task `current` in the scheduler's eyes, too. */
void sched_init(void);

/* What an idle task does for ever: waits for interrupts and runs who becomes runnable. */
void idle_loop(void) __noreturn;

/* A task made by fork or kthread_start runs for the first time. */
void wake_new_task(struct task *task);

/*
 * Makes TASK runnable if it sleeps; ANY_SLEEP false: only from an interruptible sleep.
 * False if it was not asleep. Safe in an interrupt handler, which should say so.
 */
bool wake_task(struct task *task, bool any_sleep, bool by_interrupt);

/* Wakes the first waiter that sleeps, for locks that only one can take. */
void wake_up_one(struct wait_queue *queue);

/*
 * Waits, without sleeping, until a zombie has left its CPU: only then may its stack be
 * freed. It has nothing left to do but schedule().
 */
void wait_off_cpu(struct task *task);

/* Ticks that a task with that niceness gets before others have a turn. */
int nice_slice(int nice);

/* The part of a timer tick that may lead to a switch. Interrupts are off. */
void sched_tick(void);

/* Tasks that run or want to, for the load averages. */
unsigned nr_runnable(void);

/* timers.c: wakes the tasks whose schedule_timeout is over; the run queue is locked. */
void wake_expired(bool (*wake)(struct task *task));
bool timers_due(void);

/* A debug build panics if the caller holds a spinlock. */
#ifdef CHECK
void check_may_sleep(void);
#else
static inline void check_may_sleep(void)
{
}
#endif

#endif
