/* usertests: file systems in memory: tmpfs with its limits, ramfs. Only root may mount. */
#include <pattern.h>
#include "test.h"

#define ROOM	64	/* pages of a tmpfs that is to be filled */

/* Mounts on ./t. */
static void mount_on_t(const char *type, const char *options)
{
	CHECK(mkdir("t", 0755) == 0);
	if (mount("none", "t", type, 0, options) == 0)
		return;
	if (errno != EPERM)
		test_failed(__FILE__, __LINE__, "mount");
	rmdir("t");
	test_skipped("mounting needs root");
}

static void unmount_t(void)
{
	CHECK(umount2("t", 0) == 0 && rmdir("t") == 0);
}

static unsigned long used_blocks(void)
{
	struct statfs fs;

	CHECK(statfs("t", &fs) == 0);
	return fs.f_blocks - fs.f_bfree;
}

static int open_file(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT, 0644);

	CHECK(fd >= 0);
	return fd;
}

static ssize_t write_at(int fd, const void *bytes, size_t count, off_t offset)
{
	if (lseek(fd, offset, SEEK_SET) != offset)
		return -1;
	return write(fd, bytes, count);
}

static ssize_t read_at(int fd, void *bytes, size_t count, off_t offset)
{
	if (lseek(fd, offset, SEEK_SET) != offset)
		return -1;
	return read(fd, bytes, count);
}

/* A file of `pages` pattern pages; returns it open. */
static int pattern_file(const char *name, uint32_t pages)
{
	static uint32_t page[PATTERN_WORDS];
	int fd = open_file(name);

	for (uint32_t i = 0; i < pages; i++) {
		pattern_fill(page, pattern_key(5, i, 0));
		CHECK(write(fd, page, PAGE_SIZE) == PAGE_SIZE);
	}
	return fd;
}

static int all_zero(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i])
			return 0;
	return 1;
}

