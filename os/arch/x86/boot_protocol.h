/* Numbers that head.S and boot.c share. */
#ifndef X86_BOOT_PROTOCOL_H
#define X86_BOOT_PROTOCOL_H

#define MULTIBOOT2_HEADER_MAGIC	0xe85250d6
#define MULTIBOOT2_MAGIC	0x36d76289	/* in eax when GRUB enters */
#define PVH_MAGIC		0x336ec578	/* at the start of PVH's start info */

#endif
