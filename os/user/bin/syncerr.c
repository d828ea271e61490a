/*
 * syncerr: who is told that a file could not be written? Opens FILE three times, maps it
 * through the third, writes to its first page, and has sync write it. Then it asks each of the
 * three twice how the writes went, the third with msync; and a fourth, opened only then.
 * Prints for each question the error's number, 0 if there was none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPENED	3

static char page[PAGE_SIZE];

static int error_of(int result)
{
	return result == 0 ? 0 : errno;
}

int main(int argc, char **argv)
{
	int fds[OPENED + 1];
	char *map;

	if (getopt(argc, argv, "") != -1 || optind + 1 != argc)
		usage("FILE");
	for (int i = 0; i < OPENED; i++) {
		fds[i] = open(argv[optind], O_RDWR);
		if (fds[i] < 0)
			die(1, "%s", argv[optind]);
	}
	map = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fds[2], 0);
	if (map == MAP_FAILED)
		die(1, "cannot map %s", argv[optind]);
	memset(page, 's', sizeof(page));
	if (write_all(fds[0], page, sizeof(page)) != 0)
		die(1, "%s", argv[optind]);
	sync();
	for (int i = 0; i < 2; i++) {
		int first = error_of(fsync(fds[i]));

		printf("fsync: %d then %d, ", first, error_of(fsync(fds[i])));
	}
	for (int i = 0; i < 2; i++)
		printf(i ? " then %d, " : "msync: %d", error_of(msync(map, PAGE_SIZE, MS_SYNC)));
	fds[OPENED] = open(argv[optind], O_RDWR);
	printf("later: %d\n", error_of(fsync(fds[OPENED])));
	return 0;
}
