/* usertests: pipes and descriptors. */
#include "test.h"

#define FULL_BYTES	(256 * 1024)	/* more than a pipe holds */
#define FD_CAP		70000		/* where fd_exhaustion stops looking for the limit */

static void pipe_bytes(void)
{
	char buffer[16];
	int ends[2];

	CHECK(pipe(ends) == 0 && ends[0] != ends[1]);
	CHECK(write(ends[1], "hello world", 11) == 11);
	CHECK(read(ends[0], buffer, 5) == 5 && memcmp(buffer, "hello", 5) == 0);
	/* A read takes what is there, and does not wait for the rest. */
	CHECK(read(ends[0], buffer, sizeof(buffer)) == 6 && memcmp(buffer, " world", 6) == 0);
	CHECK(write(ends[1], "", 0) == 0);
	CHECK(write(ends[1], "x", 1) == 1);
	CHECK(close(ends[1]) == 0);
	CHECK(read(ends[0], buffer, sizeof(buffer)) == 1 && buffer[0] == 'x');
	CHECK(read(ends[0], buffer, sizeof(buffer)) == 0);
}

static void pipe_errors(void)
{
	struct stat st;
	char byte = 0;
	int ends[2];

	CHECK(pipe(ends) == 0);
	CHECK_ERROR(read(ends[1], &byte, 1), EBADF);
	CHECK_ERROR(write(ends[0], &byte, 1), EBADF);
	CHECK_ERROR(lseek(ends[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERROR(ftruncate(ends[1], 0), EINVAL);
	CHECK(fstat(ends[0], &st) == 0 && (st.st_mode & S_IFMT) == S_IFIFO);
}

static void write_without_reader(void *unused)
{
	int ends[2];

	(void)unused;
	CHECK(pipe(ends) == 0 && close(ends[0]) == 0);
	write(ends[1], "x", 1);
}

static void pipe_broken(void)
{
	int ends[2], status;
	pid_t pid;

	CHECK(dies_of(SIGPIPE, write_without_reader, NULL));
	/* Also when the reader goes away while the writer waits for room. */
	CHECK(pipe(ends) == 0);
	pid = test_fork();
	if (pid == 0) {
		char *bytes = map_pages(FULL_BYTES / PAGE_SIZE, MAP_PRIVATE);

		CHECK(close(ends[0]) == 0);
		write(ends[1], bytes, FULL_BYTES);
		exit(0);
	}
	sleep_ms(20);
	CHECK(waitpid(pid, NULL, WNOHANG) == 0);
	CHECK(close(ends[0]) == 0);
	status = test_wait(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

static unsigned char byte_at(size_t offset)
{
	return offset * 7 + (offset >> 9);
}

static void write_pattern(int fd)
{
	unsigned char *bytes = (unsigned char *)map_pages(FULL_BYTES / PAGE_SIZE, MAP_PRIVATE);

	for (size_t i = 0; i < FULL_BYTES; i++)
		bytes[i] = byte_at(i);
	CHECK(write(fd, bytes, FULL_BYTES) == FULL_BYTES);
}

static void pipe_full_blocks(void)
{
	unsigned char buffer[1000];
	size_t total = 0;
	int ends[2];
	ssize_t count;
	pid_t pid;

	CHECK(pipe(ends) == 0);
	pid = test_fork();
	if (pid == 0) {
		write_pattern(ends[1]);
		exit(0);
	}
	CHECK(close(ends[1]) == 0);
	sleep_ms(50);
	CHECK(waitpid(pid, NULL, WNOHANG) == 0);	/* it waits for room */
	while ((count = read(ends[0], buffer, sizeof(buffer))) > 0) {
		for (ssize_t i = 0; i < count; i++)
			CHECK(buffer[i] == byte_at(total + i));
		total += count;
	}
	CHECK(count == 0 && total == FULL_BYTES);
	CHECK(test_wait(pid) == 0);
}

static void pipe_many_writers(void)
{
	enum { WRITERS = 4, RECORDS = 200, WORDS = 8 };
	int ends[2], next[WRITERS] = { 0 }, record[WORDS];
	pid_t pids[WRITERS];

	CHECK(pipe(ends) == 0);
	for (int w = 0; w < WRITERS; w++) {
		pids[w] = test_fork();
		if (pids[w] != 0)
			continue;
		for (int r = 0; r < RECORDS; r++) {
			for (int i = 0; i < WORDS; i++)
				record[i] = w << 16 | r;
			CHECK(write(ends[1], record, sizeof(record)) == sizeof(record));
		}
		exit(0);
	}
	CHECK(close(ends[1]) == 0);
	/* Small writes are atomic: records do not mix, and each writer's come in order. */
	for (int total = 0; total < WRITERS * RECORDS; total++) {
		int writer;

		CHECK(read(ends[0], record, sizeof(record)) == sizeof(record));
		writer = record[0] >> 16;
		CHECK(writer >= 0 && writer < WRITERS);
		CHECK(record[0] == (writer << 16 | next[writer]++));
		for (int i = 1; i < WORDS; i++)
			CHECK(record[i] == record[0]);
	}
	CHECK(read(ends[0], record, sizeof(record)) == 0);
	for (int w = 0; w < WRITERS; w++)
		CHECK(test_wait(pids[w]) == 0);
}

static void dup_shares_offset(void)
{
	int fd, copy;
	char byte;

	make_file("f", "abcdef", 6);
	fd = open("f", O_RDONLY);
	CHECK(fd >= 0);
	copy = dup(fd);
	CHECK(copy > fd);
	CHECK(read(fd, &byte, 1) == 1 && byte == 'a');
	CHECK(read(copy, &byte, 1) == 1 && byte == 'b');
	CHECK(close(fd) == 0);
	CHECK(read(copy, &byte, 1) == 1 && byte == 'c');
	/* The lowest free number is taken. */
	CHECK(dup(copy) == fd);
	CHECK(close(copy) == 0 && close(fd) == 0);
	CHECK_ERROR(close(fd), EBADF);
	CHECK(unlink("f") == 0);
}

static void dup2_replaces(void)
{
	int ends[2], other[2];
	char byte;

	CHECK(pipe(ends) == 0 && pipe(other) == 0);
	CHECK(dup2(ends[1], other[1]) == other[1]);
	/* That closed the last write end of the other pipe. */
	CHECK(read(other[0], &byte, 1) == 0);
	CHECK(write(other[1], "z", 1) == 1);
	CHECK(read(ends[0], &byte, 1) == 1 && byte == 'z');
	CHECK(dup2(ends[0], ends[0]) == ends[0]);
	CHECK(dup2(ends[0], 30) == 30);
	CHECK_ERROR(dup2(50, 51), EBADF);
	CHECK_ERROR(dup2(50, 50), EBADF);
	CHECK_ERROR(dup2(ends[0], -1), EBADF);
	CHECK_ERROR(dup2(ends[0], 1 << 30), EBADF);
	CHECK_ERROR(dup(-1), EBADF);
	CHECK_ERROR(dup(50), EBADF);
}

static void fd_exhaustion(void)
{
	int fd, last = -1, ends[2];

	while ((fd = dup(1)) >= 0 && fd < FD_CAP)
		last = fd;
	if (fd >= 0)
		test_skipped("no limit on open files was met");
	CHECK(errno == EMFILE);
	CHECK_ERROR(open("/", O_RDONLY), EMFILE);
	CHECK_ERROR(pipe(ends), EMFILE);
	CHECK(close(last) == 0);
	CHECK_ERROR(pipe(ends), EMFILE);	/* one number is not enough, and stays free */
	CHECK(open("/", O_RDONLY) == last);
	while (last > 2)
		close(last--);
	CHECK(pipe(ends) == 0);
}

static const struct test tests[] = {
	{ .name = "pipe_bytes", .run = pipe_bytes },
	{ .name = "pipe_errors", .run = pipe_errors },
	{ .name = "pipe_broken", .run = pipe_broken },
	{ .name = "pipe_full_blocks", .run = pipe_full_blocks },
	{ .name = "pipe_many_writers", .run = pipe_many_writers },
	{ .name = "dup_shares_offset", .run = dup_shares_offset },
	{ .name = "dup2_replaces", .run = dup2_replaces },
	{ .name = "fd_exhaustion", .run = fd_exhaustion },
};

const struct part pipe_part = PART(tests);
