/*
 * Device interrupts: the I/O APICs, which turn lines into messages to CPU 0, and the
 * table of handlers by vector.
 *
 * irq_lock guards the tables against each other; a handler is found without it, as an
 * entry is complete before its line is opened and never goes away.
 */
#include "arch/x86/irq.h"
#include "arch/x86/apic.h"
#include "arch/x86/cpu.h"
#include "arch/x86/io.h"
#include "arch/x86/machine_x86.h"
#include "arch/x86/trap.h"
#include "kernel/lock.h"
#include "lib/errno.h"
#include "lib/printk.h"

#define MOST_ACTIONS	32
#define MOST_IOAPICS	4

enum { IOAPIC_INDEX = 0x00, IOAPIC_DATA = 0x10 };	/* registers */
enum { IOAPIC_VERSION = 1, IOAPIC_PIN = 0x10 };		/* indices */

#define PIN_LOW		(1u << 13)
#define PIN_LEVEL	(1u << 15)
#define PIN_MASKED	(1u << 16)

struct ioapic {
	volatile u8 *registers;
	u32 first_gsi, nr_pins;
};

/* Who wants a vector's interrupts; several may share a line. */
struct action {
	irq_handler handler;
	void *argument;
	struct action *next;
};

static struct spinlock irq_lock = SPINLOCK_INIT("irq", RANK_DEVICE);
static struct action actions[MOST_ACTIONS];
static unsigned nr_actions;
static struct action *by_vector[NR_VECTORS];
static unsigned next_vector = VECTOR_DEVICE;
static u8 vector_of_gsi[256];		/* 0: not routed */
static struct ioapic ioapics[MOST_IOAPICS];
static unsigned nr_ioapics;

static u32 ioapic_read(const struct ioapic *ioapic, u32 index)
{
	mmio_write32(ioapic->registers + IOAPIC_INDEX, index);
	return mmio_read32(ioapic->registers + IOAPIC_DATA);
}

static void ioapic_write(const struct ioapic *ioapic, u32 index, u32 value)
{
	mmio_write32(ioapic->registers + IOAPIC_INDEX, index);
	mmio_write32(ioapic->registers + IOAPIC_DATA, value);
}

void ioapic_add(u32 physical, u32 first_gsi)
{
	struct ioapic *ioapic = &ioapics[nr_ioapics];

	if (nr_ioapics == MOST_IOAPICS)
		return;
	ioapic->registers = mmio_map(physical, 0x20);
	if (!ioapic->registers)
		return;
	ioapic->first_gsi = first_gsi;
	ioapic->nr_pins = (ioapic_read(ioapic, IOAPIC_VERSION) >> 16 & 0xff) + 1;
	for (u32 pin = 0; pin < ioapic->nr_pins; pin++)
		ioapic_write(ioapic, IOAPIC_PIN + 2 * pin, PIN_MASKED);
	nr_ioapics++;
}

/* Sends a line's interrupts to VECTOR on CPU 0. */
static int route(struct acpi_irq irq, unsigned vector)
{
	for (unsigned i = 0; i < nr_ioapics; i++) {
		const struct ioapic *ioapic = &ioapics[i];
		u32 pin = irq.gsi - ioapic->first_gsi;

		if (irq.gsi < ioapic->first_gsi || pin >= ioapic->nr_pins)
			continue;
		ioapic_write(ioapic, IOAPIC_PIN + 2 * pin + 1, (u32)cpus[0].apic_id << 24);
		ioapic_write(ioapic, IOAPIC_PIN + 2 * pin,
			     vector | (irq.low ? PIN_LOW : 0) | (irq.level ? PIN_LEVEL : 0));
		return 0;
	}
	return -EINVAL;
}

/* irq_lock held. */
static int add_action(unsigned vector, irq_handler handler, void *argument)
{
	struct action *action = &actions[nr_actions];

	if (nr_actions == MOST_ACTIONS)
		return -ENOSPC;
	nr_actions++;
	action->handler = handler;
	action->argument = argument;
	action->next = by_vector[vector];
	__atomic_store_n(&by_vector[vector], action, __ATOMIC_RELEASE);
	return 0;
}

/* irq_lock held. A new vector with its first handler. */
static int new_vector(irq_handler handler, void *argument)
{
	int error;

	if (next_vector == VECTOR_SYSCALL)
		next_vector++;
	if (next_vector == VECTOR_TIMER)
		return -ENOSPC;
	error = add_action(next_vector, handler, argument);
	return error ? error : (int)next_vector++;
}

int irq_vector_alloc(irq_handler handler, void *argument)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);
	int vector = new_vector(handler, argument);

	spin_unlock_irqrestore(&irq_lock, flags);
	return vector;
}

int request_irq(unsigned line, irq_handler handler, void *argument)
{
	struct acpi_irq irq;
	unsigned long flags;
	int result;

	if (line > 15)
		return -EINVAL;
	irq = acpi_isa_irq(line);
	if (irq.gsi >= ARRAY_SIZE(vector_of_gsi))
		return -EINVAL;
	flags = spin_lock_irqsave(&irq_lock);
	if (vector_of_gsi[irq.gsi]) {
		result = add_action(vector_of_gsi[irq.gsi], handler, argument);
	} else {
		result = new_vector(handler, argument);
		if (result > 0) {
			vector_of_gsi[irq.gsi] = (u8)result;
			result = route(irq, (unsigned)result);
		}
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return result;
}

void irq_dispatch(unsigned vector)
{
	const struct action *action = __atomic_load_n(&by_vector[vector], __ATOMIC_ACQUIRE);

	for (; action; action = action->next)
		action->handler(action->argument);
	apic_end_of_interrupt();
}

/* Moves the old interrupt controllers' vectors away from the CPU's own and shuts them. */
void irq_init(void)
{
	static const struct {
		u8 port, value;
	} commands[] = {
		{ 0x20, 0x11 }, { 0x21, VECTOR_PIC }, { 0x21, 4 }, { 0x21, 1 },
		{ 0xa0, 0x11 }, { 0xa1, VECTOR_PIC + 8 }, { 0xa1, 2 }, { 0xa1, 1 },
		{ 0x21, 0xff }, { 0xa1, 0xff },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(commands); i++)
		outb(commands[i].port, commands[i].value);
}
