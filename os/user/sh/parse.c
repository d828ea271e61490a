/*
 * From text to pipelines. The scanner cuts the text into tokens and removes quotes; the
 * parser collects tokens until one pipeline is complete, so that `$?` in a later one can
 * stand for the status of this one.
 */
#include "shell.h"

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

enum token parse_pipeline(struct scanner *s)
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

int check_syntax(const char *text, struct pipeline *space)
{
	struct scanner s = { .at = text, .into = space };
	enum token token, before = SEPARATOR;

	do {
		token = parse_pipeline(&s);
		if (token != MISTAKE && space->nr_commands == 0
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
