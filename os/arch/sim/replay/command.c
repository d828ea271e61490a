/*
 * The replay command: which policies, which sizes of memory, one report or a table.
 *
 * There is one core in a process, and it cannot be taken down: each run is a process of
 * its own, as many at a time as there are CPUs. They share the trace, which is read first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arch/sim/replay/replay.h"

#define MOST_SIZES	64
#define MOST_MEMORY	(1ul << 22)	/* pages: 16 GiB */
#define PAGE_BYTES	4096.0

static const char help[] =
	"usage: highwater replay [OPTION...] TRACE\n"
	"\n"
	"Replays an access trace through the kernel's memory core, or through a policy known\n"
	"from books, and counts the pages that were not in memory. TRACE - is standard input.\n"
	"\n"
	"  --vm=VM,...        2.4, 2.6 (the core), lru, clock, opt; one of them, default 2.6\n"
	"  --memory=SIZE,...  pages (4096), bytes (16M) or a share of the trace's pages (25%)\n"
	"  --compare          a table of several policies (default: all) and sizes\n"
	"                     (default: 10%,25%,50%, at least 64 pages), and a picture of it\n"
	"  --plot=FILE        the picture (SVG); default TRACE's name with .svg, here\n"
	"  --format=FORMAT    text, lackey or oracleGeneral; default: found out\n"
	"  --json             the results for a program\n"
	"  --time             also the time that the replay took\n"
	"  --page-cluster=N   a swap read brings in 2^N pages; default 0: the one asked for\n"
	"  --verify           give pages contents and look at them at each reference\n"
	"  --check            look for broken invariants every 1000 references\n"
	"\n"
	"book/replay.md explains formats and figures. `highwater trace --help`: workloads.\n";

static const char *const vm_names[] = { "lru", "clock", "opt", "2.4", "2.6" };

#define NR_VMS	ARRAY_SIZE(vm_names)

static struct {
	const char *trace, *format, *vms, *memory, *plot;
	bool compare, json, time;
	struct core_options core;
} options;

/* ---- the command line ---- */

/* The value of --NAME=VALUE, or NULL. */
static const char *value_of(const char *argument, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(argument, name, length) != 0 || argument[length] != '=')
		return NULL;
	return argument + length + 1;
}

static int parse_cluster(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (!*text || *end || value < 0 || value > 5)
		replay_error("--page-cluster=%s, expected a number from 0 to 5", text);
	return (int)value;
}

static void parse_option(const char *argument)
{
	const char *value;

	if ((value = value_of(argument, "--vm")))
		options.vms = value;
	else if ((value = value_of(argument, "--memory")))
		options.memory = value;
	else if ((value = value_of(argument, "--plot")))
		options.plot = value;
	else if ((value = value_of(argument, "--format")))
		options.format = value;
	else if ((value = value_of(argument, "--page-cluster")))
		options.core.page_cluster = parse_cluster(value);
	else if (strcmp(argument, "--compare") == 0)
		options.compare = true;
	else if (strcmp(argument, "--json") == 0)
		options.json = true;
	else if (strcmp(argument, "--time") == 0)
		options.time = true;
	else if (strcmp(argument, "--verify") == 0)
		options.core.verify = true;
	else if (strcmp(argument, "--check") == 0)
		options.core.check = true;
	else
		replay_error("unknown option %s, see `highwater replay --help`", argument);
}

static void parse_options(int argc, char **argv)
{
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(help, stdout);
			exit(0);
		}
		if (argv[i][0] == '-' && argv[i][1])
			parse_option(argv[i]);
		else if (options.trace)
			replay_error("more than one trace: %s", argv[i]);
		else
			options.trace = argv[i];
	}
	if (!options.trace)
		replay_error("no trace to replay, see `highwater replay --help`");
	if (!options.compare && !options.memory)
		replay_error("no --memory=SIZE, expected pages (4096), bytes (16M) or a share "
			     "(25%%)");
	if (!options.compare && options.plot)
		replay_error("--plot without --compare, expected both");
}

