/*
 * usertests: a regression test of the system-call interface.
 *
 *   usertests [-k] [NAME...]	runs all tests, or those named; -k stops at the first failure
 *   usertests -l		lists the names
 *
 * Each test runs in a child, under a time limit that the parent enforces with kill. Prints
 * a line for each with its time, and how many passed; exit status 1 if any failed. Works in
 * a directory of its own below the current one.
 *
 * The same program must pass on Linux: what it expects is Linux's behaviour.
 */
#include "test.h"

#define DEFAULT_SECONDS	20
#define MAX_CHILDREN	512
#define SKIPPED		77	/* exit status of a skipped test */

/*
 * Children of the test that runs, so that the parent can kill those that a failed test left;
 * in shared memory, written by the test only.
 */
struct registry {
	pid_t children[MAX_CHILDREN];	/* 0: free entry */
};

char own_path[256];
static struct registry *registry;
static int nr_passed, nr_failed, nr_skipped;

static const struct part *const parts[] = {
	&process_part, &exec_part, &pipe_part, &file_part, &name_part, &memory_part,
	&lock_part, &mapping_part, &pointer_part, &system_part, &tmpfs_part, &load_part,
};

#define NR_PARTS	(sizeof(parts) / sizeof(parts[0]))

void test_failed(const char *file, int line, const char *what)
{
	int error = errno;

	printf("usertests:   %s:%d: %s (errno: %s)\n", file, line, what, strerror(error));
	exit(1);
}

void check_error(const char *file, int line, const char *what, long result, int wanted)
{
	int error = errno;

	if (result == -1 && error == wanted)
		return;
	if (result != -1)
		printf("usertests:   %s:%d: %s returned %ld, not error %d (%s)\n", file, line,
		       what, result, wanted, strerror(wanted));
	else
		printf("usertests:   %s:%d: %s failed with %d (%s), not %d (%s)\n", file, line,
		       what, error, strerror(error), wanted, strerror(wanted));
	exit(1);
}

int on_highwater(void)
{
	struct utsname name;

	CHECK(uname(&name) == 0);
	return strcmp(name.sysname, "Highwater") == 0;
}

void test_skipped(const char *reason)
{
	printf("usertests:   skipped: %s\n", reason);
	exit(SKIPPED);
}

pid_t test_fork(void)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	for (int i = 0; pid > 0 && i < MAX_CHILDREN; i++)
		if (registry->children[i] == 0) {
			registry->children[i] = pid;
			break;
		}
	return pid;
}

int test_wait(pid_t pid)
{
	int status = -1;

	CHECK(waitpid(pid, &status, 0) == pid);
	for (int i = 0; i < MAX_CHILDREN; i++)
		if (registry->children[i] == pid)
			registry->children[i] = 0;
	return status;
}

int status_of(void (*body)(void *), void *argument)
{
	pid_t pid = test_fork();

	if (pid == 0) {
		body(argument);
		exit(0);
	}
	return test_wait(pid);
}

int dies_of(int signal, void (*body)(void *), void *argument)
{
	int status = status_of(body, argument);

	if (WIFSIGNALED(status) && WTERMSIG(status) == signal)
		return 1;
	printf("usertests:   wait status 0x%x instead of signal %d\n", status, signal);
	return 0;
}

void make_file(const char *name, const void *bytes, size_t count)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK(write_all(fd, bytes, count) == 0);
	CHECK(close(fd) == 0);
}

char *map_pages(int pages, int sharing)
{
	char *map = mmap(NULL, (size_t)pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
			 sharing | MAP_ANONYMOUS, -1, 0);

	CHECK(map != MAP_FAILED);
	return map;
}

char *map_before_hole(int pages)
{
	char *map = map_pages(pages + 1, MAP_PRIVATE);

	CHECK(munmap(map + (size_t)pages * PAGE_SIZE, PAGE_SIZE) == 0);
	return map;
}

/*
 * Waits for a test at most its time; -1 when it had to be killed. A second child keeps the
 * time, so that the end of the test is seen at once and not at the next look.
 */
static int watch(pid_t test, int seconds)
{
	pid_t timer = fork(), first;
	int status, unused;

	if (timer == 0) {
		sleep_ms(seconds * 1000);
		_exit(0);
	}
	if (timer < 0)
		warn("cannot fork the timer");
	first = waitpid(-1, &status, 0);
	if (first == timer) {
		kill(test, SIGKILL);
		waitpid(test, &unused, 0);
		return -1;
	}
	if (first != test)
		die(1, "waiting for test process %d", test);
	if (timer > 0) {
		kill(timer, SIGKILL);
		waitpid(timer, &unused, 0);
	}
	return status;
}

