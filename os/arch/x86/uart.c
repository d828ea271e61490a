/*
 * The console: a 16550 at COM1. Output goes to the device while its queue takes it,
 * then to a ring that the transmit interrupt empties; a full ring is waited for.
 * Input comes by interrupt and goes to the terminal.
 *
 * uart_lock guards ring and registers. A panic takes the device over without it.
 */
#include "arch/x86/io.h"
#include "arch/x86/irq.h"
#include "arch/x86/machine_x86.h"
#include "kernel/entry.h"
#include "kernel/lock.h"
#include "lib/printk.h"

#define COM1		0x3f8
#define COM1_IRQ	4
#define FIFO_SIZE	16
#define RING_SIZE	4096u	/* a power of two */

enum {
	REG_DATA = COM1, REG_INTERRUPT = COM1 + 1, REG_FIFO = COM1 + 2,
	REG_IDENTIFY = COM1 + 2,	/* the same port, when read */
	REG_LINE = COM1 + 3, REG_MODEM = COM1 + 4, REG_STATUS = COM1 + 5,
};

#define INTERRUPT_RECEIVE	0x01
#define INTERRUPT_TRANSMIT	0x02
#define NOTHING_PENDING		0x01
#define STATUS_RECEIVED		0x01
#define STATUS_TRANSMIT_EMPTY	0x20
#define STATUS_IDLE		0x40	/* the last bit is on the line */
#define PATIENCE_US		60000000	/* with a device that takes nothing any more */
#define LOOK_US			100

static struct spinlock uart_lock = SPINLOCK_INIT("uart", RANK_CONSOLE);
static char ring[RING_SIZE];
static unsigned ring_head, ring_tail;	/* written and sent; never reduced */
static bool interrupts_on;		/* uart_init has run */
static bool taken_over;			/* by panic */

void uart_early_init(void)
{
	outb(REG_INTERRUPT, 0);
	outb(REG_LINE, 0x80);	/* the divisor: 115200 baud */
	outb(COM1, 1);
	outb(COM1 + 1, 0);
	outb(REG_LINE, 0x03);	/* 8 bits, no parity */
	outb(REG_FIFO, 0x07);	/* on, emptied; an interrupt for each byte */
	outb(REG_MODEM, 0x0b);
}

static bool transmit_ready(void)
{
	return inb(REG_STATUS) & STATUS_TRANSMIT_EMPTY;
}

/* Gives the device what it takes at once; true if the ring is empty now. */
static bool drain(void)
{
	while (ring_head != ring_tail) {
		if (!transmit_ready())
			return false;
		for (unsigned n = 0; n < FIFO_SIZE && ring_head != ring_tail; n++)
			outb(REG_DATA, (u8)ring[ring_tail++ % RING_SIZE]);
	}
	return true;
}

static void put(char c)
{
	while (ring_head - ring_tail == RING_SIZE)
		drain();
	ring[ring_head++ % RING_SIZE] = c;
}

static void put_text(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\n')
			put('\r');
		put(text[i]);
	}
}

void console_write(const char *text, size_t length)
{
	unsigned long flags = 0;
	bool empty;

	if (!taken_over)
		flags = spin_lock_irqsave(&uart_lock);
	put_text(text, length);
	empty = drain();
	if (interrupts_on && !taken_over) {
		if (!empty)
			outb(REG_INTERRUPT, INTERRUPT_RECEIVE | INTERRUPT_TRANSMIT);
	} else {
		while (!drain())
			;
	}
	if (!taken_over)
		spin_unlock_irqrestore(&uart_lock, flags);
}

void uart_take_over(void)
{
	taken_over = true;
}

void uart_flush(void)
{
	taken_over = true;
	for (unsigned waited = 0; waited < PATIENCE_US; waited += LOOK_US) {
		if (drain() && (inb(REG_STATUS) & STATUS_IDLE))
			return;
		delay_us(LOOK_US);
	}
}

/* One round: what has arrived goes to TEXT; the ring moves on. Returns how much came. */
static unsigned serve(char *text)
{
	unsigned n = 0;
	unsigned long flags = spin_lock_irqsave(&uart_lock);

	while (n < FIFO_SIZE && (inb(REG_STATUS) & STATUS_RECEIVED))
		text[n++] = (char)inb(REG_DATA);
	if (drain())
		outb(REG_INTERRUPT, INTERRUPT_RECEIVE);
	spin_unlock_irqrestore(&uart_lock, flags);
	return n;
}

/* The line is edge-triggered: it must have been low before we return. */
static void uart_interrupt(void *unused)
{
	char text[FIFO_SIZE];

	(void)unused;
	do {
		unsigned n = serve(text);

		for (unsigned i = 0; i < n; i++)
			console_input(text[i]);
	} while (!(inb(REG_IDENTIFY) & NOTHING_PENDING));
}

void uart_init(void)
{
	int error = request_irq(COM1_IRQ, uart_interrupt, NULL);

	if (error) {
		printk("console: no interrupt (%d), output only\n", error);
		return;
	}
	interrupts_on = true;
	outb(REG_INTERRUPT, INTERRUPT_RECEIVE);
}
