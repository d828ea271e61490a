/* usertests: clocks, sleeping, and what the system says about itself. */
#include <limits.h>
#include <sys/syscall.h>
#include "test.h"

static void sleep_duration(void)
{
	struct timespec request = { 0, 50000000 }, left = { 7, 7 };
	uint64_t start = monotonic_ns(), slept;

	CHECK(nanosleep(&request, &left) == 0);
	slept = monotonic_ns() - start;
	CHECK(slept >= 50000000 && slept < 2000000000);
	start = monotonic_ns();
	request.tv_nsec = 0;
	CHECK(nanosleep(&request, NULL) == 0 && monotonic_ns() - start < 1000000000);
	request.tv_nsec = 1000000000;
	CHECK_ERROR(nanosleep(&request, NULL), EINVAL);
	request.tv_nsec = 0;
	request.tv_sec = -1;
	CHECK_ERROR(nanosleep(&request, NULL), EINVAL);
}

static void sleepers_overlap(void)
{
	enum { SLEEPERS = 5 };
	uint64_t start = monotonic_ns();
	pid_t pids[SLEEPERS];

	for (int i = 0; i < SLEEPERS; i++) {
		pids[i] = test_fork();
		if (pids[i] == 0) {
			sleep_ms(200);
			exit(0);
		}
	}
	for (int i = 0; i < SLEEPERS; i++)
		CHECK(test_wait(pids[i]) == 0);
	/* One after the other they would take a second. */
	CHECK(monotonic_ns() - start < 900000000);
}

static void clocks_go_forward(void)
{
	struct timeval day, day_before = { 0, 0 };
	uint64_t before = monotonic_ns(), now = 0, start = before;

	for (int i = 0; i < 2000; i++, before = now) {
		now = monotonic_ns();
		CHECK(now >= before);
		CHECK(gettimeofday(&day, NULL) == 0);
		CHECK(day.tv_usec >= 0 && day.tv_usec < 1000000);
		CHECK(day.tv_sec >= day_before.tv_sec);
		CHECK(day.tv_sec > day_before.tv_sec || day.tv_usec >= day_before.tv_usec);
		day_before = day;
	}
	/* They also go forward while a program only computes. */
	while (monotonic_ns() - start < 30000000)
		;
}

static void clocks_agree(void)
{
	struct timespec real;
	struct timeval day;
	time_t seconds, stored;

	CHECK(clock_gettime(CLOCK_REALTIME, &real) == 0 && gettimeofday(&day, NULL) == 0);
	seconds = time(&stored);
	CHECK(seconds == stored && seconds >= real.tv_sec && seconds - real.tv_sec <= 1);
	CHECK(day.tv_sec >= real.tv_sec && day.tv_sec - real.tv_sec <= 1);
	CHECK_ERROR(clock_gettime(12345, &real), EINVAL);
}

static void memory_totals(void)
{
	struct sysinfo info;

	CHECK(sysinfo(&info) == 0);
	CHECK(info.mem_unit > 0 && info.totalram > 0 && info.freeram <= info.totalram);
	CHECK(info.freeswap <= info.totalswap && info.freehigh <= info.totalhigh);
	CHECK(info.procs > 0 && info.uptime >= 0);
}

static void system_name(void)
{
	struct utsname names;

	memset(&names, 'x', sizeof(names));
	CHECK(uname(&names) == 0);
	CHECK(strnlen(names.sysname, 65) > 0 && strnlen(names.sysname, 65) < 65);
	CHECK(strnlen(names.release, 65) > 0 && strnlen(names.release, 65) < 65);
	CHECK(strstr(names.machine, "86") != NULL);
}

static void free_space(void)
{
	struct statfs before, after;
	int fd;

	CHECK(statfs(".", &before) == 0);
	CHECK(before.f_bsize >= 512 && before.f_bfree <= before.f_blocks);
	CHECK(before.f_bavail <= before.f_bfree && before.f_ffree <= before.f_files);
	CHECK(before.f_namelen >= 14);
	CHECK_ERROR(statfs("none", &after), ENOENT);
	fd = open("f", O_WRONLY | O_CREAT, 0644);
	CHECK(fd >= 0 && fsync(fd) == 0 && close(fd) == 0);
	CHECK(unlink("f") == 0);
	sync();
}

