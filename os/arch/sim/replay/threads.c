/*
 * Threads of the replay's machine: one process, which makes the references, and the
 * core's daemons, each with a stack of its own. One runs at a time; it goes on until it
 * sleeps, or the process returns to user mode while a daemon is awake.
 *
 * Owns the table of threads; thread 0 is the process. A task's state says whether it may
 * run: who sleeps has set it, and a wake-up resets it (sched.c).
 */
#include <ucontext.h>

#include "arch/sim/replay/replay.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"

#define MOST_THREADS	8
#define STACK_SIZE	(256u << 10)
#define NO_ALARM	(~0ul)
#define SWITCH_NS	2000u	/* so that two who yield to each other see time go by */

static struct thread {
	struct task *task;
	ucontext_t context;
	void (*main)(void *);
	void *argument;
	unsigned long alarm;	/* tick at which it wakes in any case, or NO_ALARM */
} threads[MOST_THREADS];

static unsigned nr_threads;
static unsigned running;	/* index of the one that runs */

static bool runnable(const struct thread *thread)
{
	return thread->task->state == TASK_RUNNABLE;
}

static void switch_to(unsigned next)
{
	struct thread *from = &threads[running];

	machine_run(SWITCH_NS);
	running = next;
	sched_set_current(threads[next].task);
	swapcontext(&from->context, &threads[next].context);
}

/* The next one in turn that may run, the caller last; nr_threads if all sleep. */
static unsigned pick(void)
{
	for (unsigned i = 1; i <= nr_threads; i++)
		if (runnable(&threads[(running + i) % nr_threads]))
			return (running + i) % nr_threads;
	return nr_threads;
}

static void thread_main(void)
{
	threads[running].main(threads[running].argument);
	panic("a daemon has returned");
}

static void start(struct task *task, void (*main)(void *), void *argument)
{
	struct thread *thread = &threads[nr_threads++];

	assert(nr_threads <= MOST_THREADS);
	*thread = (struct thread){
		.task = task, .main = main, .argument = argument, .alarm = NO_ALARM,
	};
	getcontext(&thread->context);
	thread->context.uc_stack.ss_sp = host_memory(STACK_SIZE);
	thread->context.uc_stack.ss_size = STACK_SIZE;
	makecontext(&thread->context, thread_main, 0);
}

static unsigned long sleep(unsigned long ticks)
{
	struct thread *self = &threads[running];
	unsigned long until = ticks == ~0ul ? NO_ALARM : jiffies + ticks;

	self->alarm = until;
	while (!runnable(self)) {
		unsigned next = pick();

		if (next < nr_threads)
			switch_to(next);
		else if (!machine_idle())
			panic("everybody sleeps, and nothing will wake them");
	}
	self->alarm = NO_ALARM;
	return until != NO_ALARM && until > jiffies ? until - jiffies : 0;
}

/* If nobody else can use the CPU, it turns in the loop that yields until something comes. */
static void yield_cpu(void)
{
	unsigned next = pick();

	if (next != running)
		switch_to(next);
	else
		machine_idle();
}

void threads_run_woken(void)
{
	unsigned next = pick();

	if (next != running)
		switch_to(next);
}

void threads_tick(void)
{
	for (struct thread *thread = threads; thread < threads + nr_threads; thread++)
		if (thread->alarm <= jiffies)
			thread->task->state = TASK_RUNNABLE;
}

unsigned long threads_next_tick(void)
{
	unsigned long next = NO_ALARM;

	for (const struct thread *thread = threads; thread < threads + nr_threads; thread++)
		next = min(next, thread->alarm);
	return next;
}

void threads_start(struct task *task)
{
	static const struct scheduler ours = { start, sleep, yield_cpu };

	threads[0] = (struct thread){ .task = task, .alarm = NO_ALARM };
	nr_threads = 1;
	running = 0;
	sched_set_current(task);
	scheduler = &ours;
}