static void tmpfs_options(void)
{
	static const char *const wrong[] = {
		"colour=red", "size", "size=", "size=12q", "mode=9", "nr_blocks=-1",
		"nr_inodes=x", "size=1m;mode=1", "size=1m,colour=red",
	};
	struct statfs fs;
	struct stat st;

	mount_on_t("tmpfs", "size=1m,nr_inodes=20,mode=700");
	CHECK(statfs("t", &fs) == 0 && stat("t", &st) == 0);
	CHECK(fs.f_blocks == 256 && fs.f_bfree == 256 && fs.f_bsize == PAGE_SIZE);
	CHECK(fs.f_files == 20 && fs.f_ffree == 19);
	CHECK(S_ISDIR(st.st_mode) && (st.st_mode & 07777) == 0700);
	unmount_t();
	CHECK(mkdir("t", 0755) == 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK_ERROR(mount("none", "t", "tmpfs", 0, wrong[i]), EINVAL);
	CHECK_ERROR(mount("none", "t", "tmpfs", 0, (void *)1), EFAULT);
	CHECK(rmdir("t") == 0);
}

static void tmpfs_holes(void)
{
	static char bytes[2 * PAGE_SIZE];
	off_t far = 3000l * PAGE_SIZE;
	struct stat st;
	int fd;

	mount_on_t("tmpfs", "size=64k");
	fd = open_file("t/f");
	CHECK(write_at(fd, "end", 3, far + 10) == 3);
	CHECK(fstat(fd, &st) == 0 && st.st_size == far + 13 && st.st_blocks == 8);
	CHECK(used_blocks() == 1);
	/* A hole costs nothing, and reading it neither. */
	CHECK(read_at(fd, bytes, sizeof(bytes), far - PAGE_SIZE) == PAGE_SIZE + 13);
	CHECK(all_zero(bytes, PAGE_SIZE + 10) && memcmp(bytes + PAGE_SIZE + 10, "end", 3) == 0);
	CHECK(used_blocks() == 1);
	CHECK(close(fd) == 0);
	unmount_t();
}

static void tmpfs_truncate(void)
{
	static char bytes[PAGE_SIZE];
	struct stat st;
	int fd;

	mount_on_t("tmpfs", "size=4m");
	fd = pattern_file("t/f", 100);
	CHECK(used_blocks() == 100);
	/* Not a whole page: what is cut off must not come back. */
	CHECK(ftruncate(fd, 40 * PAGE_SIZE + 100) == 0 && used_blocks() == 41);
	CHECK(ftruncate(fd, 100 * PAGE_SIZE) == 0 && used_blocks() == 41);
	CHECK(read_at(fd, bytes, PAGE_SIZE, 40 * PAGE_SIZE) == PAGE_SIZE);
	CHECK(!all_zero(bytes, 100) && all_zero(bytes + 100, PAGE_SIZE - 100));
	CHECK(read_at(fd, bytes, PAGE_SIZE, 41 * PAGE_SIZE) == PAGE_SIZE);
	CHECK(all_zero(bytes, PAGE_SIZE));
	CHECK(fstat(fd, &st) == 0 && st.st_size == 100 * PAGE_SIZE);
	CHECK(ftruncate(fd, 0) == 0 && used_blocks() == 0);
	CHECK(close(fd) == 0);
	unmount_t();
}

static void write_to(void *address)
{
	*(volatile char *)address = 1;
}

static void tmpfs_full(void)
{
	static char bytes[PAGE_SIZE];
	int fd, full, pages = 0;
	char *map;

	mount_on_t("tmpfs", "size=256k");
	fd = open_file("t/f");
	memset(bytes, 'x', sizeof(bytes));
	while (write(fd, bytes, PAGE_SIZE) == PAGE_SIZE)
		pages++;
	CHECK(errno == ENOSPC && pages == ROOM && used_blocks() == ROOM);
	/* Of a write that does not fit, the beginning is written. */
	CHECK(ftruncate(fd, (ROOM - 1) * PAGE_SIZE + 10) == 0);
	CHECK(write_at(fd, bytes, PAGE_SIZE, (ROOM - 1) * PAGE_SIZE + 10) == PAGE_SIZE - 10);
	/* A name needs no block; a mapped page that cannot be had is a signal. */
	full = open_file("t/g");
	CHECK_ERROR(write(full, "x", 1), ENOSPC);
	CHECK(ftruncate(full, PAGE_SIZE) == 0);
	map = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, full, 0);
	CHECK(map != MAP_FAILED && dies_of(SIGBUS, write_to, map));
	CHECK(unlink("t/f") == 0 && used_blocks() == ROOM);	/* it is still open */
	CHECK(close(fd) == 0 && used_blocks() == 0);
	*map = 'y';
	CHECK(used_blocks() == 1 && read_at(full, bytes, 1, 0) == 1 && bytes[0] == 'y');
	CHECK(munmap(map, PAGE_SIZE) == 0 && close(full) == 0);
	unmount_t();
}

static void tmpfs_inode_limit(void)
{
	char name[16];
	int made;

	mount_on_t("tmpfs", "nr_inodes=10");
	for (made = 0; made < 20; made++) {
		snprintf(name, sizeof(name), "t/%d", made);
		if (mkdir(name, 0755) != 0)
			break;
	}
	CHECK(made == 9 && errno == ENOSPC);
	CHECK_ERROR(symlink("x", "t/link"), ENOSPC);
	CHECK(rmdir("t/3") == 0 && symlink("x", "t/link") == 0);
	unmount_t();
}

