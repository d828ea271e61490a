/*
 * i386: from the boot loader to C, with paging on; then every other way into the
 * kernel and out of it: traps, interrupts, system calls, new tasks.
 */
#include "arch/x86/trampoline.h"
#include "segments.h"

#define CR0_BITS	0x80010027	/* PG WP NE EM MP PE: no floating point */
#define CR4_BITS	0x10		/* PSE */

	.section .head, "ax"
	.code32
	.globl	start
/* eax: which protocol; ebx: its information. The stack works at both addresses. */
start:
	cli
	cld
	movl	%eax, %esi
	movl	$boot_stack_end - IMAGE_BASE, %esp

	/* All that the direct map may hold, by 4 MiB pages, and the first one at 0, too. */
	movl	$kernel_root - IMAGE_BASE, %edi
	movl	$0x1e3, %eax			/* global, dirty, accessed, PS, W, P */
	movl	%eax, (%edi)			/* smp_start takes it away */
	movl	$KERNEL_BASE >> 22, %ecx
1:	movl	%eax, (%edi, %ecx, 4)
	addl	$0x400000, %eax
	incl	%ecx
	cmpl	$(KERNEL_BASE + DIRECT_MAP_MAX) >> 22, %ecx
	jne	1b

	call	paging_on
	addl	$IMAGE_BASE, %esp
	xorl	%ebp, %ebp
	movl	%esi, %eax
	movl	%ebx, %edx
	call	boot_main

/* Returns at the linked address. */
paging_on:
	movl	$CR4_BITS, %eax
	movl	%eax, %cr4
	movl	$kernel_root - IMAGE_BASE, %eax
	movl	%eax, %cr3
	movl	$CR0_BITS, %eax
	movl	%eax, %cr0
	addl	$IMAGE_BASE, (%esp)
	ret

/* An application processor comes here from the trampoline. */
	.globl	ap_entry32
ap_entry32:
	movl	$SEGMENT_KERNEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$TRAMPOLINE_STACK, %esp
	call	paging_on
	movl	ap_stack, %esp
	xorl	%ebp, %ebp
	call	ap_main

	.section .text.trap, "ax"
	.balign	4096
/*
 * To load a segment register takes longer than all other registers. So ds and es hold the
 * user's data segment in the kernel, too, and fs the CPU's data in user mode, where its
 * pages are out of reach: unless a program changes them, nothing is loaded.
 */
	.macro	unless_usual_segments, target
	cmpw	$SEGMENT_USER_DATA, 28(%esp)
	jne	\target
	cmpw	$SEGMENT_USER_DATA, 32(%esp)
	jne	\target
	cmpw	$SEGMENT_CPU, 36(%esp)
	jne	\target
	.endm

trap:
	pushl	%fs
	pushl	%es
	pushl	%ds
	pushl	%eax
	pushl	%ebp
	pushl	%edi
	pushl	%esi
	pushl	%edx
	pushl	%ecx
	pushl	%ebx
	cld
	unless_usual_segments load_segments
segments_loaded:
	movl	%esp, %eax
	/* For debuggers: how to go on from trap_entry to the code that was interrupted. */
	.cfi_sections .debug_frame
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %esp, 60			/* what esp was in kernel mode */
	.cfi_offset %ebx, -60
	.cfi_offset %ecx, -56
	.cfi_offset %edx, -52
	.cfi_offset %esi, -48
	.cfi_offset %edi, -44
	.cfi_offset %ebp, -40
	.cfi_offset %eax, -36
	.cfi_offset %eip, -12
	call	trap_entry
	nop
	.cfi_endproc

	.globl	trap_return
trap_return:
	unless_usual_segments return_to_other_segments
	popl	%ebx
	popl	%ecx
	popl	%edx
	popl	%esi
	popl	%edi
	popl	%ebp
	popl	%eax
	addl	$20, %esp
	iret

load_segments:
	movl	$SEGMENT_USER_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	$SEGMENT_CPU, %eax
	movl	%eax, %fs
	jmp	segments_loaded

return_to_other_segments:
	popl	%ebx
	popl	%ecx
	popl	%edx
	popl	%esi
	popl	%edi
	popl	%ebp
	popl	%eax
	popl	%ds
	popl	%es
	popl	%fs
	addl	$8, %esp
	iret

/*
 * One stub for each vector: makes the stack look the same whether the CPU pushed an
 * error code or not.
 */
	.balign	16
	.globl	trap_stubs
trap_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	vector == 2
	jmp	halt_cpu
	.else
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
	pushl	$0
	.endif
	pushl	$vector
	jmp	trap
	.endif
	.set	vector, vector + 1
	.endr

	.text
/* A child's first steps: ends the switch, then leaves by the frame on its stack. */
	.globl	fork_entry
fork_entry:
	call	sched_finish_switch
	movl	%esp, %eax

	.globl	leave_kernel
/* eax: the frame by which to go to user mode. */
leave_kernel:
	movl	%eax, %esp
	call	prepare_user_mode
	jmp	trap_return

	.globl	kthread_entry
kthread_entry:
	call	sched_finish_switch
	movl	%esi, %eax
	call	*%ebx
	call	kthread_exit

/* struct task *switch_stacks(unsigned long *old_sp, unsigned long new_sp, from) */
	.globl	switch_stacks
switch_stacks:
	pushl	%ebp
	pushl	%ebx
	pushl	%esi
	pushl	%edi
	movl	%esp, (%eax)
	movl	%edx, %esp
	movl	%ecx, %eax
	popl	%edi
	popl	%esi
	popl	%ebx
	popl	%ebp
	ret

/* Another CPU panicked. */
halt_cpu:
	cli
1:	hlt
	jmp	1b