static void kill_leftovers(void)
{
	for (int i = 0; i < MAX_CHILDREN; i++) {
		if (registry->children[i] > 0)
			kill(registry->children[i], SIGKILL);
		registry->children[i] = 0;
	}
}

static _Noreturn void run_in_own_directory(const struct test *test)
{
	CHECK(mkdir(test->name, 0777) == 0);
	CHECK(chdir(test->name) == 0);
	test->run();
	CHECK(chdir("..") == 0);
	/* A test that leaves something behind, or cannot remove it, fails here. */
	CHECK(rmdir(test->name) == 0);
	exit(0);
}

/* Runs one test and prints its line; returns whether it did not fail. */
static int run_test(const struct test *test)
{
	uint64_t start = monotonic_ns(), ms;
	int seconds = test->seconds ? test->seconds : DEFAULT_SECONDS, status;
	pid_t pid = fork();

	if (pid == 0)
		run_in_own_directory(test);
	if (pid < 0)
		die(1, "cannot fork for %s", test->name);
	status = watch(pid, seconds);
	ms = (monotonic_ns() - start) / 1000000;
	if (status != 0)
		kill_leftovers();
	printf("usertests: %s ", test->name);
	if (status == 0) {
		printf("ok");
		nr_passed++;
	} else if (status > 0 && WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
		rmdir(test->name);
		printf("skipped");
		nr_skipped++;
	} else {
		nr_failed++;
		if (status < 0)
			printf("FAILED: hangs, killed after %d s;", seconds);
		else if (WIFSIGNALED(status))
			printf("FAILED: %s;", strsignal(WTERMSIG(status)));
		else
			printf("FAILED");
	}
	printf(" %llu ms\n", (unsigned long long)ms);
	fflush(stdout);
	return status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED);
}

static const struct test *find_test(const char *name)
{
	for (size_t p = 0; p < NR_PARTS; p++)
		for (int t = 0; t < parts[p]->nr_tests; t++)
			if (strcmp(parts[p]->tests[t].name, name) == 0)
				return &parts[p]->tests[t];
	warnx("no test is called '%s'; -l lists them", name);
	exit(2);
}

static void find_own_path(const char *called)
{
	char here[128];

	if (!strchr(called, '/'))
		snprintf(own_path, sizeof(own_path), "/bin/%s", called);
	else if (called[0] == '/' || getcwd(here, sizeof(here)) < 0)
		strlcpy(own_path, called, sizeof(own_path));
	else
		snprintf(own_path, sizeof(own_path), "%s/%s", here, called);
}

static void list_tests(void)
{
	for (size_t p = 0; p < NR_PARTS; p++)
		for (int t = 0; t < parts[p]->nr_tests; t++)
			puts(parts[p]->tests[t].name);
}

static void run_all(int stop_early)
{
	for (size_t p = 0; p < NR_PARTS; p++)
		for (int t = 0; t < parts[p]->nr_tests; t++)
			if (!run_test(&parts[p]->tests[t]) && stop_early)
				return;
}

int main(int argc, char **argv)
{
	char directory[32];
	int option, stop_early = 0;

	if (argc > 1 && strcmp(argv[1], "--child") == 0)
		return run_exec_child(argc, argv);
	while ((option = getopt(argc, argv, "lk")) != -1) {
		if (option == 'l') {
			list_tests();
			return 0;
		}
		if (option != 'k')
			usage("[-k] [NAME...] | -l");
		stop_early = 1;
	}
	find_own_path(argv[0]);
	for (int i = optind; i < argc; i++)
		find_test(argv[i]);
	registry = mmap(NULL, sizeof(*registry), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (registry == MAP_FAILED)
		die(1, "cannot map shared memory");
	snprintf(directory, sizeof(directory), "usertests.%d", getpid());
	if (mkdir(directory, 0777) != 0 || chdir(directory) != 0)
		die(1, "%s", directory);
	if (optind == argc)
		run_all(stop_early);
	for (int i = optind; i < argc; i++)
		if (!run_test(find_test(argv[i])) && stop_early)
			break;
	if (chdir("..") != 0 || (rmdir(directory) != 0 && nr_failed == 0))
		warn("cannot remove %s", directory);
	printf("usertests: %d passed, %d failed", nr_passed, nr_failed);
	if (nr_skipped > 0)
		printf(", %d skipped", nr_skipped);
	putchar('\n');
	return nr_failed > 0;
}
