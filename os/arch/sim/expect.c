/*
 * The expect statement: compares, reports what differs, and lets the scenario go on.
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/scenario.h"

bool expectations_failed;

static void report(const char *expected, const char *got)
{
	expectations_failed = true;
	fflush(stdout);
	fprintf(stderr, "%s:%u: expected %s, got %s\n", scenario_name, scenario_line, expected,
		got);
}

/* expect FUNC -> RESULT, of the latest call. A result may have several words. */
static void expect_result(struct statement *s, const char *function)
{
	char expected[2 * RESULT_SIZE], got[2 * RESULT_SIZE + 8];
	int n = snprintf(expected, sizeof(expected), "%s ->", function);
	const int no_result = n;

	for (struct argument *a = s->arguments; a < s->arguments + s->nr; a++)
		if (!a->used && n < (int)sizeof(expected)) {
			a->used = true;
			n += snprintf(expected + n, sizeof(expected) - (size_t)n, " %s%s%s",
				      a->key ? a->key : "", a->key ? "=" : "", a->value);
		}
	if (n == no_result)
		need_word(s, "the result");	/* fails */
	if (last_function[0])
		snprintf(got, sizeof(got), "%s -> %s", last_function, last_result);
	else
		snprintf(got, sizeof(got), "no call");
	if (strcmp(expected, got) != 0)
		report(expected, got);
}

static void check_key(const char *const keys[], const char *key)
{
	for (unsigned i = 0; keys[i]; i++)
		if (strcmp(keys[i], key) == 0)
			return;
	parse_choice("key", key, keys);		/* fails, and lists them */
}

/* One key; what the line does not have has the value none. */
static bool matches(const struct name *name, const struct argument *a, char *got)
{
	bool found;

	check_key(name->kind == NAME_MM ? mm_keys : page_keys, a->key);
	found = name->kind == NAME_MM ? mm_key(name->mm, a->key, got, RESULT_SIZE)
				      : page_key(name, a->key, got, RESULT_SIZE);
	if (!found)
		strcpy(got, "none");
	return strcmp(got, a->value) == 0;
}

static void expect_keys(struct statement *s, const struct name *name)
{
	char expected[4096], got[4096];
	int n = snprintf(expected, sizeof(expected), "%s", name->text);
	int m = snprintf(got, sizeof(got), "%s", name->text);
	bool differs = false;

	for (unsigned i = 0; i < s->nr; i++) {
		struct argument *a = &s->arguments[i];
		char value[RESULT_SIZE];

		if (!a->key)
			continue;
		a->used = true;
		if (matches(name, a, value))
			continue;
		differs = true;
		n += snprintf(expected + n, sizeof(expected) - (size_t)n, " %s=%s", a->key,
			      a->value);
		m += snprintf(got + m, sizeof(got) - (size_t)m, " %s=%s", a->key, value);
	}
	end_of_statement(s);
	if (differs)
		report(expected, got);
}

void do_expect(struct statement *s)
{
	const char *text = need_word(s, "a name or a function");
	const char *arrow = next_word(s);
	const struct name *name;

	if (arrow) {
		if (strcmp(arrow, "->") != 0)
			fail_usage(s, "unexpected '%s'", arrow);
		expect_result(s, text);
		return;
	}
	name = name_find(text);
	if (!name || name->kind == NAME_FILE)
		fail("nothing is called %s, expected a page, an mm, or FUNC -> RESULT", text);
	if (s->nr < 3)
		fail_usage(s, "nothing to compare");
	expect_keys(s, name->first ? name->first : name);
}
