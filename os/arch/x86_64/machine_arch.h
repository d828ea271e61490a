/*
 * The 64-bit PC: four levels of page tables, 512 entries each.
 *
 *	0000000000000000 … 00007fffffffefff	user space
 *	ffff800000000000 … ffff807fffffffff	direct map of all memory, 512 GiB
 *	ffffc00000000000 … ffffc000003fffff	device memory (arch/x86/mmio.c)
 *	ffffc00010000000 … ffffc000131fffff	kernel stacks (arch/x86/stack.c)
 *	ffffffff80100000 …			kernel image
 */
#ifndef X86_64_MACHINE_ARCH_H
#define X86_64_MACHINE_ARCH_H

#define MACHINE_HAS_DMA32	1
#define TASK_SIZE	0x00007ffffffff000ul
#define KERNEL_BASE	0xffff800000000000ul	/* direct map */
#define IMAGE_BASE	0xffffffff80000000ul	/* kernel image: virtual minus physical */
#define DIRECT_MAP_MAX	(1ul << 39)		/* bytes of memory that can be low */
#define MMIO_BASE	0xffffc00000000000ul
#define MMIO_TABLES	2u
#define STACK_BASE	0xffffc00010000000ul	/* in the same GiB */
#define STACK_TABLES	25u		/* for 4096 tasks */
#define KMAP_TABLES	0u		/* kmap needs no window: all memory is mapped */

#define PT_LEVELS	4
#define PT_INDEX_BITS	9
#define PTE_SPAN	(1ul << 21)
#define PTE_ADDRESS	0x000ffffffffff000ul

#define CPU_SEGMENT	"gs"

#include "arch/x86/machine_pc.h"

/* Registers of a task that does not run. */
struct thread_context {
	unsigned long sp;	/* kernel stack pointer; the other registers are on it */
};

/* What trap entry pushes; the order is known to entry.S. */
struct trap_frame {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long vector;	/* of the trap or interrupt */
	unsigned long error;	/* the CPU's error code, or 0 */
	unsigned long ip, cs, flags, sp, ss;
};

#include "arch/x86/trap_frame.h"

static inline unsigned long frame_arg(const struct trap_frame *frame, unsigned i)
{
	switch (i) {
	case 0:
		return frame->di;
	case 1:
		return frame->si;
	case 2:
		return frame->dx;
	case 3:
		return frame->r10;
	case 4:
		return frame->r8;
	default:
		return frame->r9;
	}
}

#endif
