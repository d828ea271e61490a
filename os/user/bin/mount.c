/*
 * mount: puts a file system into the tree; without arguments, what is mounted where. -a
 * mounts all that /etc/fstab lists.
 * Options behind -o, apart by commas: ro and rw are ours, defaults is nothing, the rest
 * is the file system's.
 */
#include <fstab.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MS_RDONLY	1ul

#define USAGE		"[-a] [-r] [-t TYPE] [-o OPTION,...] [DEVICE DIRECTORY]"

int main(int argc, char **argv)
{
	const char *type = "ext2";
	char *options = NULL;
	unsigned long flags = 0;
	char *mounts;
	int option, all = 0, failed;

	while ((option = getopt(argc, argv, "aro:t:")) != -1) {
		if (option == 'a')
			all = 1;
		else if (option == 'r')
			flags |= MS_RDONLY;
		else if (option == 'o')
			options = optarg;
		else if (option == 't')
			type = optarg;
		else
			usage(USAGE);
	}
	if (all && optind == argc) {
		failed = mount_all(FSTAB);
		if (failed < 0)
			die(1, FSTAB);
		return failed > 0;
	}
	if (optind == argc) {
		mounts = read_whole_file("/proc/mounts", NULL);
		if (!mounts)
			die(1, "/proc/mounts");
		printf("%s", mounts);
		return 0;
	}
	if (all || argc - optind != 2)
		usage(USAGE);
	if (mount_with(argv[optind], argv[optind + 1], type, flags, options) < 0)
		die(1, "%s on %s", argv[optind], argv[optind + 1]);
	return 0;
}
