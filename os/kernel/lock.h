/*
 * Locks. Spinlocks for what never sleeps, mutexes for what does.
 *
 * Every spinlock has a rank. A CPU may take a lock only if its rank is higher than
 * that of each lock it holds: the order below is the lock order of the kernel, from
 * the first taken to the last. A debug build (CHECK=1) and sim panic on a violation
 * and name both locks.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "arch/machine.h"
#include "lib/types.h"

enum lock_rank {
	RANK_KERNEL_STACKS,	/* map of kernel stacks; held while other CPUs flush */
	RANK_PROC_TABLE,	/* task list, parents and children */
	RANK_FILES,		/* file tables, open-file offsets */
	RANK_DCACHE,		/* dentry hash and unused list */
	RANK_MMLIST,		/* list of all address spaces */
	RANK_I_MMAP,		/* areas that map a file, areas of an anon_vma */
	RANK_PAGE_TABLE,	/* ptes of one address space */
	RANK_PAGECACHE,		/* page caches: trees, mapping lists, nrpages */
	RANK_LRU,		/* LRU lists, their counters and flags */
	RANK_INODE,		/* inode hash and lists; set_page_dirty takes it below ptes */
	RANK_SWAP_LIST,		/* swap areas and their order */
	RANK_SWAP_AREA,		/* one area's slot map */
	RANK_BUFFER_LRU,	/* buffer-cache lists */
	RANK_BUFFER_HASH,	/* buffer-cache hash */
	RANK_SLAB_ARRAY,	/* one CPU's free objects of a cache */
	RANK_SLAB,		/* one object cache */
	RANK_ZONELIST,		/* the order of zones in lists */
	RANK_TREE,		/* one mapping's tree and tags; needs interrupts off */
	RANK_PAGEVEC,		/* one CPU's pagevecs (2.6); needs interrupts off */
	RANK_LRU26,		/* lru_lock under 2.6; needs interrupts off */
	RANK_PCP,		/* one CPU's free pages; needs interrupts off */
	RANK_ZONE,		/* buddy lists of one zone; needs interrupts off */
	RANK_BLOCK,		/* request queue; needs interrupts off */
	RANK_DEVICE,		/* device registers and rings; needs interrupts off */
	RANK_WAIT,		/* one wait queue; needs interrupts off */
	RANK_RUNQUEUE,		/* scheduler; needs interrupts off */
	RANK_TIMER,		/* timer list; needs interrupts off */
	RANK_CONSOLE,		/* console; needs interrupts off */
};

struct spinlock {
	unsigned holder;	/* number of the CPU that holds it, plus 1; 0: free */
	u8 rank;		/* enum lock_rank */
	const char *name;	/* for the order check's message */
};

#define SPINLOCK_INIT(lock_name, lock_rank) { .rank = (lock_rank), .name = (lock_name) }

void spin_init(struct spinlock *lock, const char *name, enum lock_rank rank);

/* The lock itself, without the check of the order; another CPU has it: spin_wait. */
void spin_wait(struct spinlock *lock);

static inline bool spin_try(struct spinlock *lock)
{
	unsigned nobody = 0;

	return __atomic_compare_exchange_n(&lock->holder, &nobody, this_cpu() + 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void spin_take(struct spinlock *lock)
{
	if (unlikely(!spin_try(lock)))
		spin_wait(lock);
}

static inline void spin_release(struct spinlock *lock)
{
	__atomic_store_n(&lock->holder, 0, __ATOMIC_RELEASE);
}

/* Spins until the lock is free. The holder may not sleep. */
#ifdef CHECK
void spin_lock(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
#else
static inline void spin_lock(struct spinlock *lock)
{
	spin_take(lock);
}

static inline void spin_unlock(struct spinlock *lock)
{
	spin_release(lock);
}
#endif

/* The same with interrupts off: for locks that interrupt handlers take too. */
static inline unsigned long spin_lock_irqsave(struct spinlock *lock)
{
	unsigned long flags = irq_save();

	spin_lock(lock);
	return flags;
}

static inline void spin_unlock_irqrestore(struct spinlock *lock, unsigned long flags)
{
	spin_unlock(lock);
	irq_restore(flags);
}

/* Does this CPU hold the lock? For assertions. */
static inline bool spin_held(const struct spinlock *lock)
{
	return lock->holder == this_cpu() + 1;
}

#endif
