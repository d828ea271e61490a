/*
 * Mutexes: locks that are slept on. The holder's task pointer is the lock itself.
 *
 * Unlocking wakes the first waiter only. A task that comes by in between may take the
 * lock first; the woken one then waits again, and the thief's unlock wakes it.
 */
#include "kernel/sched.h"
#include "kernel/wait.h"
#include "lib/printk.h"

void mutex_init(struct mutex *mutex, const char *name)
{
	mutex->holder = NULL;
	wait_queue_init(&mutex->queue, name);
}

bool mutex_trylock(struct mutex *mutex)
{
	struct task *nobody = NULL;

	return __atomic_compare_exchange_n(&mutex->holder, &nobody, current, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static void wait_for_mutex(struct mutex *mutex)
{
	struct waiter waiter;

	while (!mutex_trylock(mutex)) {
		assert(!mutex_held(mutex));
		wait_prepare(&mutex->queue, &waiter, false);
		if (__atomic_load_n(&mutex->holder, __ATOMIC_SEQ_CST))
			schedule();
		wait_finish(&mutex->queue, &waiter);
	}
}

#ifdef CHECK
void mutex_lock(struct mutex *mutex)
{
	check_may_sleep();
	wait_for_mutex(mutex);
}

void mutex_unlock(struct mutex *mutex)
{
	assert(mutex_held(mutex));
	__atomic_store_n(&mutex->holder, NULL, __ATOMIC_RELEASE);
	if (wait_queue_active(&mutex->queue))
		wake_up_one(&mutex->queue);
}
#else
void mutex_wait(struct mutex *mutex)
{
	wait_for_mutex(mutex);
}

void mutex_wake(struct mutex *mutex)
{
	wake_up_one(&mutex->queue);
}
#endif
