/*
 * Traps: page faults go to the memory core, other exceptions end the process in user
 * mode and are a panic in the kernel, interrupts go to their handlers.
 *
 * A process cannot go on behind an instruction that failed. So it ends at once, as by the
 * signal for it, even one that takes no signals: process 1 would fault again for ever.
 *
 * A fault in the kernel's copies to and from user memory is served like the user's own;
 * if it cannot be, the copy goes on at the address that the exception table gives.
 */
#include "arch/x86/trap.h"
#include "arch/x86/apic.h"
#include "arch/x86/cpu.h"
#include "kernel/entry.h"
#include "kernel/sched.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/reclaim/policy.h"
#include "mm/vm/vm.h"

#define FAULT_PRESENT	0x01u	/* page-fault error code: no right, not no page */
#define FAULT_WRITE	0x02u
#define FAULT_USER	0x04u
#define FAULT_RESERVED	0x08u
#define FAULT_EXEC	0x10u

struct exception_entry {
	unsigned long at, go_on;
};

extern const struct exception_entry exception_table[], exception_table_end[];

static const struct {
	const char *name;
	int signal;		/* for user mode */
} exceptions[32] = {
	[0] = { "divide error", SIGFPE },
	[1] = { "debug", SIGTRAP },
	[3] = { "breakpoint", SIGTRAP },
	[4] = { "overflow", SIGSEGV },
	[5] = { "bound range", SIGSEGV },
	[6] = { "invalid opcode", SIGILL },
	[7] = { "floating point", SIGILL },	/* the kernel keeps no such registers */
	[10] = { "invalid TSS", SIGSEGV },
	[11] = { "segment not present", SIGBUS },
	[12] = { "stack segment", SIGBUS },
	[13] = { "general protection", SIGSEGV },
	[14] = { "page fault", SIGSEGV },
	[16] = { "floating point", SIGFPE },
	[17] = { "alignment", SIGBUS },
	[18] = { "machine check", SIGBUS },
	[19] = { "SIMD floating point", SIGFPE },
};

static void kernel_trap(struct trap_frame *frame, unsigned long address) __noreturn;

static void kernel_trap(struct trap_frame *frame, unsigned long address)
{
	const char *name = frame->vector < ARRAY_SIZE(exceptions) ?
			   exceptions[frame->vector].name : NULL;

	show_registers(frame);
	show_backtrace(frame->ip, frame->bp);
	if (frame->vector == VECTOR_PAGE_FAULT)
		panic("kernel page fault at %#lx, error %#lx, ip %#lx",
		      address, frame->error, frame->ip);
	panic("%s in the kernel, vector %lu, error %#lx, ip %#lx",
	      name ? name : "unknown trap", frame->vector, frame->error, frame->ip);
}

static const struct exception_entry *search_exception_table(unsigned long ip)
{
	for (const struct exception_entry *e = exception_table; e < exception_table_end; e++)
		if (e->at == ip)
			return e;
	return NULL;
}

/* A fault of the kernel that cannot be served: the copy goes on without, or it is a bug. */
static void no_context(struct trap_frame *frame, unsigned long address)
{
	const struct exception_entry *entry = search_exception_table(frame->ip);

	if (!entry)
		kernel_trap(frame, address);
	frame->ip = entry->go_on;
}

/*
 * In page faults and system calls. On i386 their gates have left interrupts on. x86-64
 * must turn them off for the first instructions, until gs is the kernel's.
 */
static inline void entry_irq_enable(void)
{
#ifdef __x86_64__
	irq_enable();
#endif
}

/*
 * A fault of the user that was not served. Without memory 2.6 looks for somebody to kill,
 * and lets the user fault again, unless it is he who dies.
 */
static void mm_fault_error(int error)
{
	irq_enable();
	if (error != -ENOMEM)
		do_exit_signal(error == -EIO ? SIGBUS : SIGSEGV);
	if (fatal_signal_pending(current))
		return;
	if (!policy->pagefault_out_of_memory)
		do_exit_signal(SIGKILL);
	policy->pagefault_out_of_memory();
}

