/*
 * Tasks, sleeping and mutexes where only one task ever runs.
 *
 * Daemons are recorded when they are started and never run by themselves: a
 * scenario steps them. A task that sleeps waits for I/O, so schedule() lets the
 * transfer end that it waits for; if there is none it would sleep for ever, which
 * is a bug. The wait for kswapd is special: the scenario runner decides.
 *
 * Replay has a scheduler of its own (replay/threads.c), under which daemons do run.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/sim/sim.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/reclaim/v24/v24.h"

struct spinlock task_list_lock = SPINLOCK_INIT("task_list_lock", RANK_PROC_TABLE);
struct list_head task_list = LIST_HEAD_INIT(task_list);

bool (*sched_kswapd_wait)(void);
void (*sched_yielded)(void);
void (*sched_ticked)(void);
const struct scheduler *scheduler;

/* 2.6's answers were made by a task that counts as real-time. */
static struct task scenario_task = { .pid = 1, .comm = "scenario", .flags = PF_REALTIME };
static struct task *running = &scenario_task;
static int last_pid = 1;
static struct wait_queue *waiting_on;	/* of the running task; NULL if it does not wait */
static bool woken;			/* since wait_prepare */

struct task *current_task(void)
{
	return running;
}

void sched_set_current(struct task *task)
{
	running = task ? task : &scenario_task;
}

struct task *kthread_start(const char *name, void (*main)(void *), void *argument)
{
	struct task *task = calloc(1, sizeof(*task));

	task->pid = ++last_pid;
	task->flags = PF_KTHREAD;
	strncpy(task->comm, name, sizeof(task->comm) - 1);
	list_add_tail(&task->link, &task_list);
	if (scheduler)
		scheduler->start(task, main, argument);
	return task;
}

struct task *sched_find_thread(const char *name)
{
	struct task *task;

	list_for_each(task, &task_list, link)
		if (strncmp(task->comm, name, sizeof(task->comm) - 1) == 0)
			return task;
	panic("no kernel thread is called %s", name);
}

void send_signal(struct task *task, int sig)
{
	task->pending |= 1ul << (sig - 1);
}

void do_exit_signal(int sig)
{
	panic("%s was killed by signal %d", running->comm, sig);
}

void wait_queue_init(struct wait_queue *queue, const char *name)
{
	spin_init(&queue->lock, name, RANK_WAIT);
	list_init(&queue->waiters);
}

void wait_prepare(struct wait_queue *queue, struct waiter *waiter, bool interruptible)
{
	waiter->task = running;
	list_add_tail(&waiter->link, &queue->waiters);
	running->state = interruptible ? TASK_INTERRUPTIBLE : TASK_UNINTERRUPTIBLE;
	waiting_on = queue;
	woken = false;
}

void wait_finish(struct wait_queue *queue, struct waiter *waiter)
{
	list_del(&waiter->link);
	running->state = TASK_RUNNABLE;
	waiting_on = NULL;
}

void wake_up(struct wait_queue *queue)
{
	struct waiter *waiter;

	if (queue == waiting_on)
		woken = true;
	if (scheduler)
		list_for_each(waiter, &queue->waiters, link)
			waiter->task->state = TASK_RUNNABLE;
}

void schedule(void)
{
	lock_check_none("schedule");
	if (scheduler) {
		scheduler->sleep(~0ul);
		return;
	}
	if (waiting_on == &kswapd_done && sched_kswapd_wait && sched_kswapd_wait())
		return;
	if (!waiting_on || woken)
		return;
	if (!disk_complete_awaited() && !disk_complete_oldest())
		panic("waits for ever: nothing in flight will wake it (%s)",
		      waiting_on->lock.name);
}

unsigned long schedule_timeout(unsigned long ticks)
{
	lock_check_none("schedule_timeout");
	if (scheduler)
		return scheduler->sleep(ticks);
	while (ticks && !(waiting_on && woken)) {
		clock_tick(1);
		ticks--;
		if (sched_ticked)
			sched_ticked();
	}
	if (sched_yielded)
		sched_yielded();
	return ticks;
}

void yield(void)
{
	lock_check_none("yield");
	if (scheduler)
		scheduler->yield();
	else if (sched_yielded)
		sched_yielded();
}

void mutex_init(struct mutex *mutex, const char *name)
{
	mutex->holder = NULL;
	wait_queue_init(&mutex->queue, name);
}

bool mutex_trylock(struct mutex *mutex)
{
	if (mutex->holder)
		return false;
	mutex->holder = running;
	return true;
}

void mutex_lock(struct mutex *mutex)
{
	lock_check_none("mutex_lock");
	if (!mutex_trylock(mutex))
		panic("waits for ever: %s is held by %s", mutex->queue.lock.name,
		      mutex->holder->comm);
}

void mutex_unlock(struct mutex *mutex)
{
	if (mutex->holder != running)
		panic("mutex %s released but not held", mutex->queue.lock.name);
	mutex->holder = NULL;
}
