/* usertests: what is in files: reading, writing, offsets, lengths, holes. */
#include <pattern.h>
#include "test.h"

#define BIG_PAGES	384	/* 1.5 MB: more than the direct blocks hold */

static void file_read_write(void)
{
	char buffer[16];
	int fd = open("f", O_RDWR | O_CREAT, 0644);

	CHECK(fd >= 0);
	CHECK(read(fd, buffer, 1) == 0);
	CHECK(write(fd, "hello", 5) == 5 && write(fd, " world", 6) == 6);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK(read(fd, buffer, sizeof(buffer)) == 11 && !memcmp(buffer, "hello world", 11));
	CHECK(read(fd, buffer, 1) == 0);
	/* Writing in the middle changes only that. */
	CHECK(lseek(fd, 4, SEEK_SET) == 4 && write(fd, "XY", 2) == 2);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK(read(fd, buffer, sizeof(buffer)) == 11 && !memcmp(buffer, "hellXYworld", 11));
	CHECK(read(fd, buffer, 0) == 0 && write(fd, buffer, 0) == 0);
	CHECK(close(fd) == 0);
	CHECK_ERROR(read(fd, buffer, 1), EBADF);
	CHECK_ERROR(write(fd, buffer, 1), EBADF);
	CHECK_ERROR(lseek(fd, 0, SEEK_SET), EBADF);
	CHECK_ERROR(read(-1, buffer, 1), EBADF);
	CHECK_ERROR(read(1000000, buffer, 1), EBADF);
	CHECK(unlink("f") == 0);
}

static void file_access_modes(void)
{
	char byte = 'x';
	int reader, writer;

	make_file("f", "a", 1);
	reader = open("f", O_RDONLY);
	writer = open("f", O_WRONLY);
	CHECK(reader >= 0 && writer >= 0);
	CHECK_ERROR(write(reader, &byte, 1), EBADF);
	CHECK_ERROR(read(writer, &byte, 1), EBADF);
	CHECK_ERROR(ftruncate(reader, 0), EINVAL);
	/* Both see the same file. */
	CHECK(write(writer, "b", 1) == 1);
	CHECK(read(reader, &byte, 1) == 1 && byte == 'b');
	CHECK(close(reader) == 0 && close(writer) == 0);
	CHECK(unlink("f") == 0);
}

