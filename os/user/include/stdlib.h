/* Memory, numbers, options, and how a program ends or complains. */
#ifndef STDLIB_H
#define STDLIB_H

#include <stddef.h>

/* The last part of argv[0]; messages start with it. */
extern const char *program_name;

/* Flushes stdout, then ends. Turns status 0 into 1 when stdout could not be written. */
_Noreturn void exit(int status);

/* NULL with ENOMEM when brk refuses. Blocks are aligned to 16 bytes. */
void *malloc(size_t bytes);
void *realloc(void *block, size_t bytes);
void free(void *block);

/* malloc and realloc for programs that cannot go on without: they end with status 1. */
void *xmalloc(size_t bytes);
void *xrealloc(void *block, size_t bytes);

/*
 * Reads a decimal number (or 0x...) that fills the whole string and lies in [min, max].
 * Returns 0, or -1 and leaves *value alone.
 */
int parse_number(const char *s, long min, long max, long *value);

/* The same for a program's argument `what`: a bad one prints why and ends with status 2. */
long number_argument(const char *s, const char *what, long min, long max);

/*
 * Options as POSIX describes them: single letters, `:` after one that takes a value, `--`
 * ends them. Returns the letter, '?' after printing what is wrong, or -1 at the end.
 */
extern char *optarg;
extern int optind;
int getopt(int argc, char *const argv[], const char *letters);

/* Prints `NAME: message: reason` (reason from errno). */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Like warn, without the reason. */
void warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* warn, then ends with the status. */
_Noreturn void die(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints `usage: NAME text` on standard error and ends with status 2. */
_Noreturn void usage(const char *text);

#endif
