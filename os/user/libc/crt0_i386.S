/* Program entry on i386: hands the initial stack (argc, argv, ...) to start_c. */
	.text
	.globl _start
_start:
	xorl	%ebp, %ebp
	movl	%esp, %eax
	andl	$-16, %esp
	subl	$12, %esp
	pushl	%eax
	call	start_c
	hlt
	.section .note.GNU-stack, "", @progbits
