/*
 * Messages, assertions and the end of the line.
 *
 * printk never sleeps and may be called with any lock held. `panic` is for what
 * cannot happen: nothing that a user program, a disk or a full memory does may
 * lead to it.
 */
#ifndef LIB_PRINTK_H
#define LIB_PRINTK_H

#include "lib/types.h"

/* Formats: d i u x X o c s p %, with -, 0, width, precision, and l ll z h. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/* Writes a line to the console; the caller ends it with a newline. */
void printk(const char *fmt, ...) __printf(1, 2);

/* The functions that led here, to the console. */
void dump_stack(void);

/* Stops every CPU, prints the message and a backtrace, and halts the machine. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

#define assert(cond)								\
	do {									\
		if (unlikely(!(cond)))						\
			panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #cond); \
	} while (0)

#endif
