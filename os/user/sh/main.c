/*
 * sh: the shell. Words with quotes, redirection, pipes, `;` `&` `&&` `||`, `$?`, comments;
 * built in are cd, exit, pwd, wait, help.
 *
 *   sh			reads commands from its input; edits lines on a terminal
 *   sh FILE		runs the commands in FILE
 *   sh -c CMD		runs the commands in CMD
 *
 * A text is read twice: once only for its syntax, so that a line with a mistake does nothing
 * at all, then pipeline by pipeline, each run before the next is read.
 */
#include <lineedit.h>
#include "shell.h"

#define LINE_BYTES	1024

int last_status;
int interactive;
int nr_background;
const char *own_path;

static struct pipeline current;		/* the one that is being read and run */

static void run_text(const char *text)
{
	struct scanner s = { .at = text, .into = &current };
	enum token token, before = SEPARATOR;

	if (check_syntax(text, &current) != 0) {
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
