/*
 * soak: hours of everything at once. Workers run random programs, each of which checks its
 * own data, while one switches swap areas off and on, one mounts and unmounts a disk, and
 * one asks now and then for more memory than there is.
 *
 *   soak [-t SECONDS] [-s SEED] [-w WORKERS] [-b BIG] [-l LITTLE] [-d DISK] DIRECTORY
 *
 * BIG and LITTLE are swap areas, DISK has an ext2 file system; without them, nobody does
 * that work. What a program that failed has printed is shown, and so is each process that
 * a signal ended: the reader compares them with whom the OOM killer chose. Ends with status
 * 1 if a call failed that may not fail. The same seed gives the same programs.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_WORDS	12
#define WORD_BYTES	48
#define TOO_MUCH	"100"	/* MiB: more than memory and swap together */

/* What all processes count together. */
struct counts {
	uint32_t programs, failed, killed, swapoffs, mounts;
};

static struct counts *counts;
static const char *directory, *big, *little, *disk;
static uint64_t end;			/* of monotonic_ns() */
static uint32_t state;
static int worker, job;			/* who I am, and how many jobs I have begun */

static uint32_t below(uint32_t n)
{
	state = state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)(state >> 4) * n >> 28);
}

static void count(uint32_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static int time_left(void)
{
	return monotonic_ns() < end;
}

/* Cuts a line into the words of argv; both are overwritten by the next call. */
static char **words_of(const char *format, va_list args)
{
	static char words[MAX_WORDS][WORD_BYTES];
	static char *argv[MAX_WORDS + 1];
	char line[256];
	int nr = 0;

	vsnprintf(line, sizeof(line), format, args);
	for (char *at = line; *at && nr < MAX_WORDS; nr++) {
		char *blank = strchr(at, ' ');

		if (blank)
			*blank = '\0';
		strlcpy(words[nr], at, WORD_BYTES);
		argv[nr] = words[nr];
		at = blank ? blank + 1 : at + strlen(at);
	}
	argv[nr] = NULL;
	return argv;
}

static _Noreturn void become(char **argv, const char *output)
{
	char path[WORD_BYTES + 8];
	int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0) {
		dup2(fd, 1);
		dup2(fd, 2);
		close(fd);
	}
	snprintf(path, sizeof(path), "/bin/%s", argv[0]);
	execv(path, argv);
	die(127, "%s", path);
}

/* In one piece, so that lines of several workers do not mix. */
static void report(char **argv, pid_t pid, int status, const char *output)
{
	char *text;

	if (WIFSIGNALED(status)) {
		count(&counts->killed);
		printf("soak: process %d (%s) was ended by signal %d\n", pid, argv[0],
		       WTERMSIG(status));
		return;
	}
	count(&counts->failed);
	text = read_whole_file(output, NULL);
	printf("soak: %s failed, worker %d, job %d, process %d, status %d: %s\n", argv[0],
	       worker, job, pid, WEXITSTATUS(status), text ? text : "");
	free(text);
}

/* Runs a program and waits for it. True if it ended with status 0. */
static int run(const char *format, ...)
{
	char output[WORD_BYTES], **argv;
	va_list args;
	int status;
	pid_t pid;

	va_start(args, format);
	argv = words_of(format, args);
	va_end(args);
	snprintf(output, sizeof(output), "%s/output%d", directory, worker);
	while ((pid = fork()) < 0) {
		if (errno != ENOMEM && errno != EAGAIN)
			die(1, "fork");
		sleep_ms(100);
	}
	if (pid == 0)
		become(argv, output);
	count(&counts->programs);
	if (waitpid(pid, &status, 0) != pid)
		die(1, "wait for %d", pid);
	if (status)
		report(argv, pid, status, output);
	fflush(stdout);
	return status == 0;
}

/* A file is written, read in two ways, and removed. */
static void scan_file(const char *where)
{
	char name[WORD_BYTES];

	snprintf(name, sizeof(name), "%s/file%d-%d", where, worker, job);
	if (run("filescan -w %u -s %u %s", 1 + below(2), below(1000), name) &&
	    run("filescan %s", name))
		run("filescan -m -p 2 %s", name);
	if (access(name, 0) == 0)
		run("rm %s", name);
}

/* A directory of its own: a child of a killed parent may still work in the last one. */
static void stress_files(const char *where)
{
	char name[WORD_BYTES];

	snprintf(name, sizeof(name), "%s/tree%d-%d", where, worker, job);
	if (mkdir(name, 0755) < 0)
		die(1, "%s", name);
	run("fsstress -n %u -p %u -s %u -k 64 %s", 50 + below(150), 1 + below(2),
	    below(100000), name);
	run("rm -r %s", name);
}

