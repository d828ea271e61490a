/*
 * The picture of a comparison, as SVG: the share of references that miss over the size of
 * memory, a line for each policy, named where it ends. The core's two eras are drawn
 * strong, the policies from books thin; dashes and marks repeat what colours say. The
 * area below the optimum is grey: no policy gets there.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arch/sim/replay/replay.h"

#define WIDTH		900
#define HEIGHT		540
#define LEFT		74
#define RIGHT		(WIDTH - 170)	/* the names stand behind it */
#define TOP		78
#define BOTTOM		(HEIGHT - 74)
#define LABEL_STEP	17		/* between two names, at least */
#define MOST_LINES	8
#define MOST_TICKS	24		/* of the axis of memory */
#define TICK_ROOM	44		/* that one needs */

#define INK		"#222222"
#define QUIET		"#666666"

static const struct look {
	const char *vm, *name, *colour, *dashes;
	double width;
	char mark;		/* o circle, s square, d diamond, t triangle, x cross */
} looks[] = {
	{ "2.6", "vm 2.6", "#B8336A", "", 3, 'o' },
	{ "2.4", "vm 2.4", "#0072B2", "", 3, 's' },
	{ "lru", "LRU", "#D98200", "7 3", 1.8, 'd' },
	{ "clock", "CLOCK", "#7A5BA8", "2 3", 1.8, 't' },
	{ "opt", "OPT", "#00805E", "", 1.8, 'x' },
};

static FILE *out;

struct frame {
	double most_x;		/* pages at the right border */
	double most_y;		/* share at the top */
	const struct trace *trace;
};

static double x_of(const struct frame *f, double pages)
{
	return LEFT + pages / f->most_x * (RIGHT - LEFT);
}

static double y_of(const struct frame *f, double share)
{
	return BOTTOM - share / f->most_y * (BOTTOM - TOP);
}

static double share_of(const struct frame *f, const struct run *run)
{
	return (double)run->result.misses / (double)f->trace->nr_refs;
}

static const struct look *look_of(const struct run *run)
{
	const struct look *look = looks;

	while (strcmp(look->vm, run->vm) != 0)
		look++;
	return look;
}

/* ---- text ---- */

static void put_escaped(const char *text)
{
	for (; *text; text++) {
		if (strchr("<>&\"", *text))
			fprintf(out, "&#%d;", *text);
		else if ((unsigned char)*text >= 0x20)
			fputc(*text, out);
	}
}

static void begin_text(double x, double y, const char *anchor, int size, const char *colour,
		       const char *more)
{
	fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" "
		"fill=\"%s\"%s>", x, y, anchor, size, colour, more);
}

static void put_text(double x, double y, const char *anchor, int size, const char *colour,
		     const char *text)
{
	begin_text(x, y, anchor, size, colour, "");
	put_escaped(text);
	fprintf(out, "</text>\n");
}

/* 65536 as 65 536, with spaces that do not break. */
static void number_text(char *text, size_t size, unsigned long number)
{
	if (number >= 1000000)
		snprintf(text, size, "%lu\u00a0%03lu\u00a0%03lu", number / 1000000,
			 number / 1000 % 1000, number % 1000);
	else if (number >= 1000)
		snprintf(text, size, "%lu\u00a0%03lu", number / 1000, number % 1000);
	else
		snprintf(text, size, "%lu", number);
}

static void put_title(const struct trace *trace)
{
	char refs[40], pages[40];
	const char *slash = strrchr(trace->name, '/');

	number_text(refs, sizeof(refs), trace->nr_refs);
	number_text(pages, sizeof(pages), trace->nr_pages);
	begin_text(LEFT, 30, "start", 17, INK, " font-weight=\"bold\"");
	fprintf(out, "Pages that were not in memory: ");
	put_escaped(slash ? slash + 1 : trace->name);
	fprintf(out, "</text>\n");
	begin_text(LEFT, 52, "start", 12, QUIET, "");
	fprintf(out, "%s references to %s pages; share of references that miss, "
		"over the memory</text>\n", refs, pages);
}

/* ---- axes ---- */

/* A round step that cuts 0 … MOST into 4 to 10 parts. */
static double round_step(double most)
{
	static const double steps[] = { 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2 };

	for (unsigned i = 0; i < ARRAY_SIZE(steps); i++)
		if (most / steps[i] <= 8)
			return steps[i];
	return steps[ARRAY_SIZE(steps) - 1];
}

static void put_shares(const struct frame *f)
{
	double step = round_step(f->most_y);

	for (unsigned i = 0; i * step <= f->most_y + step / 1000; i++) {
		double y = y_of(f, i * step);
		char text[16];

		snprintf(text, sizeof(text), step < 0.01 ? "%.1f\u00a0%%" : "%.0f\u00a0%%",
			 100 * i * step);
		fprintf(out, "<path d=\"M%d %.1fH%d\" stroke=\"%s\"/>\n", LEFT, y, RIGHT,
			i ? "#E2E2E2" : INK);
		put_text(LEFT - 8, y + 4, "end", 12, QUIET, text);
	}
}

static void put_tick(const struct frame *f, u32 memory)
{
	double x = x_of(f, memory);
	char text[40];

	fprintf(out, "<path d=\"M%.1f %dv6\" stroke=\"%s\"/>\n", x, BOTTOM, INK);
	snprintf(text, sizeof(text), "%.3g\u00a0%%", 100.0 * memory / f->trace->nr_pages);
	put_text(x, BOTTOM + 21, "middle", 12, INK, text);
	number_text(text, sizeof(text), memory);
	put_text(x, BOTTOM + 37, "middle", 11, QUIET, text);
}

/* The sizes that were measured, where there is room for their numbers. */
static void put_sizes(const struct frame *f, const struct run *runs, unsigned nr_vms,
		      unsigned nr_sizes)
{
	double taken[MOST_TICKS];
	unsigned n = 0;

	for (unsigned size = nr_sizes; size-- > 0 && n < MOST_TICKS;) {
		u32 memory = runs[size * nr_vms].memory;
		double x = x_of(f, memory);
		bool room = true;

		for (unsigned i = 0; i < n; i++)
			if (x - taken[i] < TICK_ROOM && taken[i] - x < TICK_ROOM)
				room = false;
		if (!room)
			continue;
		put_tick(f, memory);
		taken[n++] = x;
	}
	put_text((LEFT + RIGHT) / 2.0, BOTTOM + 58, "middle", 12, QUIET,
		 "memory: share of the trace's pages, and pages");
}

/* ---- lines ---- */

static void put_mark(const struct look *look, double x, double y, const char *tip)
{
	static const struct {
		char mark;
		const char *path;
	} shapes[] = {
		{ 'o', "m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z" },
		{ 's', "m-4 -4h8v8h-8z" },
		{ 'd', "m0-5 5 5-5 5-5-5z" },
		{ 't', "m0-5 4.7 8h-9.4z" },
		{ 'x', "m-4-4 8 8m0-8-8 8" },
	};
	unsigned i = 0;

	while (shapes[i].mark != look->mark)
		i++;
	fprintf(out, "<path d=\"M%.1f %.1f%s\" fill=\"%s\" stroke=\"%s\" "
		"stroke-width=\"%s\"><title>%s</title></path>\n", x, y, shapes[i].path,
		look->colour, look->mark == 'x' ? look->colour : "#FFFFFF",
		look->mark == 'x' ? "2" : "1", tip);
}

/* The runs of one policy are NR_VMS apart; sizes rise. */
static void put_points(const struct frame *f, const struct run *line, unsigned nr_vms,
		       unsigned nr_sizes)
{
	for (unsigned i = 0; i < nr_sizes; i++)
		fprintf(out, "%s%.1f %.1f", i ? " " : "", x_of(f, line[i * nr_vms].memory),
			y_of(f, share_of(f, &line[i * nr_vms])));
}

static void put_impossible(const struct frame *f, const struct run *opt, unsigned nr_vms,
			   unsigned nr_sizes)
{
	double from = x_of(f, opt->memory), to = x_of(f, opt[(nr_sizes - 1) * nr_vms].memory);
	double lowest = y_of(f, share_of(f, &opt[(nr_sizes - 1) * nr_vms]));

	fprintf(out, "<path d=\"M%.1f %dL", from, BOTTOM);
	put_points(f, opt, nr_vms, nr_sizes);
	fprintf(out, " %.1f %dz\" fill=\"#F1F1F1\"/>\n", to, BOTTOM);
	if (BOTTOM - lowest > 18 && to - from > 200)
		put_text((from + to) / 2, BOTTOM - 9, "middle", 11, QUIET,
			 "below the optimum: out of reach");
}

static void put_line(const struct frame *f, const struct run *line, unsigned nr_vms,
		     unsigned nr_sizes)
{
	const struct look *look = look_of(line);

	fprintf(out, "<polyline points=\"");
	put_points(f, line, nr_vms, nr_sizes);
	fprintf(out, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\" "
		"stroke-dasharray=\"%s\" stroke-linejoin=\"round\"/>\n", look->colour,
		look->width, *look->dashes ? look->dashes : "none");
	for (unsigned i = 0; i < nr_sizes; i++) {
		const struct run *run = &line[i * nr_vms];
		char tip[80];

		snprintf(tip, sizeof(tip), "%s, %u pages: %.2f %%", look->name, run->memory,
			 100 * share_of(f, run));
		put_mark(look, x_of(f, run->memory), y_of(f, share_of(f, run)), tip);
	}
}

/* ---- names at the ends ---- */

struct end {
	const struct run *run;
	double y;		/* of the line's end */
	double label;		/* of its name */
};

/* From the top down; no two names closer than a line of text. */
static void place_labels(struct end *ends, unsigned n)
{
	double lowest = BOTTOM + 4;

	for (unsigned i = 1; i < n; i++)
		for (unsigned j = i; j && ends[j].y < ends[j - 1].y; j--) {
			struct end swapped = ends[j];

			ends[j] = ends[j - 1];
			ends[j - 1] = swapped;
		}
	for (unsigned i = 0; i < n; i++) {
		ends[i].label = ends[i].y;
		/* Names that touch move apart evenly, so that none gets far from its line. */
		for (unsigned pass = 0; pass < 200; pass++)
			for (unsigned j = 1; j <= i; j++) {
				double lack = LABEL_STEP - (ends[j].label - ends[j - 1].label);

				if (lack > 0) {
					ends[j].label += lack / 2;
					ends[j - 1].label -= lack / 2;
				}
			}
	}
	for (unsigned i = n; i-- > 0; lowest = ends[i].label - LABEL_STEP)
		ends[i].label = min(ends[i].label, lowest);
}

static void put_labels(const struct frame *f, const struct run *last, unsigned n)
{
	struct end ends[MOST_LINES];

	for (unsigned i = 0; i < n; i++)
		ends[i] = (struct end){ .run = &last[i], .y = y_of(f, share_of(f, &last[i])) };
	place_labels(ends, n);
	for (unsigned i = 0; i < n; i++) {
		const struct look *look = look_of(ends[i].run);
		char text[48];

		fprintf(out, "<path d=\"M%d %.1fL%d %.1f\" stroke=\"%s\"/>\n", RIGHT + 7,
			ends[i].y, RIGHT + 24, ends[i].label, look->colour);
		begin_text(RIGHT + 29, ends[i].label + 4, "start", 13, look->colour,
			   look->width > 2 ? " font-weight=\"bold\"" : "");
		snprintf(text, sizeof(text), "%s  %.1f\u00a0%%", look->name,
			 100 * share_of(f, ends[i].run));
		put_escaped(text);
		fprintf(out, "</text>\n");
	}
}

/* ---- the whole ---- */

/* Room for the largest values, and the vertical axis up to a round one. */
static struct frame make_frame(const struct trace *trace, const struct run *runs, unsigned n)
{
	struct frame f = { .trace = trace };
	double step;

	for (unsigned i = 0; i < n; i++) {
		f.most_x = max(f.most_x, (double)runs[i].memory);
		f.most_y = max(f.most_y, share_of(&f, &runs[i]));
	}
	step = round_step(f.most_y);
	f.most_y = step * (unsigned)(f.most_y / step + 0.999);
	return f;
}

static void put_picture(const struct trace *trace, const struct run *runs, unsigned nr_vms,
			unsigned nr_sizes)
{
	struct frame f = make_frame(trace, runs, nr_vms * nr_sizes);

	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" font-family=\"DejaVu Sans, sans-serif\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#FFFFFF\"/>\n", WIDTH, HEIGHT,
		WIDTH, HEIGHT);
	put_title(trace);
	for (unsigned i = 0; i < nr_vms; i++)
		if (strcmp(runs[i].vm, "opt") == 0)
			put_impossible(&f, &runs[i], nr_vms, nr_sizes);
	put_shares(&f);
	put_sizes(&f, runs, nr_vms, nr_sizes);
	for (unsigned i = 0; i < nr_vms; i++)
		put_line(&f, &runs[i], nr_vms, nr_sizes);
	put_labels(&f, &runs[(nr_sizes - 1) * nr_vms], nr_vms);
	fprintf(out, "</svg>\n");
}

void plot(const char *file, const struct trace *trace, const struct run *runs,
	  unsigned nr_vms, unsigned nr_sizes)
{
	out = fopen(file, "w");
	if (!out)
		replay_error("%s: %s", file, strerror(errno));
	put_picture(trace, runs, nr_vms, nr_sizes);
	if (ferror(out) | fclose(out))
		replay_error("%s: the picture could not be written", file);
}
