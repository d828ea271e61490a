/* cat: copies files, or its input, to its output. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buffer[4 * PAGE_SIZE];

static int copy_out(int fd, const char *name)
{
	ssize_t count;

	while ((count = read(fd, buffer, sizeof(buffer))) > 0)
		if (write_all(1, buffer, count) != 0)
			die(1, "write error");
	if (count < 0) {
		warn("%s", name);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (getopt(argc, argv, "") != -1)
		usage("[FILE...]");
	if (optind == argc)
		return copy_out(0, "standard input");
	for (int i = optind; i < argc; i++) {
		int fd = strcmp(argv[i], "-") == 0 ? 0 : open(argv[i], O_RDONLY);

		if (fd < 0) {
			warn("%s", argv[i]);
			failed = 1;
			continue;
		}
		failed |= copy_out(fd, argv[i]);
		if (fd != 0)
			close(fd);
	}
	return failed;
}
