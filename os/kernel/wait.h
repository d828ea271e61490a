/*
 * Sleeping: wait queues and mutexes.
 *
 * The pattern of every wait is: join the queue, look at the condition, and only
 * then call schedule(); a wake-up between the look and the call is not lost.
 */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include "kernel/lock.h"
#include "lib/list.h"

struct task;

struct wait_queue {
	struct spinlock lock;		/* rank RANK_WAIT */
	struct list_head waiters;	/* struct waiter.link */
};

struct waiter {
	struct list_head link;	/* in wait_queue.waiters; its lock */
	struct task *task;	/* who sleeps */
};

#define WAIT_QUEUE_INIT(name) \
	{ SPINLOCK_INIT(#name, RANK_WAIT), LIST_HEAD_INIT((name).waiters) }

void wait_queue_init(struct wait_queue *queue, const char *name);

/*
 * Joins QUEUE and marks the task asleep. With INTERRUPTIBLE a signal wakes it, too.
 * Between these calls the task may not take a lock that can sleep.
 */
void wait_prepare(struct wait_queue *queue, struct waiter *waiter, bool interruptible);
void wait_finish(struct wait_queue *queue, struct waiter *waiter);

/* Wakes all who wait. Safe in an interrupt handler. */
void wake_up(struct wait_queue *queue);

/*
 * Does anybody wait? The barrier pairs with wait_prepare's: the caller has just changed
 * what they wait for.
 */
static inline bool wait_queue_active(const struct wait_queue *queue)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(&queue->waiters.next, __ATOMIC_RELAXED) != &queue->waiters;
}

/* Gives the CPU away; returns at once if a wake-up came since wait_prepare. */
void schedule(void);

/* As schedule(), for at most TICKS; returns the ticks that were left, 0 if none. */
unsigned long schedule_timeout(unsigned long ticks);

/* Lets others run, stays runnable. */
void yield(void);

/*
 * The kernel is not preempted, so a loop that may run for long calls this where it holds
 * no spinlock: gives the CPU away if another task is due.
 */
void cond_resched(void);

/* Sleeps, not interruptibly, until COND holds. */
#define wait_event(queue, cond)						\
	do {								\
		struct waiter waiter_;					\
		while (!(cond)) {					\
			wait_prepare(queue, &waiter_, false);		\
			if (!(cond))					\
				schedule();				\
			wait_finish(queue, &waiter_);			\
		}							\
	} while (0)

/*
 * The same, but a pending signal ends it: 0, or -EINTR. Daemons use it, too: no signal
 * reaches them, and who looks at their state sees that they only wait for work.
 */
#define wait_event_interruptible(queue, cond)				\
	({								\
		struct waiter waiter_;					\
		int result_ = 0;					\
		while (!(cond)) {					\
			wait_prepare(queue, &waiter_, true);		\
			if (!(cond) && !signal_pending(current))	\
				schedule();				\
			wait_finish(queue, &waiter_);			\
			if (!(cond) && signal_pending(current)) {	\
				result_ = -EINTR;			\
				break;					\
			}						\
		}							\
		result_;						\
	})

/* A lock that is slept on. The holder may sleep. Not for interrupt handlers. */
struct mutex {
	struct task *holder;		/* NULL if free; atomic */
	struct wait_queue queue;	/* who wants it */
};

#define MUTEX_INIT(name)	{ NULL, WAIT_QUEUE_INIT((name).queue) }

void mutex_init(struct mutex *mutex, const char *name);
bool mutex_trylock(struct mutex *mutex);

static inline bool mutex_is_locked(const struct mutex *mutex)	/* by anybody */
{
	return __atomic_load_n(&mutex->holder, __ATOMIC_RELAXED) != NULL;
}

static inline bool mutex_held(const struct mutex *mutex)	/* by the caller */
{
	return __atomic_load_n(&mutex->holder, __ATOMIC_RELAXED) == current_task();
}

/* As with spinlocks, only a debug build and sim check what the caller does. */
#ifdef CHECK
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
#else
void mutex_wait(struct mutex *mutex);	/* mutex_lock where somebody has it */
void mutex_wake(struct mutex *mutex);	/* mutex_unlock where somebody waits */

static inline void mutex_lock(struct mutex *mutex)
{
	struct task *nobody = NULL;

	if (unlikely(!__atomic_compare_exchange_n(&mutex->holder, &nobody, current_task(),
						  false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		mutex_wait(mutex);
}

static inline void mutex_unlock(struct mutex *mutex)
{
	__atomic_store_n(&mutex->holder, NULL, __ATOMIC_RELEASE);
	if (unlikely(wait_queue_active(&mutex->queue)))
		mutex_wake(mutex);
}
#endif

#endif
