/* wc: counts lines, words and bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct counts {
	unsigned long long lines, words, bytes;
};

static int show_lines, show_words, show_bytes;
static char buffer[4 * PAGE_SIZE];

static void print(const struct counts *counts, const char *name)
{
	const char *gap = "";

	if (show_lines) {
		printf("%llu", counts->lines);
		gap = " ";
	}
	if (show_words) {
		printf("%s%llu", gap, counts->words);
		gap = " ";
	}
	if (show_bytes)
		printf("%s%llu", gap, counts->bytes);
	if (name)
		printf(" %s", name);
	putchar('\n');
}

static int count_file(int fd, const char *name, struct counts *total)
{
	struct counts counts = { 0, 0, 0 };
	int in_word = 0;
	ssize_t length;

	while ((length = read(fd, buffer, sizeof(buffer))) > 0) {
		counts.bytes += length;
		for (ssize_t i = 0; i < length; i++) {
			char c = buffer[i];
			int blank = c == ' ' || (c >= '\t' && c <= '\r');

			counts.lines += c == '\n';
			counts.words += !blank && !in_word;
			in_word = !blank;
		}
	}
	if (length < 0) {
		warn("%s", name ? name : "standard input");
		return 1;
	}
	print(&counts, name);
	total->lines += counts.lines;
	total->words += counts.words;
	total->bytes += counts.bytes;
	return 0;
}

int main(int argc, char **argv)
{
	struct counts total = { 0, 0, 0 };
	int option, failed = 0;

	while ((option = getopt(argc, argv, "lwc")) != -1) {
		if (option == 'l')
			show_lines = 1;
		else if (option == 'w')
			show_words = 1;
		else if (option == 'c')
			show_bytes = 1;
		else
			usage("[-l] [-w] [-c] [FILE...]");
	}
	if (!show_lines && !show_words && !show_bytes)
		show_lines = show_words = show_bytes = 1;
	if (optind == argc)
		return count_file(0, NULL, &total);
	for (int i = optind; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);

		if (fd < 0) {
			warn("%s", argv[i]);
			failed = 1;
			continue;
		}
		failed |= count_file(fd, argv[i], &total);
		close(fd);
	}
	if (argc - optind > 1)
		print(&total, "total");
	return failed;
}
