/*
 * Descriptor tables of an x86-64 CPU: its struct cpu in gs, the TSS with the kernel's
 * stack and one for double faults (a kernel stack that overflowed leaves nowhere to
 * push), the interrupt table, and the registers of the syscall instruction.
 */
#include "arch/x86/cpu.h"
#include "arch/x86/trap.h"
#include "segments.h"

#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_SFMASK		0xc0000084
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102

#define EFER_NXE	0x800
#define SYSCALL_CLEARS	0x47700u	/* flags AC, NT, IOPL, DF, IF, TF */

static struct {
	u64 low, high;
} idt[NR_VECTORS];	/* constant after idt_setup */

static void set_gate(unsigned vector, unsigned ist, unsigned access)
{
	u64 handler = (u64)trap_stubs + vector * TRAP_STUB_SIZE;

	idt[vector].low = (handler & 0xffff0000) << 32 | (u64)access << 40 | (u64)ist << 32 |
			  SEGMENT_KERNEL_CODE << 16 | (handler & 0xffff);
	idt[vector].high = handler >> 32;
}

void idt_setup(void)
{
	for (unsigned i = 0; i < NR_VECTORS; i++)
		set_gate(i, 0, 0x8e);
	set_gate(VECTOR_BREAKPOINT, 0, 0xee);	/* int3 is allowed in user mode */
	set_gate(VECTOR_DOUBLE_FAULT, 1, 0x8e);
	set_gate(VECTOR_NMI, 1, 0x8e);
	if (read_msr(MSR_EFER) & EFER_NXE)
		pte_nx = 1ul << 63;
}

void cpu_set_kernel_stack(struct cpu *cpu, unsigned long top)
{
	cpu->kernel_stack = top;
	cpu->segments.tss.rsp[0] = top;
}

void cpu_setup(struct cpu *cpu)
{
	struct cpu_segments *s = &cpu->segments;
	struct table_pointer gdt_pointer = { sizeof(s->gdt) - 1, (unsigned long)s->gdt };
	struct table_pointer idt_pointer = { sizeof(idt) - 1, (unsigned long)idt };
	u64 tss = (u64)&s->tss;

	cpu->self = cpu;
	s->gdt[1] = 0x00af9b000000ffff;
	s->gdt[2] = 0x00cf93000000ffff;
	s->gdt[3] = 0;
	s->gdt[4] = 0x00cff3000000ffff;
	s->gdt[5] = 0x00affb000000ffff;
	s->gdt[6] = (tss & 0xff000000) << 32 | 0x0000890000000000 | (tss & 0xffffff) << 16 |
		    (sizeof(s->tss) - 1);
	s->gdt[7] = tss >> 32;
	s->tss.ist[0] = (u64)s->fault_stack + FAULT_STACK_SIZE;
	s->tss.io_map = sizeof(s->tss);

	__asm__ volatile("lgdt %0\n\t"
			 "lidt %1\n\t"
			 "pushq %2\n\t"
			 "leaq 1f(%%rip), %%rax\n\t"
			 "pushq %%rax\n\t"
			 "lretq\n"
			 "1:\tmov %3, %%ds\n\t"
			 "mov %3, %%es\n\t"
			 "mov %3, %%ss\n\t"
			 "mov %4, %%fs\n\t"
			 "mov %4, %%gs\n\t"
			 "ltr %w5"
			 : : "m"(gdt_pointer), "m"(idt_pointer), "i"(SEGMENT_KERNEL_CODE),
			   "r"(SEGMENT_KERNEL_DATA), "r"(0), "r"(SEGMENT_TSS)
			 : "rax", "memory");
	write_msr(MSR_GS_BASE, (u64)cpu);
	write_msr(MSR_KERNEL_GS_BASE, 0);
	write_msr(MSR_STAR, (u64)SEGMENT_SYSRET << 48 | (u64)SEGMENT_KERNEL_CODE << 32);
	write_msr(MSR_LSTAR, (u64)syscall_stub);
	write_msr(MSR_SFMASK, SYSCALL_CLEARS);
}
