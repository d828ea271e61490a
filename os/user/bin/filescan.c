/*
 * filescan: reads files and checks them, or writes files that it can check.
 *
 *   filescan FILE|DIRECTORY...	reads every file; those that filescan wrote are compared
 *				word for word with what they must hold
 *   filescan -w MEGABYTES FILE...	writes such files and fsyncs them
 *
 * A written file consists of pattern pages; the first three words of page 0 are the mark,
 * the seed and the number of pages. Exit status 1 if anything was wrong.
 */
#include <limits.h>
#include <pattern.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MARK		0x46535748u	/* "HWSF" */
#define PAGES_PER_MB	(1024 * 1024 / PAGE_SIZE)
#define NAME_BYTES	1024

static const char usage_text[] =
	"[-m] [-p PASSES] FILE|DIRECTORY... | -w MEGABYTES [-s SEED] FILE...";

/* What is known of a file while its pages pass by. */
struct scan {
	const char *name;
	uint32_t sum;		/* checksum of the bytes so far */
	uint32_t page;		/* pages so far */
	int marked;		/* filescan wrote it: pages can be compared */
	uint32_t seed;		/* if marked */
	uint32_t nr_pages;	/* if marked: the pages that it must have */
};

static int use_mmap;
static uint32_t nr_files, nr_checked;
static uint64_t nr_bytes;

static void make_page(uint32_t *to, uint32_t seed, uint32_t page, uint32_t nr_pages)
{
	pattern_fill(to, pattern_key(seed, page, 0));
	if (page == 0) {
		to[0] = MARK;
		to[1] = seed;
		to[2] = nr_pages;
	}
}

static int write_file(const char *name, long megabytes, uint32_t seed)
{
	static uint32_t buffer[PATTERN_WORDS];
	uint32_t nr_pages = megabytes * PAGES_PER_MB;
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	int failed = fd < 0;

	for (uint32_t page = 0; page < nr_pages && !failed; page++) {
		make_page(buffer, seed, page, nr_pages);
		failed = write_all(fd, buffer, PAGE_SIZE) != 0;
	}
	if (failed || fsync(fd) != 0 || close(fd) != 0) {
		warn("%s", name);
		return 1;
	}
	printf("filescan: wrote %s, %ld MiB, seed %u\n", name, megabytes, seed);
	return 0;
}

/* A checksum over words, not bytes, so that it costs less than what it checks. */
static uint32_t add_to_sum(uint32_t sum, const unsigned char *bytes, size_t count)
{
	const uint32_t *word = (const uint32_t *)bytes;
	size_t nr_words = count / sizeof(*word);

	for (size_t i = 0; i < nr_words; i++)
		sum = (sum ^ word[i]) * 0x01000193u;
	for (size_t i = nr_words * sizeof(*word); i < count; i++)
		sum = (sum ^ bytes[i]) * 0x01000193u;
	return sum;
}

/* Takes the next page of the file, of which only the last may be short. */
static int scan_page(struct scan *scan, const unsigned char *bytes, size_t count)
{
	static uint32_t expected[PATTERN_WORDS];
	size_t wrong = 0;

	if (scan->page == 0 && count == PAGE_SIZE) {
		const uint32_t *word = (const uint32_t *)bytes;

		scan->marked = word[0] == MARK;
		scan->seed = word[1];
		scan->nr_pages = word[2];
	}
	scan->sum = add_to_sum(scan->sum, bytes, count);
	nr_bytes += count;
	if (scan->marked) {
		make_page(expected, scan->seed, scan->page, scan->nr_pages);
		if (memcmp(bytes, expected, count) != 0) {
			while (((unsigned char *)expected)[wrong] == bytes[wrong])
				wrong++;
			printf("filescan: %s: page %u is wrong from byte %zu on\n",
			       scan->name, scan->page, wrong);
			return 1;
		}
	}
	scan->page++;
	return 0;
}

