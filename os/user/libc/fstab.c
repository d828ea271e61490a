/* See fstab.h. A table has a line of four words for each: device, directory, type, options. */
#include <fstab.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MS_RDONLY	1ul
#define FIELDS		4
#define MOUNTED		"/proc/mounts"

/* Takes our options out of TEXT, which keeps the others; *NOAUTO if that is among them. */
static unsigned long take_flags(char *text, unsigned long flags, int *noauto)
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
		} else if (strcmp(option, "noauto") == 0) {
			*noauto = 1;
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

int mount_with(const char *device, const char *directory, const char *type,
	       unsigned long flags, char *options)
{
	int noauto = 0;

	if (options)
		flags = take_flags(options, flags, &noauto);
	return mount(device, directory, type, flags, options);
}

/* Cuts the line at *TEXT into words, and goes on to the next line. How many words. */
static int next_line(char **text, char *words[FIELDS])
{
	char *at = *text, *end = strchr(at, '\n');
	int nr = 0;

	*text = end ? end + 1 : at + strlen(at);
	if (end)
		*end = '\0';
	while (*at && *at != '#') {
		char *word = at;

		while (*at && *at != ' ' && *at != '\t')
			at++;
		if (at > word && nr < FIELDS)
			words[nr++] = word;
		if (*at)
			*at++ = '\0';
	}
	return nr;
}

static int is_mounted(const char *directory)
{
	char *text = read_whole_file(MOUNTED, NULL), *words[FIELDS];
	int found = 0;

	for (char *at = text; at && *at && !found;)
		found = next_line(&at, words) >= 2 && strcmp(words[1], directory) == 0;
	free(text);
	return found;
}

static int mount_line(char *words[FIELDS])
{
	unsigned long flags;
	int noauto = 0;

	flags = take_flags(words[3], 0, &noauto);
	if (noauto || strcmp(words[2], "swap") == 0 || is_mounted(words[1]))
		return 0;
	if (mount(words[0], words[1], words[2], flags, words[3]) == 0)
		return 0;
	warn("%s on %s", words[0], words[1]);
	return 1;
}

int mount_all(const char *table)
{
	char *text = read_whole_file(table, NULL), *words[FIELDS];
	int failed = 0, nr;

	if (!text)
		return -1;
	for (char *at = text; *at;) {
		nr = next_line(&at, words);
		if (nr == FIELDS) {
			failed += mount_line(words);
		} else if (nr > 0) {
			warnx("%s: %s: fewer than four words", table, words[0]);
			failed++;
		}
	}
	free(text);
	return failed;
}
