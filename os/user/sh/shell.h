/*
 * The parts of the shell: parse.c makes pipelines of text, run.c starts them, builtin.c has
 * the commands that are no programs, main.c reads the input.
 */
#ifndef SHELL_H
#define SHELL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_COMMANDS	16
#define MAX_WORDS	256
#define MAX_REDIRECTS	32
#define TEXT_BYTES	8192
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

struct builtin {
	const char *name;
	int (*run)(int argc, char **argv);	/* returns the exit status */
};

extern int last_status;		/* what $? stands for */
extern int interactive;		/* a user types at a terminal */
extern int nr_background;	/* children that nobody waited for yet */
extern const char *own_path;	/* argv[0] */

/*
 * Reads one pipeline into s->into, and returns the token that ended it: END, SEPARATOR,
 * BACKGROUND, AND, OR, or MISTAKE. nr_commands is 0 for an empty line.
 */
enum token parse_pipeline(struct scanner *s);

/* Whether the text is well formed; complains and returns -1 if not. Runs nothing. */
int check_syntax(const char *text, struct pipeline *space);

/* Starts the pipeline, waits for it unless it goes to the background; its exit status. */
int run_pipeline(const struct pipeline *p, int background);

/* The shell's view of a wait status: 128 + signal for what a signal killed. */
int status_code(int status);

/* Says on standard error that a signal killed the process, if it was a surprising one. */
void report_signal(pid_t pid, int status);

/* Waits for background children that have ended, and reports them to a user. */
void reap_background(void);

/* NULL when the name is not built in. */
const struct builtin *find_builtin(const char *name);

#endif
