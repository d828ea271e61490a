/* The local APIC: interrupts between CPUs and each CPU's timer. */
#ifndef X86_APIC_H
#define X86_APIC_H

#include "lib/types.h"

#define APIC_ADDRESS	0xfee00000ul	/* physical; where it is unless ACPI says otherwise */

void apic_map(u64 physical);
void apic_enable(void);		/* on each CPU */
u8 apic_id(void);
void apic_end_of_interrupt(void);

/* An interrupt for the CPU with that APIC id. */
void apic_send(u8 to, unsigned vector);
void apic_send_init(u8 to);
void apic_send_startup(u8 to, unsigned page);
void apic_send_nmi(u8 to);

/* The timer counts down from COUNT; clock.c finds out how fast. */
void apic_timer_start_once(u32 count);
u32 apic_timer_count(void);
void apic_timer_start_ticks(u32 counts_per_tick);

/* clock.c: starts this CPU's ticks, HZ in a second. */
void timer_start(void);

#endif
