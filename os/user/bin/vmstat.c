/*
 * vmstat: memory, paging and processor use in one line, with the columns of procps.
 *
 *   vmstat			averages since boot
 *   vmstat DELAY [COUNT]	then a line each DELAY seconds for the time between
 *
 * Reads /proc/meminfo, /proc/vmstat and /proc/stat; a column of which the kernel reports
 * nothing shows `-`. Sizes in KiB, rates per second, processor time in percent.
 */
#include <limits.h>
#include <procfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADER_EVERY	20	/* lines */

enum rate { SWAP_IN, SWAP_OUT, BLOCKS_IN, BLOCKS_OUT, INTERRUPTS, SWITCHES, NR_RATES };
enum share { USER, NICE, SYSTEM, IDLE, IO_WAIT, NR_SHARES };

struct sample {
	uint64_t time;			/* ns */
	long long running, blocked;	/* processes now; -1 is: not reported */
	long long swapped, unused, buffers, cached;	/* KiB */
	long long count[NR_RATES];	/* since boot */
	long long ticks[NR_SHARES];	/* of processor time since boot */
};

static long long difference(long long a, long long b)
{
	return a < 0 || b < 0 ? -1 : a - b;
}

static void read_ticks(const char *stat, struct sample *s)
{
	const char *at = stat && strncmp(stat, "cpu ", 4) == 0 ? stat + 4 : NULL;

	for (int i = 0; i < NR_SHARES; i++) {
		s->ticks[i] = -1;
		if (!at)
			continue;
		while (*at == ' ')
			at++;
		if (*at >= '0' && *at <= '9')
			s->ticks[i] = 0;
		for (; *at >= '0' && *at <= '9'; at++)
			s->ticks[i] = s->ticks[i] * 10 + *at - '0';
	}
}

static void take_sample(struct sample *s)
{
	char *meminfo = read_whole_file("/proc/meminfo", NULL);
	char *vmstat = read_whole_file("/proc/vmstat", NULL);
	char *stat = read_whole_file("/proc/stat", NULL);
	const long long page_kib = PAGE_SIZE / 1024;

	if (!meminfo)
		die(1, "/proc/meminfo");
	s->time = monotonic_ns();
	s->swapped = difference(proc_value(meminfo, "SwapTotal:"),
				proc_value(meminfo, "SwapFree:"));
	s->unused = proc_value(meminfo, "MemFree:");
	s->buffers = proc_value(meminfo, "Buffers:");
	s->cached = proc_value(meminfo, "Cached:");
	s->count[SWAP_IN] = proc_value(vmstat, "pswpin");
	s->count[SWAP_OUT] = proc_value(vmstat, "pswpout");
	if (s->count[SWAP_IN] > 0)
		s->count[SWAP_IN] *= page_kib;
	if (s->count[SWAP_OUT] > 0)
		s->count[SWAP_OUT] *= page_kib;
	s->count[BLOCKS_IN] = proc_value(vmstat, "pgpgin");
	s->count[BLOCKS_OUT] = proc_value(vmstat, "pgpgout");
	s->count[INTERRUPTS] = proc_value(stat, "intr");
	s->count[SWITCHES] = proc_value(stat, "ctxt");
	s->running = proc_value(stat, "procs_running");
	s->blocked = proc_value(stat, "procs_blocked");
	read_ticks(stat, s);
	free(meminfo);
	free(vmstat);
	free(stat);
}

static void print_column(int width, long long value)
{
	if (value < 0)
		printf(" %*s", width, "-");
	else
		printf(" %*lld", width, value);
}

static void print_header(void)
{
	puts("procs -----------memory---------- ---swap-- -----io---- -system-- ----cpu----");
	puts(" r  b   swpd   free   buff  cache   si   so    bi    bo   in   cs us sy id wa");
}

/* One line: how things are in `now`, and the rates since `before`. */
static void print_line(const struct sample *before, const struct sample *now)
{
	static const int width[NR_RATES] = { 4, 4, 5, 5, 4, 4 };
	long long ms = (now->time - before->time) / 1000000, share[NR_SHARES], all = 0;

	print_column(1, now->running);
	print_column(2, now->blocked);
	print_column(6, now->swapped);
	print_column(6, now->unused);
	print_column(6, now->buffers);
	print_column(6, now->cached);
	for (int i = 0; i < NR_RATES; i++) {
		long long grown = difference(now->count[i], before->count[i]);

		print_column(width[i], grown < 0 || ms == 0 ? grown : grown * 1000 / ms);
	}
	for (int i = 0; i < NR_SHARES; i++) {
		share[i] = difference(now->ticks[i], before->ticks[i]);
		all += share[i] > 0 ? share[i] : 0;
	}
	if (share[USER] >= 0 && share[NICE] >= 0)
		share[USER] += share[NICE];
	for (int i = 0; i < NR_SHARES; i++)
		if (i != NICE)
			print_column(2, share[i] < 0 || all == 0 ? share[i]
				     : share[i] * 100 / all);
	putchar('\n');
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct sample before = { 0 }, now;
	struct sysinfo info;
	long delay = 0, count = 1;

	if (getopt(argc, argv, "") != -1 || argc - optind > 2)
		usage("[DELAY [COUNT]]");
	if (optind < argc) {
		delay = number_argument(argv[optind], "delay", 1, INT_MAX / 1000);
		count = LONG_MAX;
	}
	if (optind + 1 < argc)
		count = number_argument(argv[optind + 1], "count", 1, LONG_MAX);
	for (long line = 0; line < count; line++) {
		if (line > 0)
			sleep_ms(delay * 1000);
		take_sample(&now);
		if (line % HEADER_EVERY == 0)
			print_header();
		/* The first line covers the time since boot, which the clock may not. */
		if (line == 0 && sysinfo(&info) == 0)
			before.time = now.time - (uint64_t)info.uptime * 1000000000;
		print_line(&before, &now);
		before = now;
	}
	return 0;
}
