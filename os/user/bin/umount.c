/* umount: takes a file system that nobody uses out of the tree. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (getopt(argc, argv, "") != -1 || optind != argc - 1)
		usage("DIRECTORY");
	if (umount2(argv[optind], 0) < 0)
		die(1, "%s", argv[optind]);
	return 0;
}
