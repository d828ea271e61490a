/* usertests: fork, exit, wait4, signals and their default actions, traps of the processor. */
#include "test.h"

#define FORK_CAP	400	/* children after which fork_limit gives up */

static void fork_exit_code(void)
{
	static const int codes[] = { 0, 1, 42, 255, 256 + 7 };

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		pid_t pid = test_fork();
		int status;

		if (pid == 0)
			exit(codes[i]);
		status = test_wait(pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == (codes[i] & 0xff));
	}
	CHECK_ERROR(waitpid(-1, NULL, 0), ECHILD);
}

static void fork_identity(void)
{
	int variable = 1, status;
	pid_t parent = getpid(), pid = test_fork();

	if (pid == 0) {
		CHECK(getppid() == parent);
		CHECK(getpid() != parent && gettid() == getpid());
		variable = 2;
		exit(variable);
	}
	CHECK(pid != parent);
	status = test_wait(pid);
	CHECK(WEXITSTATUS(status) == 2 && variable == 1);
	CHECK(gettid() == getpid());
}

static void wait_any(void)
{
	unsigned int seen = 0;
	int status;

	for (int i = 0; i < 10; i++)
		if (test_fork() == 0) {
			sleep_ms((10 - i) * 2);
			exit(i);
		}
	for (int i = 0; i < 10; i++) {
		CHECK(waitpid(-1, &status, 0) > 0);
		CHECK(WIFEXITED(status));
		seen |= 1u << WEXITSTATUS(status);
	}
	CHECK(seen == 0x3ff);
	CHECK_ERROR(waitpid(-1, &status, 0), ECHILD);
}

static void wait_options(void)
{
	struct rusage usage;
	int status = 1234, ends[2];
	pid_t pid, other;
	char byte;

	CHECK(pipe(ends) == 0);
	pid = test_fork();
	if (pid == 0) {
		CHECK(read(ends[0], &byte, 1) == 1);
		exit(3);
	}
	other = test_fork();
	if (other == 0)
		exit(4);
	CHECK(waitpid(pid, &status, WNOHANG) == 0);
	CHECK(test_wait(other) == 4 << 8);
	CHECK(waitpid(-1, &status, WNOHANG) == 0);
	CHECK_ERROR(wait4(-1, &status, 0x10000, NULL), EINVAL);
	CHECK_ERROR(waitpid(getppid(), &status, 0), ECHILD);
	CHECK_ERROR(waitpid(other, &status, 0), ECHILD);
	CHECK(write(ends[1], "x", 1) == 1);
	memset(&usage, 0xff, sizeof(usage));
	CHECK(wait4(pid, &status, 0, &usage) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	CHECK(usage.ru_utime.tv_sec == 0 && usage.ru_utime.tv_usec < 1000000);
}

static void exit_closes_files(void)
{
	int ends[2];
	char byte;
	pid_t pid;

	CHECK(pipe(ends) == 0);
	pid = test_fork();
	if (pid == 0)
		pause();
	CHECK(close(ends[1]) == 0);
	CHECK(kill(pid, SIGKILL) == 0);
	/* The killed child held the last write end. */
	CHECK(read(ends[0], &byte, 1) == 0);
	test_wait(pid);
}

static void orphan_gets_new_parent(void)
{
	int ends[2];
	pid_t middle, seen;

	CHECK(pipe(ends) == 0);
	middle = test_fork();
	if (middle == 0) {
		pid_t parent = getpid();

		if (test_fork() == 0) {
			for (int i = 0; i < 500 && getppid() == parent; i++)
				sleep_ms(2);
			seen = getppid();
			CHECK(write(ends[1], &seen, sizeof(seen)) == sizeof(seen));
		}
		exit(0);
	}
	CHECK(test_wait(middle) == 0);
	CHECK(read(ends[0], &seen, sizeof(seen)) == sizeof(seen));
	CHECK(seen != middle && seen > 0);
}

static void signal_kills_paused(void)
{
	static const int deadly[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1,
		SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
	};

	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
		pid_t pid = test_fork();
		int status;

		if (pid == 0)
			for (;;)
				pause();
		if (i % 2)
			sleep_ms(2);	/* the others may be hit before they pause */
		CHECK(kill(pid, deadly[i]) == 0);
		status = test_wait(pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == deadly[i]);
	}
}

