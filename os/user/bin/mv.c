/* mv: renames files and directories within a file system. */
#include <stdlib.h>
#include <target.h>
#include <unistd.h>

static int move(const char *from, const char *to)
{
	if (rename(from, to) != 0) {
		warn("%s to %s", from, to);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (getopt(argc, argv, "") != -1)
		usage("FILE TARGET | FILE... DIRECTORY");
	return for_each_target(argc - optind, argv + optind, move,
			       "FILE TARGET | FILE... DIRECTORY");
}
