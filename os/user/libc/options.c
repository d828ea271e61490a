/* Reading a program's arguments: option letters and numbers. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *optarg;
int optind = 1;

/* Where we are inside a group of letters such as -la; NULL or "" between groups. */
static const char *group;

int getopt(int argc, char *const argv[], const char *letters)
{
	const char *known;
	char letter;

	if (!group || *group == '\0') {
		if (optind >= argc || argv[optind][0] != '-' || argv[optind][1] == '\0')
			return -1;
		group = argv[optind++] + 1;
		if (strcmp(group, "-") == 0) {
			group = NULL;
			return -1;
		}
	}
	if (*group == '-') {
		warnx("unknown option -%s", group);
		group = NULL;
		return '?';
	}
	letter = *group++;
	known = letter == ':' ? NULL : strchr(letters, letter);
	if (!known) {
		warnx("unknown option -%c", letter);
		return '?';
	}
	if (known[1] != ':')
		return letter;
	if (*group != '\0') {
		optarg = (char *)group;
	} else if (optind < argc) {
		optarg = argv[optind++];
	} else {
		warnx("option -%c needs a value", letter);
		return '?';
	}
	group = NULL;
	return letter;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

int parse_number(const char *s, long min, long max, long *value)
{
	int negative = *s == '-', base = 10;
	unsigned long total = 0, limit = negative ? -(unsigned long)LONG_MIN : LONG_MAX;
	long number;

	s += negative;
	if (s[0] == '0' && (s[1] | 0x20) == 'x') {
		base = 16;
		s += 2;
	}
	if (*s == '\0')
		return -1;
	for (; *s != '\0'; s++) {
		unsigned int digit = digit_value(*s);

		if (digit >= (unsigned int)base || total > (limit - digit) / base)
			return -1;
		total = total * base + digit;
	}
	number = negative ? (long)-total : (long)total;
	if (number < min || number > max)
		return -1;
	*value = number;
	return 0;
}

long number_argument(const char *s, const char *what, long min, long max)
{
	long value = 0;

	if (parse_number(s, min, max, &value) != 0) {
		warnx("bad %s '%s': a number from %ld to %ld is wanted", what, s, min, max);
		exit(2);
	}
	return value;
}
