/*
 * sh: the shell. Words with quotes, redirection, pipes, `;` `&` `&&` `||`, `$?`, comments;
 * built in are cd, exit, pwd, wait, help.
 *
 *   sh			reads commands from its input; edits lines on a terminal
 *   sh FILE		runs the commands in FILE
 *   sh -c CMD		runs the commands in CMD
 *
 * A text is read twice: once only for its syntax, so that a line with a mistake does nothing
 * at all, then pipeline by pipeline, each run before the next is read, because `$?` in the
 * next one stands for the status of this one. A command without a slash is looked for in the
 * directory that sh itself was started from, and then in /bin.
 */
#include <errno.h>
#include <limits.h>
#include <lineedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_COMMANDS	16
#define MAX_WORDS	256
#define MAX_REDIRECTS	32
#define TEXT_BYTES	8192
#define LINE_BYTES	1024
#define PATH_BYTES	512

enum token {
	END,		/* of the text */
	SEPARATOR,	/* ; or newline */
	BACKGROUND,	/* & */
	AND,		/* && */
	OR,		/* || */
	PIPE,		/* | */
	REDIRECT,	/* [n]< [n]> [n]>> [n]>& */
	WORD,
	MISTAKE,	/* scanner.problem says which */
};

struct redirect {
	int fd;			/* the descriptor that changes */
	int flags;		/* for open; unused when `copy` */
	int copy;		/* the target is a descriptor's number, not a file */
	const char *target;
};

/* A slice of the pipeline's words and redirections. */
struct command {
	char **argv;		/* ends with NULL */
	int argc;
	struct redirect *redirects;
	int nr_redirects;
};

struct pipeline {
	struct command commands[MAX_COMMANDS];
	int nr_commands;
	char *words[MAX_WORDS];
	int nr_words;
	struct redirect redirects[MAX_REDIRECTS];
	int nr_redirects;
	char text[TEXT_BYTES];	/* the characters of all words, quotes removed */
	size_t text_used;
};

struct scanner {
	const char *at;		/* next character of the source */
	struct pipeline *into;	/* where words and redirections are kept */
	char *word;		/* of the last WORD */
	struct redirect redirect;	/* of the last REDIRECT, still without target */
	const char *problem;	/* of the last MISTAKE */
};

static int last_status;		/* what $? stands for */
static int interactive;
static int nr_background;	/* children that nobody waited for yet */
static const char *own_path;	/* argv[0] */
static struct pipeline current;

/* ---- from text to tokens ---- */

static enum token mistake(struct scanner *s, const char *problem)
{
	s->problem = problem;
	return MISTAKE;
}

static int keep(struct scanner *s, char c)
{
	struct pipeline *p = s->into;

	if (p->text_used == TEXT_BYTES)
		return -1;
	p->text[p->text_used++] = c;
	return 0;
}

static int keep_status(struct scanner *s)
{
	char digits[12];
	int room = 0;

	snprintf(digits, sizeof(digits), "%d", last_status);
	for (char *digit = digits; *digit; digit++)
		room |= keep(s, *digit);
	return room;
}

static int ends_word(char c)
{
	return c == '\0' || strchr(" \t\n;&|<>", c) != NULL;
}

/* Reads a word: any mix of plain characters, "..", '..', \c and $?. */
static enum token scan_word(struct scanner *s)
{
	char quote = 0;
	int full = 0;

	s->word = s->into->text + s->into->text_used;
	for (; quote ? *s->at != '\0' : !ends_word(*s->at); s->at++) {
		char c = *s->at;

		if (quote ? c == quote : c == '"' || c == '\'')
			quote = quote ? 0 : c;
		else if (c == '$' && s->at[1] == '?' && quote != '\'') {
			full |= keep_status(s);
			s->at++;
		} else if (c == '\\' && quote == 0 && s->at[1] != '\0')
			full |= keep(s, *++s->at);
		else if (c == '\\' && quote == '"' && strchr("\"\\$", s->at[1]) && s->at[1])
			full |= keep(s, *++s->at);
		else
			full |= keep(s, c);
	}
	if (quote)
		return mistake(s, "a quote is not closed");
	if (full || keep(s, '\0') != 0)
		return mistake(s, "the command is too long");
	return WORD;
}

