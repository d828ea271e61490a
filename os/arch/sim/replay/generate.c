/*
 * The trace command: workloads that memory management is judged by, made from a seed.
 *
 *	zipf	pages of very different fame: the k-th is used in proportion to 1/k^alpha
 *	scan	half of the references go to a small hot set, the others read all the
 *		pages in order, over and over
 *	loop	all pages in order, over and over
 *	gc	a program with a collector: allocates page after page, works on what it
 *		has just allocated and on some old data, and now and then the collector
 *		walks through everything
 *	fork	short-lived processes: each uses its parent's pages, as famous as zipf's,
 *		and pages of its own, which the next process gets after its end
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/sim/replay/replay.h"

static const char help[] =
	"usage: highwater trace WORKLOAD [OPTION...]  >FILE\n"
	"\n"
	"Writes the references of a program, for highwater replay. WORKLOAD is one of\n"
	"  zipf   some pages are used much more often than others\n"
	"  scan   a hot set, and a scan of all pages beside it\n"
	"  loop   all pages in order, again and again\n"
	"  gc     a program with a garbage collector\n"
	"  fork   short-lived processes that share their parent's pages\n"
	"\n"
	"  --pages=N      default 65536\n"
	"  --refs=N       default 4000000\n"
	"  --seed=N       default 1; the same seed makes the same trace\n"
	"  --alpha=X      of zipf, default 1.0\n"
	"  --writes=N     percent of the references that write, default 0\n"
	"  --format=F     text (default) or oracleGeneral\n";

static struct {
	u32 pages, refs, seed, writes;
	double alpha;
	bool binary;
} options = { .pages = 65536, .refs = 4000000, .seed = 1, .alpha = 1.0 };

/* ---- random numbers ---- */

static u64 state;

/* A counter whose steps are mixed until every bit depends on every other. */
static u64 random_u64(void)
{
	u64 x = state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static u32 below(u32 limit)
{
	return (u32)((random_u64() >> 32) * limit >> 32);
}

static double fraction(void)
{
	return (double)(random_u64() >> 11) / 9007199254740992.0;
}

/* ---- powers: our own, so that a seed makes the same trace with every libm ---- */

/* Of a number from 1 on: the digits before the point by halving, those behind by squaring. */
static double log2_of(double x)
{
	double result = 0;

	for (; x >= 2; x /= 2)
		result++;
	for (double digit = 0.5; digit > 1e-16; digit /= 2) {
		x *= x;
		if (x >= 2) {
			x /= 2;
			result += digit;
		}
	}
	return result;
}

/* 2^-x for x >= 0: halvings, then the exponential series. */
static double exp2_of_minus(double x)
{
	double result = 1, term = 1, rest = x - (double)(u32)x;

	for (u32 i = 1; i < 24; i++)
		result += term *= -rest * 0.69314718055994530942 / i;
	for (u32 i = (u32)x; i; i--)
		result /= 2;
	return result;
}

/* ---- zipf ---- */

struct zipf {
	u32 n;
	double *up_to;		/* [k]: the probability of one of the first k+1 ranks */
	u32 *page;		/* of each rank: fame is no matter of place */
};

static void zipf_init(struct zipf *zipf, u32 n)
{
	double sum = 0;

	*zipf = (struct zipf){ .n = n };
	zipf->up_to = host_memory(n * sizeof(double));
	zipf->page = host_memory(n * sizeof(u32));
	for (u32 rank = 0; rank < n; rank++)
		zipf->up_to[rank] = sum += exp2_of_minus(options.alpha * log2_of(rank + 1));
	for (u32 rank = 0; rank < n; rank++) {
		u32 other = below(rank + 1);

		zipf->up_to[rank] /= sum;
		zipf->page[rank] = zipf->page[other];
		zipf->page[other] = rank;
	}
}

static u32 zipf_page(const struct zipf *zipf)
{
	double x = fraction();
	u32 low = 0, high = zipf->n - 1;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (zipf->up_to[middle] < x)
			low = middle + 1;
		else
			high = middle;
	}
	return zipf->page[low];
}

/* ---- output ---- */

static void put_little_endian(u64 value, unsigned bytes)
{
	while (bytes--) {
		putchar_unlocked((int)(value & 0xff));
		value >>= 8;
	}
}

static u32 put_so_far;

