/*
 * init, process 1: gives the first programs a console, runs the shell, reaps orphans and
 * powers the machine off.
 *
 *   init [-m]		runs /bin/sh, and again whenever a signal killed it; when the shell
 *			exits by itself, powers off
 *   init [-m] CMD...	runs `sh -c "CMD..."` once, then powers off
 *
 * Before that it mounts what /etc/fstab lists; -m mounts /proc first. Right before power-off the console shows `[init] exit N`, N being
 * the shell's exit status (128 + signal if one killed it); reboot(2) gets N as its fourth
 * argument, which Linux ignores.
 */
#include <errno.h>
#include <fstab.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHELL		"/bin/sh"
#define WELCOME		"/etc/motd"	/* shown before the first prompt, if it exists */

static void open_console(void)
{
	struct stat st;
	int fd;

	if (fstat(0, &st) == 0 && fstat(1, &st) == 0 && fstat(2, &st) == 0)
		return;
	fd = open("/dev/console", O_RDWR);
	if (fd < 0)
		return;		/* no console: run on in silence */
	for (int standard = 0; standard <= 2; standard++)
		if (fd != standard)
			dup2(fd, standard);
	if (fd > 2)
		close(fd);
}

static void show_welcome(void)
{
	char *text = read_whole_file(WELCOME, NULL);

	if (text)
		fputs(text, stdout);
	free(text);
}

static char *join_words(char **words)
{
	size_t length = 1;
	char *text;

	for (char **word = words; *word; word++)
		length += strlen(*word) + 1;
	text = xmalloc(length);
	text[0] = '\0';
	for (char **word = words; *word; word++) {
		if (word != words)
			strlcpy(text + strlen(text), " ", 2);
		strlcpy(text + strlen(text), *word, length - strlen(text));
	}
	return text;
}

/* Starts the shell, on a command unless that is NULL, and reaps until it is the one. */
static int run_shell(const char *command)
{
	char *interactive[] = { SHELL, NULL };
	char *once[] = { SHELL, "-c", (char *)command, NULL };
	pid_t shell = fork();
	int status;

	if (shell < 0)
		die(126, "cannot fork");
	if (shell == 0) {
		execv(SHELL, command ? once : interactive);
		warn("%s", SHELL);
		_exit(127);
	}
	for (;;) {
		pid_t pid = waitpid(-1, &status, 0);

		if (pid == shell)
			return status;
		if (pid < 0 && errno != EINTR)
			die(126, "waiting for the shell");
	}
}

/* Ends everybody else, so that the file systems come to rest, and switches off. */
static _Noreturn void power_off(int code)
{
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	sync();
	printf("[init] exit %d\n", code);
	fflush(stdout);
	reboot(LINUX_REBOOT_CMD_POWER_OFF, code);
	warn("power-off");
	for (;;)
		pause();
}

static int exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	int option, status;

	open_console();
	if (getpid() != 1) {
		warnx("must be process 1");
		return 1;
	}
	while ((option = getopt(argc, argv, "m")) != -1) {
		if (option != 'm')
			break;	/* said already; a machine must start in any case */
		if (mount("proc", "/proc", "proc", 0, NULL) != 0)
			warn("mounting /proc");
	}
	mount_all(FSTAB);	/* without a table, or if one fails: there is a root */
	if (optind < argc)
		power_off(exit_code(run_shell(join_words(argv + optind))));
	show_welcome();
	for (;;) {
		status = run_shell(NULL);
		if (!WIFSIGNALED(status))
			power_off(exit_code(status));
		printf("init: the shell was killed (%s): starting it again\n",
		       strsignal(WTERMSIG(status)));
	}
}