static void tmpfs_names(void)
{
	struct stat one, two;
	char target[16];

	mount_on_t("tmpfs", NULL);
	CHECK(mkdir("t/a", 0755) == 0 && mkdir("t/b", 0755) == 0);
	make_file("t/a/f", "first", 5);
	CHECK(link("t/a/f", "t/b/g") == 0 && stat("t/a/f", &one) == 0);
	CHECK(stat("t/b/g", &two) == 0 && one.st_ino == two.st_ino && two.st_nlink == 2);
	CHECK(unlink("t/a/f") == 0 && stat("t/b/g", &two) == 0 && two.st_nlink == 1);
	CHECK(symlink("b/g", "t/s") == 0 && readlink("t/s", target, sizeof(target)) == 3);
	CHECK(memcmp(target, "b/g", 3) == 0 && stat("t/s", &one) == 0);
	CHECK(one.st_ino == two.st_ino);
	/* Directories move with what is in them, and replace empty ones only. */
	CHECK_ERROR(rename("t/a", "t/b"), ENOTEMPTY);
	CHECK_ERROR(rename("t/b", "t/b/below"), EINVAL);
	CHECK(rename("t/b", "t/a") == 0 && stat("t/a/g", &one) == 0);
	CHECK_ERROR(stat("t/b", &one), ENOENT);
	CHECK(stat("t", &one) == 0 && one.st_nlink == 3);
	make_file("t/h", "second", 6);
	CHECK(rename("t/h", "t/a/g") == 0 && stat("t/a/g", &one) == 0 && one.st_size == 6);
	CHECK_ERROR(rename("t/a/g", "g"), EXDEV);
	CHECK_ERROR(rmdir("t/a"), ENOTEMPTY);
	CHECK(chmod("t/a", 0700) == 0 && stat("t/a", &one) == 0);
	CHECK((one.st_mode & 07777) == 0700);
	unmount_t();	/* with all that is left */
}

/* Removes each name as getdents64 tells it: none may be passed over. */
static int remove_told(int fd)
{
	char buffer[512] __attribute__((aligned(8))), name[300];
	int removed = 0;
	ssize_t count;

	while ((count = getdents64(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < count;) {
			struct dirent64 *entry = (struct dirent64 *)(buffer + at);

			at += entry->d_reclen;
			if (entry->d_name[0] == '.')
				continue;
			snprintf(name, sizeof(name), "t/%s", entry->d_name);
			CHECK(unlink(name) == 0);
			removed++;
		}
	}
	CHECK(count == 0);
	return removed;
}

static void tmpfs_readdir(void)
{
	char name[64];
	int fd;

	mount_on_t("tmpfs", NULL);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "t/a-rather-long-name-%d", i);
		make_file(name, "x", 1);
	}
	fd = open("t", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 && remove_told(fd) == 300 && used_blocks() == 0);
	CHECK(close(fd) == 0);
	unmount_t();
}

