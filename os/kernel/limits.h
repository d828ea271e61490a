/*
 * Limits of a process, with Linux's numbers: fork and exec pass them on, and only the
 * superuser raises the hard ones.
 *
 * The kernel obeys those of memory: RLIMIT_DATA (brk), RLIMIT_AS (brk, mmap) and
 * RLIMIT_MEMLOCK (mlock and what follows it). The others are kept for the programs that
 * ask; a stack may have 8 MiB, and a process NR_OPEN files.
 */
#ifndef KERNEL_LIMITS_H
#define KERNEL_LIMITS_H

#define RLIMIT_DATA	2
#define RLIMIT_STACK	3
#define RLIMIT_NOFILE	7
#define RLIMIT_MEMLOCK	8
#define RLIMIT_AS	9
#define NR_LIMITS	10

#define NO_LIMIT	(~0ul)

struct limit {
	unsigned long soft;	/* bytes, or whatever is limited; this one counts */
	unsigned long hard;	/* what the process itself may raise `soft` to */
};

/* The limits of the first process. */
void limits_init(struct limit *limits);

#endif
