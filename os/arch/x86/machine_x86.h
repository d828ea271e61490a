/*
 * What the files of the PC machine call from each other to bring it up. In the order
 * of boot.
 */
#ifndef X86_MACHINE_X86_H
#define X86_MACHINE_X86_H

#include "arch/machine.h"

struct page_table;
struct task;

/* uart.c: the console works, polled; later with interrupts. */
void uart_early_init(void);
void uart_init(void);
/* From now on output waits for the device and takes no lock: for panic. */
void uart_take_over(void);
void uart_flush(void);		/* before the machine ends: all that was written leaves */

/* ARCH/direct_map.c: maps all usable memory; then leaves only low memory mapped. */
void direct_map_init(void);
void direct_map_trim(void);

/* pagetable.c: tables for the kernel's windows, linked for ever. */
void page_tables_init(void);
/* Changes one page of a window (kmap, mmio, stacks) in all address spaces. */
void kernel_map_page(unsigned long address, unsigned long entry);
/* Another table for a window, from ADDRESS on; before there are processes. */
bool window_extend(unsigned long address);

/* stack.c: a second address for the boot CPU's stack, with a guard. */
void *boot_stack_map(void *stack);
/* context.c: goes on in GO_ON on another stack, empty; current is the boot CPU's task. */
void context_move(void *stack, void (*go_on)(void)) __noreturn;

/* acpi.c: finds CPUs and interrupt controllers, which it reports to those below. */
void acpi_init(void);

/* srat.c: these two tables, the second or NULL. The CPUs are known. */
void srat_read(const void *srat, const void *slit);

/* Where an ISA interrupt line arrives. */
struct acpi_irq {
	u32 gsi;		/* input of the I/O APICs, counted through all of them */
	bool low, level;	/* polarity and trigger mode */
};
struct acpi_irq acpi_isa_irq(unsigned line);
void acpi_power_off(void);	/* returns if it does not work */

/* clock.c: measures the counters against the old timer. */
void clock_init(void);
/* Waits, at least. Needs clock_init. */
void delay_us(unsigned microseconds);

/* irq.c: silences the old interrupt controllers; an I/O APIC that ACPI lists. */
void irq_init(void);
void ioapic_add(u32 physical, u32 first_gsi);

/* tlb.c: loads TO's address space, if it has one; interrupts are off. */
void tlb_switch(struct task *to);
/* All CPUs drop what they know of windows, but for global entries. */
void tlb_flush_kernel(void);
/* No CPU has TABLE loaded when it returns; it is about to be freed. */
void tlb_forget_table(struct page_table *table);

/* smp.c */
void cpu_add(u8 apic_id);	/* a processor that ACPI lists */
void machine_stop_others(void);

#endif
