/*
 * forkstorm: many children of one parent rewrite the same copy-on-write pages at once. Each
 * child finds the parent's pages in its first pass and its own later; the parent's copy must
 * stay as it was.
 */
#include <limits.h>
#include <pattern.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGES_PER_MB	(1024 * 1024 / PAGE_SIZE)
#define PARENT		0	/* the parent's seed; child i has i */

static char *memory;
static uint32_t nr_pages;

/* Checks all pages against a seed and generation, rewriting them for `next` unless NULL. */
static int pass_over(const char *who, uint32_t seed, uint32_t generation,
		     const uint32_t *next)
{
	for (uint32_t page = 0; page < nr_pages; page++) {
		char *address = memory + (size_t)page * PAGE_SIZE;
		int wrong = pattern_check(address, pattern_key(seed, page, generation), NULL);

		if (wrong >= 0) {
			printf("forkstorm: %s: page %u at %p, word %d is wrong: %08x\n", who,
			       page, (void *)address, wrong, ((uint32_t *)address)[wrong]);
			return 1;
		}
		if (next)
			pattern_fill(address, pattern_key(next[0], page, next[1]));
	}
	return 0;
}

static int run_child(uint32_t number, uint32_t passes)
{
	char who[24];
	uint32_t seed = PARENT, generation = 0;

	snprintf(who, sizeof(who), "child %u", number);
	for (uint32_t pass = 1; pass <= passes; pass++) {
		uint32_t next[2] = { number, pass };

		if (pass_over(who, seed, generation, next))
			return 1;
		seed = number;
		generation = pass;
	}
	return pass_over(who, seed, generation, NULL);
}

/* Waits for the children; counts those that did not end with status 0. */
static int wait_all(int count)
{
	int failed = 0;

	for (int i = 0; i < count; i++) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		if (pid < 0)
			die(1, "wait");
		if (WIFSIGNALED(status))
			printf("forkstorm: process %d: %s\n", pid, strsignal(WTERMSIG(status)));
		failed += status != 0;
	}
	return failed;
}

int main(int argc, char **argv)
{
	const uint32_t first[2] = { PARENT, 0 };
	long operand[2] = { 0, 0 }, passes = 2;
	int nr_operands = 0, started, failed;

	for (;;) {
		int option = getopt(argc, argv, "p:");

		if (option == -1 && optind == argc)
			break;
		if (option == -1 && nr_operands < 2)
			operand[nr_operands++] = number_argument(argv[optind++], "number",
								 1, 1000);
		else if (option == 'p')
			passes = number_argument(optarg, "number of passes", 1, INT_MAX);
		else
			usage("CHILDREN MEGABYTES [-p PASSES]");
	}
	if (nr_operands != 2)
		usage("CHILDREN MEGABYTES [-p PASSES]");
	nr_pages = operand[1] * PAGES_PER_MB;
	memory = mmap(NULL, (size_t)nr_pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die(1, "cannot map %ld MiB", operand[1]);
	for (uint32_t page = 0; page < nr_pages; page++)
		pattern_fill(memory + (size_t)page * PAGE_SIZE,
			     pattern_key(first[0], page, first[1]));

	for (started = 0; started < operand[0]; started++) {
		pid_t pid = fork();

		if (pid == 0)
			exit(run_child(started + 1, passes));
		if (pid < 0) {
			warn("fork of child %d", started + 1);
			break;
		}
	}
	failed = wait_all(started) + (started < operand[0]);
	failed += pass_over("parent", PARENT, 0, NULL);
	printf("forkstorm: %d children, %ld MiB each, %ld passes, %s\n", started, operand[1],
	       passes, failed ? "failed" : "ok");
	return failed != 0;
}
