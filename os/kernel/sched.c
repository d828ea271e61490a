/*
 * The scheduler: one run queue for all CPUs, round robin with time slices.
 *
 * A task keeps what is left of its slice while it sleeps. When it wakes it goes to the head
 * of the queue, so that who sleeps much answers fast; once its slice is used up it gets a
 * new one and goes to the tail, so that nobody starves. Niceness is the length of the slice.
 * User mode is preempted at a timer tick; the kernel never is.
 *
 * A task that another task wakes waits for that one's CPU: the waker mostly sleeps next, and
 * what the two share is in its cache. If it does not, an idle CPU finds the woken task at its
 * own next tick. Who is woken by an interrupt gets an idle CPU at once.
 *
 * Owns the run queue and which CPUs idle, under runqueue_lock, which is held across the
 * switch itself: whoever has the lock sees each task either on a CPU or completely off it.
 *
 * Invariants: a task is in the queue exactly while it is runnable and on no CPU; idle tasks
 * never are.
 */
#include "kernel/sched.h"

#include "arch/context.h"
#include "kernel/entry.h"
#include "lib/printk.h"
#include "lib/string.h"

struct task idle_tasks[NR_CPUS_MAX];

static struct spinlock runqueue_lock = SPINLOCK_INIT("runqueue", RANK_RUNQUEUE);
static LIST_HEAD(runqueue);		/* task->run_link; the head runs next */
unsigned long nr_interrupts, nr_switches;	/* the second under runqueue_lock */
static unsigned nr_queued;		/* length of runqueue */
static unsigned long idle_cpus;		/* bit N: CPU N runs its idle task, not kicked yet */

static bool is_idle_task(const struct task *task)
{
	return task >= idle_tasks && task < idle_tasks + NR_CPUS_MAX;
}

/* From 1 tick at nice 19 over 6 at nice 0 to 11 at nice -20. */
int nice_slice(int nice)
{
	return (20 - nice) / 4 + 1;
}

unsigned nr_runnable(void)
{
	unsigned long idle = __atomic_load_n(&idle_cpus, __ATOMIC_RELAXED);
	unsigned running = nr_cpus;

	for (; idle; idle &= idle - 1)
		running--;
	return nr_queued + running;
}

static void enqueue(struct task *task)
{
	if (task->slice > 0) {
		list_add(&task->run_link, &runqueue);
	} else {
		task->slice = nice_slice(task->nice);
		list_add_tail(&task->run_link, &runqueue);
	}
	nr_queued++;
}

static struct task *dequeue(struct task *task)
{
	list_del(&task->run_link);
	nr_queued--;
	return task;
}

/*
 * Gives an idle CPU something to do: the one where TASK's data may be cached, or any. If
 * this one idles itself, its idle task looks at the queue when the interrupt is over.
 */
static void kick_idle_cpu(const struct task *task)
{
	unsigned cpu = this_cpu();

	if (!idle_cpus || idle_cpus & 1ul << cpu)
		return;
	cpu = idle_cpus & 1ul << task->cpu ? task->cpu : (unsigned)__builtin_ctzl(idle_cpus);
	idle_cpus &= ~(1ul << cpu);
	cpu_kick(cpu);
}

static bool wake_locked(struct task *task, bool any_sleep)
{
	if (task->state != TASK_INTERRUPTIBLE &&
	    !(any_sleep && task->state == TASK_UNINTERRUPTIBLE))
		return false;
	task->state = TASK_RUNNABLE;
	/* If it is still on its way to schedule(), it will find itself runnable there. */
	if (!task->on_cpu)
		enqueue(task);
	return true;
}

bool wake_task(struct task *task, bool any_sleep, bool by_interrupt)
{
	unsigned long flags;
	bool woken;

	/* Whoever changes the state from asleep does so for all wakers. */
	if (__atomic_load_n(&task->state, __ATOMIC_SEQ_CST) == TASK_RUNNABLE)
		return false;
	flags = spin_lock_irqsave(&runqueue_lock);
	woken = wake_locked(task, any_sleep);
	if (woken && by_interrupt && !task->on_cpu)
		kick_idle_cpu(task);
	spin_unlock_irqrestore(&runqueue_lock, flags);
	return woken;
}

void wake_new_task(struct task *task)
{
	unsigned long flags = spin_lock_irqsave(&runqueue_lock);

	task->state = TASK_RUNNABLE;
	task->slice = nice_slice(task->nice);
	enqueue(task);
	spin_unlock_irqrestore(&runqueue_lock, flags);
}

