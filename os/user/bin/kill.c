/* kill: sends a signal, SIGTERM unless another is named, to processes. -l lists the names. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT }, { "ILL", SIGILL },
	{ "ABRT", SIGABRT }, { "BUS", SIGBUS }, { "FPE", SIGFPE }, { "KILL", SIGKILL },
	{ "USR1", SIGUSR1 }, { "SEGV", SIGSEGV }, { "USR2", SIGUSR2 }, { "PIPE", SIGPIPE },
	{ "ALRM", SIGALRM }, { "TERM", SIGTERM }, { "CHLD", SIGCHLD },
};

#define NR_SIGNALS	(sizeof(signals) / sizeof(signals[0]))

static int signal_number(const char *name)
{
	long number;

	if (parse_number(name, 0, 64, &number) == 0)
		return number;
	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < NR_SIGNALS; i++)
		if (strcmp(signals[i].name, name) == 0)
			return signals[i].number;
	warnx("unknown signal '%s'", name);
	exit(2);
}

int main(int argc, char **argv)
{
	int first = 1, number = SIGTERM, failed = 0;

	if (argc == 2 && strcmp(argv[1], "-l") == 0) {
		for (size_t i = 0; i < NR_SIGNALS; i++)
			printf("%2d %s\n", signals[i].number, signals[i].name);
		return 0;
	}
	if (argc > 1 && argv[1][0] == '-' && argv[1][1] != '\0') {
		number = signal_number(argv[1] + 1);
		first = 2;
	}
	if (first >= argc)
		usage("[-SIGNAL] PROCESS... | -l");
	for (int i = first; i < argc; i++)
		if (kill(number_argument(argv[i], "process", 1, INT_MAX), number) != 0) {
			warn("%s", argv[i]);
			failed = 1;
		}
	return failed;
}
