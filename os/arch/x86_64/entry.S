/*
 * x86-64: from the boot loader's 32-bit mode to C in long mode; then every other way
 * into the kernel and out of it: traps, interrupts, system calls, new tasks.
 */
#include "arch/x86/trampoline.h"
#include "segments.h"

#define CR0_BITS	0x80010027	/* PG WP NE EM MP PE: no floating point */
#define CR4_BITS	0x20		/* PAE */
#define MSR_EFER	0xc0000080
#define EFER_SCE_LME	0x101
#define EFER_NXE_BIT	11
#define CPUID_NX_BIT	20

	.section .head, "ax"
	.code32
	.globl	start
/* eax: which protocol; ebx: its information. */
start:
	cli
	cld
	movl	%eax, %esi
	movl	$boot_stack_end - IMAGE_BASE, %esp

	/* The first 4 GiB by 2 MiB pages, in four directories. */
	movl	$direct_directories - IMAGE_BASE, %edi
	movl	$0x1e3, %eax			/* global, dirty, accessed, PS, W, P */
	xorl	%ecx, %ecx
1:	movl	%eax, (%edi, %ecx, 8)
	addl	$0x200000, %eax
	incl	%ecx
	cmpl	$2048, %ecx
	jne	1b

	/* They are the direct map; and, until smp_start is done, address 0. */
	movl	$direct_pointers - IMAGE_BASE, %edx
	movl	$direct_directories - IMAGE_BASE + 3, %eax
	movl	%eax, (%edx)
	addl	$0x1000, %eax
	movl	%eax, 8(%edx)
	addl	$0x1000, %eax
	movl	%eax, 16(%edx)
	addl	$0x1000, %eax
	movl	%eax, 24(%edx)
	movl	$kernel_root - IMAGE_BASE, %edi
	addl	$3, %edx
	movl	%edx, (%edi)
	movl	%edx, 256 * 8(%edi)

	/* The image sees the first GiB. */
	movl	$image_pointers - IMAGE_BASE, %edx
	movl	$direct_directories - IMAGE_BASE + 3, 510 * 8(%edx)
	addl	$3, %edx
	movl	%edx, 511 * 8(%edi)

	call	long_mode
	.code64
	movabsq	$boot_stack_end, %rsp
	xorl	%ebp, %ebp
	movl	%esi, %edi
	movl	%ebx, %esi
	movabsq	$boot_main, %rax
	call	*%rax

	.code32
/* Returns in 64-bit mode, to the same physical address. Keeps esi and ebx. */
long_mode:
	popl	%edi
	movl	%ebx, %ebp
	movl	$CR4_BITS, %eax
	movl	%eax, %cr4
	movl	$kernel_root - IMAGE_BASE, %eax
	movl	%eax, %cr3
	movl	$0x80000001, %eax
	cpuid
	movl	%edx, %ebx
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_SCE_LME, %eax
	btl	$CPUID_NX_BIT, %ebx
	jnc	1f
	btsl	$EFER_NXE_BIT, %eax
1:	wrmsr
	movl	%ebp, %ebx
	movl	$CR0_BITS, %eax
	movl	%eax, %cr0
	lgdt	early_gdt_pointer - IMAGE_BASE
	ljmp	$SEGMENT_KERNEL_CODE, $2f - IMAGE_BASE
	.code64
2:	movl	$SEGMENT_KERNEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%edi, %edi
	jmp	*%rdi

/* An application processor comes here from the trampoline. */
	.code32
	.globl	ap_entry32
ap_entry32:
	movl	$0x10, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$TRAMPOLINE_STACK, %esp
	call	long_mode
	.code64
	movabsq	$ap_stack, %rax
	movq	(%rax), %rsp
	xorl	%ebp, %ebp
	movabsq	$ap_main, %rax
	call	*%rax

	.balign 8
early_gdt:
	.quad	0, 0x00af9b000000ffff, 0x00cf93000000ffff
early_gdt_pointer:
	.word	23
	.long	early_gdt - IMAGE_BASE

	.section .text.trap, "ax"
	.balign	4096
	.macro	push_registers
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	.endm

	.macro	pop_registers
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	.endm

trap:
	testb	$3, 24(%rsp)			/* cs: from user mode? */
	jz	1f
	swapgs
1:	push_registers
	cld
	movq	%rsp, %rdi
	/* For debuggers: how to go on from trap_entry to the code that was interrupted. */
	.cfi_sections .debug_frame
	.cfi_startproc simple
	.cfi_signal_frame
	.cfi_def_cfa %rsp, 176			/* the end of the frame */
	.cfi_offset %r15, -176
	.cfi_offset %r14, -168
	.cfi_offset %r13, -160
	.cfi_offset %r12, -152
	.cfi_offset %rbp, -144
	.cfi_offset %rbx, -136
	.cfi_offset %r11, -128
	.cfi_offset %r10, -120
	.cfi_offset %r9, -112
	.cfi_offset %r8, -104
	.cfi_offset %rax, -96
	.cfi_offset %rcx, -88
	.cfi_offset %rdx, -80
	.cfi_offset %rsi, -72
	.cfi_offset %rdi, -64
	.cfi_offset %rip, -40
	.cfi_offset %rsp, -16
	call	trap_entry
	nop
	.cfi_endproc

	.globl	trap_return
trap_return:
	pop_registers
	testb	$3, 24(%rsp)
	jz	1f
	swapgs
1:	addq	$16, %rsp
	iretq

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
	pushq	$0
	.endif
	pushq	$vector
	jmp	trap
	.endif
	.set	vector, vector + 1
	.endr

	.text
/* The CPU has saved the user's rip in rcx and flags in r11; interrupts are off. */
	.globl	syscall_stub
syscall_stub:
	swapgs
	movq	%rsp, %gs:CPU_USER_SP
	movq	%gs:CPU_KERNEL_STACK, %rsp
	pushq	$SEGMENT_USER_DATA
	pushq	%gs:CPU_USER_SP
	pushq	%r11
	pushq	$SEGMENT_USER_CODE
	pushq	%rcx
	pushq	$0
	pushq	$SYSCALL_VECTOR
	push_registers
	movq	%rsp, %rdi
	call	syscall_entry
	/* exec may have changed where to go; sysret takes it from rcx and r11. */
	pop_registers
	movq	16(%rsp), %rcx
	movq	32(%rsp), %r11
	movq	40(%rsp), %rsp
	swapgs
	sysretq

/* A child's first steps: ends the switch, then leaves by the frame on its stack. */
	.globl	fork_entry
fork_entry:
	call	sched_finish_switch
	movq	%rsp, %rdi

	.globl	leave_kernel
/* rdi: the frame by which to go to user mode. */
leave_kernel:
	movq	%rdi, %rsp
	call	prepare_user_mode
	jmp	trap_return

	.globl	kthread_entry
kthread_entry:
	call	sched_finish_switch
	movq	%r12, %rdi
	call	*%rbx
	call	kthread_exit

/* struct task *switch_stacks(unsigned long *old_sp, unsigned long new_sp, from) */
	.globl	switch_stacks
switch_stacks:
	movq	%rdx, %rax
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret

/* Another CPU panicked. */
halt_cpu:
	cli
1:	hlt
	jmp	1b
