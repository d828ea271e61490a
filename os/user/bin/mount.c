/*
 * mount: puts a file system into the tree; without arguments, what is mounted where.
 * Options behind -o, apart by commas: ro and rw are ours, defaults is nothing, the rest
 * is the file system's.
 */
#include <procfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS_RDONLY	1ul

#define USAGE		"[-r] [-t TYPE] [-o OPTION,...] [DEVICE DIRECTORY]"

/* Takes our options out of TEXT, which keeps the others. */
static unsigned long take_flags(char *text, unsigned long flags)
{
	char *to = text, *next;

	for (char *option = text; option; option = next) {
		size_t length;

		next = strchr(option, ',');
		if (next)
			*next++ = '\0';
		if (strcmp(option, "ro") == 0) {
			flags |= MS_RDONLY;
		} else if (strcmp(option, "rw") == 0) {
			flags &= ~MS_RDONLY;
		} else if (strcmp(option, "defaults") != 0) {
			length = strlen(option);
			if (to != text)
				*to++ = ',';
			memmove(to, option, length);
			to += length;
		}
	}
	*to = '\0';
	return flags;
}

int main(int argc, char **argv)
{
	const char *type = "ext2";
	char *options = NULL;
	unsigned long flags = 0;
	char *mounts;
	int option;

	while ((option = getopt(argc, argv, "ro:t:")) != -1) {
		if (option == 'r')
			flags |= MS_RDONLY;
		else if (option == 'o')
			options = optarg;
		else if (option == 't')
			type = optarg;
		else
			usage(USAGE);
	}
	if (optind == argc) {
		mounts = read_whole_file("/proc/mounts", NULL);
		if (!mounts)
			die(1, "/proc/mounts");
		printf("%s", mounts);
		return 0;
	}
	if (argc - optind != 2)
		usage(USAGE);
	if (options)
		flags = take_flags(options, flags);
	if (mount(argv[optind], argv[optind + 1], type, flags, options) < 0)
		die(1, "%s on %s", argv[optind], argv[optind + 1]);
	return 0;
}
