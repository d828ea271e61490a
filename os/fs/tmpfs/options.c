/*
 * tmpfs's mount options, in Linux's form: names with numbers, apart by commas.
 *
 *	size=BYTES	room for files; K, M or G may follow the number; 0 is no limit
 *	nr_blocks=N	the same in pages
 *	nr_inodes=N	files, directories and links together; 0 is no limit
 *	mode=OCTAL	permissions of the root directory
 *
 * Owns nothing.
 */
#include "arch/machine.h"
#include "fs/tmpfs/tmpfs.h"
#include "lib/errno.h"
#include "lib/string.h"

#define MOST	(1ull << 62)

/* The number at *TEXT, which moves behind it. 0 or -EINVAL. */
static int parse_number(const char **text, unsigned base, u64 *value)
{
	const char *start = *text, *p;

	*value = 0;
	for (p = start; *p >= '0' && *p < (char)('0' + base); p++) {
		if (*value > MOST / 16)
			return -EINVAL;
		*value = *value * base + (unsigned)(*p - '0');
	}
	*text = p;
	return p == start ? -EINVAL : 0;
}

/* The same, decimal and with a unit. */
static int parse_amount(const char **text, u64 *value)
{
	static const char units[] = "kmg";
	int error = parse_number(text, 10, value);

	for (unsigned i = 0; !error && units[i]; i++) {
		unsigned shift = 10 * (i + 1);

		if ((**text | 0x20) != units[i])
			continue;
		if (*value > MOST >> shift)
			return -EINVAL;
		*value <<= shift;
		++*text;
		break;
	}
	return error;
}

/* If *TEXT begins with NAME, moves behind it. */
static bool take_name(const char **text, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(*text, name, length))
		return false;
	*text += length;
	return true;
}

/* One option, at *TEXT, which moves behind it. */
static int parse_option(const char **text, struct tmpfs_options *options)
{
	u64 value;
	int error;

	if (take_name(text, "mode=")) {
		error = parse_number(text, 8, &value);
		if (error || value > 07777)
			return -EINVAL;
		options->mode = (unsigned)value;
		return 0;
	}
	if (take_name(text, "size=")) {
		error = parse_amount(text, &value);
		options->pages = (value + PAGE_SIZE - 1) >> PAGE_SHIFT;
	} else if (take_name(text, "nr_blocks=")) {
		error = parse_amount(text, &options->pages);
	} else if (take_name(text, "nr_inodes=")) {
		error = parse_amount(text, &value);
		if (value > LONG_MAX)
			return -EINVAL;
		options->inodes = (unsigned long)value;
	} else {
		error = -EINVAL;
	}
	return error;
}

int tmpfs_parse_options(const char *text, struct tmpfs_options *options)
{
	while (*text) {
		int error = parse_option(&text, options);

		if (error)
			return error;
		if (*text == ',' && text[1])
			text++;
		else if (*text)
			return -EINVAL;
	}
	return 0;
}
