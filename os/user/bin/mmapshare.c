/*
 * mmapshare: a parent and its children pass pages to each other through shared anonymous
 * memory. In each round the parent writes every page; child i checks and rewrites each page
 * whose number is i modulo the number of children; the parent checks all of them.
 */
#include <limits.h>
#include <pattern.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGES_PER_MB	(1024 * 1024 / PAGE_SIZE)
#define PARENT		0	/* the parent's seed; child i has i + 1 */

static char *memory;
static uint32_t nr_pages, nr_children = 4;

static char *page_address(uint32_t page)
{
	return memory + (size_t)page * PAGE_SIZE;
}

static int check(uint32_t page, uint32_t seed, uint32_t round)
{
	int wrong = pattern_check(page_address(page), pattern_key(seed, page, round), NULL);

	if (wrong >= 0)
		printf("mmapshare: round %u: page %u from %s %u, word %d is wrong: %08x\n",
		       round, page, seed == PARENT ? "parent" : "child", seed, wrong,
		       ((uint32_t *)page_address(page))[wrong]);
	return wrong >= 0;
}

static int run_child(uint32_t child, uint32_t round)
{
	for (uint32_t page = child; page < nr_pages; page += nr_children) {
		if (check(page, PARENT, round))
			return 1;
		pattern_fill(page_address(page), pattern_key(child + 1, page, round));
	}
	return 0;
}

static int run_round(uint32_t round)
{
	uint32_t started;
	int failed = 0, status;

	for (uint32_t page = 0; page < nr_pages; page++)
		pattern_fill(page_address(page), pattern_key(PARENT, page, round));
	for (started = 0; started < nr_children; started++) {
		pid_t pid = fork();

		if (pid == 0)
			exit(run_child(started, round));
		if (pid < 0) {
			warn("fork of child %u", started);
			failed = 1;
			break;
		}
	}
	for (uint32_t i = 0; i < started; i++)
		if (waitpid(-1, &status, 0) < 0 || status != 0)
			failed = 1;
	for (uint32_t page = 0; page < nr_pages && !failed; page++)
		failed = check(page, page % nr_children + 1, round);
	return failed;
}

int main(int argc, char **argv)
{
	long megabytes = 4, rounds = 3;
	int option, failed = 0;

	while ((option = getopt(argc, argv, "n:m:p:")) != -1) {
		if (option == 'n')
			nr_children = number_argument(optarg, "number of children", 1, 100);
		else if (option == 'm')
			megabytes = number_argument(optarg, "size", 1, 1024);
		else if (option == 'p')
			rounds = number_argument(optarg, "number of rounds", 1, INT_MAX);
		else
			usage("[-n CHILDREN] [-m MEGABYTES] [-p ROUNDS]");
	}
	if (optind != argc)
		usage("[-n CHILDREN] [-m MEGABYTES] [-p ROUNDS]");
	nr_pages = megabytes * PAGES_PER_MB;
	memory = mmap(NULL, (size_t)nr_pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		die(1, "cannot map %ld MiB", megabytes);
	for (long round = 1; round <= rounds && !failed; round++)
		failed = run_round(round);
	printf("mmapshare: %u children, %ld MiB, %ld rounds, %s\n", nr_children, megabytes,
	       rounds, failed ? "failed" : "ok");
	return failed;
}