static void tmpfs_mapped(void)
{
	char *shared, *private, byte;
	int fd;

	mount_on_t("tmpfs", NULL);
	fd = pattern_file("t/f", 4);
	shared = mmap(NULL, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	private = mmap(NULL, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(shared != MAP_FAILED && private != MAP_FAILED);
	for (uint32_t i = 0; i < 4; i++)
		CHECK(pattern_check(shared + i * PAGE_SIZE, pattern_key(5, i, 0), NULL) == -1);
	CHECK(madvise(shared, 4 * PAGE_SIZE, MADV_WILLNEED) == 0);
	shared[5] = 'S';
	CHECK(private[5] == 'S' && read_at(fd, &byte, 1, 5) == 1 && byte == 'S');
	private[6] = 'P';
	CHECK(shared[6] != 'P' && write_at(fd, "W", 1, PAGE_SIZE) == 1);
	CHECK(shared[PAGE_SIZE] == 'W' && private[PAGE_SIZE] == 'W');
	/* A write whose bytes are in the file's own page. */
	CHECK(write_at(fd, shared, PAGE_SIZE, 0) == PAGE_SIZE && shared[5] == 'S');
	CHECK(msync(shared, 4 * PAGE_SIZE, MS_SYNC) == 0 && fsync(fd) == 0);
	CHECK(ftruncate(fd, PAGE_SIZE) == 0);
	CHECK(dies_of(SIGBUS, write_to, shared + PAGE_SIZE) && private[6] == 'P');
	CHECK(munmap(shared, 4 * PAGE_SIZE) == 0 && munmap(private, 4 * PAGE_SIZE) == 0);
	CHECK(close(fd) == 0);
	unmount_t();
}

static void tmpfs_busy(void)
{
	int fd;

	mount_on_t("tmpfs", NULL);
	fd = open_file("t/f");
	CHECK(unlink("t/f") == 0 && write(fd, "kept", 4) == 4);
	CHECK_ERROR(umount2("t", 0), EBUSY);
	CHECK(close(fd) == 0 && chdir("t") == 0);
	CHECK_ERROR(umount2("../t", 0), EBUSY);
	CHECK(chdir("..") == 0);
	unmount_t();
}

static void copy_file(const char *from, const char *to)
{
	static char bytes[PAGE_SIZE];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT, 0755);
	ssize_t count;

	CHECK(in >= 0 && out >= 0);
	while ((count = read(in, bytes, sizeof(bytes))) > 0)
		CHECK(write(out, bytes, (size_t)count) == count);
	CHECK(count == 0 && close(in) == 0 && close(out) == 0);
}

static void run_copy(void *name)
{
	char *arguments[] = { name, "-l", NULL };
	int fd = open("/dev/null", O_WRONLY);

	CHECK(fd >= 0 && dup2(fd, 1) == 1);
	execv(name, arguments);
	exit(127);
}

static void tmpfs_exec(void)
{
	mount_on_t("tmpfs", "size=4m");
	copy_file(own_path, "t/copy");
	CHECK(status_of(run_copy, "t/copy") == 0);
	unmount_t();
}

static void tmpfs_deep_tree(void)
{
	int depth;

	mount_on_t("tmpfs", NULL);
	CHECK(chdir("t") == 0);
	for (depth = 0; depth < 1000; depth++)
		CHECK(mkdir("d", 0755) == 0 && chdir("d") == 0);
	for (; depth >= 0; depth--)
		CHECK(chdir("..") == 0);
	unmount_t();
}

/* Only what memory pressure does not reach: see fs/ramfs/pages.c. */
static void ramfs_files(void)
{
	char bytes[16], *map;
	int fd;

	mount_on_t("ramfs", NULL);
	CHECK_ERROR(umount2("t/none", 0), ENOENT);
	fd = open_file("t/f");
	CHECK(write_at(fd, "far", 3, 3 * PAGE_SIZE) == 3 && read_at(fd, bytes, 16, 0) == 16);
	CHECK(all_zero(bytes, 16));
	map = mmap(NULL, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED && memcmp(map + 3 * PAGE_SIZE, "far", 3) == 0);
	map[PAGE_SIZE] = 'm';
	CHECK(read_at(fd, bytes, 1, PAGE_SIZE) == 1 && bytes[0] == 'm');
	CHECK(msync(map, 4 * PAGE_SIZE, MS_SYNC) == 0);
	CHECK(munmap(map, 4 * PAGE_SIZE) == 0 && ftruncate(fd, 10) == 0 && close(fd) == 0);
	CHECK(mkdir("t/d", 0755) == 0 && rename("t/f", "t/d/f") == 0);
	unmount_t();
	CHECK(mkdir("t", 0755) == 0);
	CHECK_ERROR(mount("none", "t", "proc", 0, "size=1m"), EINVAL);
	CHECK(rmdir("t") == 0);
}

static const struct test tests[] = {
	{ .name = "tmpfs_options", .run = tmpfs_options },
	{ .name = "tmpfs_holes", .run = tmpfs_holes },
	{ .name = "tmpfs_truncate", .run = tmpfs_truncate },
	{ .name = "tmpfs_full", .run = tmpfs_full },
	{ .name = "tmpfs_inode_limit", .run = tmpfs_inode_limit },
	{ .name = "tmpfs_names", .run = tmpfs_names },
	{ .name = "tmpfs_readdir", .run = tmpfs_readdir },
	{ .name = "tmpfs_mapped", .run = tmpfs_mapped },
	{ .name = "tmpfs_busy", .run = tmpfs_busy },
	{ .name = "tmpfs_exec", .run = tmpfs_exec },
	{ .name = "tmpfs_deep_tree", .run = tmpfs_deep_tree },
	{ .name = "ramfs_files", .run = ramfs_files },
};

const struct part tmpfs_part = PART(tests);
