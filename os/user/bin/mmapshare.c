/*
 * mmapshare: a parent and its children pass pages to each other through shared anonymous
 * memory, or with -f through a file that all of them map. In each round the parent writes
 * every page; child i checks and rewrites each page whose number is i modulo the number of
 * children; the parent checks all of them.
 */
#include <limits.h>
#include <pattern.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGES_PER_MB	(1024 * 1024 / PAGE_SIZE)
#define USAGE		"[-f FILE] [-n CHILDREN] [-m MEGABYTES] [-p ROUNDS]"
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

/* The memory, of a file that is made for it unless NAME is NULL. */
static void *map(const char *name, size_t bytes)
{
	int fd = -1;

	if (name) {
		fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
		if (fd < 0 || ftruncate(fd, bytes) < 0)
			die(1, "%s", name);
	}
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_SHARED | (name ? 0 : MAP_ANONYMOUS), fd, 0);
}

int main(int argc, char **argv)
{
	const char *name = NULL;
	long megabytes = 4, rounds = 3;
	int option, failed = 0;

	while ((option = getopt(argc, argv, "f:n:m:p:")) != -1) {
		if (option == 'f')
			name = optarg;
		else if (option == 'n')
			nr_children = number_argument(optarg, "number of children", 1, 100);
		else if (option == 'm')
			megabytes = number_argument(optarg, "size", 1, 1024);
		else if (option == 'p')
			rounds = number_argument(optarg, "number of rounds", 1, INT_MAX);
		else
			usage(USAGE);
	}
	if (optind != argc)
		usage(USAGE);
	nr_pages = megabytes * PAGES_PER_MB;
	memory = map(name, (size_t)nr_pages * PAGE_SIZE);
	if (memory == MAP_FAILED)
		die(1, "cannot map %ld MiB", megabytes);
	for (long round = 1; round <= rounds && !failed; round++)
		failed = run_round(round);
	printf("mmapshare: %u children, %ld MiB, %ld rounds, %s\n", nr_children, megabytes,
	       rounds, failed ? "failed" : "ok");
	return failed;
}