static int scan_by_read(struct scan *scan, int fd)
{
	static unsigned char buffer[PAGE_SIZE] __attribute__((aligned(16)));
	ssize_t count;

	/* A regular file gives short reads only at its end. */
	while ((count = read(fd, buffer, PAGE_SIZE)) > 0)
		if (scan_page(scan, buffer, count))
			return 1;
	if (count < 0)
		warn("%s", scan->name);
	return count < 0;
}

static int scan_by_mmap(struct scan *scan, int fd, off_t size)
{
	unsigned char *map;
	int failed = 0;

	if (size == 0)
		return 0;
	map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED) {
		warn("cannot map %s", scan->name);
		return 1;
	}
	for (off_t at = 0; at < size && !failed; at += PAGE_SIZE)
		failed = scan_page(scan, map + at,
				   size - at < PAGE_SIZE ? size - at : PAGE_SIZE);
	munmap(map, size);
	return failed;
}

static int scan_file(const char *name, int fd, off_t size)
{
	struct scan scan = { .name = name, .sum = 0x811c9dc5u };

	if (use_mmap ? scan_by_mmap(&scan, fd, size) : scan_by_read(&scan, fd))
		return 1;
	if (scan.marked && (scan.page != scan.nr_pages || size % PAGE_SIZE != 0)) {
		printf("filescan: %s: %u pages instead of %u\n", name, scan.page,
		       scan.nr_pages);
		return 1;
	}
	nr_files++;
	nr_checked += scan.marked;
	printf("filescan: %s %lld bytes checksum=%08x%s\n", name, (long long)size, scan.sum,
	       scan.marked ? " verified" : "");
	return 0;
}

static int scan_path(const char *name);

static int scan_directory(const char *name, int fd)
{
	char buffer[1024] __attribute__((aligned(8)));
	char inner[NAME_BYTES];
	ssize_t count;
	int failed = 0;

	while ((count = getdents64(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < count;) {
			struct dirent64 *entry = (struct dirent64 *)(buffer + at);

			at += entry->d_reclen;
			if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
				continue;
			if (snprintf(inner, sizeof(inner), "%s/%s", name, entry->d_name)
			    >= NAME_BYTES) {
				warnx("%s/%s: name too long", name, entry->d_name);
				failed = 1;
			} else {
				failed |= scan_path(inner);
			}
		}
	}
	if (count < 0)
		warn("%s", name);
	return failed | (count < 0);
}

static int scan_path(const char *name)
{
	struct stat st;
	int fd, failed = 0;

	if (lstat(name, &st) != 0) {
		warn("%s", name);
		return 1;
	}
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	fd = open(name, O_RDONLY);
	if (fd < 0) {
		warn("%s", name);
		return 1;
	}
	if (S_ISDIR(st.st_mode))
		failed = scan_directory(name, fd);
	else
		failed = scan_file(name, fd, st.st_size);
	close(fd);
	return failed;
}

int main(int argc, char **argv)
{
	long megabytes = 0, passes = 1;
	uint32_t seed = 1;
	int nr_names = 0, failed = 0;

	/* Names and options in any order: names move to the front of argv. */
	for (;;) {
		int option = getopt(argc, argv, "mp:s:w:");

		if (option == -1 && optind == argc)
			break;
		if (option == -1)
			argv[nr_names++] = argv[optind++];
		else if (option == 'm')
			use_mmap = 1;
		else if (option == 'p')
			passes = number_argument(optarg, "number of passes", 1, INT_MAX);
		else if (option == 's')
			seed = number_argument(optarg, "seed", 0, INT_MAX);
		else if (option == 'w')
			megabytes = number_argument(optarg, "size", 1, 2047);
		else
			usage(usage_text);
	}
	if (nr_names == 0)
		usage(usage_text);
	if (megabytes > 0) {
		for (int i = 0; i < nr_names; i++)
			failed |= write_file(argv[i], megabytes, seed);
		return failed;
	}
	for (long pass = 0; pass < passes && !failed; pass++)
		for (int i = 0; i < nr_names; i++)
			failed |= scan_path(argv[i]);
	printf("filescan: %u files, %llu bytes, %u verified, %s\n", nr_files,
	       (unsigned long long)nr_bytes, nr_checked, failed ? "failed" : "ok");
	return failed;
}
