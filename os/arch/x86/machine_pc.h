/*
 * The part of machine_arch.h that both PCs share: page-table entries, the CPU's own
 * data, interrupt state. Included by os/arch/{i386,x86_64}/machine_arch.h only.
 */
#ifndef X86_MACHINE_PC_H
#define X86_MACHINE_PC_H

struct task;

/* Bits of a page-table entry, as the CPU defines them, and one of our own. */
#define PTE_P		0x001ul
#define PTE_W		0x002ul
#define PTE_U		0x004ul
#define PTE_PWT		0x008ul
#define PTE_PCD		0x010ul
#define PTE_A		0x020ul
#define PTE_D		0x040ul
#define PTE_PS		0x080ul	/* a large page; in a directory only */
#define PTE_G		0x100ul
#define PTE_X		0x200ul	/* software: may be executed, whether the CPU checks or not */

typedef struct {
	unsigned long value;
} pte_t;

struct page_table {
	unsigned long entries[1 << PT_INDEX_BITS];
};

static inline void *pfn_to_virt(pfn_t pfn)
{
	return (void *)(KERNEL_BASE + ((unsigned long)pfn << 12));
}

/* Also for an address in the kernel's image. */
static inline pfn_t virt_to_pfn(const void *address)
{
	unsigned long at = (unsigned long)address;

	return (at >= IMAGE_BASE ? at - IMAGE_BASE : at - KERNEL_BASE) >> 12;
}

/* The CPU's no-execute bit, or 0 where it has none. */
extern unsigned long pte_nx;

static inline pte_t pte_of(unsigned long value)
{
	return (pte_t){ value };
}

static inline pte_t pte_make(pfn_t pfn, unsigned prot)
{
	unsigned long value = (unsigned long)pfn << 12 | PTE_P | PTE_U | PTE_A;

	if (prot & PTE_WRITE)
		value |= PTE_W;
	return pte_of(prot & PTE_EXEC ? value | PTE_X : value | pte_nx);
}

static inline pte_t pte_from_swap(unsigned long entry)
{
	return pte_of(entry);
}

static inline unsigned long pte_to_swap(pte_t pte)
{
	return pte.value;
}

static inline bool pte_none(pte_t pte)
{
	return pte.value == 0;
}

static inline bool pte_present(pte_t pte)
{
	return pte.value & PTE_P;
}

static inline bool pte_write(pte_t pte)
{
	return pte.value & PTE_W;
}

static inline bool pte_exec(pte_t pte)
{
	return pte.value & PTE_X;
}

static inline bool pte_young(pte_t pte)
{
	return pte.value & PTE_A;
}

static inline bool pte_dirty(pte_t pte)
{
	return pte.value & PTE_D;
}

static inline pfn_t pte_pfn(pte_t pte)
{
	return (pte.value & PTE_ADDRESS) >> 12;
}

static inline pte_t pte_mkwrite(pte_t pte)
{
	return pte_of(pte.value | PTE_W);
}

static inline pte_t pte_wrprotect(pte_t pte)
{
	return pte_of(pte.value & ~PTE_W);
}

static inline pte_t pte_mkyoung(pte_t pte)
{
	return pte_of(pte.value | PTE_A);
}

static inline pte_t pte_mkold(pte_t pte)
{
	return pte_of(pte.value & ~PTE_A);
}

static inline pte_t pte_mkdirty(pte_t pte)
{
	return pte_of(pte.value | PTE_D);
}

static inline pte_t pte_mkclean(pte_t pte)
{
	return pte_of(pte.value & ~PTE_D);
}

static inline pte_t pte_read(const pte_t *slot)
{
	return pte_of(__atomic_load_n(&slot->value, __ATOMIC_RELAXED));
}

static inline void pte_set(pte_t *slot, pte_t entry)
{
	__atomic_store_n(&slot->value, entry.value, __ATOMIC_RELEASE);
}

static inline pte_t pte_take(pte_t *slot)
{
	return pte_of(__atomic_exchange_n(&slot->value, 0, __ATOMIC_SEQ_CST));
}

static inline bool pte_test_and_clear_young(pte_t *slot)
{
	if (!(slot->value & PTE_A))
		return false;
	return __atomic_fetch_and(&slot->value, ~PTE_A, __ATOMIC_SEQ_CST) & PTE_A;
}

