/*
 * What each CPU has of its own, and the instructions that C has no words for.
 */
#ifndef X86_CPU_H
#define X86_CPU_H

#include "arch/machine.h"
#include "cpu_arch.h"

struct mm_struct;
struct task;

#define NR_VECTORS	256

/*
 * Reached through a segment register (machine_pc.h); the head is known to assembly.
 * Only its own CPU writes it, but for flush_wanted and flush_later (tlb.c) and what
 * smp.c sets before the CPU runs.
 */
struct cpu {
	struct cpu *self;
	struct task *task;
	unsigned long number;		/* 0 … nr_cpus-1 */
	unsigned long flush_wanted;	/* another CPU waits in tlb.c for an answer */
	unsigned long user_access;	/* it may use user translations now (tlb.c) */
	unsigned long flush_later;	/* drop them all before that is set again */
	unsigned long kernel_stack;	/* first byte above the current task's stack */
	unsigned long user_sp;		/* scratch at system-call entry */
	struct page_table *table;	/* loaded in cr3 */
	struct mm_struct *mm;		/* whose it is; NULL: the kernel's own */
	u8 apic_id;
	volatile bool online;		/* it runs the scheduler, or is about to */
	struct cpu_segments segments;	/* descriptor table, TSS, double-fault stack */
};

extern struct cpu cpus[NR_CPUS_MAX];

static inline struct cpu *this_cpu_data(void)
{
	struct cpu *cpu;

	__asm__ volatile("mov %%" CPU_SEGMENT ":%c1, %0" : "=r"(cpu) : "i"(CPU_SELF));
	return cpu;
}

/* The kernel's own page table: no user part. */
extern struct page_table kernel_root;

/* What the CPU's descriptor tables need, then makes CPU the running one's data. */
void cpu_setup(struct cpu *cpu);

/* tlb.c: drops all user translations, as flush_later asks. */
void tlb_flush_now(void);

/* Fills the interrupt table, once; cpu_setup loads it on each CPU. */
void idt_setup(void);

/* Where traps from user mode find the kernel's stack. */
void cpu_set_kernel_stack(struct cpu *cpu, unsigned long top);

/*
 * Around each use of user addresses: by a copy, and from the way out of the kernel to
 * the way in. The task may not sleep in between.
 */
static inline void user_access_begin(void)
{
	unsigned long on = 1;

	__asm__ volatile("xchg %0, %%" CPU_SEGMENT ":%c1"
			 : "+r"(on) : "i"(CPU_USER_ACCESS) : "memory");
	__asm__ volatile("mov %%" CPU_SEGMENT ":%c1, %0"
			 : "=r"(on) : "i"(CPU_FLUSH_LATER) : "memory");
	if (unlikely(on))
		tlb_flush_now();
}

static inline void user_access_end(void)
{
	__asm__ volatile("mov %1, %%" CPU_SEGMENT ":%c0"
			 : : "i"(CPU_USER_ACCESS), "r"(0ul) : "memory");
}

static inline unsigned long read_cr2(void)
{
	unsigned long value;

	__asm__ volatile("mov %%cr2, %0" : "=r"(value));
	return value;
}

static inline unsigned long read_cr0(void)
{
	unsigned long value;

	__asm__ volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static inline void write_cr0(unsigned long value)
{
	__asm__ volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static inline void write_cr3(unsigned long value)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline unsigned long read_cr3(void)
{
	unsigned long value;

	__asm__ volatile("mov %%cr3, %0" : "=r"(value));
	return value;
}

static inline void write_cr4(unsigned long value)
{
	__asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static inline unsigned long read_cr4(void)
{
	unsigned long value;

	__asm__ volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static inline void invlpg(unsigned long address)
{
	__asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline u64 read_msr(u32 msr)
{
	u32 low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (u64)high << 32 | low;
}

static inline void write_msr(u32 msr, u64 value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32))
			 : "memory");
}

/* For descriptor tables: lgdt and lidt take this. */
struct table_pointer {
	u16 limit;
	unsigned long base;
} __packed;

/* The image's physical address; for tables that the CPU reads. */
static inline unsigned long image_physical(const void *address)
{
	return (unsigned long)address - IMAGE_BASE;
}

#endif
