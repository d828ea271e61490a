/* usertests: memory that is locked in, limits on memory, and very many areas. */
#include <procfile.h>
#include "test.h"

#define MANY_AREAS	10000

/* A number of kilobytes out of /proc/self/status. */
static long status_kib(const char *name)
{
	static char text[4096];
	int fd = open("/proc/self/status", O_RDONLY);
	long length;

	CHECK(fd >= 0);
	length = read(fd, text, sizeof(text) - 1);
	CHECK(length > 0 && close(fd) == 0);
	text[length] = '\0';
	return (long)proc_value(text, name);
}

static void need_right_to_lock(void)
{
	if (getuid() != 0)
		test_skipped("only the superuser may lock memory");
}

static void locked_pages_are_counted(void)
{
	const long page_kib = PAGE_SIZE / 1024;
	char *map = map_pages(16, MAP_PRIVATE);
	unsigned char resident[16];

	need_right_to_lock();
	CHECK(status_kib("VmLck:") == 0);
	CHECK(mlock(map + 1, 16 * PAGE_SIZE - 2) == 0);	/* whole pages all the same */
	CHECK(status_kib("VmLck:") == 16 * page_kib);
	CHECK(mincore(map, 16 * PAGE_SIZE, resident) == 0);
	for (int i = 0; i < 16; i++)
		CHECK(resident[i] & 1);
	CHECK(mlock(map, 4 * PAGE_SIZE) == 0 && status_kib("VmLck:") == 16 * page_kib);
	CHECK(munlock(map + 4 * PAGE_SIZE, 4 * PAGE_SIZE) == 0);
	CHECK(status_kib("VmLck:") == 12 * page_kib);
	CHECK(munmap(map + 8 * PAGE_SIZE, 8 * PAGE_SIZE) == 0);
	CHECK(status_kib("VmLck:") == 4 * page_kib);
	CHECK(munmap(map, 8 * PAGE_SIZE) == 0 && status_kib("VmLck:") == 0);
}

