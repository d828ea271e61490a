/*
 * Starting pipelines and waiting for them. A command without a slash is looked for in the
 * directory that sh itself was started from, and then in /bin.
 */
#include <errno.h>
#include "shell.h"

static int apply_redirects(const struct command *command)
{
	for (int i = 0; i < command->nr_redirects; i++) {
		const struct redirect *r = &command->redirects[i];
		int from = r->copy ? r->target[0] - '0' : open(r->target, r->flags, 0666);

		if (from < 0 || (from != r->fd && dup2(from, r->fd) < 0)) {
			warn("%s", r->target);
			return -1;
		}
		if (!r->copy && from != r->fd)
			close(from);
	}
	return 0;
}

/* What a file is that the kernel did not take for a program: a script has no zero byte. */
static int looks_like_script(const char *path)
{
	char start[64];
	int fd = open(path, O_RDONLY);
	ssize_t count = fd < 0 ? -1 : read(fd, start, sizeof(start));

	if (fd >= 0)
		close(fd);
	return count > 0 && start[0] != 0x7f && memchr(start, 0, count) == NULL;
}

/* Tries one path; comes back only if there is no such file. */
static void try_exec(const char *path, char **argv)
{
	execv(path, argv);
	if (errno == ENOEXEC && looks_like_script(path)) {
		char *script[] = { (char *)own_path, (char *)path, NULL };

		execv(own_path, script);
	}
	if (errno != ENOENT && errno != ENOTDIR) {
		warn("%s", path);
		exit(126);
	}
}

static _Noreturn void exec_command(char **argv)
{
	const char *slash = strrchr(own_path, '/');
	char path[PATH_BYTES];

	if (strchr(argv[0], '/')) {
		try_exec(argv[0], argv);
		warn("%s", argv[0]);
		exit(127);
	}
	if (slash && strlen(argv[0]) + (slash - own_path) + 2 <= sizeof(path)) {
		snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - own_path), own_path,
			 argv[0]);
		try_exec(path, argv);
	}
	if (strlen(argv[0]) + 6 <= sizeof(path)) {
		snprintf(path, sizeof(path), "/bin/%s", argv[0]);
		try_exec(path, argv);
	}
	warnx("%s: command not found", argv[0]);
	exit(127);
}

int status_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void report_signal(pid_t pid, int status)
{
	int signal = WTERMSIG(status);

	if (WIFSIGNALED(status) && signal != SIGPIPE && signal != SIGINT)
		fprintf(stderr, "%s (process %d)\n", strsignal(signal), pid);
}

void reap_background(void)
{
	int status;
	pid_t pid;

	while (nr_background > 0 && (pid = waitpid(-1, &status, WNOHANG)) > 0) {
		nr_background--;
		report_signal(pid, status);
		if (interactive)
			printf("[%d] done, status %d\n", pid, status_code(status));
	}
}

/* Runs a built-in in the shell itself: the standard descriptors come back afterwards. */
static int run_builtin(const struct builtin *builtin, const struct command *command)
{
	int saved[3], code = 1;

	for (int fd = 0; fd < 3; fd++)
		saved[fd] = command->nr_redirects ? dup(fd) : -1;
	if (apply_redirects(command) == 0)
		code = builtin->run(command->argc, command->argv);
	fflush(stdout);
	for (int fd = 0; fd < 3; fd++)
		if (saved[fd] >= 0) {
			dup2(saved[fd], fd);
			close(saved[fd]);
		}
	return code;
}

/* Starts one command of a pipeline between two descriptors, of which -1 means its own. */
static pid_t start_command(const struct command *command, int input, int output, int unused)
{
	const struct builtin *builtin = find_builtin(command->argv[0]);
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	interactive = nr_background = 0;
	if (unused >= 0)
		close(unused);
	if (input >= 0) {
		dup2(input, 0);
		close(input);
	}
	if (output >= 0) {
		dup2(output, 1);
		close(output);
	}
	if (apply_redirects(command) != 0)
		exit(1);
	if (builtin)
		exit(builtin->run(command->argc, command->argv));
	exec_command(command->argv);
}

/*
 * Tells the terminal who is to get ^C, 0 being nobody. Highwater's console takes any process;
 * Linux wants a process group there and refuses, which does no harm.
 */
static void set_foreground(pid_t pid)
{
	if (interactive)
		ioctl(0, TIOCSPGRP, &pid);
}

static int wait_for(const pid_t *pids, int count)
{
	int status = 0;

	set_foreground(pids[count - 1]);
	for (int i = 0; i < count; i++) {
		status = 0;
		if (waitpid(pids[i], &status, 0) < 0)
			warn("wait");
		report_signal(pids[i], status);
	}
	set_foreground(0);
	if (interactive && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
		putchar('\n');
	return status_code(status);
}

int run_pipeline(const struct pipeline *p, int background)
{
	const struct builtin *builtin = find_builtin(p->commands[0].argv[0]);
	int input = background ? open("/dev/null", O_RDONLY) : -1, started = 0;
	pid_t pids[MAX_COMMANDS];

	if (builtin && p->nr_commands == 1 && !background)
		return run_builtin(builtin, &p->commands[0]);
	for (; started < p->nr_commands; started++) {
		int ends[2] = { -1, -1 };
		int piped = started + 1 < p->nr_commands;

		if (piped && pipe(ends) != 0)
			break;
		pids[started] = start_command(&p->commands[started], input, ends[1], ends[0]);
		if (input >= 0)
			close(input);
		if (piped)
			close(ends[1]);
		input = ends[0];
		if (pids[started] < 0)
			break;
	}
	if (started < p->nr_commands) {
		warn("cannot start %s", p->commands[started].argv[0]);
		if (input >= 0)
			close(input);
	}
	if (background && started > 0) {
		nr_background += started;
		if (interactive)
			printf("[%d]\n", pids[started - 1]);
		return 0;
	}
	if (started > 0)
		last_status = wait_for(pids, started);
	return started < p->nr_commands ? 126 : last_status;
}