/* One size of memory: pages, bytes with a unit, or a share of the trace's pages. */
static u32 parse_memory(const char *text, size_t length, u32 trace_pages)
{
	static const char units[] = "%KMG";
	char *end;
	double pages = strtod(text, &end);
	const char *unit = end < text + length && *end ? strchr(units, *end) : NULL;

	if (unit)
		end++;
	if (unit == units)
		pages = pages * trace_pages / 100;
	else if (unit)
		pages = pages * (double)(1ul << (10 * (unit - units))) / PAGE_BYTES;
	if (end != text + length || !length || !(pages >= 1) || pages > (double)MOST_MEMORY ||
	    (!unit && pages != (double)(u32)pages))
		replay_error("--memory=%.*s, expected 1 to %lu pages (4096), bytes (16M) or a "
			     "share of the trace's pages (25%%)", (int)length, text,
			     MOST_MEMORY);
	return (u32)pages;
}

static unsigned parse_sizes(const char *text, u32 trace_pages, u32 sizes[MOST_SIZES])
{
	unsigned n = 0;

	for (;; text++) {
		size_t length = strcspn(text, ",");

		if (n == MOST_SIZES)
			replay_error("more than %d sizes of memory", MOST_SIZES);
		sizes[n++] = parse_memory(text, length, trace_pages);
		text += length;
		if (!*text)
			return n;
	}
}

/* Of a small trace no smaller share than the core's two eras can work in. */
static unsigned default_sizes(u32 trace_pages, u32 sizes[MOST_SIZES])
{
	static const unsigned percent[] = { 10, 25, 50 };
	unsigned n = sizeof(percent) / sizeof(percent[0]);

	for (unsigned i = 0; i < n; i++)
		sizes[i] = max((u32)((u64)trace_pages * percent[i] / 100),
			       (u32)LEAST_CORE_MEMORY);
	return n;
}

/* Sorts the sizes; each counts once. */
static unsigned sort_sizes(u32 *sizes, unsigned n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++) {
		u32 size = sizes[i];
		unsigned at = kept;

		while (at && sizes[at - 1] > size)
			at--;
		if (at && sizes[at - 1] == size)
			continue;
		memmove(&sizes[at + 1], &sizes[at], (kept++ - at) * sizeof(u32));
		sizes[at] = size;
	}
	return kept;
}

static const char *find_vm(const char *text, size_t length)
{
	for (unsigned i = 0; i < NR_VMS; i++)
		if (strlen(vm_names[i]) == length && strncmp(vm_names[i], text, length) == 0)
			return vm_names[i];
	replay_error("--vm=%.*s, expected 2.4, 2.6, lru, clock or opt", (int)length, text);
}

static unsigned parse_vms(const char *text, const char *vms[NR_VMS])
{
	unsigned n = 0;

	for (;; text++) {
		size_t length = strcspn(text, ",");

		if (n == NR_VMS)
			replay_error("--vm: more than %zu policies", NR_VMS);
		vms[n++] = find_vm(text, length);
		text += length;
		if (!*text)
			return n;
	}
}

/* ---- runs ---- */

static bool is_core(const char *vm)
{
	return vm[0] == '2';
}

/* Of the CPU, by this process: what others do on the host does not count. */
static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void do_run(const struct trace *trace, struct run *run)
{
	double start = seconds_now();

	if (strcmp(run->vm, "lru") == 0)
		replay_lru(trace, run->memory, &run->result);
	else if (strcmp(run->vm, "clock") == 0)
		replay_clock(trace, run->memory, &run->result);
	else if (strcmp(run->vm, "opt") == 0)
		replay_opt(trace, run->memory, &run->result);
	else
		replay_core(trace, run->vm, run->memory, &options.core, &run->result);
	run->result.seconds = seconds_now() - start;
}

/* What a run that failed has said is on standard error already. */
static void wait_for_run(void)
{
	int status;

	if (wait(&status) < 0)
		replay_error("a run has disappeared");
	if (WIFEXITED(status) && WEXITSTATUS(status))
		exit(WEXITSTATUS(status));
	if (!WIFEXITED(status))
		replay_error("a run was killed by signal %d", WTERMSIG(status));
}

