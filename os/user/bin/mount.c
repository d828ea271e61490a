/* mount: puts a file system into the tree; without arguments, what is mounted where. */
#include <procfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MS_RDONLY	1ul

int main(int argc, char **argv)
{
	const char *type = "ext2";
	unsigned long flags = 0;
	char *mounts;
	int option;

	while ((option = getopt(argc, argv, "rt:")) != -1) {
		if (option == 'r')
			flags = MS_RDONLY;
		else if (option == 't')
			type = optarg;
		else
			usage("[-r] [-t TYPE] [DEVICE DIRECTORY]");
	}
	if (optind == argc) {
		mounts = read_whole_file("/proc/mounts", NULL);
		if (!mounts)
			die(1, "/proc/mounts");
		printf("%s", mounts);
		return 0;
	}
	if (argc - optind != 2)
		usage("[-r] [-t TYPE] [DEVICE DIRECTORY]");
	if (mount(argv[optind], argv[optind + 1], type, flags, NULL) < 0)
		die(1, "%s on %s", argv[optind], argv[optind + 1]);
	return 0;
}
