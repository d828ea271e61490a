/*
 * usertests: every system call that takes a pointer, with each kind of bad pointer, must
 * answer EFAULT; and afterwards the process still works.
 */
#include <sys/syscall.h>
#include "test.h"

#define MAPPED_BYTES	4	/* of a straddling pointer's target that exist */

#ifdef __i386__
#define SYS_PLAIN_STAT		SYS_stat64
#define SYS_PLAIN_LSTAT		SYS_lstat64
#define SYS_PLAIN_FSTAT		SYS_fstat64
#define SYS_PLAIN_TRUNCATE	SYS_truncate64
#else
#define SYS_PLAIN_STAT		SYS_stat
#define SYS_PLAIN_LSTAT		SYS_lstat
#define SYS_PLAIN_FSTAT		SYS_fstat
#define SYS_PLAIN_TRUNCATE	SYS_truncate
#endif

enum kind { IS_NULL, KERNEL, TOP, NON_CANONICAL, UNMAPPED, STRADDLING, NR_KINDS };

static const char *const kind_name[] = {
	"NULL", "a kernel address", "the top of memory", "a non-canonical address",
	"an unmapped address", "a pointer across the end of a mapping",
};

/* BAD marks the argument that is bad; NULL_IS_FINE the calls that take NULL there. */
#define BAD		(-0x7bad)
#define NULL_IS_FINE	1

struct call {
	const char *name;
	long number;
	long arguments[5];
	int flags;
};

static long bad_pointer(enum kind kind, char *end)
{
	switch (kind) {
	case KERNEL:
		return sizeof(long) == 8 ? (long)0xffff888000000000ull : (long)0xc0100000;
	case TOP:
		return -4096L;
	case NON_CANONICAL:
		return sizeof(long) == 8 ? 0x4141414141414141ll : -1L;
	case UNMAPPED:
		return (long)end;
	case STRADDLING:
		return (long)(end - MAPPED_BYTES);
	default:
		return 0;
	}
}

/* Makes the call with each kind of bad pointer; prints every wrong answer, then fails. */
static int try_call(const struct call *call, char *end)
{
	int wrong = 0;

	for (int kind = 0; kind < NR_KINDS; kind++) {
		long a[5], result;

		if (kind == IS_NULL && (call->flags & NULL_IS_FINE))
			continue;
		for (int i = 0; i < 5; i++)
			a[i] = call->arguments[i] == BAD ? bad_pointer(kind, end)
							 : call->arguments[i];
		memset(end - MAPPED_BYTES, 'a', MAPPED_BYTES);
		result = raw_syscall(call->number, a[0], a[1], a[2], a[3], a[4], 0);
		if (result == -EFAULT)
			continue;
		if (result == -ENOSYS) {
			printf("usertests:   %s: not implemented\n", call->name);
			return 1;
		}
		printf("usertests:   %s with %s returned %ld\n", call->name, kind_name[kind],
		       result);
		wrong++;
	}
	return wrong;
}

#define TRY_ALL(calls) \
	try_all(calls, sizeof(calls) / sizeof((calls)[0]))

static void try_all(const struct call *calls, int count)
{
	char *end = map_before_hole(1) + PAGE_SIZE;
	int wrong = 0, first_free = dup(0);

	CHECK(close(first_free) == 0);
	for (int i = 0; i < count; i++)
		wrong += try_call(&calls[i], end);
	CHECK(wrong == 0);
	CHECK(dup(0) == first_free);		/* no descriptor was left open */
}

static void bad_path(void)
{
	static const struct call calls[] = {
		{ "open", SYS_open, { BAD, O_RDONLY }, 0 },
		{ "open to create", SYS_open, { BAD, O_WRONLY | O_CREAT, 0644 }, 0 },
		{ "access", SYS_access, { BAD, F_OK }, 0 },
		{ "chdir", SYS_chdir, { BAD }, 0 },
		{ "mkdir", SYS_mkdir, { BAD, 0755 }, 0 },
		{ "rmdir", SYS_rmdir, { BAD }, 0 },
		{ "unlink", SYS_unlink, { BAD }, 0 },
		{ "link from", SYS_link, { BAD, (long)"x" }, 0 },
		{ "link to", SYS_link, { (long)"f", BAD }, 0 },
		{ "symlink from", SYS_symlink, { BAD, (long)"x" }, 0 },
		{ "symlink to", SYS_symlink, { (long)"f", BAD }, 0 },
		{ "rename from", SYS_rename, { BAD, (long)"x" }, 0 },
		{ "rename to", SYS_rename, { (long)"f", BAD }, 0 },
		{ "readlink", SYS_readlink, { BAD, (long)"x", 1 }, 0 },
		{ "chmod", SYS_chmod, { BAD, 0644 }, 0 },
		{ "truncate", SYS_PLAIN_TRUNCATE, { BAD, 0, 0 }, 0 },
		{ "execve", SYS_execve, { BAD, 0, 0 }, 0 },
	};
	struct stat st;

	make_file("f", "x", 1);
	TRY_ALL(calls);
	CHECK(stat("f", &st) == 0 && st.st_size == 1 && unlink("f") == 0);
}