static void unknown_calls(void)
{
	CHECK(raw_syscall(9999, 0, 0, 0, 0, 0, 0) == -ENOSYS);
	CHECK(raw_syscall(-1, 0, 0, 0, 0, 0, 0) == -ENOSYS);
	CHECK(raw_syscall(0x7fffffff, 0, 0, 0, 0, 0, 0) == -ENOSYS);
	CHECK(sched_yield() == 0);
}

/* Traps with a value in each register that the kernel must keep; 0 if all are the same. */
static unsigned long changed_registers(void)
{
	unsigned long changed;

#ifdef __x86_64__
	__asm__ volatile(
		"mov $0x101, %%ebx\n\tmov $0x102, %%esi\n\tmov $0x103, %%edx\n\t"
		"mov $0x104, %%r8d\n\tmov $0x105, %%r9d\n\tmov $0x106, %%r10d\n\t"
		"mov $0x107, %%r12d\n\tmov $0x108, %%r13d\n\tmov $0x109, %%r14d\n\t"
		"mov $0x10a, %%r15d\n\tmov $0x10b, %%edi\n\tmov %1, %%eax\n\tsyscall\n\t"
		"xor $0x101, %%rbx\n\txor $0x102, %%rsi\n\txor $0x103, %%rdx\n\t"
		"xor $0x104, %%r8\n\txor $0x105, %%r9\n\txor $0x106, %%r10\n\t"
		"xor $0x107, %%r12\n\txor $0x108, %%r13\n\txor $0x109, %%r14\n\t"
		"xor $0x10a, %%r15\n\txor $0x10b, %%rdi\n\t"
		"or %%rbx, %%rdi\n\tor %%rsi, %%rdi\n\tor %%rdx, %%rdi\n\tor %%r8, %%rdi\n\t"
		"or %%r9, %%rdi\n\tor %%r10, %%rdi\n\tor %%r12, %%rdi\n\tor %%r13, %%rdi\n\t"
		"or %%r14, %%rdi\n\tor %%r15, %%rdi"
		: "=D"(changed) : "i"(SYS_getppid)
		: "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13",
		  "r14", "r15", "memory", "cc");
#else
	__asm__ volatile(
		"mov $0x101, %%ebx\n\tmov $0x102, %%ecx\n\tmov $0x103, %%edx\n\t"
		"mov $0x104, %%esi\n\tmov $0x105, %%edi\n\tmov %1, %%eax\n\tint $0x80\n\t"
		"xor $0x101, %%ebx\n\txor $0x102, %%ecx\n\txor $0x103, %%edx\n\t"
		"xor $0x104, %%esi\n\txor $0x105, %%edi\n\t"
		"or %%ebx, %%edi\n\tor %%ecx, %%edi\n\tor %%edx, %%edi\n\tor %%esi, %%edi"
		: "=D"(changed) : "i"(SYS_getppid)
		: "eax", "ebx", "ecx", "edx", "esi", "memory", "cc");
#endif
	return changed;
}

static void calls_keep_registers(void)
{
	/* Long enough that the clock and other processes come between, too. */
	for (int i = 0; i < 20000; i++)
		CHECK(changed_registers() == 0);
}

static void device_files(void)
{
	char bytes[8];
	int fd = open("/dev/null", O_RDWR);

	if (fd < 0 && errno == ENOENT)
		test_skipped("there is no /dev/null");
	CHECK(fd >= 0);
	CHECK(write(fd, "x", 1) == 1 && read(fd, bytes, sizeof(bytes)) == 0);
	CHECK_ERROR(ioctl(fd, TCGETS, bytes), ENOTTY);
	CHECK(close(fd) == 0);
}

/* Only the superuser changes where pages go; it is told what is wrong with the path. */
static void swap_is_the_superusers(void)
{
	pid_t pid;

	if (!on_highwater())
		test_skipped("another system's swap is none of our business");
	CHECK_ERROR(swapon("none", 0), ENOENT);
	CHECK_ERROR(swapoff("none"), ENOENT);
	CHECK_ERROR(swapon("/dev/null", 0), EINVAL);
	CHECK_ERROR(swapoff("/dev/null"), EINVAL);
	pid = test_fork();
	if (pid == 0) {
		CHECK(setuid(1000) == 0);
		CHECK_ERROR(swapon("none", 0), EPERM);
		CHECK_ERROR(swapoff("none"), EPERM);
		CHECK_ERROR(swapon((const char *)8, 0), EPERM);
		exit(0);
	}
	CHECK(test_wait(pid) == 0);
}

