/*
 * Runs a scenario: line by line, each statement by its first word.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"

static const struct statement_kind statements[] = {
	{ "machine", do_machine, "machine policy=2.4|2.6 dma=N normal=N [highmem=N] [dma32=N] "
				 "[nodes=1] [cpus=1] [swap=SLOTS[:PRIO][,SLOTS[:PRIO]...]] "
				 "[page_cluster=N]" },
	{ "ballast", do_ballast, "ballast zone=Z leave=N" },
	{ "set", do_set, "set NAME=VALUE" },
	{ "page", do_page, "page NAME [n=N] [zone=Z] [list=L] [age=N] [count=N] [flags=F,...] "
			   "[mapping=M] [writepage=W] [buffers=B]" },
	{ "mm", do_mm, "mm NAME pages=N [swap_cnt=N] [mapping=none|shm]" },
	{ "anon", do_anon, "anon MM at=I [n=N] [age=A] [young=0|1] [dirty=0|1] [count=C]" },
	{ "map", do_map, "map MM at=I page=NAME [young=0|1] [dirty=0|1]" },
	{ "call", do_call, "call FUNC [P...] [key=value...]" },
	{ "complete", do_complete, "complete NAME|all" },
	{ "touch", do_touch, "touch MM at=I [write=0|1]" },
	{ "read", do_read, "read FILE at=I [n=N]" },
	{ "write", do_write, "write FILE at=I [n=N]" },
	{ "step", do_step, "step kswapd|kreclaimd|bdflush|kupdate [n=N]" },
	{ "tick", do_tick, "tick N" },
	{ "show", do_show, "show NAME...|pages|lists|counters|mm NAME|buddy zone=Z|swap" },
	{ "expect", do_expect, "expect NAME key=value... or expect FUNC -> RESULT" },
	{ NULL, NULL, NULL },
};

static struct statement current_statement;	/* too large for a stack */

static void __noreturn report_bug(const char *message)
{
	fflush(stdout);
	fprintf(stderr, "%s:%u: BUG: %s\n", scenario_name, scenario_line, message);
	exit(3);
}

static const struct statement_kind *find_statement(const struct statement_kind *kinds,
						   const char *word)
{
	while (kinds->word && strcmp(kinds->word, word) != 0)
		kinds++;
	return kinds->word ? kinds : NULL;
}

static void add_words(char *out, size_t size, const struct statement_kind *kinds)
{
	for (; kinds->word; kinds++)
		if (!strstr(out, kinds->word))
			snprintf(out + strlen(out), size - strlen(out), " %s", kinds->word);
}

static void __noreturn unknown_statement(const char *word)
{
	char known[512] = "";

	add_words(known, sizeof(known), statements);
	if (era && era->statements)
		add_words(known, sizeof(known), era->statements);
	fail("unknown statement '%s', expected one of:%s", word, known);
}

static void run_statement(struct statement *s, bool check)
{
	const char *word = need_word(s, "a statement");
	const struct statement_kind *kind = NULL;

	if (era && era->statements)
		kind = find_statement(era->statements, word);
	if (!kind)
		kind = find_statement(statements, word);
	if (!kind)
		unknown_statement(word);
	if (!era && kind->run != do_machine)
		fail("'%s' before the machine, expected machine first", word);
	s->usage = kind->usage;
	gave_up = false;
	kind->run(s);
	if (era->after_statement)
		era->after_statement(word);
	lock_check_none("the statement ended");
	if (check)
		check_all();
}

void run_scenario(const char *file, char *text, bool check)
{
	scenario_name = file;
	panic_hook = report_bug;
	for (scenario_line = 1; text; scenario_line++) {
		char *end = strchr(text, '\n');

		if (end)
			*end = '\0';
		if (parse_line(text, &current_statement))
			run_statement(&current_statement, check);
		text = end ? end + 1 : NULL;
	}
	scenario_line = 1;
	if (!era)
		fail("the scenario is empty, expected machine as its first statement");
}
