/*
 * Spinlocks: the lock's word names its holder. What is done for every lock and may not
 * cost a call is in lock.h.
 *
 * A debug build (CHECK=1) keeps for each CPU the locks that it holds. Taking one whose
 * rank is not above all of them, or letting go of one that another CPU holds, panics with
 * both names: two CPUs that take a pair of locks in opposite orders would wait for each
 * other for ever, but only on a bad day, so the order itself is checked every day.
 *
 * An interrupt handler adds to the locks of the CPU that it interrupted and takes its own
 * away again, so that the check holds across both.
 */
#include "kernel/lock.h"

#include "arch/machine.h"
#include "kernel/sched.h"
#include "lib/printk.h"

#ifdef CHECK

#define MAX_HELD	16	/* locks that one CPU may hold at once */

static struct held_locks {
	unsigned count;
	struct spinlock *locks[MAX_HELD];	/* in the order in which they were taken */
} held_locks[NR_CPUS_MAX];	/* each used by its own CPU only */

static void check_order(const struct spinlock *lock)
{
	const struct held_locks *held = &held_locks[this_cpu()];

	for (unsigned i = 0; i < held->count; i++) {
		if (held->locks[i] == lock)
			panic("lock %s: taken twice by CPU %u", lock->name, this_cpu());
		if (held->locks[i]->rank >= lock->rank)
			panic("lock order: %s (rank %u) taken while holding %s (rank %u)",
			      lock->name, lock->rank, held->locks[i]->name,
			      held->locks[i]->rank);
	}
}

static void note_taken(struct spinlock *lock)
{
	unsigned long flags = irq_save();
	struct held_locks *held = &held_locks[this_cpu()];

	if (held->count == MAX_HELD)
		panic("lock %s: CPU %u holds too many locks", lock->name, this_cpu());
	held->locks[held->count++] = lock;
	irq_restore(flags);
}

static void note_released(struct spinlock *lock)
{
	unsigned long flags = irq_save();
	struct held_locks *held = &held_locks[this_cpu()];
	unsigned i = held->count;

	if (!spin_held(lock))
		panic("lock %s: released by CPU %u, held by %d", lock->name, this_cpu(),
		      (int)lock->holder - 1);
	while (held->locks[--i] != lock)
		;
	for (held->count--; i < held->count; i++)
		held->locks[i] = held->locks[i + 1];
	irq_restore(flags);
}

void check_may_sleep(void)
{
	const struct held_locks *held = &held_locks[this_cpu()];

	if (held->count > 0)
		panic("sleeping while holding lock %s", held->locks[0]->name);
}

void spin_lock(struct spinlock *lock)
{
	check_order(lock);
	spin_take(lock);
	note_taken(lock);
}

void spin_unlock(struct spinlock *lock)
{
	note_released(lock);
	spin_release(lock);
}

#endif

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank)
{
	*lock = (struct spinlock)SPINLOCK_INIT(name, rank);
}

void spin_wait(struct spinlock *lock)
{
	do {
		/* Only read while it is taken: writing would steal the cache line. */
		while (__atomic_load_n(&lock->holder, __ATOMIC_RELAXED))
			cpu_relax();
	} while (!spin_try(lock));
}
