/* Descriptor tables of one x86-64 CPU. */
#ifndef X86_64_CPU_ARCH_H
#define X86_64_CPU_ARCH_H

#include "lib/types.h"

#define FAULT_STACK_SIZE	2048

struct tss {
	u32 reserved0;
	u64 rsp[3];		/* stack for traps from user mode: rsp[0] */
	u64 reserved1;
	u64 ist[7];		/* ist[0]: double faults and NMI */
	u64 reserved2;
	u16 reserved3;
	u16 io_map;
} __packed;

struct cpu_segments {
	u64 gdt[8];
	struct tss tss;
	u8 fault_stack[FAULT_STACK_SIZE] __aligned(16);
};

/* What switch_stacks leaves on the stack of a task that does not run. */
struct switch_frame {
	u64 r15, r14, r13;
	void *argument;			/* r12, for kthread_entry */
	void (*main)(void *argument);	/* rbx, for kthread_entry */
	u64 bp;
	void (*go_on)(void);
};

struct task;

/* All memory has an address: kmap needs no window, and a task no place in it. */
static inline int kmap_slot_alloc(struct task *task)
{
	(void)task;
	return 0;
}

static inline void kmap_slot_free(struct task *task)
{
	(void)task;
}

static inline void kmap_slot_boot(struct task *idle, unsigned cpu)
{
	(void)idle;
	(void)cpu;
}

static inline void kmap_switch(struct task *to)
{
	(void)to;
}

#endif
