/* time: runs a command, and prints how long it took, and of that in user mode and kernel. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_ms(const char *what, long seconds, long microseconds)
{
	fprintf(stderr, "%-4s %ld.%03ld s\n", what, seconds, microseconds / 1000);
}

static _Noreturn void run(char **command)
{
	char path[256];

	if (strchr(command[0], '/')) {
		execv(command[0], command);
	} else {
		snprintf(path, sizeof(path), "/bin/%s", command[0]);
		execv(path, command);
	}
	warn("%s", command[0]);
	_exit(errno == ENOENT ? 127 : 126);
}

int main(int argc, char **argv)
{
	uint64_t start = monotonic_ns(), us;
	struct rusage usage_of_child = { 0 };
	int status;
	pid_t child;

	if (argc < 2)
		usage("COMMAND [ARGUMENT...]");
	child = fork();
	if (child == 0)
		run(argv + 1);
	if (child < 0)
		die(126, "cannot fork");
	if (wait4(child, &status, 0, &usage_of_child) < 0)
		die(126, "wait");
	us = (monotonic_ns() - start) / 1000;
	print_ms("real", us / 1000000, us % 1000000);
	print_ms("user", usage_of_child.ru_utime.tv_sec, usage_of_child.ru_utime.tv_usec);
	print_ms("sys", usage_of_child.ru_stime.tv_sec, usage_of_child.ru_stime.tv_usec);
	if (WIFSIGNALED(status)) {
		warnx("%s: %s", argv[1], strsignal(WTERMSIG(status)));
		return 128 + WTERMSIG(status);
	}
	return WEXITSTATUS(status);
}
