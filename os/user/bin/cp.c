/* cp: copies files. */
#include <stdio.h>
#include <stdlib.h>
#include <target.h>
#include <unistd.h>

static char buffer[4 * PAGE_SIZE];

static int copy_bytes(int from, int to, const char *from_name, const char *to_name)
{
	ssize_t count;

	while ((count = read(from, buffer, sizeof(buffer))) > 0)
		if (write_all(to, buffer, count) != 0) {
			warn("%s", to_name);
			return 1;
		}
	if (count < 0)
		warn("%s", from_name);
	return count < 0;
}

static int copy(const char *from_name, const char *to_name)
{
	int from = open(from_name, O_RDONLY), to, failed;
	struct stat source, target;

	if (from < 0 || fstat(from, &source) != 0) {
		warn("%s", from_name);
		return 1;
	}
	if (S_ISDIR(source.st_mode)) {
		warnx("%s: is a directory", from_name);
		close(from);
		return 1;
	}
	if (stat(to_name, &target) == 0 && target.st_ino == source.st_ino
	    && target.st_dev == source.st_dev) {
		warnx("%s and %s are the same file", from_name, to_name);
		close(from);
		return 1;
	}
	to = open(to_name, O_WRONLY | O_CREAT | O_TRUNC, source.st_mode & 0777);
	if (to < 0) {
		warn("%s", to_name);
		close(from);
		return 1;
	}
	failed = copy_bytes(from, to, from_name, to_name);
	close(from);
	if (close(to) != 0 && !failed) {
		warn("%s", to_name);
		failed = 1;
	}
	return failed;
}

int main(int argc, char **argv)
{
	if (getopt(argc, argv, "") != -1)
		usage("FILE TARGET | FILE... DIRECTORY");
	return for_each_target(argc - optind, argv + optind, copy,
			       "FILE TARGET | FILE... DIRECTORY");
}
