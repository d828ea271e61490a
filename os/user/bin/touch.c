/*
 * touch: makes empty files, and gives existing ones a new time of change: setting a file's
 * length to what it is already does that.
 */
#include <stdlib.h>
#include <unistd.h>

static int touch(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT, 0666), failed;
	struct stat st;

	if (fd < 0)
		return -1;
	failed = fstat(fd, &st) != 0 || (S_ISREG(st.st_mode) && ftruncate(fd, st.st_size) != 0);
	return close(fd) != 0 || failed ? -1 : 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (getopt(argc, argv, "") != -1 || optind == argc)
		usage("FILE...");
	for (int i = optind; i < argc; i++)
		if (touch(argv[i]) != 0) {
			warn("%s", argv[i]);
			failed = 1;
		}
	return failed;
}
