/* Segment selectors and addresses that C and assembly share. */
#ifndef I386_SEGMENTS_H
#define I386_SEGMENTS_H

#ifdef __ASSEMBLER__
#define IMAGE_BASE	0xc0000000
#define KERNEL_BASE	0xc0000000
#define DIRECT_MAP_MAX	(896 << 20)
#endif

#define SEGMENT_KERNEL_CODE	0x08
#define SEGMENT_KERNEL_DATA	0x10
#define SEGMENT_USER_CODE	0x1b
#define SEGMENT_USER_DATA	0x23
#define SEGMENT_CPU		0x2b	/* %fs in the kernel: this CPU's struct cpu */
#define SEGMENT_TSS		0x30
#define SEGMENT_FAULT_TSS	0x38	/* a double fault's own registers and stack */

#endif
