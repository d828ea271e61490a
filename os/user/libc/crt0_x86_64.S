/* Program entry on x86-64: hands the initial stack (argc, argv, ...) to start_c. */
	.text
	.globl _start
_start:
	xorl	%ebp, %ebp
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	start_c
	hlt
	.section .note.GNU-stack, "", @progbits
