/*
 * failload: lives with system calls that fail for want of memory. Meant for a checking
 * kernel booted with failalloc=N, under which one in N requests for memory fails of processes
 * that are not the superuser's.
 *
 *   failload ROUNDS	each round a child without privileges makes all kinds of calls; the
 *			last ones run usertests
 *   failload -f	without privileges, needs page after page until a fault gets none and
 *			the kernel kills it
 *
 * A call may succeed or say that there is no memory; a child may be killed, as the kernel
 * has no other answer to a page fault. Anything else fails, and so does a kind of call
 * that was never refused. Exit status 0 if all is as it must be.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANYBODY		1000
#define CALLS_A_ROUND	40
#define USERTESTS	3	/* times that it is run */
#define DIRECTORY	"failload.d"
#define REFUSED		9	/* exit status of a child whose exec failed */
#define FAULTS		100000	/* pages that -f asks for */

enum kind { FORK, EXEC, MMAP, BRK, PIPE, OPEN, NR_KINDS };

static const char *const names[NR_KINDS] = { "fork", "exec", "mmap", "brk", "pipe", "open" };

/* In shared memory: children add to it. */
static struct {
	unsigned long done[NR_KINDS], refused[NR_KINDS];
	int wrong;
} *counts;

/* Counts a call; returns whether it succeeded. */
static int count(enum kind kind, long result)
{
	if (result >= 0) {
		counts->done[kind]++;
		return 1;
	}
	counts->refused[kind]++;
	if (errno != ENOMEM && !(kind == FORK && errno == EAGAIN)) {
		counts->wrong = 1;
		warn("%s", names[kind]);
	}
	return 0;
}

static void try_fork_and_exec(void)
{
	char *argv[] = { "true", NULL };
	pid_t child = fork();
	int status;

	if (child == 0) {
		execv("/bin/true", argv);
		count(EXEC, -1);
		_exit(REFUSED);
	}
	if (!count(FORK, child))
		return;
	if (waitpid(child, &status, 0) != child) {
		counts->wrong = 1;
	} else if (status == 0) {
		counts->done[EXEC]++;
	} else if (status != REFUSED << 8 && !WIFSIGNALED(status)) {
		warnx("/bin/true ended with status 0x%x", status);
		counts->wrong = 1;
	}
}

static void try_memory(void)
{
	char *map = mmap(NULL, 8 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = sbrk(0);

	if (count(MMAP, map == MAP_FAILED ? -1 : 0)) {
		mprotect(map + PAGE_SIZE, PAGE_SIZE, PROT_READ);
		munmap(map + 4 * PAGE_SIZE, PAGE_SIZE);
		munmap(map, 8 * PAGE_SIZE);
		munmap(map, 8 * PAGE_SIZE);
	}
	map = mmap(NULL, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		   -1, 0);
	if (count(MMAP, map == MAP_FAILED ? -1 : 0)) {
		madvise(map, 4 * PAGE_SIZE, MADV_DONTNEED);
		munmap(map, 4 * PAGE_SIZE);
	}
	if (count(BRK, brk(end + 3 * PAGE_SIZE)))
		brk(end);
}

static void try_files(void)
{
	char text[64];
	int ends[2], fd;

	if (count(PIPE, pipe(ends))) {
		if (write(ends[1], "x", 1) == 1 && read(ends[0], text, 1) != 1)
			counts->wrong = 1;
		close(ends[0]);
		close(ends[1]);
	}
	fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (count(OPEN, fd)) {
		if (write(fd, names, sizeof(names)) < 0 && errno != ENOMEM)
			counts->wrong = 1;
		close(fd);
	}
	unlink("file");
	fd = open("/proc/self/maps", O_RDONLY);
	if (count(OPEN, fd)) {
		while (read(fd, text, sizeof(text)) > 0)
			;
		close(fd);
	}
}

static void make_calls(void)
{
	for (int i = 0; i < CALLS_A_ROUND; i++) {
		try_fork_and_exec();
		try_memory();
		try_files();
	}
}

static void run_usertests(void)
{
	char *argv[] = { "usertests", NULL };
	int null = open("/dev/null", O_WRONLY);

	if (null >= 0) {
		dup2(null, 1);
		dup2(null, 2);
	}
	execv("/bin/usertests", argv);
}

/* Runs it without privileges, and waits for it, however it ends. */
static void suffer(void (*body)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		if (setuid(ANYBODY) == 0)
			body();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		die(1, "cannot run a child");
	while (waitpid(-1, &status, WNOHANG) > 0)
		;
}

/* First writes, and first writes to what was read: both need a page. Returns if none failed. */
static void fault_for_ever(void)
{
	size_t bytes = 64 * PAGE_SIZE;

	if (setuid(ANYBODY) != 0)
		die(1, "setuid");
	for (long done = 0; done < FAULTS; done += 64) {
		volatile char *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (map == MAP_FAILED)
			continue;
		for (size_t at = 0; at < bytes; at += PAGE_SIZE)
			map[at] = at / PAGE_SIZE % 2 ? map[at] + 1 : 1;
		munmap((void *)map, bytes);
	}
}

static int report(void)
{
	int bad = counts->wrong;

	for (int kind = 0; kind < NR_KINDS; kind++) {
		printf("failload: %s: %lu done, %lu refused\n", names[kind],
		       counts->done[kind], counts->refused[kind]);
		if (counts->done[kind] == 0 || counts->refused[kind] == 0)
			bad = 1;
	}
	printf("failload: %s\n", bad ? "FAILED" : "ok");
	return bad;
}

int main(int argc, char **argv)
{
	long rounds;

	if (argc != 2)
		usage("ROUNDS|-f");
	if (!strcmp(argv[1], "-f")) {
		fault_for_ever();
		return 0;
	}
	rounds = number_argument(argv[1], "number of rounds", 1, INT_MAX);
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED || mkdir(DIRECTORY, 0777) != 0 ||
	    chmod(DIRECTORY, 0777) != 0 || chdir(DIRECTORY) != 0)
		die(1, DIRECTORY);
	memset(counts, 0, sizeof(*counts));
	for (long i = 0; i < rounds; i++)
		suffer(make_calls);
	/* It may be refused its very first page, so more than once. */
	for (int i = 0; i < USERTESTS; i++)
		suffer(run_usertests);
	return report();
}
