/*
 * Device interrupts. A handler runs on CPU 0 with interrupts off and must not sleep.
 */
#ifndef X86_IRQ_H
#define X86_IRQ_H

#include "lib/types.h"

typedef void (*irq_handler)(void *argument);

/*
 * Routes an ISA interrupt line (0 … 15) through the I/O APIC to HANDLER, with the
 * polarity and trigger mode that ACPI gives. Lines may be shared. 0, -EINVAL for an
 * unknown line, -ENOSPC if all vectors are taken.
 */
int request_irq(unsigned line, irq_handler handler, void *argument);

/* A vector of its own for a message-signalled interrupt: the vector, or -ENOSPC. */
int irq_vector_alloc(irq_handler handler, void *argument);

#endif
