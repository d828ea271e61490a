/* sleep: waits for a number of seconds, which may have a fraction. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads the digits behind the point: up to nine count. Returns 0, or -1 if one is none. */
static int parse_fraction(const char *digits, long *nanoseconds)
{
	long unit = 100000000;

	*nanoseconds = 0;
	for (; *digits != '\0'; digits++, unit /= 10) {
		if (*digits < '0' || *digits > '9')
			return -1;
		*nanoseconds += (*digits - '0') * unit;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct timespec request = { 0, 0 };
	char *point;

	if (getopt(argc, argv, "") != -1 || argc - optind != 1)
		usage("SECONDS");
	point = strchr(argv[optind], '.');
	if (point) {
		*point = '\0';
		if (parse_fraction(point + 1, &request.tv_nsec) != 0)
			usage("SECONDS");
	}
	if (*argv[optind] != '\0' || !point)
		request.tv_sec = number_argument(argv[optind], "time", 0, INT_MAX);
	if (nanosleep(&request, NULL) != 0)
		die(1, "interrupted");
	return 0;
}