/* At < or >, with the descriptor's number already read, or -1. */
static enum token scan_redirect(struct scanner *s, int fd)
{
	int input = *s->at++ == '<';

	s->redirect = (struct redirect){ .fd = fd >= 0 ? fd : input ? 0 : 1 };
	if (input) {
		s->redirect.flags = O_RDONLY;
	} else if (*s->at == '>') {
		s->redirect.flags = O_WRONLY | O_CREAT | O_APPEND;
		s->at++;
	} else {
		s->redirect.flags = O_WRONLY | O_CREAT | O_TRUNC;
	}
	if (*s->at == '&') {
		s->redirect.copy = 1;
		s->at++;
	}
	return REDIRECT;
}

static enum token next_token(struct scanner *s)
{
	while (*s->at == ' ' || *s->at == '\t' || *s->at == '\r')
		s->at++;
	if (*s->at == '#')
		while (*s->at != '\0' && *s->at != '\n')
			s->at++;
	switch (*s->at) {
	case '\0':
		return END;
	case ';':
	case '\n':
		s->at++;
		return SEPARATOR;
	case '&':
		s->at++;
		if (*s->at != '&')
			return BACKGROUND;
		s->at++;
		return AND;
	case '|':
		s->at++;
		if (*s->at != '|')
			return PIPE;
		s->at++;
		return OR;
	case '<':
	case '>':
		return scan_redirect(s, -1);
	}
	if (*s->at >= '0' && *s->at <= '9' && (s->at[1] == '<' || s->at[1] == '>')) {
		s->at++;
		return scan_redirect(s, s->at[-1] - '0');
	}
	return scan_word(s);
}

/* ---- from tokens to a pipeline ---- */

static enum token parse_redirect(struct scanner *s, struct command *command)
{
	struct pipeline *p = s->into;
	struct redirect redirect = s->redirect;
	enum token token = next_token(s);

	if (token != WORD)
		return token == MISTAKE ? token : mistake(s, "a redirection has no target");
	if (redirect.copy && (s->word[0] < '0' || s->word[0] > '9' || s->word[1] != '\0'))
		return mistake(s, "only a digit can follow >& or <&");
	if (p->nr_redirects == MAX_REDIRECTS)
		return mistake(s, "too many redirections");
	redirect.target = s->word;
	p->redirects[p->nr_redirects++] = redirect;
	command->nr_redirects++;
	return WORD;
}

/* Reads one command; returns the token behind it, or MISTAKE. */
static enum token parse_command(struct scanner *s, struct command *command)
{
	struct pipeline *p = s->into;

	command->argv = p->words + p->nr_words;
	command->argc = 0;
	command->redirects = p->redirects + p->nr_redirects;
	command->nr_redirects = 0;
	for (;;) {
		enum token token = next_token(s);

		if (token == REDIRECT)
			token = parse_redirect(s, command);
		else if (token == WORD && p->nr_words + 1 == MAX_WORDS)
			return mistake(s, "too many words");
		else if (token == WORD) {
			p->words[p->nr_words++] = s->word;
			command->argc++;
		}
		if (token == WORD)
			continue;
		if (p->nr_words == MAX_WORDS)
			return mistake(s, "too many words");
		p->words[p->nr_words++] = NULL;
		return token;
	}
}

/*
 * Reads one pipeline into s->into, and returns the token that ended it: END, SEPARATOR,
 * BACKGROUND, AND, OR, or MISTAKE. nr_commands is 0 for an empty line.
 */
static enum token parse_pipeline(struct scanner *s)
{
	struct pipeline *p = s->into;
	enum token token;