/* Index in a table of LEVEL; leaf tables are level 0. */
static inline unsigned table_index(unsigned long address, unsigned level)
{
	return (address >> (12 + level * PT_INDEX_BITS)) & ((1u << PT_INDEX_BITS) - 1);
}

/* The table to which an entry of a higher one points. */
static inline struct page_table *table_of(unsigned long entry)
{
	return (struct page_table *)(KERNEL_BASE + (entry & PTE_ADDRESS));
}

/* The table below TABLE, which is of LEVEL, or NULL. */
static inline struct page_table *table_below(struct page_table *table, unsigned long address,
					     unsigned level)
{
	unsigned long entry = __atomic_load_n(&table->entries[table_index(address, level)],
					      __ATOMIC_ACQUIRE);

	return entry ? table_of(entry) : NULL;
}

/* Level by level, not in a loop: QEMU is slow at shifts by a number that it does not know. */
static inline pte_t *page_table_find(struct page_table *table, unsigned long address)
{
	if (PT_LEVELS == 4) {
		table = table_below(table, address, 3);
		if (!table)
			return NULL;
		table = table_below(table, address, 2);
		if (!table)
			return NULL;
	}
	table = table_below(table, address, 1);
	return table ? (pte_t *)&table->entries[table_index(address, 0)] : NULL;
}

/*
 * The head of struct cpu (arch/x86/cpu.h), reached through a segment register; byte
 * offsets, for assembly too.
 */
#define CPU_SELF	(0 * sizeof(long))
#define CPU_TASK	(1 * sizeof(long))
#define CPU_NUMBER	(2 * sizeof(long))
#define CPU_FLUSH	(3 * sizeof(long))
#define CPU_USER_ACCESS	(4 * sizeof(long))
#define CPU_FLUSH_LATER	(5 * sizeof(long))

/* The same in all of a function, wherever the task runs: the compiler may keep it. */
static inline struct task *current_task(void)
{
	struct task *task;

	__asm__("mov %%" CPU_SEGMENT ":%c1, %0" : "=r"(task) : "i"(CPU_TASK));
	return task;
}

static inline unsigned this_cpu(void)
{
	unsigned number;

	__asm__ volatile("movl %%" CPU_SEGMENT ":%c1, %0"
			 : "=r"(number) : "i"(CPU_NUMBER));
	return number;
}

#define FLAGS_IF	0x200ul

static inline bool irqs_enabled(void)
{
	unsigned long flags;

	__asm__ volatile("pushf; pop %0" : "=r"(flags) : : "memory");
	return flags & FLAGS_IF;
}

static inline void irq_disable(void)
{
	__asm__ volatile("cli" : : : "memory");
}

/*
 * By popf: sti holds interrupts off for one more instruction, for which QEMU leaves and
 * enters translated code twice. All other flags are off in the kernel.
 */
static inline void irq_enable(void)
{
	__asm__ volatile("push %0; popf" : : "i"(FLAGS_IF) : "memory", "cc");
}

static inline unsigned long irq_save(void)
{
	unsigned long flags;

	__asm__ volatile("pushf; pop %0; cli" : "=r"(flags) : : "memory");
	return flags;
}

static inline void irq_restore(unsigned long flags)
{
	if (flags & FLAGS_IF)
		irq_enable();
}

static inline u32 local_fetch_add(u32 *counter, u32 n)
{
	__asm__ volatile("xaddl %0, %1" : "+r"(n), "+m"(*counter) : : "memory");
	return n;
}

/* arch/x86/tlb.c: does what another CPU waits for. */
void tlb_serve_request(void);

/*
 * A CPU that waits with interrupts off must still answer TLB flushes, or the lock's
 * holder might wait for it for ever.
 */
static inline void cpu_relax(void)
{
	unsigned wanted;

	__asm__ volatile("pause; movl %%" CPU_SEGMENT ":%c1, %0"
			 : "=r"(wanted) : "i"(CPU_FLUSH) : "memory");
	if (unlikely(wanted))
		tlb_serve_request();
}

static inline u64 clock_cycles(void)
{
	u32 low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (u64)high << 32 | low;
}

#endif
