/* Descriptor tables of one i386 CPU. */
#ifndef I386_CPU_ARCH_H
#define I386_CPU_ARCH_H

#include "lib/types.h"

#define FAULT_STACK_SIZE	2048

/* The CPU's task-state segment: registers for a task gate, the kernel's stack for traps. */
struct tss {
	u32 link;
	u32 esp0, ss0, esp1, ss1, esp2, ss2;
	u32 cr3, eip, eflags;
	u32 eax, ecx, edx, ebx, esp, ebp, esi, edi;
	u32 es, cs, ss, ds, fs, gs;
	u32 ldt;
	u16 trap, io_map;
};

struct cpu_segments {
	u64 gdt[8];
	struct tss tss;		/* stack of traps; registers at a double fault */
	struct tss fault_tss;	/* what a double fault runs on */
	u8 fault_stack[FAULT_STACK_SIZE] __aligned(16);
};

/* What switch_stacks leaves on the stack of a task that does not run. */
struct switch_frame {
	u32 di;
	void *argument;			/* si, for kthread_entry */
	void (*main)(void *argument);	/* bx, for kthread_entry */
	u32 bp;
	void (*go_on)(void);
};

/* whole_page.c: on each CPU, before it clears or copies a page. */
void sse_setup(void);

struct task;

/* highmem.c: the task's pages in the kmap window. */
int kmap_slot_alloc(struct task *task);		/* 0, or -EAGAIN if there are no more */
void kmap_slot_free(struct task *task);
void kmap_slot_boot(struct task *idle, unsigned cpu);
void kmap_switch(struct task *to);		/* TO is about to run here */

#endif
