/*
 * Time that passes: jiffies, the timers of sleeping tasks, CPU accounting, load averages.
 *
 * A timer lives on the stack of the task that sleeps. timer_lock guards the list, sorted by
 * expiry. A timer is taken off and its task woken with the run queue locked throughout: the
 * task cannot exit between the two.
 */
#include "arch/machine.h"
#include "kernel/entry.h"
#include "kernel/sched.h"
#include "kernel/time.h"

#define LOAD_INTERVAL	(5 * HZ)	/* ticks between two samples of the load */

struct timer {
	struct list_head link;		/* in timers, or alone once it has expired */
	unsigned long expires;		/* in jiffies */
	struct task *task;
};

volatile unsigned long jiffies;
unsigned long load_averages[3];

static struct spinlock timer_lock = SPINLOCK_INIT("timers", RANK_TIMER);
static LIST_HEAD(timers);		/* the next to expire first */
static unsigned long next_expiry;	/* of the first one, if there is one */

/* Is tick A before tick B? Right across the counter's wrap-around. */
static bool tick_before(unsigned long a, unsigned long b)
{
	return (long)(a - b) < 0;
}

/* A look without the lock: at worst a timer waits for the next tick. */
bool timers_due(void)
{
	unsigned long next = __atomic_load_n(&next_expiry, __ATOMIC_RELAXED);

	return timers.next != &timers && !tick_before(jiffies, next);
}

/* timer_lock held. */
static void note_next_expiry(void)
{
	if (!list_empty(&timers))
		next_expiry = list_first(&timers, struct timer, link)->expires;
}

static void timer_add(struct timer *timer)
{
	unsigned long flags = spin_lock_irqsave(&timer_lock);
	struct list_head *after = timers.prev;

	while (after != &timers &&
	       tick_before(timer->expires, list_entry(after, struct timer, link)->expires))
		after = after->prev;
	list_add(&timer->link, after);
	note_next_expiry();
	spin_unlock_irqrestore(&timer_lock, flags);
}

static void timer_delete(struct timer *timer)
{
	unsigned long flags = spin_lock_irqsave(&timer_lock);

	list_del(&timer->link);
	note_next_expiry();
	spin_unlock_irqrestore(&timer_lock, flags);
}

unsigned long schedule_timeout(unsigned long ticks)
{
	struct timer timer = { .expires = jiffies + ticks, .task = current };
	long left;

	timer_add(&timer);
	schedule();
	timer_delete(&timer);
	left = (long)(timer.expires - jiffies);
	return left > 0 ? (unsigned long)left : 0;
}

void wake_expired(bool (*wake)(struct task *task))
{
	spin_lock(&timer_lock);
	while (!list_empty(&timers)) {
		struct timer *timer = list_first(&timers, struct timer, link);
		struct task *task = timer->task;

		if (tick_before(jiffies, timer->expires))
			break;
		/* Once it is off the list, its owner may return: it is not touched again. */
		list_del(&timer->link);
		wake(task);
	}
	note_next_expiry();
	spin_unlock(&timer_lock);
}

/*
 * Exponential averages of the runnable tasks with 11 fraction bits. The factors are
 * 2048 * exp(-5 s / 1, 5, 15 min).
 */
static void sample_load(void)
{
	static const unsigned long decay[3] = { 1884, 2014, 2037 };
	unsigned long now = (unsigned long)nr_runnable() << 11;

	for (unsigned i = 0; i < 3; i++)
		load_averages[i] = (load_averages[i] * decay[i] +
				    now * (2048 - decay[i])) >> 11;
}

void timer_tick(bool user)
{
	struct task *task = current;

	if (this_cpu() == 0) {
		jiffies = jiffies + 1;
		if (jiffies % LOAD_INTERVAL == 0)
			sample_load();
	}
	if (user)
		task->utime++;
	else
		task->stime++;
	sched_tick();
}