static void file_open_flags(void)
{
	struct stat st;
	int fd;

	CHECK_ERROR(open("f", O_RDONLY), ENOENT);
	fd = open("f", O_WRONLY | O_CREAT | O_EXCL, 0640);
	CHECK(fd >= 0 && write(fd, "abc", 3) == 3 && close(fd) == 0);
	CHECK_ERROR(open("f", O_WRONLY | O_CREAT | O_EXCL, 0640), EEXIST);
	fd = open("f", O_WRONLY | O_APPEND);
	CHECK(fd >= 0 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(write(fd, "de", 2) == 2 && lseek(fd, 0, SEEK_CUR) == 5 && close(fd) == 0);
	CHECK(stat("f", &st) == 0 && st.st_size == 5);
	fd = open("f", O_WRONLY | O_CREAT, 0644);
	CHECK(fd >= 0 && close(fd) == 0 && stat("f", &st) == 0 && st.st_size == 5);
	fd = open("f", O_WRONLY | O_TRUNC);
	CHECK(fd >= 0 && close(fd) == 0 && stat("f", &st) == 0 && st.st_size == 0);
	CHECK_ERROR(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	CHECK(unlink("f") == 0);
}

static void file_seek(void)
{
	int fd;

	make_file("f", "0123456789", 10);
	fd = open("f", O_RDWR);
	CHECK(fd >= 0);
	CHECK(lseek(fd, 4, SEEK_SET) == 4);
	CHECK(lseek(fd, -1, SEEK_CUR) == 3);
	CHECK(lseek(fd, -2, SEEK_END) == 8);
	CHECK(lseek(fd, 100, SEEK_END) == 110);
	CHECK_ERROR(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERROR(lseek(fd, -11, SEEK_END), EINVAL);
	CHECK_ERROR(lseek(fd, 0, 77), EINVAL);
	CHECK(lseek(fd, 0, SEEK_CUR) == 110);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void check_zero(const char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		CHECK(bytes[i] == 0);
}

static void file_truncate(void)
{
	static char buffer[3 * PAGE_SIZE];
	struct stat st;
	int fd;

	memset(buffer, 'x', sizeof(buffer));
	make_file("f", buffer, sizeof(buffer));
	fd = open("f", O_RDWR);
	CHECK(fd >= 0);
	CHECK(ftruncate(fd, 1000) == 0 && fstat(fd, &st) == 0 && st.st_size == 1000);
	CHECK(ftruncate(fd, 6000) == 0 && fstat(fd, &st) == 0 && st.st_size == 6000);
	/* What was cut off must not come back, in the kept page either. */
	CHECK(read(fd, buffer, sizeof(buffer)) == 6000);
	for (int i = 0; i < 1000; i++)
		CHECK(buffer[i] == 'x');
	check_zero(buffer + 1000, 5000);
	CHECK(truncate("f", 0) == 0 && fstat(fd, &st) == 0);
	CHECK(st.st_size == 0 && st.st_blocks == 0);
	CHECK_ERROR(truncate("none", 0), ENOENT);
	CHECK_ERROR(truncate("f", -1), EINVAL);
	CHECK_ERROR(truncate(".", 0), EISDIR);
	CHECK_ERROR(ftruncate(99, 0), EBADF);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void file_big(void)
{
	static uint32_t page[PATTERN_WORDS];
	uint32_t sum = 0;
	struct stat st;
	int fd = open("f", O_RDWR | O_CREAT, 0644);

	CHECK(fd >= 0);
	for (uint32_t i = 0; i < BIG_PAGES; i++) {
		pattern_fill(page, pattern_key(9, i, 0));
		CHECK(write(fd, page, PAGE_SIZE) == PAGE_SIZE);
	}
	CHECK(fsync(fd) == 0);
	/* Rewrite every third page, backwards. */
	for (int i = BIG_PAGES - 1; i >= 0; i -= 3) {
		pattern_fill(page, pattern_key(9, i, 1));
		CHECK(lseek(fd, (off_t)i * PAGE_SIZE, SEEK_SET) == (off_t)i * PAGE_SIZE);
		CHECK(write(fd, page, PAGE_SIZE) == PAGE_SIZE);
	}
	CHECK(fdatasync(fd) == 0 && close(fd) == 0);
	fd = open("f", O_RDONLY);
	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	CHECK(st.st_size == BIG_PAGES * PAGE_SIZE);
	CHECK(st.st_blocks * 512 >= (unsigned int)BIG_PAGES * PAGE_SIZE);
	for (uint32_t i = 0; i < BIG_PAGES; i++) {
		int generation = (BIG_PAGES - 1 - i) % 3 == 0;

		CHECK(read(fd, page, PAGE_SIZE) == PAGE_SIZE);
		CHECK(pattern_check(page, pattern_key(9, i, generation), &sum) == -1);
	}
	CHECK(read(fd, page, 1) == 0 && sum != 0);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void file_odd_sizes(void)
{
	static unsigned char buffer[3000];
	unsigned int total = 0;
	int fd = open("f", O_RDWR | O_CREAT, 0644);

	/* Writes and reads that meet page borders at every distance. */
	CHECK(fd >= 0);
	for (unsigned int size = 1; size < sizeof(buffer); size += 131) {
		for (unsigned int i = 0; i < size; i++)
			buffer[i] = (total + i) * 11 + ((total + i) >> 8);
		CHECK(write(fd, buffer, size) == (ssize_t)size);
		total += size;
	}
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	for (unsigned int at = 0; at < total;) {
		ssize_t count = read(fd, buffer, 777);

		CHECK(count == 777 || at + count == total);
		for (int i = 0; i < count; i++, at++)
			CHECK(buffer[i] == (unsigned char)(at * 11 + (at >> 8)));
	}
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void file_sparse(void)
{
	static char page[PAGE_SIZE];
	const off_t far = 5 * 1024 * 1024;
	struct stat st;
	int fd = open("f", O_RDWR | O_CREAT, 0644);

	CHECK(fd >= 0);
	CHECK(lseek(fd, far, SEEK_SET) == far && write(fd, "end", 3) == 3);
	CHECK(fsync(fd) == 0 && fstat(fd, &st) == 0 && st.st_size == far + 3);
	CHECK(st.st_blocks * 512 < 256 * 1024);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && read(fd, page, PAGE_SIZE) == PAGE_SIZE);
	check_zero(page, PAGE_SIZE);
	/* Fill a block in the middle of the hole; its neighbours stay zero. */
	CHECK(lseek(fd, 1000000, SEEK_SET) == 1000000 && write(fd, "mid", 3) == 3);
	CHECK(lseek(fd, 1000000 - 100, SEEK_SET) >= 0 && read(fd, page, 203) == 203);
	check_zero(page, 100);
	CHECK(memcmp(page + 100, "mid", 3) == 0);
	check_zero(page + 103, 100);
	CHECK(lseek(fd, far, SEEK_SET) == far && read(fd, page, 10) == 3);
	CHECK(memcmp(page, "end", 3) == 0);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void file_unlinked_while_open(void)
{
	static uint32_t page[PATTERN_WORDS];
	struct stat st;
	int fd = open("f", O_RDWR | O_CREAT, 0644);

	CHECK(fd >= 0 && unlink("f") == 0);
	CHECK_ERROR(stat("f", &st), ENOENT);
	CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0);
	for (int i = 0; i < 32; i++) {
		pattern_fill(page, i);
		CHECK(write(fd, page, PAGE_SIZE) == PAGE_SIZE);
	}
	/* A new file of that name is another file. */
	make_file("f", "new", 3);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	for (int i = 0; i < 32; i++) {
		CHECK(read(fd, page, PAGE_SIZE) == PAGE_SIZE);
		CHECK(pattern_check(page, i, NULL) == -1);
	}
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void file_concurrent_appends(void)
{
	enum { WRITERS = 4, RECORDS = 100, BYTES = 64 };
	char record[BYTES];
	int fd, seen[WRITERS] = { 0 };
	pid_t pids[WRITERS];

	make_file("f", "", 0);
	for (int w = 0; w < WRITERS; w++) {
		pids[w] = test_fork();
		if (pids[w] != 0)
			continue;
		fd = open("f", O_WRONLY | O_APPEND);
		CHECK(fd >= 0);
		memset(record, 'a' + w, BYTES);
		for (int r = 0; r < RECORDS; r++)
			CHECK(write(fd, record, BYTES) == BYTES);
		exit(0);
	}
	for (int w = 0; w < WRITERS; w++)
		CHECK(test_wait(pids[w]) == 0);
	fd = open("f", O_RDONLY);
	CHECK(fd >= 0);
	while (read(fd, record, BYTES) == BYTES) {
		for (int i = 1; i < BYTES; i++)
			CHECK(record[i] == record[0]);
		CHECK(record[0] >= 'a' && record[0] < 'a' + WRITERS);
		seen[record[0] - 'a']++;
	}
	for (int w = 0; w < WRITERS; w++)
		CHECK(seen[w] == RECORDS);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static unsigned field(const unsigned char *at, unsigned bytes)
{
	unsigned value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

/* What the group descriptors on the disk of "/" say, read from the disk itself. */
static unsigned free_inodes_on_disk(void)
{
	unsigned block_size, groups, sum = 0;
	unsigned char super[1024], group[32];
	int fd = open("/dev/vda", O_RDONLY);

	CHECK(fd >= 0 && lseek(fd, 1024, SEEK_SET) == 1024);
	CHECK(read(fd, super, sizeof(super)) == (ssize_t)sizeof(super));
	CHECK(field(super + 56, 2) == 0xef53);
	block_size = 1024u << field(super + 24, 4);
	groups = (field(super + 0, 4) + field(super + 40, 4) - 1) / field(super + 40, 4);
	CHECK(lseek(fd, (field(super + 20, 4) + 1) * block_size, SEEK_SET) > 0);
	for (unsigned i = 0; i < groups; i++) {
		CHECK(read(fd, group, sizeof(group)) == (ssize_t)sizeof(group));
		sum += field(group + 14, 2);
	}
	CHECK(close(fd) == 0);
	return sum;
}

/* Who reads a disk sees what its file system has changed in memory and not written yet. */
static void file_disk_itself(void)
{
	unsigned before;
	struct stat here, root;

	if (!on_highwater())
		test_skipped("the disk has another name, and is nobody's to read");
	CHECK(stat(".", &here) == 0 && stat("/", &root) == 0);
	if (here.st_dev != root.st_dev)
		test_skipped("not on the disk of /");
	before = free_inodes_on_disk();
	make_file("a", "a", 1);
	make_file("b", "b", 1);
	CHECK(free_inodes_on_disk() == before - 2);
	CHECK(unlink("a") == 0 && unlink("b") == 0);
	CHECK(free_inodes_on_disk() == before);
}

static const struct test tests[] = {
	{ .name = "file_read_write", .run = file_read_write },
	{ .name = "file_access_modes", .run = file_access_modes },
	{ .name = "file_open_flags", .run = file_open_flags },
	{ .name = "file_seek", .run = file_seek },
	{ .name = "file_truncate", .run = file_truncate },
	{ .name = "file_big", .run = file_big },
	{ .name = "file_odd_sizes", .run = file_odd_sizes },
	{ .name = "file_sparse", .run = file_sparse },
	{ .name = "file_unlinked_while_open", .run = file_unlinked_while_open },
	{ .name = "file_disk_itself", .run = file_disk_itself },
	{ .name = "file_concurrent_appends", .run = file_concurrent_appends },
};

const struct part file_part = PART(tests);