static void locks_are_not_inherited(void)
{
	char *map = map_pages(4, MAP_PRIVATE);
	pid_t pid;

	need_right_to_lock();
	CHECK(mlockall(MCL_CURRENT | MCL_FUTURE) == 0 && status_kib("VmLck:") > 0);
	pid = test_fork();
	if (pid == 0) {
		char *more = map_pages(4, MAP_PRIVATE);

		CHECK(status_kib("VmLck:") == 0);
		CHECK(munmap(more, 4 * PAGE_SIZE) == 0);
		exit(0);
	}
	CHECK(test_wait(pid) == 0);
	pid = test_fork();
	if (pid == 0) {
		char *argv[] = { own_path, "--child", "unlocked", NULL };

		CHECK(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
		execv(own_path, argv);
		exit(99);
	}
	CHECK(test_wait(pid) == 0);
	CHECK(status_kib("VmLck:") > 0);	/* the parent's own are as they were */
	CHECK(munlockall() == 0 && munmap(map, 4 * PAGE_SIZE) == 0);
}

int nothing_is_locked(void)
{
	return status_kib("VmLck:") == 0 ? 0 : 1;
}

static void future_areas_are_locked(void)
{
	unsigned char resident[4] = { 0, 0, 0, 0 };
	long before;
	char *map;

	need_right_to_lock();
	CHECK(mlockall(MCL_FUTURE) == 0);
	before = status_kib("VmLck:");
	map = map_pages(4, MAP_PRIVATE);
	CHECK(status_kib("VmLck:") == before + 4 * PAGE_SIZE / 1024);
	CHECK(mincore(map, 4 * PAGE_SIZE, resident) == 0);
	for (int i = 0; i < 4; i++)
		CHECK(resident[i] & 1);
	CHECK(munlockall() == 0 && status_kib("VmLck:") == 0);
	CHECK(munmap(map, 4 * PAGE_SIZE) == 0);
	map = mmap(NULL, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	CHECK(map != MAP_FAILED && status_kib("VmLck:") == 4 * PAGE_SIZE / 1024);
	CHECK(munmap(map, 4 * PAGE_SIZE) == 0);
}

/* Read in order and locked: what lies behind stays mapped all the same. */
static void file_locked_and_sequential(void)
{
	enum { PAGES = 300 };
	int fd = open("f", O_RDWR | O_CREAT, 0644);
	char *map;

	need_right_to_lock();
	CHECK(fd >= 0 && ftruncate(fd, PAGES * PAGE_SIZE) == 0);
	map = mmap(NULL, PAGES * PAGE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(map != MAP_FAILED && madvise(map, PAGES * PAGE_SIZE, MADV_SEQUENTIAL) == 0);
	CHECK(mlock(map, PAGES * PAGE_SIZE) == 0);
	CHECK(status_kib("VmRSS:") >= PAGES * PAGE_SIZE / 1024);
	CHECK(munmap(map, PAGES * PAGE_SIZE) == 0 && close(fd) == 0 && unlink("f") == 0);
}

static void set_limit(int resource, unsigned long bytes)
{
	struct rlimit limit;

	CHECK(getrlimit(resource, &limit) == 0);
	limit.rlim_cur = bytes;
	CHECK(setrlimit(resource, &limit) == 0);
	CHECK(getrlimit(resource, &limit) == 0 && limit.rlim_cur == bytes);
}

static void lock_as_anybody(void *map)
{
	struct rlimit none = { 0, 0 }, more = { 0, 1 };

	CHECK(setrlimit(RLIMIT_MEMLOCK, &none) == 0 && setuid(1000) == 0);
	CHECK_ERROR(setrlimit(RLIMIT_MEMLOCK, &more), EPERM);
	CHECK_ERROR(mlock(map, PAGE_SIZE), EPERM);
	CHECK_ERROR(mlockall(MCL_CURRENT), EPERM);
	CHECK_ERROR(mmap(NULL, PAGE_SIZE, PROT_READ,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0), EPERM);
	CHECK(munlock(map, PAGE_SIZE) == 0);
}

/* Locking has a limit, and is not for everybody. */
static void lock_errors(void)
{
	char *map = map_pages(8, MAP_PRIVATE);

	need_right_to_lock();
	CHECK_ERROR(mlockall(8192), EINVAL);
	/* Linux after 2.4 lets the superuser pass over limits, and others lock a little. */
	if (on_highwater()) {
		CHECK_ERROR(mlock((char *)-PAGE_SIZE, 2 * PAGE_SIZE), EINVAL);
		set_limit(RLIMIT_MEMLOCK, 4 * PAGE_SIZE);
		CHECK(mlock(map, 4 * PAGE_SIZE) == 0);
		CHECK_ERROR(mlock(map + 4 * PAGE_SIZE, PAGE_SIZE), ENOMEM);
		CHECK_ERROR(mlockall(MCL_CURRENT), ENOMEM);
		CHECK_ERROR(mmap(NULL, PAGE_SIZE, PROT_READ,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0), EAGAIN);
		CHECK(munlock(map, 4 * PAGE_SIZE) == 0);
	}
	CHECK(status_of(lock_as_anybody, map) == 0 && munmap(map, 8 * PAGE_SIZE) == 0);
}

/* Half of the machine is the most that may be locked. */
static void lock_half_of_memory(void)
{
	struct sysinfo info;
	size_t bytes;
	char *map;

	if (!on_highwater())
		test_skipped("Linux has this limit no longer");
	CHECK(sysinfo(&info) == 0);
	bytes = (info.totalram / 2 + 4096) * PAGE_SIZE;
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(map != MAP_FAILED);
	CHECK_ERROR(mlock(map, bytes), ENOMEM);
	CHECK_ERROR(mlockall(MCL_CURRENT), ENOMEM);
	CHECK(munmap(map, bytes) == 0);
}

static void memory_limits(void)
{
	struct rlimit wrong = { 2, 1 }, old;
	long size = status_kib("VmSize:") * 1024;
	char *map, *start = sbrk(0);

	CHECK(getrlimit(RLIMIT_STACK, &old) == 0 && old.rlim_cur > 0);
	CHECK_ERROR(setrlimit(RLIMIT_AS, &wrong), EINVAL);
	CHECK_ERROR(getrlimit(1000, &old), EINVAL);
	CHECK_ERROR(getrlimit(RLIMIT_AS, (struct rlimit *)16), EFAULT);
	set_limit(RLIMIT_AS, size + 64 * PAGE_SIZE);
	map = map_pages(32, MAP_PRIVATE);
	CHECK_ERROR(mmap(NULL, 64 * PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		    ENOMEM);
	CHECK_ERROR(brk(start + 64 * PAGE_SIZE), ENOMEM);
	CHECK(sbrk(0) == start && munmap(map, 32 * PAGE_SIZE) == 0);
	map = map_pages(60, MAP_PRIVATE);
	CHECK(munmap(map, 60 * PAGE_SIZE) == 0);
	set_limit(RLIMIT_AS, RLIM_INFINITY);
	set_limit(RLIMIT_DATA, 0);
	CHECK_ERROR(brk(start + 4 * PAGE_SIZE), ENOMEM);
}

/* Neighbours that differ are areas of their own, found again one by one. */
static void very_many_areas(void)
{
	char *map = map_pages(2 * MANY_AREAS, MAP_PRIVATE), *start = map;

	for (int i = 0; i < MANY_AREAS; i++)
		CHECK(mprotect(map + (2 * i + 1) * PAGE_SIZE, PAGE_SIZE, PROT_READ) == 0);
	/* Each write finds its own area, in an order that no memory of the last one helps. */
	for (int i = 0; i < MANY_AREAS; i += 100)
		map[2 * ((i * 37) % MANY_AREAS) * PAGE_SIZE] = 1;
	for (int i = 0; i < MANY_AREAS; i += 100)
		CHECK(map[2 * i * PAGE_SIZE] == 1 && map[(2 * i + 1) * PAGE_SIZE] == 0);
	for (int i = 1; i < MANY_AREAS; i += 2)
		CHECK(munmap(map + 2 * i * PAGE_SIZE, PAGE_SIZE) == 0);
	CHECK_ERROR(mprotect(map, 2 * MANY_AREAS * PAGE_SIZE, PROT_READ), ENOMEM);
	CHECK(munmap(start, 2 * MANY_AREAS * PAGE_SIZE) == 0);
}

static const struct test tests[] = {
	{ .name = "locked_pages_are_counted", .run = locked_pages_are_counted },
	{ .name = "locks_are_not_inherited", .run = locks_are_not_inherited },
	{ .name = "future_areas_are_locked", .run = future_areas_are_locked },
	{ .name = "file_locked_and_sequential", .run = file_locked_and_sequential },
	{ .name = "lock_errors", .run = lock_errors },
	{ .name = "lock_half_of_memory", .run = lock_half_of_memory },
	{ .name = "memory_limits", .run = memory_limits },
	{ .name = "very_many_areas", .run = very_many_areas },
};

const struct part lock_part = PART(tests);