static void page_fault(struct trap_frame *frame)
{
	unsigned long address = read_cr2();
	bool user = frame_user_mode(frame);
	int error;

	if ((frame->error & FAULT_RESERVED) ||
	    (!user && (address >= TASK_SIZE || !search_exception_table(frame->ip))))
		kernel_trap(frame, address);
	if (!current->mm || address >= TASK_SIZE) {
		error = -EFAULT;
	} else {
		user_access_end();	/* of the copy, which goes on afterwards */
		entry_irq_enable();
		error = do_page_fault(current->mm, address, frame->error & FAULT_WRITE,
				      frame->error & FAULT_EXEC, user ? frame_sp(frame) : 0);
		if (!user)
			user_access_begin();
	}
	if (!error)
		return;
	if (user)
		mm_fault_error(error);
	else
		no_context(frame, address);
}

static void exception(struct trap_frame *frame)
{
	if (frame->vector == VECTOR_PAGE_FAULT) {
		page_fault(frame);
		return;
	}
	if (frame->vector == VECTOR_DOUBLE_FAULT)
		report_double_fault(frame->ip, frame->sp, frame->bp);
	if (!frame_user_mode(frame)) {
		if (frame->vector == VECTOR_DEBUG)
			return;		/* the user's trap flag, seen one instruction late */
		kernel_trap(frame, 0);
	}
	irq_enable();
	do_exit_signal(exceptions[frame->vector].signal ?
		       exceptions[frame->vector].signal : SIGSEGV);
}

static void interrupt(struct trap_frame *frame)
{
	__atomic_fetch_add(&nr_interrupts, 1, __ATOMIC_RELAXED);
	switch (frame->vector) {
	case VECTOR_TIMER:
		apic_end_of_interrupt();
		timer_tick(frame_user_mode(frame));
		break;
	case VECTOR_RESCHEDULE:		/* the way out of the kernel does what it is for */
		apic_end_of_interrupt();
		break;
	case VECTOR_TLB:
		apic_end_of_interrupt();
		tlb_serve_request();
		break;
	case VECTOR_SPURIOUS:
		break;
	default:
		if (frame->vector >= VECTOR_DEVICE)
			irq_dispatch(frame->vector);
	}
}

void prepare_user_mode(void)
{
	irq_disable();
	while (unlikely(current->need_resched || signal_pending(current))) {
		irq_enable();
		if (current->need_resched)
			schedule();
		if (signal_pending(current))
			do_signals();
		irq_disable();
	}
	user_access_begin();
}

void trap_entry(struct trap_frame *frame)
{
	if (frame_user_mode(frame))
		user_access_end();
	if (frame->vector < 32)
		exception(frame);
#ifdef __i386__
	else if (frame->vector == VECTOR_SYSCALL)
		syscall_dispatch(frame);
#endif
	else
		interrupt(frame);
	if (frame_user_mode(frame))
		prepare_user_mode();
}

void syscall_entry(struct trap_frame *frame)
{
	user_access_end();
	entry_irq_enable();
	syscall_dispatch(frame);
	prepare_user_mode();
}

void report_double_fault(unsigned long ip, unsigned long sp, unsigned long bp)
{
	unsigned long stack = (unsigned long)current->stack;

	show_backtrace(ip, bp);
	/* In the guard page, or so near that a trap's frame did not fit above it. */
	if (sp < stack + sizeof(struct trap_frame) && sp >= stack - PAGE_SIZE)
		panic("kernel stack overflow of pid %d (%s) on CPU %u, ip %#lx, sp %#lx",
		      current->pid, current->comm, this_cpu(), ip, sp);
	panic("double fault, ip %#lx, sp %#lx, stack %#lx", ip, sp, stack);
}
