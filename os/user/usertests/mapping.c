/* usertests: mapped files, private and shared, and memory shared with children. */
#include <pattern.h>
#include "test.h"

#define FILE_PAGES	8

static void make_pattern_file(const char *name)
{
	static uint32_t page[PATTERN_WORDS];
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	for (uint32_t i = 0; i < FILE_PAGES; i++) {
		pattern_fill(page, pattern_key(3, i, 0));
		CHECK(write(fd, page, PAGE_SIZE) == PAGE_SIZE);
	}
	CHECK(close(fd) == 0);
}

static char *map_file(int fd, int prot, int sharing)
{
	char *map = mmap(NULL, FILE_PAGES * PAGE_SIZE, prot, sharing, fd, 0);

	CHECK(map != MAP_FAILED);
	return map;
}

static void check_pages(const char *map)
{
	for (uint32_t i = 0; i < FILE_PAGES; i++)
		CHECK(pattern_check(map + i * PAGE_SIZE, pattern_key(3, i, 0), NULL) == -1);
}

/* Reads a byte of the file with read, not through a mapping. */
static char byte_in_file(int fd, off_t offset)
{
	char byte;

	CHECK(lseek(fd, offset, SEEK_SET) == offset && read(fd, &byte, 1) == 1);
	return byte;
}

static void read_from(void *address)
{
	*(volatile char *)address;
}

static void write_to(void *address)
{
	*(volatile char *)address = 1;
}