/* Each in its own process; RUNS is memory that they share. */
static void do_runs(const struct trace *trace, struct run *runs, unsigned n)
{
	long cpus = max(sysconf(_SC_NPROCESSORS_ONLN), 1l);
	unsigned started = 0, done = 0;

	fflush(stdout);
	while (done < n) {
		if (started < n && started - done < (unsigned long)cpus) {
			pid_t pid = fork();

			if (pid < 0)
				replay_error("no process for a run");
			if (pid == 0) {
				do_run(trace, &runs[started]);
				_exit(0);
			}
			started++;
		} else {
			wait_for_run();
			done++;
		}
	}
}

static struct run *shared_runs(unsigned n)
{
	void *memory = mmap(NULL, n * sizeof(struct run), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		replay_error("no memory for %u runs", n);
	return memory;
}

static void check_size(const char *vm, u32 memory)
{
	if (is_core(vm) && memory < LEAST_CORE_MEMORY)
		replay_error("--memory: %u pages, expected at least %d for vm %s", memory,
			     LEAST_CORE_MEMORY, vm);
}

/* The default name of the picture: the trace's last part, in this directory. */
static const char *plot_name(const struct trace *trace)
{
	static char name[256];
	const char *slash = strrchr(trace->name, '/');
	const char *last = slash ? slash + 1 : trace->name;
	const char *dot = strrchr(last, '.');

	if (strcmp(options.trace, "-") == 0)
		return "replay.svg";
	snprintf(name, sizeof(name), "%.*s.svg",
		 (int)min(dot && dot > last ? dot - last : (long)strlen(last), 250l), last);
	return name;
}

static void compare(const struct trace *trace)
{
	const char *vms[NR_VMS];
	u32 sizes[MOST_SIZES];
	unsigned nr_vms = parse_vms(options.vms ? options.vms : "lru,clock,opt,2.4,2.6", vms);
	unsigned nr_sizes = options.memory ?
				    parse_sizes(options.memory, trace->nr_pages, sizes) :
				    default_sizes(trace->nr_pages, sizes);
	const char *file = options.plot ? options.plot : plot_name(trace);
	struct run *runs;

	nr_sizes = sort_sizes(sizes, nr_sizes);
	runs = shared_runs(nr_vms * nr_sizes);
	for (unsigned i = 0; i < nr_vms * nr_sizes; i++) {
		runs[i] = (struct run){ .vm = vms[i % nr_vms], .memory = sizes[i / nr_vms] };
		check_size(runs[i].vm, runs[i].memory);
	}
	do_runs(trace, runs, nr_vms * nr_sizes);
	plot(file, trace, runs, nr_vms, nr_sizes);
	if (options.json) {
		report_json(trace, runs, nr_vms * nr_sizes);
		return;
	}
	report_table(trace, runs, nr_vms, nr_sizes);
	printf("\npicture: %s\n", file);
}

/* The one asked for, and beside it the optimum and LRU, to compare with. */
static void single(const struct trace *trace)
{
	const char *vms[NR_VMS];
	u32 sizes[MOST_SIZES];
	struct run *runs = shared_runs(3);

	if (parse_vms(options.vms ? options.vms : "2.6", vms) > 1 ||
	    parse_sizes(options.memory, trace->nr_pages, sizes) > 1)
		replay_error("several policies or sizes without --compare, expected one");
	check_size(vms[0], sizes[0]);
	runs[0] = (struct run){ .vm = vms[0], .memory = sizes[0] };
	runs[1] = (struct run){ .vm = "opt", .memory = sizes[0] };
	runs[2] = (struct run){ .vm = "lru", .memory = sizes[0] };
	do_runs(trace, runs, 3);
	if (options.json)
		report_json(trace, runs, 1);
	else
		report_run(trace, &runs[0], &runs[1], &runs[2], options.time);
}

int replay_command(int argc, char **argv)
{
	static struct trace trace;

	parse_options(argc, argv);
	trace_load(&trace, options.trace, options.format);
	if (options.compare)
		compare(&trace);
	else
		single(&trace);
	return 0;
}
