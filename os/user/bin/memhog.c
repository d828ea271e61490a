/*
 * memhog: needs memory. Maps anonymous pages, fills each with a pattern, then passes over
 * them again and again: each pass checks every page and writes the next generation of its
 * pattern. At the end every page is checked once more. -l locks the memory in first. It takes
 * what it can get, however little there is; with -c the kernel may refuse at once.
 *
 * Exit status 0 if every word was right, 1 if one was wrong or the memory was refused.
 */
#include <limits.h>
#include <pattern.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGES_PER_MB	(1024 * 1024 / PAGE_SIZE)

static const char arguments[] =
	"MEGABYTES [-s SEED] [-p PASSES] [-r] [-t] [-l] [-c]\n"
	"  -s  of the pattern (1)             -p  over all pages after they were filled (1)\n"
	"  -r  pass in a random order         -t  print how long each pass took\n"
	"  -l  lock the memory in             -c  do without memory that was not promised";

static char *memory;
static uint32_t nr_pages, seed = 1;
static int random_order, show_times, lock;

/*
 * The page after `at` in a random order: a full-period sequence over the next power of two,
 * from which numbers that are no page are skipped. Each page comes once in nr_pages steps.
 */
static uint32_t next_page(uint32_t at)
{
	uint32_t size = 1;

	if (!random_order)
		return at + 1 < nr_pages ? at + 1 : 0;
	while (size < nr_pages)
		size *= 2;
	do
		at = (at * 5 + (seed * 2 + 1)) & (size - 1);
	while (at >= nr_pages);
	return at;
}

static void check_page(uint32_t page, uint32_t generation, uint32_t *sum)
{
	char *address = memory + (size_t)page * PAGE_SIZE;
	uint32_t key = pattern_key(seed, page, generation);
	int wrong = pattern_check(address, key, sum);

	if (wrong < 0)
		return;
	printf("memhog: page %u of %u at %p, word %d, pass %u: expected %08x, found %08x\n",
	       page, nr_pages, (void *)address, wrong, generation + 1,
	       pattern_word(key, wrong), ((uint32_t *)address)[wrong]);
	exit(1);
}

static void write_page(uint32_t page, uint32_t generation)
{
	pattern_fill(memory + (size_t)page * PAGE_SIZE, pattern_key(seed, page, generation));
}

static void report_time(const char *what, uint32_t pass, uint64_t start)
{
	uint64_t us = (monotonic_ns() - start) / 1000;

	if (show_times)
		printf("memhog: %s %u: %llu.%03llu ms\n", what, pass,
		       (unsigned long long)us / 1000, (unsigned long long)us % 1000);
}

int main(int argc, char **argv)
{
	long megabytes = 0, passes = 1;
	int reserve = MAP_NORESERVE;
	uint32_t sum = 0, page;
	uint64_t start;

	for (;;) {
		int option = getopt(argc, argv, "s:p:rtlc");

		if (option == -1 && optind == argc)
			break;
		if (option == -1 && megabytes == 0)
			megabytes = number_argument(argv[optind++], "size", 1, 1 << 28);
		else if (option == 's')
			seed = number_argument(optarg, "seed", 0, INT_MAX);
		else if (option == 'p')
			passes = number_argument(optarg, "number of passes", 0, INT_MAX);
		else if (option == 'r')
			random_order = 1;
		else if (option == 't')
			show_times = 1;
		else if (option == 'c')
			reserve = 0;
		else if (option == 'l')
			lock = 1;
		else
			usage(arguments);
	}
	if (megabytes == 0)
		usage(arguments);
	if (megabytes > LONG_MAX / (1024 * 1024)) {
		warnx("cannot map %ld MiB: more than the address space", megabytes);
		return 1;
	}
	nr_pages = megabytes * PAGES_PER_MB;
	memory = mmap(NULL, (size_t)nr_pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | reserve, -1, 0);
	if (memory == MAP_FAILED)
		die(1, "cannot map %ld MiB", megabytes);
	if (lock && mlock(memory, (size_t)nr_pages * PAGE_SIZE) != 0)
		die(1, "cannot lock %ld MiB", megabytes);

	start = monotonic_ns();
	for (page = 0; page < nr_pages; page++)
		write_page(page, 0);
	report_time("fill", 0, start);
	for (uint32_t pass = 1; pass <= (uint32_t)passes; pass++) {
		start = monotonic_ns();
		for (uint32_t i = 0; i < nr_pages; i++) {
			page = next_page(page);
			check_page(page, pass - 1, NULL);
			write_page(page, pass);
		}
		report_time("pass", pass, start);
	}
	start = monotonic_ns();
	for (page = 0; page < nr_pages; page++)
		check_page(page, passes, &sum);
	report_time("check", passes, start);
	printf("memhog: %ld MiB, %ld passes, ok checksum=%08x\n", megabytes, passes, sum);
	return 0;
}
