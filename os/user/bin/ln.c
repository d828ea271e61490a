/* ln: gives a file another name; -s makes a symbolic link. */
#include <stdlib.h>
#include <target.h>
#include <unistd.h>

static int symbolic;

static int make_link(const char *from, const char *to)
{
	if ((symbolic ? symlink(from, to) : link(from, to)) != 0) {
		warn("%s to %s", from, to);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "s")) != -1) {
		if (option != 's')
			usage("[-s] FILE TARGET | FILE... DIRECTORY");
		symbolic = 1;
	}
	return for_each_target(argc - optind, argv + optind, make_link,
			       "[-s] FILE TARGET | FILE... DIRECTORY");
}
