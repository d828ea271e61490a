/*
 * Kernel messages, and panic. A message is put together on the stack and reaches the
 * console in one piece, under the console's own lock.
 */
#include "lib/printk.h"
#include "arch/machine.h"
#include "arch/x86/machine_x86.h"
#include "arch/x86/trap.h"

#define MOST_TEXT	256
#define PANIC_STATUS	1	/* what a test harness sees */

static unsigned panicking;	/* a CPU has begun to panic; atomic */

static void vprintk(const char *fmt, va_list args) __printf(1, 0);

static void vprintk(const char *fmt, va_list args)
{
	char text[MOST_TEXT];
	int length = vsnprintf(text, sizeof(text), fmt, args);

	console_write(text, min((size_t)length, sizeof(text) - 1));
}

void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
}

void dump_stack(void)
{
	show_backtrace(0, (unsigned long)__builtin_frame_address(0));
}

void panic(const char *fmt, ...)
{
	va_list args;

	irq_save();
	/* The second one to come, or a panic within panic, only stops. */
	if (__atomic_exchange_n(&panicking, 1, __ATOMIC_SEQ_CST))
		machine_halt(PANIC_STATUS);
	machine_stop_others();
	uart_take_over();
	printk("PANIC: ");
	va_start(args, fmt);
	vprintk(fmt, args);
	va_end(args);
	printk("\n");
	show_backtrace(0, (unsigned long)__builtin_frame_address(0));
	machine_halt(PANIC_STATUS);
}