static void file_mapped_private(void)
{
	char *map, *second, before;
	int fd;

	make_pattern_file("f");
	fd = open("f", O_RDONLY);
	CHECK(fd >= 0);
	map = map_file(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	second = map_file(fd, PROT_READ, MAP_PRIVATE);
	check_pages(map);
	before = second[100];
	map[100] = before + 1;		/* stays this mapping's own */
	CHECK(second[100] == before && byte_in_file(fd, 100) == before);
	CHECK(map[100] == (char)(before + 1) && map[101] == second[101]);
	CHECK(close(fd) == 0);		/* the mapping keeps the file */
	map[100] = before;
	check_pages(map);
	CHECK(dies_of(SIGSEGV, write_to, second));
	CHECK(munmap(map, FILE_PAGES * PAGE_SIZE) == 0);
	check_pages(second);
	CHECK(munmap(second, FILE_PAGES * PAGE_SIZE) == 0);
	CHECK(unlink("f") == 0);
}

static void file_mapped_shared(void)
{
	char *map, *second;
	int fd;

	make_pattern_file("f");
	fd = open("f", O_RDWR);
	CHECK(fd >= 0);
	map = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	second = map_file(fd, PROT_READ, MAP_SHARED);
	check_pages(map);
	map[5000] = 'm';
	CHECK(second[5000] == 'm');
	CHECK(msync(map, FILE_PAGES * PAGE_SIZE, MS_SYNC) == 0);
	CHECK(byte_in_file(fd, 5000) == 'm');
	/* The other way round: what write changes shows in the mapping. */
	CHECK(lseek(fd, 9000, SEEK_SET) == 9000 && write(fd, "w", 1) == 1);
	CHECK(map[9000] == 'w' && second[9000] == 'w');
	map[20000] = 'u';
	CHECK(munmap(map, FILE_PAGES * PAGE_SIZE) == 0);
	CHECK(byte_in_file(fd, 20000) == 'u');	/* unmapping loses nothing */
	CHECK(munmap(second, FILE_PAGES * PAGE_SIZE) == 0);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void file_mapped_at_offset(void)
{
	char *map;
	int fd;

	make_pattern_file("f");
	fd = open("f", O_RDONLY);
	map = mmap(NULL, 2 * PAGE_SIZE, PROT_READ, MAP_PRIVATE, fd, 3 * PAGE_SIZE);
	CHECK(fd >= 0 && map != MAP_FAILED);
	CHECK(pattern_check(map, pattern_key(3, 3, 0), NULL) == -1);
	CHECK(pattern_check(map + PAGE_SIZE, pattern_key(3, 4, 0), NULL) == -1);
	CHECK(munmap(map, 2 * PAGE_SIZE) == 0);
	CHECK_ERROR(mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE, fd, 100), EINVAL);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void file_mapped_past_end(void)
{
	char *map;
	int fd;

	make_file("f", "short", 5);
	fd = open("f", O_RDONLY);
	map = mmap(NULL, 2 * PAGE_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(fd >= 0 && map != MAP_FAILED);
	CHECK(memcmp(map, "short", 5) == 0);
	for (int i = 5; i < PAGE_SIZE; i++)
		CHECK(map[i] == 0);
	CHECK(dies_of(SIGBUS, read_from, map + PAGE_SIZE));
	CHECK(munmap(map, 2 * PAGE_SIZE) == 0);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void file_truncated_while_mapped(void)
{
	char *map;
	int fd;

	make_pattern_file("f");
	fd = open("f", O_RDWR);
	CHECK(fd >= 0);
	map = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	check_pages(map);
	CHECK(ftruncate(fd, PAGE_SIZE) == 0);
	CHECK(pattern_check(map, pattern_key(3, 0, 0), NULL) == -1);
	CHECK(dies_of(SIGBUS, read_from, map + PAGE_SIZE));
	CHECK(ftruncate(fd, 2 * PAGE_SIZE) == 0);
	for (int i = 0; i < PAGE_SIZE; i++)
		CHECK(map[PAGE_SIZE + i] == 0);
	CHECK(munmap(map, FILE_PAGES * PAGE_SIZE) == 0);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void file_map_errors(void)
{
	char *end = map_before_hole(1) + PAGE_SIZE;
	int reader, writer, ends[2];

	make_pattern_file("f");
	reader = open("f", O_RDONLY);
	writer = open("f", O_WRONLY);
	CHECK(reader >= 0 && writer >= 0 && pipe(ends) == 0);
	CHECK_ERROR(mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE, 99, 0), EBADF);
	CHECK_ERROR(mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0),
		    EACCES);
	CHECK_ERROR(mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE, writer, 0), EACCES);
	CHECK_ERROR(mmap(NULL, PAGE_SIZE, PROT_READ, MAP_PRIVATE, ends[0], 0), ENODEV);
	CHECK_ERROR(mmap(NULL, PAGE_SIZE, PROT_READ, 0, reader, 0), EINVAL);
	CHECK_ERROR(msync(end, PAGE_SIZE, MS_SYNC), ENOMEM);
	CHECK_ERROR(msync(end + 1, PAGE_SIZE, MS_SYNC), EINVAL);
	CHECK_ERROR(msync(end, PAGE_SIZE, MS_SYNC | MS_ASYNC), EINVAL);
	CHECK(close(reader) == 0 && close(writer) == 0 && unlink("f") == 0);
}

/* A system call whose buffer is the mapping of the very file that it reads or writes. */
static void file_mapped_as_buffer(void)
{
	char *map;
	int fd;

	make_pattern_file("f");
	fd = open("f", O_RDWR);
	CHECK(fd >= 0);
	map = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	CHECK(lseek(fd, PAGE_SIZE, SEEK_SET) == PAGE_SIZE);
	CHECK(read(fd, map, PAGE_SIZE) == PAGE_SIZE);
	CHECK(pattern_check(map, pattern_key(3, 1, 0), NULL) == -1);
	CHECK(lseek(fd, 2 * PAGE_SIZE, SEEK_SET) == 2 * PAGE_SIZE);
	CHECK(write(fd, map + 4 * PAGE_SIZE, PAGE_SIZE) == PAGE_SIZE);
	CHECK(pattern_check(map + 2 * PAGE_SIZE, pattern_key(3, 4, 0), NULL) == -1);
	CHECK(munmap(map, FILE_PAGES * PAGE_SIZE) == 0);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void memory_shared_with_child(void)
{
	enum { PAGES = 16 };
	char *map = map_pages(PAGES, MAP_SHARED);
	volatile char *private = map_pages(1, MAP_PRIVATE);
	pid_t pid;

	pattern_fill(map, 1);
	pid = test_fork();
	if (pid == 0) {
		CHECK(pattern_check(map, 1, NULL) == -1);
		for (int i = 0; i < PAGES; i++)
			pattern_fill(map + i * PAGE_SIZE, 100 + i);
		private[0] = 1;
		exit(0);
	}
	CHECK(test_wait(pid) == 0);
	for (int i = 0; i < PAGES; i++)
		CHECK(pattern_check(map + i * PAGE_SIZE, 100 + i, NULL) == -1);
	CHECK(private[0] == 0);
	CHECK(munmap(map, PAGES * PAGE_SIZE) == 0);
}

static void file_shared_with_child(void)
{
	char *map;
	pid_t pid;
	int fd;

	make_pattern_file("f");
	fd = open("f", O_RDWR);
	CHECK(fd >= 0);
	map = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	pid = test_fork();
	if (pid == 0) {
		check_pages(map);
		map[3 * PAGE_SIZE] = 'c';
		exit(0);
	}
	CHECK(test_wait(pid) == 0);
	CHECK(map[3 * PAGE_SIZE] == 'c' && byte_in_file(fd, 3 * PAGE_SIZE) == 'c');
	CHECK(munmap(map, FILE_PAGES * PAGE_SIZE) == 0);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

/* From page FIRST on, each of PAGES shows what was written at the mirrored address. */
static void check_mirrored(const char *map, int first, int pages)
{
	for (int i = first; i < pages; i++)
		CHECK(pattern_check(map + i * PAGE_SIZE, 500 + pages - 1 - i, NULL) == -1);
}

/* Each address shows the page that belongs to the mirrored one; 2.4 has no such call. */
static void pages_in_any_order(void)
{
	enum { PAGES = 24 };
	char *map;
	pid_t pid;

	if (!on_highwater())
		test_skipped("other systems at best imitate nonlinear areas");
	map = map_pages(PAGES, MAP_SHARED);
	for (int i = 0; i < PAGES; i++)
		pattern_fill(map + i * PAGE_SIZE, 500 + i);
	for (int i = 0; i < PAGES; i++) {
		if (remap_file_pages(map + i * PAGE_SIZE, PAGE_SIZE, 0, PAGES - 1 - i, 0) == 0)
			continue;
		CHECK(i == 0 && errno == ENOSYS);
		test_skipped("the era has no remap_file_pages");
	}
	pid = test_fork();
	if (pid == 0) {
		check_mirrored(map, 0, PAGES);
		pattern_fill(map, 900);
		exit(0);
	}
	check_mirrored(map, 1, PAGES);	/* the first is the child's to write */
	CHECK(test_wait(pid) == 0);
	CHECK(pattern_check(map, 900, NULL) == -1);
	CHECK(remap_file_pages(map + PAGE_SIZE, PAGE_SIZE, 0, PAGES - 1, 0) == 0);
	CHECK(pattern_check(map + PAGE_SIZE, 900, NULL) == -1);
	CHECK(remap_file_pages(map, PAGE_SIZE, PROT_READ, 0, 0) == -1 && errno == EINVAL);
	CHECK(munmap(map, PAGES * PAGE_SIZE) == 0);
}

/* The pieces of a disk's file become areas of their own. */
static void file_in_any_order(void)
{
	char *map;
	int fd;

	make_pattern_file("f");
	fd = open("f", O_RDWR);
	CHECK(fd >= 0);
	map = map_file(fd, PROT_READ | PROT_WRITE, MAP_SHARED);
	if (remap_file_pages(map, PAGE_SIZE, 0, 5, 0) == -1) {
		CHECK(errno == ENOSYS);
		test_skipped("the era has no remap_file_pages");
	}
	CHECK(pattern_check(map, pattern_key(3, 5, 0), NULL) == -1);
	CHECK(pattern_check(map + PAGE_SIZE, pattern_key(3, 1, 0), NULL) == -1);
	*(volatile char *)map = 'x';	/* the compiler knows nothing of aliases */
	CHECK(*(volatile char *)(map + 5 * PAGE_SIZE) == 'x');
	CHECK(byte_in_file(fd, 5 * PAGE_SIZE) == 'x');
	CHECK(munmap(map, FILE_PAGES * PAGE_SIZE) == 0);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static const struct test tests[] = {
	{ .name = "file_mapped_private", .run = file_mapped_private },
	{ .name = "file_mapped_shared", .run = file_mapped_shared },
	{ .name = "file_mapped_at_offset", .run = file_mapped_at_offset },
	{ .name = "file_mapped_past_end", .run = file_mapped_past_end },
	{ .name = "file_truncated_while_mapped", .run = file_truncated_while_mapped },
	{ .name = "file_map_errors", .run = file_map_errors },
	{ .name = "file_mapped_as_buffer", .run = file_mapped_as_buffer },
	{ .name = "memory_shared_with_child", .run = memory_shared_with_child },
	{ .name = "file_shared_with_child", .run = file_shared_with_child },
	{ .name = "pages_in_any_order", .run = pages_in_any_order },
	{ .name = "file_in_any_order", .run = file_in_any_order },
};

const struct part mapping_part = PART(tests);
