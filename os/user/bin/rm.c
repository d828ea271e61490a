/* rm: removes names; -r directories with all they hold, -f without a word on missing ones. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_BYTES	1024

static int recursive, force;

static int remove_name(const char *name);

/* Removes what one read of the directory shows; returns how many went, -1 on a failure. */
static int remove_batch(const char *name, int fd)
{
	char buffer[1024] __attribute__((aligned(8)));
	char inner[NAME_BYTES];
	ssize_t count = getdents64(fd, buffer, sizeof(buffer));
	int removed = 0, failed = count < 0;

	for (ssize_t at = 0; at < count;) {
		struct dirent64 *entry = (struct dirent64 *)(buffer + at);

		at += entry->d_reclen;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (snprintf(inner, sizeof(inner), "%s/%s", name, entry->d_name)
		    >= NAME_BYTES) {
			errno = ENAMETOOLONG;
			warn("%s/%s", name, entry->d_name);
			failed = 1;
		} else if (remove_name(inner) != 0) {
			failed = 1;
		} else {
			removed++;
		}
	}
	return failed ? -1 : removed;
}

static int remove_directory(const char *name)
{
	int removed;

	/* A removal may move the entries behind it, so each batch starts anew. */
	do {
		int fd = open(name, O_RDONLY | O_DIRECTORY);

		if (fd < 0) {
			warn("%s", name);
			return 1;
		}
		removed = remove_batch(name, fd);
		close(fd);
	} while (removed > 0);
	if (removed < 0)
		return 1;
	if (rmdir(name) != 0) {
		warn("%s", name);
		return 1;
	}
	return 0;
}

static int remove_name(const char *name)
{
	struct stat st;

	if (lstat(name, &st) != 0) {
		if (force && errno == ENOENT)
			return 0;
		warn("%s", name);
		return 1;
	}
	if (S_ISDIR(st.st_mode) && recursive)
		return remove_directory(name);
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		warn("%s", name);
		return 1;
	}
	if (unlink(name) != 0) {
		warn("%s", name);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int option, failed = 0;

	while ((option = getopt(argc, argv, "rf")) != -1) {
		if (option == 'r')
			recursive = 1;
		else if (option == 'f')
			force = 1;
		else
			usage("[-r] [-f] FILE...");
	}
	if (optind == argc && !force)
		usage("[-r] [-f] FILE...");
	for (int i = optind; i < argc; i++)
		failed |= remove_name(argv[i]);
	return failed;
}
