/*
 * The simulated machine's types: what os/arch/machine.h asks of each machine.
 *
 * One CPU, a 3 GiB user space, page tables in host memory. The entry format is our
 * own; bits 0 and 7 of a swap entry are clear, so PRESENT is bit 0.
 */
#ifndef ARCH_SIM_MACHINE_ARCH_H
#define ARCH_SIM_MACHINE_ARCH_H

#include "lib/types.h"

#define TASK_SIZE	0xc0000000ul
#define PTE_SPAN	(512 * PAGE_SIZE)	/* bytes that one table maps */
#define MACHINE_HAS_DMA32	1

typedef struct {
	u64 value;
} pte_t;

struct page_table;
struct task;

/* Nothing runs in user mode and no task is switched out: there is nothing to save. */
struct trap_frame {
	char nothing;
};

struct thread_context {
	char nothing;
};

#define SIM_PTE_PRESENT	0x01ul
#define SIM_PTE_WRITE	0x02ul
#define SIM_PTE_EXEC	0x04ul
#define SIM_PTE_YOUNG	0x08ul
#define SIM_PTE_DIRTY	0x10ul

static inline pte_t pte_make(pfn_t pfn, unsigned prot)
{
	u64 value = (u64)pfn << PAGE_SHIFT | SIM_PTE_PRESENT;

	if (prot & PTE_WRITE)
		value |= SIM_PTE_WRITE;
	if (prot & PTE_EXEC)
		value |= SIM_PTE_EXEC;
	return (pte_t){ value };
}

static inline pte_t pte_from_swap(unsigned long entry)
{
	return (pte_t){ entry };
}

static inline unsigned long pte_to_swap(pte_t pte)
{
	return pte.value;
}

static inline pfn_t pte_pfn(pte_t pte)
{
	return pte.value >> PAGE_SHIFT;
}

static inline bool pte_none(pte_t pte)
{
	return pte.value == 0;
}

#define SIM_PTE_TEST(name, bit)						\
	static inline bool pte_##name(pte_t pte)			\
	{								\
		return pte.value & (bit);				\
	}
#define SIM_PTE_SET(name, bit)						\
	static inline pte_t pte_##name(pte_t pte)			\
	{								\
		return (pte_t){ pte.value | (bit) };			\
	}
#define SIM_PTE_CLEAR(name, bit)					\
	static inline pte_t pte_##name(pte_t pte)			\
	{								\
		return (pte_t){ pte.value & ~(bit) };			\
	}

SIM_PTE_TEST(present, SIM_PTE_PRESENT)
SIM_PTE_TEST(write, SIM_PTE_WRITE)
SIM_PTE_TEST(exec, SIM_PTE_EXEC)
SIM_PTE_TEST(young, SIM_PTE_YOUNG)
SIM_PTE_TEST(dirty, SIM_PTE_DIRTY)
SIM_PTE_SET(mkwrite, SIM_PTE_WRITE)
SIM_PTE_CLEAR(wrprotect, SIM_PTE_WRITE)
SIM_PTE_SET(mkyoung, SIM_PTE_YOUNG)
SIM_PTE_CLEAR(mkold, SIM_PTE_YOUNG)
SIM_PTE_SET(mkdirty, SIM_PTE_DIRTY)
SIM_PTE_CLEAR(mkclean, SIM_PTE_DIRTY)

static inline pte_t pte_read(const pte_t *slot)
{
	return *slot;
}

static inline void pte_set(pte_t *slot, pte_t entry)
{
	*slot = entry;
}

static inline pte_t pte_take(pte_t *slot)
{
	pte_t old = *slot;

	slot->value = 0;
	return old;
}

static inline bool pte_test_and_clear_young(pte_t *slot)
{
	bool young = pte_young(*slot);

	*slot = pte_mkold(*slot);
	return young;
}

extern unsigned sim_cpu;	/* whose turn it is: 0, but in tests of several CPUs */

static inline unsigned this_cpu(void)
{
	return sim_cpu;
}

struct task *current_task(void);

unsigned long irq_save(void);
void irq_restore(unsigned long flags);
bool irqs_enabled(void);

static inline void cpu_relax(void)
{
}

static inline u32 local_fetch_add(u32 *counter, u32 n)
{
	*counter += n;
	return *counter - n;
}

u64 clock_cycles(void);

#endif