/* The first number in a file of /proc/sys. */
static int tunable(const char *path)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY), end = 0;
	long value;

	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && close(fd) == 0);
	while (text[end] >= '0' && text[end] <= '9')
		end++;
	text[end] = '\0';
	CHECK(parse_number(text, 0, INT_MAX, &value) == 0);
	return (int)value;
}

static void set_tunable(const char *path, int value)
{
	char text[16];
	int fd = open(path, O_WRONLY), length = snprintf(text, sizeof(text), "%d\n", value);

	CHECK(fd >= 0 && write(fd, text, (size_t)length) == length && close(fd) == 0);
}

#define FILE_NR		"/proc/sys/fs/file-nr"
#define FILE_MAX	"/proc/sys/fs/file-max"
#define MAX_MAP_COUNT	"/proc/sys/vm/max_map_count"

/* In a child: one file more may be open, in all processes together. */
static void meet_file_limit(void *unused)
{
	int fd, ends[2];

	(void)unused;
	set_tunable(FILE_MAX, tunable(FILE_NR));	/* which counts its own reader */
	CHECK(pipe(ends) == 0 && close(ends[0]) == 0 && close(ends[1]) == 0);
	CHECK(setuid(1000) == 0);
	CHECK((fd = open("/dev/null", O_RDONLY)) >= 0);
	CHECK_ERROR(open("/dev/null", O_RDONLY), ENFILE);
	CHECK_ERROR(pipe(ends), ENFILE);
	CHECK_ERROR(mmap(NULL, PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0), ENFILE);
	CHECK(close(fd) == 0);
	CHECK_ERROR(pipe(ends), ENFILE);		/* its first end is given back */
	CHECK((fd = open("/dev/null", O_RDONLY)) >= 0 && dup(fd) > fd);
}

/* The superuser may have more. */
static void file_max_is_kept(void)
{
	int before, status, nr;

	if (!on_highwater())
		test_skipped("another system's limits are none of our business");
	before = tunable(FILE_MAX);
	nr = tunable(FILE_NR);
	CHECK(before >= 8192 && nr > 3 && nr < before);
	status = status_of(meet_file_limit, NULL);
	set_tunable(FILE_MAX, before);
	CHECK(status == 0);
	CHECK(tunable(FILE_NR) == nr);
}

/* In a child: as many areas as the limit leaves, each unlike its neighbour. */
static void meet_area_limit(void *unused)
{
	char *map = map_before_hole(64);
	int limit = tunable(MAX_MAP_COUNT), split = 1;

	(void)unused;
	while (split < 64 && mprotect(map + split * PAGE_SIZE, PAGE_SIZE, PROT_NONE) == 0)
		split += 2;
	CHECK(split > 3 && split < 64 && split < limit && errno == ENOMEM);
	CHECK_ERROR(mmap(NULL, PAGE_SIZE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		    ENOMEM);
	CHECK_ERROR(munmap(map + 62 * PAGE_SIZE, PAGE_SIZE), ENOMEM);
	CHECK(map[62 * PAGE_SIZE] == 0);
	CHECK(mprotect(map, 64 * PAGE_SIZE, PROT_READ) == 0);	/* one area again */
	CHECK(munmap(map + 62 * PAGE_SIZE, PAGE_SIZE) == 0);
}

static void max_map_count_is_kept(void)
{
	int before, status;

	if (!on_highwater())
		test_skipped("another system's limits are none of our business");
	before = tunable(MAX_MAP_COUNT);
	CHECK(before == 65536);
	set_tunable(MAX_MAP_COUNT, 30);
	status = status_of(meet_area_limit, NULL);
	set_tunable(MAX_MAP_COUNT, before);
	CHECK(status == 0);
}

static const struct test tests[] = {
	{ .name = "sleep_duration", .run = sleep_duration },
	{ .name = "sleepers_overlap", .run = sleepers_overlap },
	{ .name = "clocks_go_forward", .run = clocks_go_forward },
	{ .name = "clocks_agree", .run = clocks_agree },
	{ .name = "memory_totals", .run = memory_totals },
	{ .name = "system_name", .run = system_name },
	{ .name = "free_space", .run = free_space },
	{ .name = "unknown_calls", .run = unknown_calls },
	{ .name = "calls_keep_registers", .run = calls_keep_registers },
	{ .name = "device_files", .run = device_files },
	{ .name = "swap_is_the_superusers", .run = swap_is_the_superusers },
	{ .name = "file_max_is_kept", .run = file_max_is_kept },
	{ .name = "max_map_count_is_kept", .run = max_map_count_is_kept },
};

const struct part system_part = PART(tests);