static void one_job(void)
{
	job++;
	switch (below(8)) {
	case 0:
	case 1:
		run("memhog %u -p %u -s %u%s", 2 + below(14), below(3), below(1000),
		    below(2) ? " -r" : "");
		break;
	case 2:
	case 3:
		run("forkstorm %u %u -p %u", 1 + below(4), 1 + below(3), 1 + below(2));
		break;
	case 4:
		run("mmapshare -n %u -m %u -p %u", 1 + below(4), 1 + below(6), 1 + below(2));
		break;
	case 5:
		scan_file(directory);
		break;
	case 6:
		stress_files(directory);
		break;
	default:
		run("filescan /bin");
	}
}

static void do_jobs(void)
{
	while (time_left())
		one_job();
}

/*
 * Off and on again. Pages that do not fit into memory keep their area: that is no fault. A
 * child empties it, as in 2.6 whoever does that is the first to go when memory is short.
 */
static void cycle(const char *area)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return;
	if (pid == 0)
		exit(swapoff(area) < 0 ? errno : 0);
	if (waitpid(pid, &status, 0) != pid)
		die(1, "wait for %d", pid);
	if (WIFSIGNALED(status)) {
		count(&counts->killed);
		printf("soak: process %d (soak) was ended by signal %d\n", pid, WTERMSIG(status));
		fflush(stdout);
		return;
	}
	if (WEXITSTATUS(status) == ENOMEM)
		return;
	if (status)
		die(1, "swapoff %s: error %d", area, WEXITSTATUS(status));
	count(&counts->swapoffs);
	sleep_ms(below(300));
	if (swapon(area, 0) < 0 && errno != ENOMEM)
		die(1, "swapon %s", area);
}

/* An area that swapon had no memory for gets another chance. */
static void cycle_areas(void)
{
	while (time_left()) {
		const char *area = below(4) ? little : big;

		sleep_ms(100 + below(1000));
		if (swapon(area, 0) == 0)
			continue;
		if (errno == EBUSY)
			cycle(area);
		else if (errno != ENOMEM)
			die(1, "swapon %s", area);
	}
}

/* Somebody may still work on it: then it stays mounted until the next turn. */
static void cycle_disk(void)
{
	char where[WORD_BYTES];
	int mounted = 0;

	snprintf(where, sizeof(where), "%s/disk", directory);
	if (mkdir(where, 0755) < 0 && errno != EEXIST)
		die(1, "%s", where);
	while (time_left()) {
		job++;
		if (!mounted && mount(disk, where, "ext2", 0, NULL) < 0)
			die(1, "mount %s", disk);
		if (below(2))
			scan_file(where);
		else
			stress_files(where);
		mounted = umount2(where, 0) < 0;
		if (mounted && errno != EBUSY)
			die(1, "umount %s", disk);
		count(&counts->mounts);
	}
	if (mounted)
		umount2(where, 0);
}

static void ask_for_too_much(void)
{
	while (time_left()) {
		for (uint32_t i = 0; i < 40 + below(40) && time_left(); i++)
			sleep_ms(100);
		job++;
		if (time_left())
			run("memhog " TOO_MUCH);
	}
}

static void start(void (*work)(void), uint32_t seed)
{
	pid_t pid;

	worker++;
	pid = fork();
	if (pid < 0)
		die(1, "fork of worker %d", worker);
	if (pid)
		return;
	state = seed * 2654435761u + (uint32_t)worker;
	work();
	exit(0);
}

/* Waits for all workers; how many did not end well. */
static int wait_all(void)
{
	int failed = 0, status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, 0)) > 0) {
		if (status)
			printf("soak: worker %d ended with status %x\n", pid, status);
		failed += status != 0;
	}
	return failed;
}

int main(int argc, char **argv)
{
	long seconds = 60, seed = 1, workers = 4;
	int option, failed;

	while ((option = getopt(argc, argv, "t:s:w:b:l:d:")) != -1) {
		if (option == 't')
			seconds = number_argument(optarg, "time", 1, 1000000);
		else if (option == 's')
			seed = number_argument(optarg, "seed", 0, INT_MAX);
		else if (option == 'w')
			workers = number_argument(optarg, "number of workers", 1, 100);
		else if (option == 'b')
			big = optarg;
		else if (option == 'l')
			little = optarg;
		else if (option == 'd')
			disk = optarg;
		else
			optind = argc;
	}
	if (optind != argc - 1)
		usage("[-t SECONDS] [-s SEED] [-w WORKERS] [-b BIG] [-l LITTLE] [-d DISK] "
		      "DIRECTORY");
	directory = argv[optind];
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (counts == MAP_FAILED)
		die(1, "shared memory");
	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		die(1, "%s", directory);

	end = monotonic_ns() + (uint64_t)seconds * 1000000000u;
	for (long i = 0; i < workers; i++)
		start(do_jobs, (uint32_t)seed);
	if (big && little)
		start(cycle_areas, (uint32_t)seed);
	if (disk)
		start(cycle_disk, (uint32_t)seed);
	start(ask_for_too_much, (uint32_t)seed);
	failed = wait_all();
	printf("soak: %u programs, %u killed, %u failed, %u swapoffs, %u mounts: %s\n",
	       counts->programs, counts->killed, counts->failed, counts->swapoffs,
	       counts->mounts, failed ? "failed" : "done");
	return failed != 0;
}
