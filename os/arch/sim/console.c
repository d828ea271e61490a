/*
 * Kernel messages and the end of the line. Messages are dropped unless asked for:
 * what a scenario prints is its result lines, and nothing else.
 */
#include <stdio.h>
#include <stdlib.h>

#include "arch/machine.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"

bool console_on;
void (*panic_hook)(const char *message) __noreturn;

void (*console_hook)(const char *line);

void console_write(const char *text, size_t length)
{
	if (console_hook)
		console_hook(text);
	if (console_on)
		fwrite(text, 1, length, stderr);
}

void printk(const char *fmt, ...)
{
	char line[512];
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	console_write(line, min((size_t)length, sizeof(line) - 1));
}

/* The host's debugger knows more of the host's stack. */
void dump_stack(void)
{
}

void panic(const char *fmt, ...)
{
	char message[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (panic_hook)
		panic_hook(message);
	fprintf(stderr, "BUG: %s\n", message);
	exit(3);
}

void machine_halt(int status)
{
	exit(status);
}
