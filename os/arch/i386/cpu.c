/*
 * Descriptor tables of an i386: flat segments, one that holds struct cpu, the TSS with
 * the kernel's stack, a second TSS for double faults (a kernel stack that overflowed
 * leaves nowhere to push), and the interrupt table.
 */
#include "arch/x86/cpu.h"
#include "arch/x86/trap.h"
#include "segments.h"

static u64 idt[NR_VECTORS];	/* constant after idt_setup */

static u64 descriptor(u32 base, u32 limit, u32 access)
{
	return (u64)(base & 0xff000000u) << 32 | (u64)(access & 0xf0ff) << 40 |
	       (u64)(limit & 0xf0000) << 32 | (u64)(base & 0xffffff) << 16 | (limit & 0xffff);
}

static u64 gate(u32 handler, u32 selector, u32 access)
{
	return (u64)(handler & 0xffff0000) << 32 | (u64)access << 40 |
	       (u64)selector << 16 | (handler & 0xffff);
}

void idt_setup(void)
{
	for (unsigned i = 0; i < NR_VECTORS; i++)
		idt[i] = gate((u32)trap_stubs + i * TRAP_STUB_SIZE, SEGMENT_KERNEL_CODE, 0x8e);
	idt[VECTOR_DOUBLE_FAULT] = gate(0, SEGMENT_FAULT_TSS, 0x85);
	idt[VECTOR_BREAKPOINT] |= (u64)0x60 << 40;	/* int3 is allowed in user mode */
	idt[VECTOR_SYSCALL] |= (u64)0x61 << 40;		/* leaves interrupts on, */
	idt[VECTOR_PAGE_FAULT] |= (u64)0x01 << 40;	/* and this, too */
}

static void double_fault(void) __noreturn;

/* Runs on fault_tss; the CPU has saved the registers in tss. */
static void double_fault(void)
{
	const struct tss *at = &this_cpu_data()->segments.tss;

	report_double_fault(at->eip, at->esp, at->ebp);
}

void cpu_set_kernel_stack(struct cpu *cpu, unsigned long top)
{
	cpu->kernel_stack = top;
	cpu->segments.tss.esp0 = top;
}

void cpu_setup(struct cpu *cpu)
{
	struct cpu_segments *s = &cpu->segments;
	struct table_pointer gdt_pointer = { sizeof(s->gdt) - 1, (unsigned long)s->gdt };
	struct table_pointer idt_pointer = { sizeof(idt) - 1, (unsigned long)idt };

	cpu->self = cpu;
	s->gdt[1] = descriptor(0, 0xfffff, 0xc09b);
	s->gdt[2] = descriptor(0, 0xfffff, 0xc093);
	s->gdt[3] = descriptor(0, 0xfffff, 0xc0fb);
	s->gdt[4] = descriptor(0, 0xfffff, 0xc0f3);
	s->gdt[5] = descriptor((u32)cpu, sizeof(*cpu) - 1, 0x40f3);
	s->gdt[6] = descriptor((u32)&s->tss, sizeof(s->tss) - 1, 0x0089);
	s->gdt[7] = descriptor((u32)&s->fault_tss, sizeof(s->fault_tss) - 1, 0x0089);

	s->tss.ss0 = SEGMENT_KERNEL_DATA;
	s->tss.io_map = sizeof(s->tss);
	s->fault_tss = (struct tss){
		.cr3 = image_physical(&kernel_root),
		.eip = (u32)double_fault,
		.eflags = 2,
		.esp = (u32)(s->fault_stack + FAULT_STACK_SIZE - 16),
		.cs = SEGMENT_KERNEL_CODE,
		.ss = SEGMENT_KERNEL_DATA,
		.ds = SEGMENT_KERNEL_DATA,
		.es = SEGMENT_KERNEL_DATA,
		.fs = SEGMENT_CPU,
		.io_map = sizeof(s->fault_tss),
	};

	__asm__ volatile("lgdt %0\n\t"
			 "ljmp %2, $1f\n"
			 "1:\tmov %3, %%ds\n\t"
			 "mov %3, %%es\n\t"
			 "mov %7, %%ss\n\t"
			 "mov %4, %%fs\n\t"
			 "mov %5, %%gs\n\t"
			 "lidt %1\n\t"
			 "ltr %w6"
			 : : "m"(gdt_pointer), "m"(idt_pointer), "i"(SEGMENT_KERNEL_CODE),
			   "r"(SEGMENT_USER_DATA), "r"(SEGMENT_CPU), "r"(0),
			   "r"(SEGMENT_TSS), "r"(SEGMENT_KERNEL_DATA) : "memory");
	sse_setup();
}
