/*
 * The end: power off, restart, halt. A test harness may listen at isa-debug-exit's
 * port: QEMU then exits with 2 * status + 1.
 */
#include "arch/context.h"
#include "arch/x86/io.h"
#include "arch/x86/machine_x86.h"

#define DEBUG_EXIT	0xf4
#define KEYBOARD	0x64
#define PULSE_RESET	0xfe

static void stop(void) __noreturn;

static void stop(void)
{
	irq_disable();
	for (;;)
		__asm__ volatile("hlt");
}

/* Nobody runs any more, and the last words are on their way. */
static void come_to_rest(void)
{
	irq_disable();
	machine_stop_others();
	uart_flush();
}

void machine_halt(int status)
{
	come_to_rest();
	outb(DEBUG_EXIT, (u8)status);
	stop();
}

void machine_poweroff(int status)
{
	come_to_rest();
	outb(DEBUG_EXIT, (u8)status);
	acpi_power_off();
	stop();
}

void machine_reboot(void)
{
	come_to_rest();
	outb(KEYBOARD, PULSE_RESET);
	stop();
}
