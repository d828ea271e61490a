/*
 * Replay: an access trace through the memory core, and through policies that are known
 * from books.
 *
 *	command.c	the replay command: options, one run or a table of runs
 *	trace.c		a file of references -> an array of dense page numbers
 *	formats.c	its three formats
 *	lru.c, clock.c, opt.c	one simple policy each
 *	core.c		the kernel's memory core: a process makes the references
 *	machine.c	the machine that it runs on: memory, swap disk, time
 *	threads.c	kswapd and the other daemons as threads of that machine
 *	report.c	what is printed; plot.c: the picture
 *	generate.c	the trace command: workloads made from a seed
 */
#ifndef ARCH_SIM_REPLAY_H
#define ARCH_SIM_REPLAY_H

#include "lib/types.h"

/* Wrong input or a wrong command: the message on standard error, exit 2. */
void replay_error(const char *fmt, ...) __printf(1, 2) __noreturn;

/* Zeroed memory of the host; an error if there is none. Never freed: the program ends. */
void *host_memory(size_t bytes);

/* ---- trace.c ---- */

#define REF_WRITE	0x80000000u		/* bit of a reference: it writes */
#define REF_PAGE	0x7fffffffu		/* the others: a page, 0 … nr_pages-1 */
#define MOST_REFS	0xfffffff0ul

struct trace {
	const char *name;	/* the file's, as the user wrote it */
	const char *format;
	u32 *refs;
	size_t nr_refs;
	size_t nr_writes;	/* of them */
	u32 nr_pages;		/* distinct ones, in the order of their first reference */
};

/* Reads a whole trace ("-": standard input); FORMAT may be NULL: found out. */
void trace_load(struct trace *trace, const char *name, const char *format);

/* ---- formats.c ---- */

struct loader {
	struct trace *trace;
	size_t room;		/* for references in trace->refs */
	u64 where;		/* line or record that is being read, from 1 */
	struct page_ids *ids;
};

/* A reference to the page that the trace calls ID. */
void loader_add(struct loader *loader, u64 id, bool write);

struct trace_format {
	const char *name;
	bool binary;
	/* Reads what is whole between AT and END; returns where it stopped. */
	const char *(*parse)(struct loader *loader, const char *at, const char *end);
	size_t unit;		/* bytes of a record, of a binary format */
};

extern const struct trace_format trace_formats[];	/* ended by a NULL name */
/* By the first bytes of a file. */
const struct trace_format *detect_format(const char *at, const char *end);

/* ---- policies ---- */

struct result {
	u64 misses;		/* references whose page was not in memory */
	u64 soft;		/* core: faults whose page was still in memory */
	u64 scanned, freed;	/* pages looked at and taken, by clock and core */
	u64 swap_in, swap_out;	/* core: pages */
	double resident;	/* core: pages in memory, on average over the references */
	u64 resident_most;
	double seconds;		/* of the host, for the references alone */
};

void replay_lru(const struct trace *trace, u32 memory, struct result *result);
void replay_clock(const struct trace *trace, u32 memory, struct result *result);
void replay_opt(const struct trace *trace, u32 memory, struct result *result);

struct core_options {
	int page_cluster;	/* log2 of the pages that one swap read brings in */
	bool verify;		/* look at every page's contents */
	bool check;		/* the era's invariants, now and then */
};

/* Can be called once in a process: there is one core. VM: "2.4" or "2.6". */
void replay_core(const struct trace *trace, const char *vm, u32 memory,
		 const struct core_options *options, struct result *result);

/* The least memory that the core works with. */
#define LEAST_CORE_MEMORY	64

/* ---- machine.c ---- */

/*
 * Boots era VM with frames for MEMORY pages, beside those that its lowest watermark keeps
 * free, and a swap disk for twice PAGES.
 */
void machine_start(const char *vm, u32 memory, u32 pages, const struct core_options *options);
unsigned long machine_resident(void);	/* frames that hold something */

#define REFERENCE_NS	1000u		/* time that a reference takes */

/* The process has run for so long; interrupts that are due come now. */
void machine_run(u64 ns);
/* To the next interrupt: nobody can run. False: there is none to come. */
bool machine_idle(void);
extern u64 machine_ns;			/* since boot */

/* ---- threads.c ---- */

struct task;

/* Daemons that are started from now on run by themselves. The caller becomes TASK. */
void threads_start(struct task *task);
/* The process returns to user mode: each daemon that is awake has its turn first. */
void threads_run_woken(void);
/* Wakes threads whose time has come. */
void threads_tick(void);
unsigned long threads_next_tick(void);	/* when the next one wants to wake; ~0ul: none */

/* ---- report.c ---- */

struct run {
	const char *vm;
	u32 memory;		/* pages */
	struct result result;
};

void report_run(const struct trace *trace, const struct run *run, const struct run *opt,
		const struct run *lru, bool time);
void report_table(const struct trace *trace, const struct run *runs, unsigned nr_vms,
		  unsigned nr_sizes);
void report_json(const struct trace *trace, const struct run *runs, unsigned nr_runs);

/* ---- plot.c ---- */

/* RUNS: NR_VMS of the first size, then those of the next one. */
void plot(const char *file, const struct trace *trace, const struct run *runs,
	  unsigned nr_vms, unsigned nr_sizes);

/* ---- commands ---- */

int replay_command(int argc, char **argv);
int trace_command(int argc, char **argv);

#endif
