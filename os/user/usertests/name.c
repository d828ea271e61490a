/* usertests: names: directories, links, renaming, permissions, what stat says. */
#include "test.h"

#define MANY_FILES	120

static void name_errors(void)
{
	char too_long[300];

	make_file("f", "x", 1);
	CHECK(mkdir("d", 0755) == 0);
	memset(too_long, 'n', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	CHECK_ERROR(open("none/f", O_RDONLY), ENOENT);
	CHECK_ERROR(open("", O_RDONLY), ENOENT);
	CHECK_ERROR(open("f/g", O_RDONLY), ENOTDIR);
	CHECK_ERROR(open("f/", O_RDONLY), ENOTDIR);
	CHECK_ERROR(open("d", O_WRONLY), EISDIR);
	CHECK_ERROR(open("d", O_RDWR | O_CREAT, 0644), EISDIR);
	CHECK_ERROR(open(too_long, O_RDONLY), ENAMETOOLONG);
	CHECK_ERROR(open(too_long, O_WRONLY | O_CREAT, 0644), ENAMETOOLONG);
	CHECK_ERROR(unlink("none"), ENOENT);
	CHECK_ERROR(unlink("d"), EISDIR);
	CHECK_ERROR(rmdir("f"), ENOTDIR);
	CHECK_ERROR(rmdir("none"), ENOENT);
	CHECK_ERROR(rmdir("."), EINVAL);
	CHECK_ERROR(rmdir(".."), ENOTEMPTY);
	CHECK_ERROR(rmdir("/"), EBUSY);
	CHECK_ERROR(mkdir("d", 0755), EEXIST);
	CHECK_ERROR(mkdir("f", 0755), EEXIST);
	CHECK_ERROR(mkdir("none/d", 0755), ENOENT);
	CHECK_ERROR(mkdir("f/d", 0755), ENOTDIR);
	CHECK_ERROR(mkdir("/", 0755), EEXIST);
	CHECK_ERROR(chdir("f"), ENOTDIR);
	CHECK_ERROR(chdir("none"), ENOENT);
	CHECK_ERROR(access("none", F_OK), ENOENT);
	CHECK(access("f", R_OK | W_OK) == 0 && access("d", F_OK) == 0);
	CHECK(unlink("f") == 0 && rmdir("d") == 0);
}

static void directory_read_is_refused(void)
{
	char buffer[64];
	int fd = open(".", O_RDONLY);

	CHECK(fd >= 0);
	CHECK_ERROR(read(fd, buffer, sizeof(buffer)), EISDIR);
	CHECK_ERROR(write(fd, buffer, 1), EBADF);
	CHECK_ERROR(getdents64(fd, buffer, 4), EINVAL);
	CHECK(close(fd) == 0);
	make_file("f", "x", 1);
	fd = open("f", O_RDONLY);
	CHECK_ERROR(getdents64(fd, buffer, sizeof(buffer)), ENOTDIR);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void directory_links(void)
{
	struct stat st, up;

	CHECK(mkdir("d", 0755) == 0 && stat("d", &st) == 0);
	CHECK(S_ISDIR(st.st_mode) && (st.st_mode & 0777) == 0755);
	CHECK(mkdir("d/e", 0700) == 0);
	make_file("d/f", "", 0);
	CHECK(stat("d/e/..", &up) == 0 && up.st_ino == st.st_ino);
	CHECK(stat("d/./e/../f", &st) == 0 && S_ISREG(st.st_mode));
	CHECK_ERROR(rmdir("d"), ENOTEMPTY);
	CHECK(unlink("d/f") == 0);
	CHECK_ERROR(rmdir("d"), ENOTEMPTY);
	CHECK(rmdir("d/e") == 0 && rmdir("d") == 0);
	CHECK_ERROR(stat("d", &st), ENOENT);
}

/* Reads a directory of files "file-N" and d; checks that each comes once. */
static void check_listing(int fd, size_t size)
{
	char buffer[512] __attribute__((aligned(8))), seen[MANY_FILES] = { 0 };
	int dots = 0, directories = 0, files = 0;
	ssize_t count;

	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	while ((count = getdents64(fd, buffer, size)) > 0) {
		for (ssize_t at = 0; at < count;) {
			struct dirent64 *entry = (struct dirent64 *)(buffer + at);
			struct stat st;
			long number;

			CHECK(entry->d_reclen % 8 == 0 && entry->d_reclen > 19);
			at += entry->d_reclen;
			if (entry->d_name[0] == '.') {
				dots++;
				continue;
			}
			CHECK(lstat(entry->d_name, &st) == 0 && st.st_ino == entry->d_ino);
			if (strcmp(entry->d_name, "d") == 0) {
				CHECK(entry->d_type == DT_DIR || entry->d_type == 0);
				directories++;
				continue;
			}
			CHECK(entry->d_type == DT_REG || entry->d_type == 0);
			CHECK(strncmp(entry->d_name, "file-", 5) == 0);
			CHECK(parse_number(entry->d_name + 5, 0, MANY_FILES - 1, &number) == 0);
			CHECK(!seen[number]++);
			files++;
		}
		CHECK(count <= (ssize_t)size);
	}
	CHECK(count == 0);
	CHECK(dots == 2 && directories == 1 && files == MANY_FILES);
}

static void directory_listing(void)
{
	char name[16];
	int fd;

	for (int i = 0; i < MANY_FILES; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		make_file(name, name, 1);
	}
	CHECK(mkdir("d", 0755) == 0);
	fd = open(".", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	check_listing(fd, 512);
	check_listing(fd, 48);		/* room for one entry at a time */
	CHECK(close(fd) == 0);
	for (int i = 0; i < MANY_FILES; i++) {
		snprintf(name, sizeof(name), "file-%d", i);
		CHECK(unlink(name) == 0);
	}
	CHECK(rmdir("d") == 0);
}

static void stat_fields(void)
{
	time_t before = time(NULL);
	struct stat st, again;
	int fd;

	CHECK(umask(027) >= 0);
	fd = open("f", O_WRONLY | O_CREAT, 0666);
	CHECK(fd >= 0 && umask(022) == 027);
	CHECK(write(fd, "12345", 5) == 5 && fstat(fd, &st) == 0);
	CHECK(st.st_mode == (S_IFREG | 0640) && st.st_nlink == 1 && st.st_size == 5);
	CHECK(st.st_ino != 0 && st.st_blksize >= 512 && st.st_uid == (unsigned int)getuid());
	CHECK((time_t)st.st_mtime >= before - 1 && (time_t)st.st_mtime <= time(NULL) + 1);
	CHECK(stat("f", &again) == 0 && again.st_ino == st.st_ino);
	CHECK(again.st_dev == st.st_dev && again.st_size == 5);
	CHECK(chmod("f", 0604) == 0 && stat("f", &st) == 0 && (st.st_mode & 07777) == 0604);
	CHECK_ERROR(chmod("none", 0600), ENOENT);
	CHECK_ERROR(fstat(99, &st), EBADF);
	CHECK(close(fd) == 0 && unlink("f") == 0);
	CHECK(stat("/dev/null", &st) != 0 || S_ISCHR(st.st_mode));
}

static void link_counts(void)
{
	struct stat first, second;
	char byte;
	int fd;

	make_file("a", "x", 1);
	CHECK(link("a", "b") == 0 && stat("a", &first) == 0 && stat("b", &second) == 0);
	CHECK(first.st_nlink == 2 && first.st_ino == second.st_ino);
	CHECK_ERROR(link("a", "b"), EEXIST);
	CHECK_ERROR(link("none", "c"), ENOENT);
	CHECK_ERROR(link(".", "c"), EPERM);
	CHECK(unlink("a") == 0 && stat("b", &second) == 0 && second.st_nlink == 1);
	fd = open("b", O_RDONLY);
	CHECK(fd >= 0 && read(fd, &byte, 1) == 1 && byte == 'x' && close(fd) == 0);
	CHECK(unlink("b") == 0);
}

static void symbolic_links(void)
{
	char target[32];
	struct stat st;

	make_file("f", "data", 4);
	CHECK(symlink("f", "s") == 0);
	CHECK(lstat("s", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 1);
	CHECK(stat("s", &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 4);
	CHECK(readlink("s", target, sizeof(target)) == 1 && target[0] == 'f');
	CHECK_ERROR(readlink("f", target, sizeof(target)), EINVAL);
	CHECK_ERROR(readlink("s", target, 0), EINVAL);
	CHECK(symlink("loop", "loop") == 0);
	CHECK_ERROR(open("loop", O_RDONLY), ELOOP);
	CHECK(symlink("nowhere", "dangling") == 0);
	CHECK_ERROR(open("dangling", O_RDONLY), ENOENT);
	CHECK_ERROR(symlink("x", "f"), EEXIST);
	CHECK(unlink("s") == 0 && access("f", F_OK) == 0);
	CHECK(unlink("f") == 0 && unlink("loop") == 0 && unlink("dangling") == 0);
}

static void rename_files(void)
{
	struct stat old, new;
	char byte;
	int fd;

	make_file("a", "A", 1);
	make_file("b", "B", 1);
	CHECK(stat("a", &old) == 0);
	CHECK(rename("a", "b") == 0);		/* replaces b */
	CHECK_ERROR(stat("a", &new), ENOENT);
	CHECK(stat("b", &new) == 0 && new.st_ino == old.st_ino && new.st_nlink == 1);
	fd = open("b", O_RDONLY);
	CHECK(fd >= 0 && read(fd, &byte, 1) == 1 && byte == 'A' && close(fd) == 0);
	CHECK(rename("b", "b") == 0);
	CHECK_ERROR(rename("none", "c"), ENOENT);
	CHECK(mkdir("d", 0755) == 0);
	CHECK_ERROR(rename("b", "d"), EISDIR);
	CHECK_ERROR(rename("d", "b"), ENOTDIR);
	CHECK(rename("b", "d/c") == 0 && access("d/c", F_OK) == 0);
	CHECK(unlink("d/c") == 0 && rmdir("d") == 0);
}

static void rename_directories(void)
{
	struct stat parent, up;

	CHECK(mkdir("a", 0755) == 0 && mkdir("b", 0755) == 0 && mkdir("a/x", 0755) == 0);
	CHECK(rename("a/x", "b/y") == 0);
	/* .. of the moved directory names its new parent. */
	CHECK(stat("b", &parent) == 0 && stat("b/y/..", &up) == 0);
	CHECK(parent.st_ino == up.st_ino);
	CHECK_ERROR(rename("b", "b/y/z"), EINVAL);
	CHECK_ERROR(rename("a", "b"), ENOTEMPTY);
	CHECK(rmdir("b/y") == 0 && rename("a", "b") == 0);
	CHECK_ERROR(access("a", F_OK), ENOENT);
	CHECK(rmdir("b") == 0);
}

static void current_directory(void)
{
	char start[256], path[256];

	CHECK(getcwd(start, sizeof(start)) == (int)strlen(start) + 1 && start[0] == '/');
	CHECK_ERROR(getcwd(path, 2), ERANGE);
	CHECK(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0);
	CHECK(chdir("d/e") == 0 && getcwd(path, sizeof(path)) > 0);
	CHECK(strncmp(path, start, strlen(start)) == 0);
	CHECK(strcmp(path + strlen(start), "/d/e") == 0);
	CHECK(chdir("..") == 0 && getcwd(path, sizeof(path)) > 0);
	CHECK(strcmp(path + strlen(start), "/d") == 0);
	make_file("f", "x", 1);
	CHECK(chdir(start) == 0 && access("d/f", F_OK) == 0);
	CHECK(chdir("/") == 0 && getcwd(path, sizeof(path)) == 2 && !strcmp(path, "/"));
	CHECK(chdir("..") == 0 && getcwd(path, sizeof(path)) == 2);
	CHECK(chdir(start) == 0);
	CHECK(unlink("d/f") == 0 && rmdir("d/e") == 0 && rmdir("d") == 0);
}

static void create_and_unlink_together(void)
{
	enum { WORKERS = 4, ROUNDS = 25 };
	pid_t pids[WORKERS];
	char name[16];

	for (int w = 0; w < WORKERS; w++) {
		pids[w] = test_fork();
		if (pids[w] != 0)
			continue;
		for (int r = 0; r < ROUNDS; r++) {
			snprintf(name, sizeof(name), "f-%d-%d", w, r);
			make_file(name, name, sizeof(name));
		}
		for (int r = 0; r < ROUNDS; r++) {
			snprintf(name, sizeof(name), "f-%d-%d", w, r);
			CHECK(unlink(name) == 0);
		}
		exit(0);
	}
	for (int w = 0; w < WORKERS; w++)
		CHECK(test_wait(pids[w]) == 0);
}

static const struct test tests[] = {
	{ .name = "name_errors", .run = name_errors },
	{ .name = "directory_read_is_refused", .run = directory_read_is_refused },
	{ .name = "directory_links", .run = directory_links },
	{ .name = "directory_listing", .run = directory_listing },
	{ .name = "stat_fields", .run = stat_fields },
	{ .name = "link_counts", .run = link_counts },
	{ .name = "symbolic_links", .run = symbolic_links },
	{ .name = "rename_files", .run = rename_files },
	{ .name = "rename_directories", .run = rename_directories },
	{ .name = "current_directory", .run = current_directory },
	{ .name = "create_and_unlink_together", .run = create_and_unlink_together },
};

const struct part name_part = PART(tests);
