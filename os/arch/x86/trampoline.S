/*
 * An application processor's first instructions, in real mode: copied by smp.c to
 * TRAMPOLINE, a page below 1 MiB, and left at once for 32-bit mode.
 */
#include "segments.h"
#include "arch/x86/trampoline.h"

#define HERE(symbol)	(symbol - trampoline_begin + TRAMPOLINE)

	.section .rodata
	.code16
	.globl	trampoline_begin, trampoline_end
trampoline_begin:
	cli
	cld
	xorw	%ax, %ax
	movw	%ax, %ds
	lgdtl	HERE(gdt_pointer)
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	$8, $ap_entry32 - IMAGE_BASE

	.balign	8
gdt:
	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
	.word	23
	.long	HERE(gdt)
trampoline_end:
