/*
 * Spinlocks of a machine with one CPU and one thread: they only check. A lock that
 * is taken twice, released by nobody's holder, taken against the lock order or, for
 * those that interrupt handlers take, with interrupts on, is a bug that a real
 * machine would meet as a rare hang.
 */
#include "arch/machine.h"
#include "arch/sim/sim.h"
#include "kernel/lock.h"
#include "lib/printk.h"

#define MOST_HELD	16

static struct spinlock *held[MOST_HELD];	/* in the order in which they were taken */
static unsigned nr_held;
static bool irqs_off;

unsigned long irq_save(void)
{
	unsigned long flags = irqs_off;

	irqs_off = true;
	return flags;
}

void irq_restore(unsigned long flags)
{
	irqs_off = flags;
}

bool irqs_enabled(void)
{
	return !irqs_off;
}

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	*lock = (struct spinlock)SPINLOCK_INIT(name, rank);
}

void spin_lock(struct spinlock *lock)
{
	if (lock->holder)
		panic("lock %s taken twice", lock->name);
	if (lock->rank >= RANK_ZONE && irqs_enabled())
		panic("lock %s taken with interrupts on", lock->name);
	for (unsigned i = 0; i < nr_held; i++)
		if (held[i]->rank >= lock->rank)
			panic("lock order: %s taken while %s is held", lock->name,
			      held[i]->name);
	assert(nr_held < MOST_HELD);
	held[nr_held++] = lock;
	lock->holder = this_cpu() + 1;
}

void spin_unlock(struct spinlock *lock)
{
	unsigned at = nr_held;

	while (at && held[at - 1] != lock)
		at--;
	if (!at)
		panic("lock %s released but not held", lock->name);
	for (; at < nr_held; at++)
		held[at - 1] = held[at];
	nr_held--;
	lock->holder = 0;
}

void lock_check_none(const char *where)
{
	if (nr_held)
		panic("%s with lock %s held", where, held[nr_held - 1]->name);
	if (irqs_off)
		panic("%s with interrupts off", where);
}
