/*
 * From the entry point to main, and the ways out of a program: exit, die, usage.
 *
 * Owns program_name. There is no environment: what follows argv on the stack is ignored.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv);
_Noreturn void start_c(long *stack);

const char *program_name = "?";

void start_c(long *stack)
{
	int argc = stack[0];
	char **argv = (char **)(stack + 1);

	if (argc > 0) {
		const char *slash = strrchr(argv[0], '/');

		program_name = slash ? slash + 1 : argv[0];
	}
	exit(main(argc, argv));
}

void exit(int status)
{
	if (fflush(stdout) != 0) {
		errno = stdout->failed;
		warn("write error");
		if (status == 0)
			status = 1;
	}
	_exit(status);
}

/* One write for the whole message, so that those of concurrent programs do not mix. */
static void complain(int error, const char *format, va_list args)
{
	char message[512];

	vsnprintf(message, sizeof(message), format, args);
	fflush(stdout);
	if (error)
		fprintf(stderr, "%s: %s: %s\n", program_name, message, strerror(error));
	else
		fprintf(stderr, "%s: %s\n", program_name, message);
}

void warn(const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	complain(error, format, args);
	va_end(args);
}

void warnx(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(0, format, args);
	va_end(args);
}

void die(int status, const char *format, ...)
{
	int error = errno;
	va_list args;

	va_start(args, format);
	complain(error, format, args);
	va_end(args);
	exit(status);
}

void usage(const char *text)
{
	fprintf(stderr, "usage: %s%s%s\n", program_name, *text ? " " : "", text);
	exit(2);
}