static void bad_path_of_stat(void)
{
	struct stat st;
	struct statfs fs;
	const struct call calls[] = {
		{ "stat", SYS_PLAIN_STAT, { BAD, (long)&st }, 0 },
		{ "lstat", SYS_PLAIN_LSTAT, { BAD, (long)&st }, 0 },
#ifdef __i386__
		{ "statfs64", SYS_statfs64, { BAD, sizeof(fs), (long)&fs }, 0 },
#else
		{ "statfs", SYS_statfs, { BAD, (long)&fs }, 0 },
#endif
	};

	TRY_ALL(calls);
}

static void bad_result(void)
{
	int directory, fd;

	make_file("f", "0123456789", 10);
	CHECK(symlink("a-target-of-some-length", "s") == 0);
	directory = open(".", O_RDONLY);
	fd = open("f", O_RDONLY);
	CHECK(directory >= 0 && fd >= 0);
	const struct call calls[] = {
		{ "stat", SYS_PLAIN_STAT, { (long)"f", BAD }, 0 },
		{ "lstat", SYS_PLAIN_LSTAT, { (long)"f", BAD }, 0 },
		{ "fstat", SYS_PLAIN_FSTAT, { fd, BAD }, 0 },
#ifdef __i386__
		{ "statfs64", SYS_statfs64, { (long)"/", sizeof(struct statfs), BAD }, 0 },
		{ "_llseek", SYS__llseek, { fd, 0, 0, BAD, SEEK_SET }, 0 },
#else
		{ "statfs", SYS_statfs, { (long)"/", BAD }, 0 },
#endif
		{ "getdents64", SYS_getdents64, { directory, BAD, 1000 }, 0 },
		{ "readlink", SYS_readlink, { (long)"s", BAD, 100 }, 0 },
		{ "getcwd", SYS_getcwd, { BAD, 1000 }, 0 },
		{ "pipe", SYS_pipe, { BAD }, 0 },
		{ "uname", SYS_uname, { BAD }, 0 },
		{ "sysinfo", SYS_sysinfo, { BAD }, 0 },
		{ "gettimeofday", SYS_gettimeofday, { BAD, 0 }, NULL_IS_FINE },
		{ "clock_gettime", SYS_clock_gettime, { CLOCK_MONOTONIC, BAD }, 0 },
		{ "nanosleep", SYS_nanosleep, { BAD, 0 }, 0 },
	};

	TRY_ALL(calls);
	CHECK(close(fd) == 0 && close(directory) == 0);
	CHECK(unlink("f") == 0 && unlink("s") == 0);
}

/* time writes one word, which a straddling pointer of four bytes holds on i386. */
static void bad_time(void)
{
	char *end = map_before_hole(1) + PAGE_SIZE;

	CHECK_ERROR(time((time_t *)end), EFAULT);
	CHECK_ERROR(time((time_t *)(end - 2)), EFAULT);
	CHECK_ERROR(time((time_t *)bad_pointer(KERNEL, end)), EFAULT);
}

/*
 * read and write may transfer what lies before the fault, so a straddling buffer gives
 * EFAULT or a short count.
 */
static void check_transfer(int reader, int writer, char *end)
{
	for (int kind = 0; kind < NR_KINDS; kind++) {
		char *buffer = (char *)bad_pointer(kind, end);
		ssize_t count;

		if (kind == STRADDLING)
			continue;
		count = read(reader, buffer, 10);
		CHECK(count == -1 && errno == EFAULT);
		count = write(writer, buffer, 10);
		CHECK(count == -1 && errno == EFAULT);
	}
	ssize_t count = read(reader, end - MAPPED_BYTES, 10);

	CHECK((count == -1 && errno == EFAULT) || (count > 0 && count <= MAPPED_BYTES));
	count = write(writer, end - MAPPED_BYTES, 10);
	CHECK((count == -1 && errno == EFAULT) || (count > 0 && count <= MAPPED_BYTES));
	/* A length that wraps around. */
	CHECK_ERROR(read(reader, (char *)-4096L, 8192), EFAULT);
}

static void bad_buffer(void)
{
	char *end = map_before_hole(1) + PAGE_SIZE;
	int reader, writer, ends[2];

	make_file("f", "0123456789abcdefghijklmnopqrstuvwxyz", 36);
	reader = open("f", O_RDONLY);
	writer = open("f", O_WRONLY);
	CHECK(reader >= 0 && writer >= 0 && pipe(ends) == 0);
	check_transfer(reader, writer, end);
	CHECK(write(ends[1], "0123456789abcdefghijklmnopqrstuvwxyz", 36) == 36);
	check_transfer(ends[0], ends[1], end);
	CHECK(close(reader) == 0 && close(writer) == 0 && unlink("f") == 0);
}

