/*
 * grep: prints the lines that hold a text, taken literally. -v the others, -n with their
 * numbers, -c only how many, -q nothing. Exit status 0 if a line was selected, 1 if none
 * was, 2 after an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int invert, number, count_only, quiet;

/* Returns the number of selected lines, or -1 when the file could not be read. */
static long search(const char *text, FILE *file, const char *name, int with_name)
{
	char *line = NULL;
	size_t capacity = 0;
	long selected = 0;

	for (long at = 1; getline(&line, &capacity, file) >= 0; at++) {
		char *newline = strchr(line, '\n');

		if (newline)
			*newline = '\0';
		if ((strstr(line, text) != NULL) == invert)
			continue;
		selected++;
		if (quiet || count_only)
			continue;
		if (with_name)
			printf("%s:", name);
		if (number)
			printf("%ld:", at);
		puts(line);
	}
	free(line);
	if (file->failed) {
		warnx("%s: %s", name, strerror(file->failed));
		return -1;
	}
	if (count_only && !quiet)
		printf(with_name ? "%s:%ld\n" : "%.0s%ld\n", name, selected);
	return selected;
}

int main(int argc, char **argv)
{
	static const char usage_text[] = "[-v] [-n] [-c] [-q] TEXT [FILE...]";
	int option, failed = 0;
	long found = 0, total = 0;
	const char *text;

	while ((option = getopt(argc, argv, "vncq")) != -1) {
		invert |= option == 'v';
		number |= option == 'n';
		count_only |= option == 'c';
		quiet |= option == 'q';
		if (option == '?')
			usage(usage_text);
	}
	if (optind == argc)
		usage(usage_text);
	text = argv[optind++];
	if (optind == argc)
		total = search(text, stdin, "standard input", 0);
	failed = total < 0;
	for (int i = optind; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);
		FILE *file = fd < 0 ? NULL : fdopen(fd);

		if (!file) {
			warn("%s", argv[i]);
			failed = 1;
			continue;
		}
		found = search(text, file, argv[i], argc - optind > 1);
		fclose(file);
		failed |= found < 0;
		total += found > 0 ? found : 0;
	}
	return failed ? 2 : total == 0;
}