	p->nr_commands = p->nr_words = p->nr_redirects = 0;
	p->text_used = 0;
	do {
		struct command *command = &p->commands[p->nr_commands];

		if (p->nr_commands == MAX_COMMANDS)
			return mistake(s, "too many commands in a pipeline");
		token = parse_command(s, command);
		if (token == MISTAKE)
			return token;
		if (command->argc == 0) {
			int alone = p->nr_commands == 0 && command->nr_redirects == 0;

			if (!alone || (token != END && token != SEPARATOR))
				return mistake(s, "a command is missing");
			return token;
		}
		p->nr_commands++;
	} while (token == PIPE);
	return token;
}

/* Whether the text is well formed; complains if not. Runs nothing. */
static int check_syntax(const char *text)
{
	struct scanner s = { .at = text, .into = &current };
	enum token token, before = SEPARATOR;

	do {
		token = parse_pipeline(&s);
		if (token != MISTAKE && current.nr_commands == 0
		    && (before == AND || before == OR))
			token = mistake(&s, "a command is missing after && or ||");
		if (token == MISTAKE) {
			warnx("%s", s.problem);
			return -1;
		}
		before = token;
	} while (token != END);
	return 0;
}

/* ---- running ---- */

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

static int status_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void report_signal(pid_t pid, int status)
{
	int signal = WTERMSIG(status);

	if (WIFSIGNALED(status) && signal != SIGPIPE && signal != SIGINT)
		fprintf(stderr, "%s (process %d)\n", strsignal(signal), pid);
}

static void reap_background(void)
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

static const struct builtin {
	const char *name;
	int (*run)(int argc, char **argv);
} builtins[] = {
	{ "cd", builtin_cd },
	{ "exit", builtin_exit },
	{ "pwd", builtin_pwd },
	{ "wait", builtin_wait },
	{ "help", builtin_help },
};

static const struct builtin *find_builtin(const char *name)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
		if (strcmp(builtins[i].name, name) == 0)
			return &builtins[i];
	return NULL;
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

static int run_pipeline(const struct pipeline *p, int background)
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

static void run_text(const char *text)
{
	struct scanner s = { .at = text, .into = &current };
	enum token token, before = SEPARATOR;

	if (check_syntax(text) != 0) {
		last_status = 2;
		return;
	}
	do {
		int wanted = (before != AND || last_status == 0)
			     && (before != OR || last_status != 0);

		token = parse_pipeline(&s);
		if (current.nr_commands > 0 && wanted)
			last_status = run_pipeline(&current, token == BACKGROUND);
		before = token;
		reap_background();
		fflush(stdout);
	} while (token != END);
}

static void make_prompt(char *prompt, size_t size)
{
	char path[PATH_BYTES / 2];

	if (getcwd(path, sizeof(path)) < 0)
		strlcpy(path, "?", sizeof(path));
	snprintf(prompt, size, "highwater:%s# ", path);
}

static void run_input(void)
{
	static char line[LINE_BYTES];
	char prompt[PATH_BYTES];

	interactive = line_is_terminal();
	for (;;) {
		make_prompt(prompt, sizeof(prompt));
		switch (line_read(prompt, line, sizeof(line))) {
		case LINE_OK:
			run_text(line);
			break;
		case LINE_INTERRUPTED:
			last_status = 128 + SIGINT;
			break;
		case LINE_TOO_LONG:
			warnx("the line is too long");
			last_status = 2;
			break;
		case LINE_END:
			return;
		}
		reap_background();
	}
}

int main(int argc, char **argv)
{
	int option, given = 0;
	char *text;

	own_path = argc > 0 ? argv[0] : "/bin/sh";
	while ((option = getopt(argc, argv, "c")) != -1) {
		if (option != 'c')
			usage("[FILE | -c COMMANDS]");
		given = 1;
	}
	if (argc - optind > 1 || (given && argc == optind))
		usage("[FILE | -c COMMANDS]");
	if (given) {
		run_text(argv[optind]);
	} else if (optind < argc) {
		text = read_whole_file(argv[optind], NULL);
		if (!text)
			die(127, "%s", argv[optind]);
		run_text(text);
	} else {
		run_input();
	}
	return last_status;
}
