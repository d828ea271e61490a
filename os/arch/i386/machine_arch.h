/*
 * The 32-bit PC: two levels of page tables, 1024 entries each, no no-execute bit.
 *
 *	00000000 … bfffffff	user space
 *	c0000000 … f7ffffff	direct map of low memory, up to 896 MiB
 *	f8000000 … f9ffffff	kmap, four pages for each task (highmem.c)
 *	fa000000 … fb7fffff	kernel stacks (arch/x86/stack.c)
 *	fc000000 … fdffffff	device memory (arch/x86/mmio.c)
 */
#ifndef I386_MACHINE_ARCH_H
#define I386_MACHINE_ARCH_H

#define MACHINE_HAS_DMA32	0
#define TASK_SIZE	0xc0000000ul
#define KERNEL_BASE	0xc0000000ul	/* direct map */
#define IMAGE_BASE	0xc0000000ul	/* kernel image: virtual minus physical address */
#define DIRECT_MAP_MAX	(896ul << 20)	/* bytes of memory that can be low */
#define KMAP_BASE	0xf8000000ul
#define KMAP_TABLES	8u
#define STACK_BASE	0xfa000000ul
#define STACK_TABLES	6u		/* for as many tasks as have pages in kmap's */
#define MMIO_BASE	0xfc000000ul
#define MMIO_TABLES	2u

#define PT_LEVELS	2
#define PT_INDEX_BITS	10
#define PTE_SPAN	(1ul << 22)
#define PTE_ADDRESS	0xfffff000ul

#define CPU_SEGMENT	"fs"

#include "arch/x86/machine_pc.h"

/* Registers of a task that does not run. */
struct thread_context {
	unsigned long sp;	/* kernel stack pointer; the other registers are on it */
	u16 kmap_slot;		/* its pages in the kmap window begin at 4 * slot */
	u8 kmap_depth;		/* pages that are kmap'ed now */
	u8 kmap_cpu;		/* the last CPU that may have cached them */
};

/* What trap entry pushes; the order is known to entry.S. */
struct trap_frame {
	unsigned long bx, cx, dx, si, di, bp, ax;
	unsigned long ds, es, fs;
	unsigned long vector;	/* of the trap or interrupt */
	unsigned long error;	/* the CPU's error code, or 0 */
	unsigned long ip, cs, flags;
	unsigned long sp, ss;	/* only there if it came from user mode */
};

#include "arch/x86/trap_frame.h"

/* ebx, ecx, edx, esi, edi, ebp: the order in which the frame holds them. */
static inline unsigned long frame_arg(const struct trap_frame *frame, unsigned i)
{
	return (&frame->bx)[i];
}

#endif
