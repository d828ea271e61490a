/* head: prints the first lines of files, ten unless -n says otherwise. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long wanted = 10;

static int print_start(FILE *file, const char *name)
{
	char *line = NULL;
	size_t capacity = 0;
	ssize_t length;

	for (long i = 0; i < wanted && (length = getline(&line, &capacity, file)) >= 0; i++)
		fwrite(line, 1, length, stdout);
	free(line);
	if (file->failed)
		warnx("%s: %s", name, strerror(file->failed));
	return file->failed != 0;
}

int main(int argc, char **argv)
{
	int option, failed = 0;

	while ((option = getopt(argc, argv, "n:")) != -1) {
		if (option != 'n')
			usage("[-n LINES] [FILE...]");
		wanted = number_argument(optarg, "number of lines", 0, LONG_MAX);
	}
	if (optind == argc)
		return print_start(stdin, "standard input");
	for (int i = optind; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);
		FILE *file = fd < 0 ? NULL : fdopen(fd);

		if (!file) {
			warn("%s", argv[i]);
			failed = 1;
			continue;
		}
		if (argc - optind > 1)
			printf("%s==> %s <==\n", i > optind ? "\n" : "", argv[i]);
		failed |= print_start(file, argv[i]);
		fclose(file);
	}
	return failed;
}
