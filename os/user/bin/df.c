/* df: free space of the file systems that hold the given files; of / without names. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int print(const char *name)
{
	struct statfs fs;
	unsigned long long total, used, available, both, percent;

	if (statfs(name, &fs) != 0) {
		warn("%s", name);
		return 1;
	}
	total = fs.f_blocks * fs.f_bsize / 1024;
	used = (fs.f_blocks - fs.f_bfree) * fs.f_bsize / 1024;
	available = fs.f_bavail * fs.f_bsize / 1024;
	both = used + available;
	percent = both ? (used * 100 + both - 1) / both : 0;
	printf("%-15s %10llu %10llu %10llu %3llu%%  %lld of %lld\n", name, total, used,
	       available, percent, (long long)(fs.f_files - fs.f_ffree),
	       (long long)fs.f_files);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (getopt(argc, argv, "") != -1)
		usage("[FILE...]");
	printf("%-15s %10s %10s %10s %4s  %s\n", "File", "1K-blocks", "Used", "Available",
	       "Use%", "Inodes used");
	if (optind == argc)
		return print("/");
	for (int i = optind; i < argc; i++)
		failed |= print(argv[i]);
	return failed;
}
