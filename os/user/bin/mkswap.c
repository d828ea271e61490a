/*
 * mkswap: writes the header of a swap area into a device, or a file, which must have no
 * holes: `filescan -w 16 /swapfile` makes one. The rest of it stays as it is. What is
 * mounted, or swapped to, is left alone.
 */
#include <procfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAST_PAGES	10
#define VERSION		1
#define VERSION_AT	(1024 / sizeof(uint32_t))
#define SIGNATURE	"SWAPSPACE2"	/* the page's last ten bytes */

static uint32_t header[PAGE_SIZE / sizeof(uint32_t)];

/* Is it the first word of a line of TABLE? */
static int is_listed(const char *table, const char *name)
{
	char *text = read_whole_file(table, NULL);
	char rest[2];

	proc_string(text, name, rest, sizeof(rest));
	free(text);
	return rest[0] != '\0';
}

int main(int argc, char **argv)
{
	const char *name;
	off_t pages;
	int fd;

	if (getopt(argc, argv, "") != -1 || optind + 1 != argc)
		usage("FILE");
	name = argv[optind];
	if (is_listed("/proc/mounts", name) || is_listed("/proc/swaps", name)) {
		warnx("%s: is in use", name);
		return 1;
	}
	fd = open(name, O_RDWR);
	if (fd < 0)
		die(1, "%s", name);
	pages = lseek(fd, 0, SEEK_END) / PAGE_SIZE;
	if (pages < LEAST_PAGES) {
		warnx("%s: has less than %d pages", name, LEAST_PAGES);
		return 1;
	}
	header[VERSION_AT] = VERSION;
	header[VERSION_AT + 1] = (uint32_t)pages - 1;	/* the last page; no bad ones follow */
	memcpy((char *)header + PAGE_SIZE - strlen(SIGNATURE), SIGNATURE, strlen(SIGNATURE));
	if (lseek(fd, 0, SEEK_SET) != 0 || write_all(fd, header, PAGE_SIZE) != 0 ||
	    fsync(fd) != 0 || close(fd) != 0)
		die(1, "%s", name);
	printf("%s: a swap area of %lld KiB\n", name, (long long)(pages - 1) * (PAGE_SIZE / 1024));
	return 0;
}
