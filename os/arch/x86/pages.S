/* Whole pages that must exist before C: the boot stack and the first page tables. */
	.section .bss.pages, "aw", @nobits
	.balign	4096
	.globl	boot_stack, boot_stack_end, kernel_root
boot_stack:
	.skip	8192
boot_stack_end:
kernel_root:
	.skip	4096
#ifdef __x86_64__
	.globl	direct_directories, direct_pointers, image_pointers
direct_directories:
	.skip	4 * 4096
direct_pointers:
	.skip	4096
image_pointers:
	.skip	4096
#endif
