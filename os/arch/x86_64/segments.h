/*
 * Segment selectors and addresses that C and assembly share. syscall and sysret fix
 * the order: kernel code, kernel data; a gap, user data, user code.
 */
#ifndef X86_64_SEGMENTS_H
#define X86_64_SEGMENTS_H

#ifdef __ASSEMBLER__
#define IMAGE_BASE	0xffffffff80000000
#endif

#define SEGMENT_KERNEL_CODE	0x08
#define SEGMENT_KERNEL_DATA	0x10
#define SEGMENT_SYSRET		0x18	/* what sysret counts from */
#define SEGMENT_USER_DATA	0x23
#define SEGMENT_USER_CODE	0x2b
#define SEGMENT_TSS		0x30	/* takes two entries */

#define SYSCALL_VECTOR		0x100	/* trap_frame.vector of a system call */

/* Byte offsets in struct cpu. */
#define CPU_KERNEL_STACK	48
#define CPU_USER_SP		56

#endif
