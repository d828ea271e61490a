/*
 * fincore: tells how much of each file is in memory.
 *
 *   fincore FILE...			looks only
 *   fincore -a ADVICE [-r N] FILE...	maps the file, gives madvise the advice (normal, random,
 *					sequential, willneed), reads a byte of each of the first
 *					N pages, waits a moment, and looks then
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SETTLE_MS	200	/* for reads that have been started */

static const struct {
	const char *name;
	int advice;
} advices[] = {
	{ "normal", MADV_NORMAL }, { "random", MADV_RANDOM },
	{ "sequential", MADV_SEQUENTIAL }, { "willneed", MADV_WILLNEED },
};

static int advice = -1;
static long to_read;

static int find_advice(const char *name)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (strcmp(name, advices[i].name) == 0)
			return advices[i].advice;
	warnx("unknown advice '%s'", name);
	exit(2);
}

static void use(volatile char *map, long pages, long bytes)
{
	if (advice >= 0 && madvise((void *)map, bytes, advice) != 0)
		die(1, "madvise");
	for (long i = 0; i < to_read && i < pages; i++)
		(void)map[i * PAGE_SIZE];
	if (advice >= 0)
		sleep_ms(SETTLE_MS);
}

static void show(const char *name)
{
	long bytes, pages, resident = 0;
	unsigned char *in_core;
	struct stat st;
	char *map;
	int fd = open(name, O_RDONLY);

	if (fd < 0 || fstat(fd, &st) != 0)
		die(1, "%s", name);
	bytes = (long)st.st_size;
	pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
	if (pages) {
		map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
		in_core = malloc(pages);
		if (map == MAP_FAILED || !in_core)
			die(1, "%s", name);
		use(map, pages, bytes);
		if (mincore(map, bytes, in_core) != 0)
			die(1, "%s", name);
		for (long i = 0; i < pages; i++)
			resident += in_core[i] & 1;
		munmap(map, bytes);
		free(in_core);
	}
	close(fd);
	printf("%s: %ld of %ld pages in memory\n", name, resident, pages);
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "a:r:")) != -1) {
		if (option == 'a')
			advice = find_advice(optarg);
		else if (option == 'r')
			to_read = number_argument(optarg, "number of pages", 0, 1 << 20);
		else
			usage("[-a ADVICE [-r PAGES]] FILE...");
	}
	if (optind == argc)
		usage("[-a ADVICE [-r PAGES]] FILE...");
	for (int i = optind; i < argc; i++)
		show(argv[i]);
	return 0;
}
