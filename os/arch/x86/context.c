/*
 * Switching between tasks, and where a new one starts.
 *
 * A task that does not run has its registers on its kernel stack, the pointer in
 * context.sp. At the top of the stack of a process in the kernel lies its trap frame.
 */
#include "arch/context.h"
#include "arch/x86/apic.h"
#include "arch/x86/cpu.h"
#include "arch/x86/machine_x86.h"
#include "arch/x86/trap.h"
#include "kernel/entry.h"
#include "lib/string.h"
#include "mm/vm/vm.h"
#include "segments.h"

#define USER_FLAGS	(FLAGS_IF | 2)

struct task *switch_stacks(unsigned long *old_sp, unsigned long new_sp, struct task *from);
void leave_kernel(struct trap_frame *frame) __noreturn;
void fork_entry(void);
void kthread_entry(void);

static unsigned long stack_top(const struct task *task)
{
	return (unsigned long)task->stack + KERNEL_STACK_SIZE;
}

struct trap_frame *task_frame(struct task *task)
{
	return (struct trap_frame *)(stack_top(task) - sizeof(struct trap_frame));
}

struct task *switch_context(struct task *from, struct task *to)
{
	struct cpu *cpu = this_cpu_data();

	tlb_switch(to);
	kmap_switch(to);
	cpu_set_kernel_stack(cpu, stack_top(to));
	cpu->task = to;
	return switch_stacks(&from->context.sp, to->context.sp, from);
}

void context_move(void *stack, void (*go_on)(void))
{
	struct switch_frame *start = (struct switch_frame *)(stack + KERNEL_STACK_SIZE) - 1;
	unsigned long old_sp;

	memset(start, 0, sizeof(*start));
	start->go_on = go_on;
	current->stack = stack;
	cpu_set_kernel_stack(this_cpu_data(), stack_top(current));
	switch_stacks(&old_sp, (unsigned long)start, current);
	__builtin_unreachable();
}

int context_init_kthread(struct task *task, void (*main)(void *), void *argument)
{
	struct switch_frame *start = (struct switch_frame *)task_frame(task) - 1;

	memset(start, 0, sizeof(*start));
	start->main = main;
	start->argument = argument;
	start->go_on = kthread_entry;
	task->context.sp = (unsigned long)start;
	return kmap_slot_alloc(task);
}

int context_fork(struct task *child, const struct trap_frame *frame)
{
	struct trap_frame *copy = task_frame(child);
	struct switch_frame *start = (struct switch_frame *)copy - 1;

	*copy = *frame;
	frame_set_result(copy, 0);
	memset(start, 0, sizeof(*start));
	start->go_on = fork_entry;
	child->context.sp = (unsigned long)start;
	return kmap_slot_alloc(child);
}

void context_release(struct task *task)
{
	kmap_slot_free(task);
}

void context_enter_user(struct trap_frame *frame, unsigned long ip, unsigned long sp)
{
	memset(frame, 0, sizeof(*frame));
	/* sysret and iret must not meet an address that is none: let user mode fault. */
	frame->ip = ip < TASK_SIZE ? ip : 0;
	frame->sp = sp;
	frame->flags = USER_FLAGS;
	frame->cs = SEGMENT_USER_CODE;
	frame->ss = SEGMENT_USER_DATA;
#ifdef __i386__
	frame->ds = SEGMENT_USER_DATA;
	frame->es = SEGMENT_USER_DATA;
	frame->fs = SEGMENT_CPU;
#endif
}

void context_return_to_user(void)
{
	leave_kernel(task_frame(current));
}

void context_set_mm(struct mm_struct *mm)
{
	unsigned long flags = irq_save();

	current->mm = mm;
	tlb_switch(current);
	irq_restore(flags);
}

void cpu_kick(unsigned cpu)
{
	if (cpu != this_cpu())
		apic_send(cpus[cpu].apic_id, VECTOR_RESCHEDULE);
}

/* An interrupt cannot slip in between: sti takes effect after the next instruction. */
void cpu_idle(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}
