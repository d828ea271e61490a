/*
 * highwater: the memory core as a program of the host.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/sim/replay/replay.h"
#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "mm/reclaim/policy.h"

static const char help[] =
	"usage: highwater run [OPTION...] FILE\n"
	"       highwater replay [OPTION...] TRACE\n"
	"       highwater trace WORKLOAD [OPTION...]\n"
	"       highwater --help | --version\n"
	"\n"
	"run runs a scenario: builds a memory state, calls mechanisms, prints what became\n"
	"of the pages. FILE - is standard input. replay drives the core with an access\n"
	"trace, trace makes one; `highwater replay --help` and `highwater trace --help`.\n"
	"\n"
	"  --check         look for broken invariants after every statement\n"
	"  --events FILE   save the page events at the end, for the trace tools\n"
	"  --messages      kernel messages on standard error\n"
	"\n"
	"Exit status: 0 all went well, 1 an expectation failed, 2 the scenario or the\n"
	"command is wrong, 3 the kernel found a bug.\n";

static const char *events_file;
static bool check;

static void __noreturn usage_error(const char *what, const char *argument)
{
	fprintf(stderr, "highwater: %s%s\n", what, argument);
	fprintf(stderr, "Try 'highwater --help'.\n");
	exit(2);
}

static bool is_help(const char *argument)
{
	return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

static void __noreturn print_help(void)
{
	fputs(help, stdout);
	exit(0);
}

static char *read_all(const char *name)
{
	FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
	size_t size = 0, room = 65536, n;
	char *text = malloc(room);

	if (!file) {
		fprintf(stderr, "highwater: %s: %s\n", name, strerror(errno));
		exit(2);
	}
	while ((n = fread(text + size, 1, room - size - 1, file)) > 0) {
		size += n;
		if (size + 1 == room)
			text = realloc(text, room *= 2);
	}
	if (ferror(file)) {
		fprintf(stderr, "highwater: %s: %s\n", name, strerror(errno));
		exit(2);
	}
	text[size] = '\0';
	if (file != stdin)
		fclose(file);
	if (memchr(text, '\0', size))
		usage_error("not a text file: ", name);
	return text;
}

/*
 * The ring's header without its pointer, the name of the era, then the records that are
 * left, oldest first.
 */
static void save_events(void)
{
	const struct event_ring *ring = &event_rings[0];
	char era[8] = "";
	u64 kept = min(ring->head, (u64)ring->nr_records);
	FILE *file = fopen(events_file, "wb");

	strncpy(era, policy->name, sizeof(era) - 1);
	if (file) {
		fwrite(ring, offsetof(struct event_ring, records), 1, file);
		fwrite(era, sizeof(era), 1, file);
		for (u64 i = ring->head - kept; i < ring->head; i++)
			fwrite(&ring->records[i & (ring->nr_records - 1)],
			       sizeof(struct event_record), 1, file);
	}
	if (!file || fclose(file) != 0) {
		fprintf(stderr, "highwater: %s: %s\n", events_file, strerror(errno));
		exit(2);
	}
}

static int run(int argc, char **argv)
{
	const char *file = NULL;

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--check") == 0)
			check = true;
		else if (strcmp(argv[i], "--messages") == 0)
			console_on = true;
		else if (strcmp(argv[i], "--events") == 0 && i + 1 < argc)
			events_file = argv[++i];
		else if (strcmp(argv[i], "--events") == 0)
			usage_error("no file after ", argv[i]);
		else if (is_help(argv[i]))
			print_help();
		else if (argv[i][0] == '-' && argv[i][1])
			usage_error("unknown option ", argv[i]);
		else if (file)
			usage_error("more than one scenario: ", argv[i]);
		else
			file = argv[i];
	}
	if (!file)
		usage_error("no scenario to run", "");
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	if (events_file)
		atexit(save_events);
	run_scenario(file, read_all(file), check);
	return expectations_failed ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		usage_error("no command", "");
	if (is_help(argv[1]) || strcmp(argv[1], "help") == 0)
		print_help();
	if (strcmp(argv[1], "--version") == 0) {
		puts("highwater 0.1, scenario language 1, policies: 2.4, 2.6");
		return 0;
	}
	if (strcmp(argv[1], "run") == 0)
		return run(argc, argv);
	if (strcmp(argv[1], "replay") == 0)
		return replay_command(argc, argv);
	if (strcmp(argv[1], "trace") == 0)
		return trace_command(argc, argv);
	usage_error("unknown command ", argv[1]);
}