static void read_only_buffer(void)
{
	char *page = map_pages(1, MAP_PRIVATE);
	int fd, ends[2];

	make_file("f", "0123456789", 10);
	fd = open("f", O_RDONLY);
	CHECK(fd >= 0 && pipe(ends) == 0);
	memset(page, 'r', PAGE_SIZE);
	CHECK(mprotect(page, PAGE_SIZE, PROT_READ) == 0);
	CHECK_ERROR(read(fd, page, 10), EFAULT);
	CHECK_ERROR(read(fd, (char *)read_only_buffer, 10), EFAULT);
	CHECK_ERROR(fstat(fd, (struct stat *)page), EFAULT);
	CHECK_ERROR(pipe((int *)page), EFAULT);
	CHECK(page[0] == 'r');
	/* Reading from it is fine, and so is a page that was never touched. */
	CHECK(write(ends[1], page, 10) == 10);
	CHECK(read(ends[0], map_pages(1, MAP_PRIVATE), 10) == 10);
	CHECK(close(fd) == 0 && unlink("f") == 0);
}

static void bad_exec_arguments(void)
{
	char *end = map_before_hole(1) + PAGE_SIZE;

	for (int kind = KERNEL; kind < NR_KINDS; kind++) {
		char *bad = (char *)bad_pointer(kind, end), *argv[] = { own_path, bad, NULL };

		memset(end - MAPPED_BYTES, 'a', MAPPED_BYTES);
		CHECK_ERROR(execv(own_path, argv), EFAULT);
		/* As the array itself, four mapped bytes may be a whole pointer. */
		if (kind != STRADDLING)
			CHECK_ERROR(execv(own_path, (char **)bad), EFAULT);
	}
}

static void bad_wait_status(void)
{
	char *end = map_before_hole(1) + PAGE_SIZE;

	for (int kind = KERNEL; kind < STRADDLING; kind++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (pid == 0)
			exit(0);
		if (kind % 2)
			CHECK_ERROR(waitpid(pid, (int *)bad_pointer(kind, end), 0), EFAULT);
		else
			CHECK_ERROR(wait4(pid, NULL, 0, (void *)bad_pointer(kind, end)),
				    EFAULT);
	}
	CHECK(test_wait(test_fork() ?: (exit(0), 0)) == 0);
}

static void bad_mincore_vector(void)
{
	char *page = map_pages(1, MAP_PRIVATE);

	if (mincore(page, PAGE_SIZE, (unsigned char *)&(char){ 0 }) != 0 && errno == ENOSYS)
		test_skipped("the kernel has no mincore");
	CHECK_ERROR(mincore(page, PAGE_SIZE, NULL), EFAULT);
	CHECK_ERROR(mincore(page, PAGE_SIZE, (unsigned char *)bad_pointer(KERNEL, page)),
		    EFAULT);
}

static void bad_terminal_modes(void)
{
	struct termios modes;
	static const struct call calls[] = {
		{ "ioctl TCGETS", SYS_ioctl, { 1, TCGETS, BAD }, 0 },
		{ "ioctl TCSETS", SYS_ioctl, { 1, TCSETS, BAD }, 0 },
		{ "ioctl TIOCGWINSZ", SYS_ioctl, { 1, TIOCGWINSZ, BAD }, 0 },
	};

	if (ioctl(1, TCGETS, &modes) != 0)
		test_skipped("the output is not a terminal");
	TRY_ALL(calls);
}

static void bad_swap_and_mount_names(void)
{
	static const struct call calls[] = {
		{ "swapon", SYS_swapon, { BAD, 0 }, 0 },
		{ "swapoff", SYS_swapoff, { BAD }, 0 },
		{ "mount target", SYS_mount, { (long)"x", BAD, (long)"proc", 0, 0 }, 0 },
		{ "umount2", SYS_umount2, { BAD, 0 }, 0 },
	};

	if (getuid() != 0)
		test_skipped("only root gets as far as the name");
	TRY_ALL(calls);
}

static const struct test tests[] = {
	{ .name = "bad_path", .run = bad_path },
	{ .name = "bad_path_of_stat", .run = bad_path_of_stat },
	{ .name = "bad_result", .run = bad_result },
	{ .name = "bad_time", .run = bad_time },
	{ .name = "bad_buffer", .run = bad_buffer },
	{ .name = "read_only_buffer", .run = read_only_buffer },
	{ .name = "bad_exec_arguments", .run = bad_exec_arguments },
	{ .name = "bad_wait_status", .run = bad_wait_status },
	{ .name = "bad_mincore_vector", .run = bad_mincore_vector },
	{ .name = "bad_terminal_modes", .run = bad_terminal_modes },
	{ .name = "bad_swap_and_mount_names", .run = bad_swap_and_mount_names },
};

const struct part pointer_part = PART(tests);
