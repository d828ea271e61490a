/*
 * From a line to words and key=value arguments, and from those to checked values.
 * Whatever is wrong is reported with the place and what was expected, exit 2.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/sim/scenario.h"
#include "arch/machine.h"

const char *scenario_name;
unsigned scenario_line;

static void __noreturn fail_with(const char *usage, const char *fmt, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "%s:%u: error: ", scenario_name, scenario_line);
	vfprintf(stderr, fmt, args);
	if (usage)
		fprintf(stderr, ", expected: %s", usage);
	fprintf(stderr, "\n");
	exit(2);
}

void fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fail_with(NULL, fmt, args);
}

void fail_usage(const struct statement *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fail_with(s->usage, fmt, args);
}

static void add_argument(struct statement *s, char *word)
{
	char *equals = strchr(word, '=');
	struct argument *a;

	if (s->nr == MOST_ARGUMENTS)
		fail("more than %u words, expected a shorter line", MOST_ARGUMENTS);
	if (equals == word)
		fail("'%s' has no name before the '=', expected key=value", word);
	if (equals && !equals[1])
		fail("'%s' has no value, expected key=value", word);
	a = &s->arguments[s->nr++];
	*a = (struct argument){ .value = word };
	if (!equals)
		return;
	*equals = '\0';
	a->key = word;
	a->value = equals + 1;
	for (struct argument *b = s->arguments; b < a; b++)
		if (b->key && strcmp(b->key, a->key) == 0)
			fail("%s= is written twice, expected it once", a->key);
}

bool parse_line(char *line, struct statement *s)
{
	char *comment = strchr(line, '#');

	if (comment)
		*comment = '\0';
	s->nr = 0;
	s->usage = NULL;
	for (char *word = strtok(line, " \t\r\v\f"); word; word = strtok(NULL, " \t\r\v\f"))
		add_argument(s, word);
	return s->nr > 0;
}

char *next_word(struct statement *s)
{
	for (struct argument *a = s->arguments; a < s->arguments + s->nr; a++)
		if (!a->key && !a->used) {
			a->used = true;
			return a->value;
		}
	return NULL;
}

bool more_words(const struct statement *s)
{
	for (const struct argument *a = s->arguments; a < s->arguments + s->nr; a++)
		if (!a->key && !a->used)
			return true;
	return false;
}

char *need_word(struct statement *s, const char *what)
{
	char *word = next_word(s);

	if (!word)
		fail_usage(s, "%s is missing", what);
	return word;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(const char *text)
{
	if (!is_letter(*text))
		return false;
	for (; *text; text++)
		if (!is_letter(*text) && !(*text >= '0' && *text <= '9') && *text != '_' &&
		    *text != '.')
			return false;
	return true;
}

void check_name(const char *what, const char *text)
{
	if (!is_name(text))
		fail("%s: '%s' is no name, expected a letter, then letters, digits, _ and .",
		     what, text);
}

char *need_name(struct statement *s, const char *what)
{
	char *word = need_word(s, what);

	check_name(what, word);
	return word;
}

char *find_key(struct statement *s, const char *key)
{
	for (struct argument *a = s->arguments; a < s->arguments + s->nr; a++)
		if (a->key && strcmp(a->key, key) == 0) {
			a->used = true;
			return a->value;
		}
	return NULL;
}

char *need_key(struct statement *s, const char *key)
{
	char *value = find_key(s, key);

	if (!value)
		fail_usage(s, "%s= is missing", key);
	return value;
}

static bool read_digits(const char **text, unsigned long *value)
{
	unsigned base = 10;
	bool any = false;

	if ((*text)[0] == '0' && ((*text)[1] == 'x' || (*text)[1] == 'X')) {
		base = 16;
		*text += 2;
	}
	for (*value = 0;; (*text)++, any = true) {
		char c = **text;
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') :
				 c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) :
				 c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10) : 16;

		if (digit >= base)
			return any;
		if (*value > ((unsigned long)LONG_MAX - digit) / base)
			return false;
		*value = *value * base + digit;
	}
}

static void __noreturn bad_number(const char *what, const char *text, const char *kind,
				  unsigned long least, unsigned long most)
{
	fail("%s is '%s', expected a %s from %lu to %lu", what, text, kind, least, most);
}

unsigned long parse_number(const char *what, const char *text, unsigned long least,
			   unsigned long most)
{
	const char *end = text;
	unsigned long value;

	if (!read_digits(&end, &value) || *end || value < least || value > most)
		bad_number(what, text, "number", least, most);
	return value;
}

unsigned long parse_pages(const char *what, const char *text, unsigned long least,
			  unsigned long most)
{
	const char *end = text;
	unsigned long value, bytes = PAGE_SIZE;

	if (!read_digits(&end, &value))
		bad_number(what, text, "number of pages", least, most);
	if (*end && strchr("KMG", *end)) {
		bytes = *end == 'K' ? 1ul << 10 : *end == 'M' ? 1ul << 20 : 1ul << 30;
		end++;
	}
	if (*end || value > LONG_MAX / bytes || value * bytes % PAGE_SIZE ||
	    value * bytes / PAGE_SIZE < least || value * bytes / PAGE_SIZE > most)
		bad_number(what, text, "number of pages", least, most);
	return value * bytes / PAGE_SIZE;
}

unsigned long find_number(struct statement *s, const char *key, unsigned long otherwise,
			  unsigned long least, unsigned long most)
{
	const char *text = find_key(s, key);

	return text ? parse_number(key, text, least, most) : otherwise;
}

unsigned long need_number(struct statement *s, const char *key, unsigned long least,
			  unsigned long most)
{
	return parse_number(key, need_key(s, key), least, most);
}

unsigned parse_choice(const char *what, const char *text, const char *const choices[])
{
	char known[512] = "";
	unsigned i;

	for (i = 0; choices[i]; i++) {
		if (strcmp(choices[i], text) == 0)
			return i;
		snprintf(known + strlen(known), sizeof(known) - strlen(known), "%s%s",
			 i ? " " : "", choices[i]);
	}
	fail("%s is '%s', expected one of: %s", what, text, known);
}

unsigned find_choice(struct statement *s, const char *key, unsigned otherwise,
		     const char *const choices[])
{
	const char *text = find_key(s, key);

	return text ? parse_choice(key, text, choices) : otherwise;
}

void end_of_statement(const struct statement *s)
{
	for (const struct argument *a = s->arguments; a < s->arguments + s->nr; a++) {
		if (a->used)
			continue;
		if (a->key)
			fail_usage(s, "unknown key %s=%s", a->key, a->value);
		fail_usage(s, "unexpected '%s'", a->value);
	}
}
