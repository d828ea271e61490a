/*
 * Traces: a file or a pipe of references becomes an array of small numbers.
 *
 * The input is read in pieces and never held as a whole; what stays in memory are four
 * bytes for each reference. Pages are numbered in the order in which they are first
 * used, whatever the trace calls them: a hash table of their 64-bit names sees to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch/sim/replay/replay.h"

#define PIECE	(1u << 20)	/* bytes read at once; no line may be longer */

/* ---- names of pages ---- */

#define FIRST_BITS	16
#define MIX		0x9e3779b97f4a7c15ull	/* odd, with its bits well spread */

struct page_ids {
	struct bucket {
		u64 id;
		u32 page;	/* + 1; 0: empty */
	} *buckets;		/* open addressing, at most half full */
	unsigned bits;		/* log2 of their number */
	u64 last_id;		/* of the latest reference, which is often that of the next */
	u32 last_page;		/* + 1 */
};

static struct bucket *bucket_of(const struct page_ids *ids, u64 id)
{
	u64 mask = (1ull << ids->bits) - 1;
	u64 at = id * MIX >> (64 - ids->bits);

	while (ids->buckets[at].page && ids->buckets[at].id != id)
		at = (at + 1) & mask;
	return &ids->buckets[at];
}

static void set_buckets(struct page_ids *ids, unsigned bits)
{
	ids->bits = bits;
	ids->buckets = host_memory(sizeof(struct bucket) << bits);
}

static void grow_ids(struct page_ids *ids)
{
	struct page_ids old = *ids;

	set_buckets(ids, old.bits + 1);
	for (u64 i = 0; i < 1ull << old.bits; i++)
		if (old.buckets[i].page)
			*bucket_of(ids, old.buckets[i].id) = old.buckets[i];
	free(old.buckets);
}

static u32 page_of(struct loader *loader, u64 id)
{
	struct page_ids *ids = loader->ids;
	struct trace *trace = loader->trace;
	struct bucket *bucket;

	if (ids->last_page && ids->last_id == id)
		return ids->last_page - 1;
	bucket = bucket_of(ids, id);
	if (!bucket->page) {
		if (trace->nr_pages == REF_PAGE)
			replay_error("%s: more than %u pages", trace->name, REF_PAGE);
		*bucket = (struct bucket){ id, ++trace->nr_pages };
		if (2ull * trace->nr_pages > 1ull << ids->bits) {
			grow_ids(ids);
			bucket = bucket_of(ids, id);
		}
	}
	ids->last_id = id;
	ids->last_page = bucket->page;
	return bucket->page - 1;
}

void loader_add(struct loader *loader, u64 id, bool write)
{
	struct trace *trace = loader->trace;

	if (trace->nr_refs == loader->room) {
		if (loader->room >= MOST_REFS)
			replay_error("%s: more than %lu references", trace->name, MOST_REFS);
		loader->room = min(loader->room * 2, MOST_REFS);
		trace->refs = realloc(trace->refs, loader->room * sizeof(u32));
		if (!trace->refs)
			replay_error("%s: no memory for %zu references", trace->name,
				     loader->room);
	}
	trace->refs[trace->nr_refs++] = page_of(loader, id) | (write ? REF_WRITE : 0);
	trace->nr_writes += write;
}

/* ---- the file ---- */

void *host_memory(size_t bytes)
{
	void *memory = calloc(1, bytes ? bytes : 1);

	if (!memory)
		replay_error("no memory for %zu bytes", bytes);
	return memory;
}

void replay_error(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "highwater: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(2);
}

static int open_trace(const char *name)
{
	int fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY);

	if (fd < 0)
		replay_error("%s: %s", name, strerror(errno));
	return fd;
}

/* As much as there is, up to SIZE. */
static size_t fill(const char *name, int fd, char *to, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, to + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			replay_error("%s: %s", name, strerror(errno));
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return done;
}

static const struct trace_format *find_format(const char *name)
{
	for (const struct trace_format *f = trace_formats; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	replay_error("unknown format '%s', expected text, lackey or oracleGeneral", name);
}

/* What is left at the end of the file, shorter than a line or a record. */
static void check_rest(const struct loader *loader, const struct trace_format *format,
		       size_t left)
{
	if (left)
		replay_error("%s: record %llu: %zu bytes, expected %zu", loader->trace->name,
			     (unsigned long long)loader->where, left, format->unit);
}

static void read_pieces(struct loader *loader, int fd, const struct trace_format *format)
{
	const char *name = loader->trace->name;
	char *piece = host_memory(PIECE + 1);
	size_t left = 0;
	bool ended = false;

	while (!ended) {
		size_t n = fill(name, fd, piece + left, PIECE - left);
		char *end = piece + left + n;
		const char *stop;

		ended = end < piece + PIECE;
		if (!format)
			format = detect_format(piece, end);
		loader->trace->format = format->name;
		if (ended && !format->binary && end > piece && end[-1] != '\n')
			*end++ = '\n';
		stop = format->parse(loader, piece, end);
		left = (size_t)(end - stop);
		if (left == PIECE)
			replay_error("%s:%llu: a line of more than %u bytes, expected a trace",
				     name, (unsigned long long)loader->where, PIECE);
		memmove(piece, stop, left);
	}
	check_rest(loader, format, left);
	free(piece);
}

void trace_load(struct trace *trace, const char *name, const char *format)
{
	struct page_ids ids = { .last_page = 0 };
	struct loader loader = { .trace = trace, .room = 1u << 16, .where = 1, .ids = &ids };
	int fd = open_trace(name);

	*trace = (struct trace){ .name = strcmp(name, "-") ? name : "standard input" };
	trace->refs = host_memory(loader.room * sizeof(u32));
	set_buckets(&ids, FIRST_BITS);
	read_pieces(&loader, fd, format ? find_format(format) : NULL);
	if (fd != STDIN_FILENO)
		close(fd);
	free(ids.buckets);
	if (!trace->nr_refs)
		replay_error("%s: no references, expected a trace", trace->name);
}
