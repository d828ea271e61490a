/*
 * kbench: what the kernel's common operations cost. Prints `name value unit` for each, the
 * value being the median of several samples; a sample repeats the operation often enough
 * for a coarse clock.
 *
 *   kbench [-n SAMPLES] [NAME...]	all, or those named
 *
 * The uncached read needs /proc/sys/vm/drop_caches; where that is missing its line says
 * `skipped`. Files are made in the current directory and removed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SAMPLES	101
#define SKIPPED		UINT64_MAX
#define FILE_BYTES	(4 * 1024 * 1024)
#define FILE_NAME	"kbench.tmp"
#define TOUCHED_PAGES	512
#define DROP_CACHES	"/proc/sys/vm/drop_caches"

static char true_path[256] = "/bin/true";

static void null_syscall(int times)
{
	for (int i = 0; i < times; i++)
		getppid();
}

static void fork_once(void (*child)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		child();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		die(1, "fork");
}

static void do_nothing(void)
{
}

static void fork_exit_wait(int times)
{
	for (int i = 0; i < times; i++)
		fork_once(do_nothing);
}

static char *map_touched(size_t bytes)
{
	char *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	if (map == MAP_FAILED)
		die(1, "mmap");
	for (size_t at = 0; at < bytes; at += PAGE_SIZE)
		map[at] = 1;
	return map;
}

/* Its own time, because the 4 MB that the parent holds must not count. */
static uint64_t time_fork_4mb(int times)
{
	char *map = map_touched(4 << 20);
	uint64_t start = monotonic_ns(), spent;

	fork_exit_wait(times);
	spent = monotonic_ns() - start;
	munmap(map, 4 << 20);
	return spent;
}

static void exec_true(void)
{
	char *argv[] = { true_path, NULL };

	execv(true_path, argv);
	die(1, "%s", true_path);
}

static void fork_exec_wait(int times)
{
	for (int i = 0; i < times; i++)
		fork_once(exec_true);
}

/* A byte to a child and back. */
static uint64_t time_pipe_round_trip(int times)
{
	int there[2], back[2];
	uint64_t start, spent;
	char byte = 0;
	pid_t pid;

	if (pipe(there) != 0 || pipe(back) != 0)
		die(1, "pipe");
	pid = fork();
	if (pid < 0)
		die(1, "fork");
	if (pid == 0) {
		close(there[1]);
		while (read(there[0], &byte, 1) == 1)
			write(back[1], &byte, 1);
		_exit(0);
	}
	start = monotonic_ns();
	for (int i = 0; i < times; i++)
		if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
			die(1, "pipe");
	spent = monotonic_ns() - start;
	close(there[0]);
	close(there[1]);
	waitpid(pid, NULL, 0);
	close(back[0]);
	close(back[1]);
	return spent;
}

static uint64_t time_page_touch(int times)
{
	size_t bytes = (size_t)times * PAGE_SIZE;
	uint64_t start;
	char *map;

	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		die(1, "mmap");
	start = monotonic_ns();
	for (int i = 0; i < times; i++)
		map[(size_t)i * PAGE_SIZE] = 1;
	start = monotonic_ns() - start;
	munmap(map, bytes);
	return start;
}

static int make_test_file(void)
{
	static char page[PAGE_SIZE];
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);

	for (int at = 0; fd >= 0 && at < FILE_BYTES; at += PAGE_SIZE) {
		memset(page, at / PAGE_SIZE, PAGE_SIZE);
		if (write_all(fd, page, PAGE_SIZE) != 0) {
			unlink(FILE_NAME);
			die(1, FILE_NAME);
		}
	}
	if (fd < 0 || unlink(FILE_NAME) != 0)
		die(1, FILE_NAME);
	return fd;
}

