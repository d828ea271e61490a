/*
 * What the two boot protocols look for: the PVH note (QEMU -kernel) and the multiboot2
 * header (GRUB), which must lie in the first 32 KiB of the file. Both start the kernel
 * in 32-bit protected mode without paging, at `start`, by its physical address.
 */
#include "arch/x86/boot_protocol.h"
#include "segments.h"

	.section .head, "ax"
	.balign 8
header:
	.long	MULTIBOOT2_HEADER_MAGIC
	.long	0			/* architecture: i386 */
	.long	header_end - header
	.long	-(MULTIBOOT2_HEADER_MAGIC + (header_end - header))

	.word	0, 0			/* the end of no further wishes */
	.long	8
header_end:

	.code32
	.globl	start_pvh
start_pvh:
	movl	$PVH_MAGIC, %eax
	jmp	start

	.section .note.pvh, "a", @note
	.balign 4
	.long	4, note_end - note, 18	/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
note:
	.long	start_pvh - IMAGE_BASE
note_end:
