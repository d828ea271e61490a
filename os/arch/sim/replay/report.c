/* What a replay prints: the figures of one run, a table of several, or all as JSON. */
#include <stdio.h>
#include <string.h>

#include "arch/sim/replay/replay.h"

static double share(const struct trace *trace, u64 count)
{
	return (double)count / (double)trace->nr_refs;
}

static double times(u64 count, u64 of)
{
	return of ? (double)count / (double)of : 0;
}

static double percent(const struct trace *trace, u32 memory)
{
	return 100.0 * memory / trace->nr_pages;
}

/* Each page is missed at its first reference: no policy can help it. */
static u64 refaults(const struct trace *trace, const struct result *result)
{
	return result->misses - trace->nr_pages;
}

static bool is_core(const struct run *run)
{
	return run->vm[0] == '2';
}

static void report_trace(const struct trace *trace)
{
	printf("trace      %s: %zu references (%zu writes), %u pages, %s\n", trace->name,
	       trace->nr_refs, trace->nr_writes, trace->nr_pages, trace->format);
}

static void report_core(const struct result *result)
{
	printf("scanned    %llu for %llu pages freed: %.2f for each\n",
	       (unsigned long long)result->scanned, (unsigned long long)result->freed,
	       times(result->scanned, result->freed));
	printf("swap       %llu pages read, %llu written\n",
	       (unsigned long long)result->swap_in, (unsigned long long)result->swap_out);
	printf("resident   %.1f pages on average, %llu at most\n", result->resident,
	       (unsigned long long)result->resident_most);
}

void report_run(const struct trace *trace, const struct run *run, const struct run *opt,
		const struct run *lru, bool time)
{
	const struct result *result = &run->result;

	report_trace(trace);
	printf("vm         %s with %u pages of memory (%.1f %%)\n", run->vm, run->memory,
	       percent(trace, run->memory));
	printf("misses     %llu = %u first uses + %llu refaults\n",
	       (unsigned long long)result->misses, trace->nr_pages,
	       (unsigned long long)refaults(trace, result));
	printf("miss share %.4f of the references\n", share(trace, result->misses));
	printf("faults     %llu, %llu of them soft\n",
	       (unsigned long long)(result->misses + result->soft),
	       (unsigned long long)result->soft);
	if (is_core(run))
		report_core(result);
	printf("optimum    %.4f: %.3f times as many misses\n",
	       share(trace, opt->result.misses), times(result->misses, opt->result.misses));
	printf("lru        %.4f: %.3f times as many misses\n",
	       share(trace, lru->result.misses), times(result->misses, lru->result.misses));
	if (time)
		printf("time       %.3f s: %.2f million references a second\n", result->seconds,
		       (double)trace->nr_refs / result->seconds / 1e6);
}

/* Each size's line holds the miss shares; below them, what they are times the optimum. */
void report_table(const struct trace *trace, const struct run *runs, unsigned nr_vms,
		  unsigned nr_sizes)
{
	report_trace(trace);
	printf("\nshare of references that miss\n%10s %8s", "memory", "");
	for (unsigned i = 0; i < nr_vms; i++)
		printf(" %8s", runs[i].vm);
	printf("\n");
	for (unsigned size = 0; size < nr_sizes; size++) {
		const struct run *line = &runs[size * nr_vms];
		const struct run *opt = NULL;

		printf("%10u %6.1f %%", line->memory, percent(trace, line->memory));
		for (unsigned i = 0; i < nr_vms; i++) {
			printf(" %8.4f", share(trace, line[i].result.misses));
			if (strcmp(line[i].vm, "opt") == 0)
				opt = &line[i];
		}
		if (opt) {
			printf("\n%19s", "times the optimum");
			for (unsigned i = 0; i < nr_vms; i++)
				printf(" %8.2f", times(line[i].result.misses,
						       opt->result.misses));
		}
		printf("\n");
	}
}

/* ---- JSON ---- */

static void json_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		if ((unsigned char)*text < 0x20)
			printf("\\u%04x", *text);
		else
			putchar(*text);
	}
	putchar('"');
}

static void json_number(const char *key, u64 value)
{
	printf(", \"%s\": %llu", key, (unsigned long long)value);
}

static void json_run(const struct trace *trace, const struct run *run)
{
	const struct result *result = &run->result;

	printf("    {\"vm\": \"%s\", \"memory\": %u", run->vm, run->memory);
	json_number("misses", result->misses);
	json_number("refaults", refaults(trace, result));
	json_number("soft_faults", result->soft);
	if (is_core(run)) {
		json_number("scanned", result->scanned);
		json_number("freed", result->freed);
		json_number("swap_in", result->swap_in);
		json_number("swap_out", result->swap_out);
		json_number("resident_most", result->resident_most);
		printf(", \"resident\": %.1f", result->resident);
	}
	printf(", \"seconds\": %.6f}", result->seconds);
}

void report_json(const struct trace *trace, const struct run *runs, unsigned nr_runs)
{
	printf("{\n  \"trace\": ");
	json_text(trace->name);
	printf(", \"format\": \"%s\",\n  \"references\": %zu, \"writes\": %zu, \"pages\": %u,\n"
	       "  \"runs\": [\n", trace->format, trace->nr_refs, trace->nr_writes,
	       trace->nr_pages);
	for (unsigned i = 0; i < nr_runs; i++) {
		json_run(trace, &runs[i]);
		printf(i + 1 < nr_runs ? ",\n" : "\n");
	}
	printf("  ]\n}\n");
}
