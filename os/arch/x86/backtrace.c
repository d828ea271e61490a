/*
 * Registers and backtraces for panic. A line `  [address]` for each return address;
 * host tools give them names and source lines. The kernel is compiled with frame
 * pointers, and every frame of a task lies on one stack.
 */
#include "arch/x86/cpu.h"
#include "arch/x86/trap.h"
#include "kernel/task.h"
#include "lib/printk.h"

#define MOST_FRAMES 32

extern char image_start[], image_end[];

void show_backtrace(unsigned long ip, unsigned long bp)
{
	unsigned long low = (unsigned long)current->stack;
	unsigned long high = low + KERNEL_STACK_SIZE;

	if (ip)
		printk("  [%p]\n", (void *)ip);
	for (unsigned i = 0; i < MOST_FRAMES; i++) {
		const unsigned long *frame = (const unsigned long *)bp;

		if (bp < low || bp > high - 2 * sizeof(long) || bp % sizeof(long))
			break;
		if (frame[1] < (unsigned long)image_start ||
		    frame[1] >= (unsigned long)image_end)
			break;
		printk("  [%p]\n", (void *)frame[1]);
		if (frame[0] <= bp)
			break;
		bp = frame[0];
	}
}

void show_registers(const struct trap_frame *frame)
{
	printk("cpu %u, pid %d %s, trap %lu, error %#lx, cr2 %#lx\n", this_cpu(),
	       current->pid, current->comm, frame->vector, frame->error, read_cr2());
#ifdef __i386__
	printk("ip %08lx  flags %08lx  cs %02lx  sp %p\n", frame->ip, frame->flags, frame->cs,
	       frame_user_mode(frame) ? (void *)frame->sp : (const void *)&frame->sp);
	printk("ax %08lx  bx %08lx  cx %08lx  dx %08lx\n", frame->ax, frame->bx, frame->cx,
	       frame->dx);
	printk("si %08lx  di %08lx  bp %08lx\n", frame->si, frame->di, frame->bp);
#else
	printk("ip %016lx  sp %016lx  flags %lx  cs %lx\n", frame->ip, frame->sp, frame->flags,
	       frame->cs);
	printk("ax %016lx  bx %016lx  cx %016lx\n", frame->ax, frame->bx, frame->cx);
	printk("dx %016lx  si %016lx  di %016lx\n", frame->dx, frame->si, frame->di);
	printk("bp %016lx  8  %016lx  9  %016lx\n", frame->bp, frame->r8, frame->r9);
	printk("10 %016lx  11 %016lx  12 %016lx\n", frame->r10, frame->r11, frame->r12);
	printk("13 %016lx  14 %016lx  15 %016lx\n", frame->r13, frame->r14, frame->r15);
#endif
}