static uint64_t time_file_touch(int times)
{
	int fd = make_test_file();
	uint64_t start;
	char *map;

	map = mmap(NULL, FILE_BYTES, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		die(1, "mmap");
	start = monotonic_ns();
	for (int i = 0; i < times; i++)
		*(volatile char *)(map + (size_t)i * PAGE_SIZE);
	start = monotonic_ns() - start;
	munmap(map, FILE_BYTES);
	close(fd);
	return start;
}

/* Reads the file from the start, in pieces of 16 KiB. */
static uint64_t time_reading(int fd)
{
	static char buffer[4 * PAGE_SIZE];
	uint64_t start = monotonic_ns();
	off_t total = 0;
	ssize_t count;

	if (lseek(fd, 0, SEEK_SET) != 0)
		die(1, "lseek");
	while ((count = read(fd, buffer, sizeof(buffer))) > 0)
		total += count;
	if (total != FILE_BYTES)
		die(1, "read");
	return monotonic_ns() - start;
}

static uint64_t time_read_cached(int times)
{
	int fd = make_test_file();
	uint64_t spent = 0;

	time_reading(fd);
	for (int i = 0; i < times; i++)
		spent += time_reading(fd);
	close(fd);
	return spent;
}

static uint64_t time_read_uncached(int times)
{
	int drop = open(DROP_CACHES, O_WRONLY), fd;
	uint64_t spent = 0;

	if (drop < 0)
		return SKIPPED;
	fd = make_test_file();
	for (int i = 0; i < times; i++) {
		if (fsync(fd) != 0 || write(drop, "1\n", 2) != 2)
			die(1, DROP_CACHES);
		spent += time_reading(fd);
	}
	close(drop);
	close(fd);
	return spent;
}

static void create_unlink(int times)
{
	for (int i = 0; i < times; i++) {
		int fd = open(FILE_NAME, O_WRONLY | O_CREAT | O_EXCL, 0600);

		if (fd < 0 || close(fd) != 0 || unlink(FILE_NAME) != 0)
			die(1, FILE_NAME);
	}
}

/* One of run and timed: run is measured whole, timed says what its operations took. */
static const struct bench {
	const char *name;
	int times;			/* operations in a sample */
	void (*run)(int times);
	uint64_t (*timed)(int times);	/* ns, or SKIPPED */
	int reads_file;			/* the value is MB/s, not ns for an operation */
} benches[] = {
	{ "null_syscall", 10000, null_syscall, NULL, 0 },
	{ "fork_exit_wait", 20, fork_exit_wait, NULL, 0 },
	{ "fork_exit_wait_4mb", 10, NULL, time_fork_4mb, 0 },
	{ "fork_exec_wait", 10, fork_exec_wait, NULL, 0 },
	{ "pipe_round_trip", 200, NULL, time_pipe_round_trip, 0 },
	{ "page_touch", TOUCHED_PAGES, NULL, time_page_touch, 0 },
	{ "file_page_touch", TOUCHED_PAGES, NULL, time_file_touch, 0 },
	{ "read_cached", 2, NULL, time_read_cached, 1 },
	{ "read_uncached", 1, NULL, time_read_uncached, 1 },
	{ "create_unlink", 20, create_unlink, NULL, 0 },
};

#define NR_BENCHES	(sizeof(benches) / sizeof(benches[0]))

static uint64_t take_sample(const struct bench *bench)
{
	uint64_t start = monotonic_ns();

	if (bench->timed)
		return bench->timed(bench->times);
	bench->run(bench->times);
	return monotonic_ns() - start;
}

static void measure(const struct bench *bench, int samples)
{
	uint64_t sorted[MAX_SAMPLES], median;

	for (int i = 0; i < samples; i++) {
		uint64_t sample = take_sample(bench);
		int at = i;

		if (sample == SKIPPED) {
			printf("%s skipped no %s\n", bench->name, DROP_CACHES);
			return;
		}
		for (; at > 0 && sorted[at - 1] > sample; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = sample;
	}
	median = sorted[samples / 2];
	if (bench->reads_file)
		printf("%s %llu MB/s\n", bench->name,
		       (unsigned long long)((uint64_t)bench->times * FILE_BYTES * 1000
					    / (median ? median : 1)));
	else
		printf("%s %llu ns\n", bench->name,
		       (unsigned long long)(median / bench->times));
	fflush(stdout);
}

static int wanted(const char *name, int count, char **names)
{
	for (int i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return 1;
	return count == 0;
}

static void check_names(int count, char **names)
{
	for (int i = 0; i < count; i++) {
		size_t b = 0;

		while (b < NR_BENCHES && strcmp(benches[b].name, names[i]) != 0)
			b++;
		if (b == NR_BENCHES) {
			warnx("nothing is called '%s'", names[i]);
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	char *slash = strrchr(argv[0], '/');
	int samples = 9, option;

	while ((option = getopt(argc, argv, "n:")) != -1) {
		if (option != 'n')
			usage("[-n SAMPLES] [NAME...]");
		samples = number_argument(optarg, "number of samples", 1, MAX_SAMPLES);
	}
	check_names(argc - optind, argv + optind);
	/* The `true` beside this program; /bin's when it was called by its bare name. */
	if (slash)
		snprintf(true_path, sizeof(true_path), "%.*s/true", (int)(slash - argv[0]),
			 argv[0]);
	for (size_t i = 0; i < NR_BENCHES; i++)
		if (wanted(benches[i].name, argc - optind, argv + optind))
			measure(&benches[i], samples);
	return 0;
}
