/*
 * long raw_syscall(number, a, b, c, d, e, f) on i386: number in eax, arguments in ebx, ecx,
 * edx, esi, edi, ebp; the kernel changes eax only.
 */
	.text
	.globl raw_syscall
raw_syscall:
	pushl	%ebp
	pushl	%edi
	pushl	%esi
	pushl	%ebx
	movl	20(%esp), %eax
	movl	24(%esp), %ebx
	movl	28(%esp), %ecx
	movl	32(%esp), %edx
	movl	36(%esp), %esi
	movl	40(%esp), %edi
	movl	44(%esp), %ebp
	int	$0x80
	popl	%ebx
	popl	%esi
	popl	%edi
	popl	%ebp
	ret
	.section .note.GNU-stack, "", @progbits
