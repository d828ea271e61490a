/*
 * Traps and interrupts: vectors, and what the entry code calls.
 */
#ifndef X86_TRAP_H
#define X86_TRAP_H

#include "arch/machine.h"

#define VECTOR_DEBUG		1
#define VECTOR_NMI		2
#define VECTOR_BREAKPOINT	3
#define VECTOR_DOUBLE_FAULT	8
#define VECTOR_PAGE_FAULT	14
#define VECTOR_PIC		0x20	/* 16 vectors of the disabled old controllers */
#define VECTOR_DEVICE		0x30	/* the first of the devices' */
#define VECTOR_SYSCALL		0x80	/* i386: int 0x80 */
#define VECTOR_TIMER		0xf0
#define VECTOR_RESCHEDULE	0xf1
#define VECTOR_TLB		0xf2
#define VECTOR_SPURIOUS		0xff

#define TRAP_STUB_SIZE	16
extern char trap_stubs[];	/* code, TRAP_STUB_SIZE bytes for each vector */
extern char syscall_stub[];	/* x86-64 */

/* Every trap and interrupt: FRAME holds the interrupted registers. */
void trap_entry(struct trap_frame *frame);

/* A system call: the same, by the fast way. */
void syscall_entry(struct trap_frame *frame);

/* The last C code before user mode; returns with interrupts off. */
void prepare_user_mode(void);

/* A device's vector (irq.c), acknowledged afterwards. */
void irq_dispatch(unsigned vector);

void report_double_fault(unsigned long ip, unsigned long sp, unsigned long bp) __noreturn;

/* Prints the registers of FRAME. */
void show_registers(const struct trap_frame *frame);

/*
 * Prints the return addresses from frame pointer BP on, one line each, as long as they
 * lie on the stack that holds BP.
 */
void show_backtrace(unsigned long ip, unsigned long bp);

#endif
