/* The commands that must run in the shell itself, because they change or read its state. */
#include <limits.h>
#include "shell.h"

static int builtin_cd(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/";

	if (argc > 2) {
		warnx("usage: cd [DIRECTORY]");
		return 2;
	}
	if (chdir(path) != 0) {
		warn("cd: %s", path);
		return 1;
	}
	return 0;
}

static int builtin_exit(int argc, char **argv)
{
	long code = last_status;

	if (argc > 2 || (argc == 2 && parse_number(argv[1], INT_MIN, INT_MAX, &code) != 0)) {
		warnx("usage: exit [STATUS]");
		return 2;
	}
	exit(code & 0xff);
}

static int builtin_pwd(int argc, char **argv)
{
	char path[PATH_BYTES];

	(void)argv;
	if (argc > 1) {
		warnx("usage: pwd");
		return 2;
	}
	if (getcwd(path, sizeof(path)) < 0) {
		warn("pwd");
		return 1;
	}
	puts(path);
	return 0;
}

static int builtin_wait(int argc, char **argv)
{
	int status = 0, code = 0;
	long wanted = -1;

	if (argc > 2 || (argc == 2 && parse_number(argv[1], 1, INT_MAX, &wanted) != 0)) {
		warnx("usage: wait [PROCESS]");
		return 2;
	}
	do {
		pid_t pid = waitpid(wanted, &status, 0);

		if (pid < 0)
			return wanted > 0 ? 127 : code;
		nr_background--;
		report_signal(pid, status);
		code = wanted > 0 ? status_code(status) : 0;
	} while (wanted < 0);
	return code;
}

static int builtin_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("cd [DIR]  exit [N]  pwd  wait [PID]  help; programs: ls /bin\n"
	     "a | b   a && b   a || b   a ; b   a &   < > >> 2>&1   'x' \"x\" \\x   $?   #");
	return 0;
}

static const struct builtin builtins[] = {
	{ "cd", builtin_cd },
	{ "exit", builtin_exit },
	{ "pwd", builtin_pwd },
	{ "wait", builtin_wait },
	{ "help", builtin_help },
};

const struct builtin *find_builtin(const char *name)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	return NULL;
}
