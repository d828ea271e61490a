/* mkdir: makes directories; -p also their parents, and is content with those that exist. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int make_with_parents(char *path)
{
	struct stat st;

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0777) != 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	if (mkdir(path, 0777) == 0)
		return 0;
	return errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : -1;
}

int main(int argc, char **argv)
{
	int option, parents = 0, failed = 0;

	while ((option = getopt(argc, argv, "p")) != -1) {
		if (option != 'p')
			usage("[-p] DIRECTORY...");
		parents = 1;
	}
	if (optind == argc)
		usage("[-p] DIRECTORY...");
	for (int i = optind; i < argc; i++)
		if ((parents ? make_with_parents(argv[i]) : mkdir(argv[i], 0777)) != 0) {
			warn("%s", argv[i]);
			failed = 1;
		}
	return failed;
}
