/* swapon: adds swap areas, -p with a priority; without names, prints those in use. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int print_areas(void)
{
	char *text = read_whole_file("/proc/swaps", NULL);

	if (!text)
		die(1, "/proc/swaps");
	fputs(text, stdout);
	return 0;
}

/* Has the file fewer blocks than its length needs? The kernel would find the first hole. */
static int has_holes(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISREG(st.st_mode) && (off_t)st.st_blocks * 512 < st.st_size;
}

int main(int argc, char **argv)
{
	int option, flags = 0, failed = 0;

	while ((option = getopt(argc, argv, "p:")) != -1) {
		if (option != 'p')
			usage("[-p PRIORITY] [FILE...]");
		flags = SWAP_FLAG_PREFER
			| number_argument(optarg, "priority", 0, SWAP_FLAG_PRIO_MASK);
	}
	if (optind == argc && flags)
		usage("[-p PRIORITY] [FILE...]");
	if (optind == argc)
		return print_areas();
	for (int i = optind; i < argc; i++) {
		if (has_holes(argv[i])) {
			warnx("%s: skipping - it appears to have holes.", argv[i]);
			failed = 1;
		} else if (swapon(argv[i], flags) != 0) {
			warn("%s", argv[i]);
			failed = 1;
		}
	}
	return failed;
}