/* False: the trace is long enough. A reference that writes is marked in text only. */
static bool put(u32 page)
{
	bool write = options.writes && below(100) < options.writes;

	if (put_so_far == options.refs)
		return false;
	if (options.binary) {
		put_little_endian(put_so_far, 4);
		put_little_endian(page, 8);
		put_little_endian(4096, 4);
		put_little_endian(~0ull, 8);	/* not looked up: "never" */
	} else {
		printf(write ? "%u w\n" : "%u\n", page);
	}
	put_so_far++;
	return true;
}

/* ---- workloads ---- */

static void make_zipf(void)
{
	static struct zipf zipf;

	zipf_init(&zipf, options.pages);
	while (put(zipf_page(&zipf)))
		;
}

static void make_loop(void)
{
	for (u32 i = 0; put(i % options.pages); i++)
		;
}

static void make_scan(void)
{
	u32 hot = max(options.pages / 8, 1u);
	u32 next = hot;

	for (;;) {
		if (!put(below(hot)) || !put(next))
			return;
		if (++next >= options.pages)
			next = hot < options.pages ? hot : 0;
	}
}

static void make_gc(void)
{
	u32 old = max(options.pages / 4, 1u);	/* the rest is the ring of new objects */
	u32 ring = max(options.pages - old, 1u);
	u32 nursery = max(ring / 16, 1u);
	static struct zipf zipf;

	zipf_init(&zipf, old);
	for (u32 i = 0;; i++) {
		u32 newest = i / 8 % ring;

		if (i % (24 * ring) == 24 * ring - 1)
			for (u32 page = 0; page < options.pages; page++)
				if (!put(page))
					return;
		if (!put(i % 2 ? zipf_page(&zipf)
			       : old + (newest + ring - below(nursery)) % ring))
			return;
	}
}

static void make_fork(void)
{
	u32 shared = max(options.pages / 2, 1u);
	u32 own = max((options.pages - shared) / 16, 1u);	/* of a process */
	u32 slots = max((options.pages - shared) / own, 1u);
	static struct zipf zipf;

	zipf_init(&zipf, shared);
	for (u32 process = 0;; process++) {
		u32 first = shared + process % slots * own;

		for (u32 i = 0; i < 6 * own; i++)
			if (!put(i % 3 ? zipf_page(&zipf) : first + below(min(i / 3 + 1, own))))
				return;
	}
}

/* ---- the command ---- */

static u32 parse_number(const char *argument, const char *text, u32 least, u32 most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value < least || value > most)
		replay_error("%s: expected a number from %u to %u", argument, least, most);
	return (u32)value;
}

static void parse_option(const char *argument)
{
	const char *value = strchr(argument, '=');

	value = value ? value + 1 : "";
	if (strncmp(argument, "--pages=", 8) == 0) {
		options.pages = parse_number(argument, value, 1, 1u << 28);
	} else if (strncmp(argument, "--refs=", 7) == 0) {
		options.refs = parse_number(argument, value, 1, (u32)MOST_REFS);
	} else if (strncmp(argument, "--seed=", 7) == 0) {
		options.seed = parse_number(argument, value, 0, ~0u);
	} else if (strncmp(argument, "--writes=", 9) == 0) {
		options.writes = parse_number(argument, value, 0, 100);
	} else if (strncmp(argument, "--alpha=", 8) == 0) {
		char *end;

		options.alpha = strtod(value, &end);
		if (!*value || *end || !(options.alpha >= 0 && options.alpha <= 10))
			replay_error("%s: expected a number from 0 to 10", argument);
	} else if (strcmp(argument, "--format=text") == 0) {
		options.binary = false;
	} else if (strcmp(argument, "--format=oracleGeneral") == 0) {
		options.binary = true;
	} else {
		replay_error("%s: unknown, see `highwater trace --help`", argument);
	}
}

int trace_command(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*make)(void);
	} workloads[] = {
		{ "zipf", make_zipf }, { "scan", make_scan }, { "loop", make_loop },
		{ "gc", make_gc }, { "fork", make_fork },
	};
	const char *name = argc > 2 ? argv[2] : "";

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		fputs(help, stdout);
		return 0;
	}
	for (int i = 3; i < argc; i++)
		parse_option(argv[i]);
	state = options.seed;
	for (unsigned i = 0; i < ARRAY_SIZE(workloads); i++)
		if (strcmp(workloads[i].name, name) == 0) {
			workloads[i].make();
			return 0;
		}
	if (!*name)
		replay_error("no workload, expected zipf, scan, loop, gc or fork");
	replay_error("workload '%s', expected zipf, scan, loop, gc or fork", name);
}
