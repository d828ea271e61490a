/*
 * long raw_syscall(number, a, b, c, d, e, f) on x86-64: number in rax, arguments in rdi,
 * rsi, rdx, r10, r8, r9; the kernel changes rax, rcx and r11.
 */
	.text
	.globl raw_syscall
raw_syscall:
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	movq	8(%rsp), %r9
	syscall
	ret
	.section .note.GNU-stack, "", @progbits
