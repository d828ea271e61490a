/*
 * Wait queues: lists of tasks that sleep until something happens.
 *
 * A waiter marks itself asleep while it holds the queue's lock and looks at its condition
 * afterwards; who changes the condition takes the same lock to wake it. So one of the two
 * always sees the other. A woken task takes itself off the queue.
 */
#include "kernel/wait.h"

#include "kernel/sched.h"

void wait_queue_init(struct wait_queue *queue, const char *name)
{
	spin_init(&queue->lock, name, RANK_WAIT);
	list_init(&queue->waiters);
}

void wait_prepare(struct wait_queue *queue, struct waiter *waiter, bool interruptible)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	waiter->task = current;
	list_add_tail(&waiter->link, &queue->waiters);
	/* A full barrier: the caller's look at its condition must not move up over it. */
	__atomic_store_n(&current->state,
			 interruptible ? TASK_INTERRUPTIBLE : TASK_UNINTERRUPTIBLE,
			 __ATOMIC_SEQ_CST);
	spin_unlock_irqrestore(&queue->lock, flags);
}

void wait_finish(struct wait_queue *queue, struct waiter *waiter)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	__atomic_store_n(&current->state, TASK_RUNNABLE, __ATOMIC_RELAXED);
	list_del(&waiter->link);
	spin_unlock_irqrestore(&queue->lock, flags);
}

void wake_up(struct wait_queue *queue)
{
	struct waiter *waiter;
	unsigned long flags;
	bool by_interrupt;

	if (!wait_queue_active(queue))
		return;
	by_interrupt = !irqs_enabled();
	flags = spin_lock_irqsave(&queue->lock);
	list_for_each(waiter, &queue->waiters, link)
		wake_task(waiter->task, true, by_interrupt);
	spin_unlock_irqrestore(&queue->lock, flags);
}

/*
 * A waiter that has been woken and has not run yet counts as awake: it will look at the
 * condition anyway, so nobody else needs to.
 */
void wake_up_one(struct wait_queue *queue)
{
	struct waiter *waiter;
	unsigned long flags;
	bool by_interrupt;

	if (!wait_queue_active(queue))
		return;
	by_interrupt = !irqs_enabled();
	flags = spin_lock_irqsave(&queue->lock);
	if (!list_empty(&queue->waiters)) {
		waiter = list_first(&queue->waiters, struct waiter, link);
		wake_task(waiter->task, true, by_interrupt);
	}
	spin_unlock_irqrestore(&queue->lock, flags);
}