static void signal_kills_running(void)
{
	pid_t pid = test_fork();
	int status;

	if (pid == 0)
		for (;;)
			__asm__ volatile("" ::: "memory");
	sleep_ms(20);
	CHECK(kill(pid, SIGTERM) == 0);
	status = test_wait(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void signal_kills_sleeping(void)
{
	int ends[2], status;
	char byte;
	pid_t pid;

	CHECK(pipe(ends) == 0);
	for (int how = 0; how < 3; how++) {
		pid = test_fork();
		if (pid == 0) {
			if (how == 0)
				sleep_ms(60000);
			else if (how == 1)
				read(ends[0], &byte, 1);
			else if (test_fork() != 0)
				waitpid(-1, NULL, 0);
			else
				sleep_ms(200);
			exit(0);
		}
		sleep_ms(10);
		CHECK(kill(pid, SIGKILL) == 0);
		status = test_wait(pid);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
}

static void signal_ignored_by_default(void)
{
	int ends[2];
	pid_t pid;

	CHECK(pipe(ends) == 0);
	pid = test_fork();
	if (pid == 0) {
		char byte;

		CHECK(read(ends[0], &byte, 1) == 1);
		exit(5);
	}
	CHECK(kill(pid, SIGCHLD) == 0);
	sleep_ms(10);
	CHECK(waitpid(pid, NULL, WNOHANG) == 0);
	CHECK(write(ends[1], "x", 1) == 1);
	CHECK(test_wait(pid) == 5 << 8);
}

static void signal_errors(void)
{
	pid_t pid = test_fork();

	if (pid == 0)
		exit(0);
	CHECK(kill(getpid(), 0) == 0);
	CHECK_ERROR(kill(getpid(), 200), EINVAL);
	CHECK_ERROR(kill(getpid(), -1), EINVAL);
	sleep_ms(20);
	CHECK(kill(pid, SIGKILL) == 0);		/* a zombie still exists */
	CHECK(test_wait(pid) == 0);
	CHECK_ERROR(kill(pid, 0), ESRCH);
	CHECK_ERROR(kill(0x3fffffff, SIGTERM), ESRCH);
}

/* What a child does to be stopped by the processor. */
static void read_from(void *address)
{
	*(volatile char *)address;
}

static void write_to(void *address)
{
	*(volatile char *)address = 1;
}

static void jump_to(void *address)
{
	((void (*)(void))address)();
}

static void undefined_instruction(void *unused)
{
	(void)unused;
	__asm__ volatile("ud2");
}

static void privileged_instruction(void *unused)
{
	(void)unused;
	__asm__ volatile("hlt");
}

static void port_access(void *unused)
{
	(void)unused;
	__asm__ volatile("outb %%al, $0x80" :: "a"(0));
}

/* The kernel uses such registers, but keeps none for a task. */
static void sse_instruction(void *unused)
{
	(void)unused;
	__asm__ volatile("xorps %xmm0, %xmm0");
}

static void divide_by_zero(void *unused)
{
	int zero = 0, quotient = 1, rest = 0;

	(void)unused;
	__asm__ volatile("idivl %2" : "+a"(quotient), "+d"(rest) : "r"(zero));
}

#ifdef __i386__
#define KERNEL_ADDRESS	((void *)0xc0100000)
#else
#define KERNEL_ADDRESS	((void *)0xffffffff81000000)
#endif

static void bad_access_is_sigsegv(void)
{
	char *end = map_before_hole(1) + PAGE_SIZE;

	CHECK(dies_of(SIGSEGV, read_from, NULL));
	CHECK(dies_of(SIGSEGV, write_to, NULL));
	CHECK(dies_of(SIGSEGV, jump_to, NULL));
	CHECK(dies_of(SIGSEGV, read_from, KERNEL_ADDRESS));
	CHECK(dies_of(SIGSEGV, write_to, KERNEL_ADDRESS));
	CHECK(dies_of(SIGSEGV, jump_to, KERNEL_ADDRESS));
	CHECK(dies_of(SIGSEGV, read_from, end));
	CHECK(dies_of(SIGSEGV, write_to, end));
	/* The program's own code and constants cannot be written. */
	CHECK(dies_of(SIGSEGV, write_to, (void *)read_from));
	CHECK(dies_of(SIGSEGV, write_to, (void *)"constant"));
#ifdef __x86_64__
	CHECK(dies_of(SIGSEGV, read_from, (void *)0x4141414141414141));
#endif
	CHECK(status_of(read_from, end - 1) == 0);
}

static void processor_traps(void)
{
	CHECK(dies_of(SIGILL, undefined_instruction, NULL));
	CHECK(dies_of(SIGSEGV, privileged_instruction, NULL));
	CHECK(dies_of(SIGSEGV, port_access, NULL));
	CHECK(dies_of(SIGFPE, divide_by_zero, NULL));
	if (on_highwater())
		CHECK(dies_of(SIGILL, sse_instruction, NULL));
}

/* The children wait for the end of a pipe, so that none outlives a test that fails. */
static void fork_limit(void)
{
	int ends[2], started = 0, error = 0;
	char byte;

	CHECK(pipe(ends) == 0);
	while (started < FORK_CAP && error == 0) {
		pid_t pid = fork();

		if (pid == 0) {
			close(ends[1]);
			_exit(read(ends[0], &byte, 1));
		}
		if (pid < 0)
			error = errno;
		else
			started++;
	}
	CHECK(close(ends[1]) == 0);
	for (int i = 0; i < started; i++)
		CHECK(waitpid(-1, NULL, 0) > 0);
	CHECK_ERROR(waitpid(-1, NULL, 0), ECHILD);
	CHECK(started > 10);
	/* Whatever the limit took is there again. */
	CHECK(test_wait(test_fork() ?: (exit(0), 0)) == 0);
	if (error == 0)
		test_skipped("no limit was met; the children came and went");
	CHECK(error == EAGAIN || error == ENOMEM);
}

static const struct test tests[] = {
	{ .name = "fork_exit_code", .run = fork_exit_code },
	{ .name = "fork_identity", .run = fork_identity },
	{ .name = "wait_any", .run = wait_any },
	{ .name = "wait_options", .run = wait_options },
	{ .name = "exit_closes_files", .run = exit_closes_files },
	{ .name = "orphan_gets_new_parent", .run = orphan_gets_new_parent },
	{ .name = "signal_kills_paused", .run = signal_kills_paused },
	{ .name = "signal_kills_running", .run = signal_kills_running },
	{ .name = "signal_kills_sleeping", .run = signal_kills_sleeping },
	{ .name = "signal_ignored_by_default", .run = signal_ignored_by_default },
	{ .name = "signal_errors", .run = signal_errors },
	{ .name = "bad_access_is_sigsegv", .run = bad_access_is_sigsegv },
	{ .name = "processor_traps", .run = processor_traps },
	{ .name = "fork_limit", .run = fork_limit, .seconds = 60 },
};

const struct part process_part = PART(tests);
