/* ls: lists directories, sorted by name. -a shows names with a dot, -l what the inode says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int show_all, long_form;

/* The names of one directory; all memory is freed when its listing is done. */
struct names {
	char **name;
	size_t count;
	size_t capacity;
};

static void add_name(struct names *names, const char *name)
{
	size_t size = strlen(name) + 1;

	if (names->count == names->capacity) {
		names->capacity = names->capacity ? 2 * names->capacity : 32;
		names->name = xrealloc(names->name, names->capacity * sizeof(char *));
	}
	names->name[names->count] = xmalloc(size);
	memcpy(names->name[names->count++], name, size);
}

/* Heap sort: no recursion, and no worst case for a directory that is sorted already. */
static void sift_down(char **name, size_t root, size_t count)
{
	for (size_t child; (child = 2 * root + 1) < count; root = child) {
		char *moved = name[root];

		if (child + 1 < count && strcmp(name[child], name[child + 1]) < 0)
			child++;
		if (strcmp(moved, name[child]) >= 0)
			return;
		name[root] = name[child];
		name[child] = moved;
	}
}

static void sort_names(char **name, size_t count)
{
	for (size_t root = count / 2; root-- > 0;)
		sift_down(name, root, count);
	while (count-- > 1) {
		char *largest = name[0];

		name[0] = name[count];
		name[count] = largest;
		sift_down(name, 0, count);
	}
}

static char type_letter(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	case S_IFLNK:
		return 'l';
	default:
		return '-';
	}
}

/* Days since 1970 to a date of the Gregorian calendar, counting years from March. */
static void print_date(long long seconds)
{
	long days = seconds / 86400, minute = seconds % 86400 / 60;
	long shifted = days + 719468, era = shifted / 146097, day_of_era = shifted % 146097;
	long year = (day_of_era - day_of_era / 1460 + day_of_era / 36524
		     - day_of_era / 146096) / 365;
	long day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
	long month = (5 * day_of_year + 2) / 153;

	printf("%04ld-%02ld-%02ld %02ld:%02ld", era * 400 + year + (month >= 10),
	       month < 10 ? month + 3 : month - 9, day_of_year - (153 * month + 2) / 5 + 1,
	       minute / 60, minute % 60);
}

static int show(const char *path, const char *name)
{
	struct stat st;
	char target[256];

	if (!long_form) {
		puts(name);
		return 0;
	}
	if (lstat(path, &st) != 0) {
		warn("%s", path);
		return 1;
	}
	putchar(type_letter(st.st_mode));
	for (int bit = 8; bit >= 0; bit--)
		putchar(st.st_mode >> bit & 1 ? "xwr"[bit % 3] : '-');
	printf(" %3u %4u %4u %9llu ", (unsigned int)st.st_nlink, st.st_uid, st.st_gid,
	       (unsigned long long)st.st_size);
	print_date(st.st_mtime);
	printf(" %s", name);
	if (S_ISLNK(st.st_mode)) {
		ssize_t length = readlink(path, target, sizeof(target));

		if (length >= 0)
			printf(" -> %.*s", (int)length, target);
	}
	putchar('\n');
	return 0;
}

static int read_names(int fd, struct names *names)
{
	char buffer[2048] __attribute__((aligned(8)));
	ssize_t count;

	while ((count = getdents64(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < count;) {
			struct dirent64 *entry = (struct dirent64 *)(buffer + at);

			if (show_all || entry->d_name[0] != '.')
				add_name(names, entry->d_name);
			at += entry->d_reclen;
		}
	}
	return count < 0;
}

static int list_directory(const char *path)
{
	struct names names = { NULL, 0, 0 };
	int fd = open(path, O_RDONLY | O_DIRECTORY), failed;
	char full[1024];

	if (fd < 0) {
		warn("%s", path);
		return 1;
	}
	failed = read_names(fd, &names);
	if (failed)
		warn("%s", path);
	close(fd);
	sort_names(names.name, names.count);
	for (size_t i = 0; i < names.count; i++) {
		snprintf(full, sizeof(full), "%s/%s", path, names.name[i]);
		failed |= show(full, names.name[i]);
		free(names.name[i]);
	}
	free(names.name);
	return failed;
}

static int list(const char *path, int with_title)
{
	struct stat st;

	if (stat(path, &st) != 0 && lstat(path, &st) != 0) {
		warn("%s", path);
		return 1;
	}
	if (!S_ISDIR(st.st_mode))
		return show(path, path);
	if (with_title)
		printf("%s:\n", path);
	return list_directory(path);
}

int main(int argc, char **argv)
{
	int option, failed = 0;

	while ((option = getopt(argc, argv, "al")) != -1) {
		if (option == 'a')
			show_all = 1;
		else if (option == 'l')
			long_form = 1;
		else
			usage("[-a] [-l] [FILE...]");
	}
	if (optind == argc)
		return list(".", 0);
	for (int i = optind; i < argc; i++)
		failed |= list(argv[i], argc - optind > 1);
	return failed;
}