/* Who runs next on this CPU. PREV has been put back in the queue if it must wait. */
static struct task *pick_next(struct task *prev, struct task *idle)
{
	struct task *first = list_empty(&runqueue) ?
			     NULL : list_first(&runqueue, struct task, run_link);

	if (is_idle_task(prev) || prev->state != TASK_RUNNABLE)
		return first ? dequeue(first) : idle;
	if (prev->slice > 0) {
		if (!first || first->slice <= prev->slice)
			return prev;
		dequeue(first);
		enqueue(prev);
		return first;
	}
	enqueue(prev);
	return dequeue(list_first(&runqueue, struct task, run_link));
}

void schedule(void)
{
	struct task *prev = current, *next;
	unsigned long flags;
	unsigned cpu;

	check_may_sleep();
	flags = spin_lock_irqsave(&runqueue_lock);
	cpu = this_cpu();
	prev->need_resched = false;
	next = pick_next(prev, &idle_tasks[cpu]);
	if (next == &idle_tasks[cpu])
		idle_cpus |= 1ul << cpu;
	else
		idle_cpus &= ~(1ul << cpu);
	if (next != prev) {
		prev->on_cpu = false;
		next->on_cpu = true;
		next->cpu = (u8)cpu;
		nr_switches++;
		switch_context(prev, next);
	}
	spin_unlock_irqrestore(&runqueue_lock, flags);
}

void sched_finish_switch(void)
{
	spin_unlock(&runqueue_lock);
	irq_restore(~0ul);
}

void yield(void)
{
	current->slice = 0;
	schedule();
}

void cond_resched(void)
{
	if (current->need_resched)
		schedule();
}

void wait_off_cpu(struct task *task)
{
	for (;;) {
		unsigned long flags = spin_lock_irqsave(&runqueue_lock);
		bool on_cpu = task->on_cpu;

		spin_unlock_irqrestore(&runqueue_lock, flags);
		if (!on_cpu)
			return;
		cpu_relax();
	}
}

static bool wake_sleeper(struct task *task)
{
	bool woken = wake_locked(task, true);

	if (woken && !task->on_cpu)
		kick_idle_cpu(task);
	return woken;
}

/*
 * Must TASK give way? If its slice is used up, or if the first in the queue has more left.
 * An idle task looks at the queue by itself. The queue's lock is held.
 */
static bool must_give_way(const struct task *task)
{
	if (is_idle_task(task) || list_empty(&runqueue))
		return false;
	return task->slice <= 0 ||
	       list_first(&runqueue, struct task, run_link)->slice > task->slice;
}

/* A look without the lock, which all CPUs want: at worst it is late by a tick. */
static bool queue_empty(void)
{
	return __atomic_load_n(&runqueue.next, __ATOMIC_RELAXED) == &runqueue;
}

void sched_tick(void)
{
	struct task *task = current;
	bool expired = this_cpu() == 0 && timers_due();

	if (task->slice > 0 && !is_idle_task(task))
		task->slice--;
	if (!expired && queue_empty())
		return;
	spin_lock(&runqueue_lock);
	if (expired)
		wake_expired(wake_sleeper);
	if (must_give_way(task))
		task->need_resched = true;
	spin_unlock(&runqueue_lock);
}

static void setup_idle_task(unsigned cpu)
{
	struct task *task = &idle_tasks[cpu];

	task->state = TASK_RUNNABLE;
	task->flags = PF_KTHREAD;
	copy_string(task->comm, "idle", sizeof(task->comm));
	task->cpu = (u8)cpu;
	task->on_cpu = true;
	list_init(&task->children);
	wait_queue_init(&task->child_exit, "child_exit");
}

void sched_init(void)
{
	for (unsigned cpu = 0; cpu < NR_CPUS_MAX; cpu++)
		setup_idle_task(cpu);
	assert(current == &idle_tasks[0]);
}

/*
 * Interrupts stay off from the look at the queue to the halt: a kick in between is kept
 * by the CPU and ends the halt at once.
 */
void idle_loop(void)
{
	for (;;) {
		unsigned long flags = irq_save();

		if (queue_empty())
			cpu_idle();
		irq_restore(flags);
		if (!queue_empty())
			schedule();
	}
}

void sched_start_cpu(void)
{
	irq_restore(~0ul);
	idle_loop();
}
