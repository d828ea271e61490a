/*
 * The formats of traces.
 *
 *	text		a reference a line: a page number, or a byte address that begins with
 *			0x, then perhaps r or w; # begins a comment
 *	lackey		what valgrind --tool=lackey --trace-mem=yes prints: `I  ADDRESS,SIZE`,
 *			and with a blank in front L (load), S (store), M (both)
 *	oracleGeneral	libCacheSim's records of 24 bytes, little-endian: u32 time, u64
 *			object, u32 size, i64 next use. Each object is a page, and is read.
 */
#include <ctype.h>
#include <string.h>

#include "arch/sim/replay/replay.h"

#define PAGE_BITS	12
#define RECORD		24
#define RECORD_ID	4	/* where the object's name is in it */
#define SHOWN		40	/* bytes of a wrong line that the message repeats */

static void __noreturn wrong_line(const struct loader *loader, const char *line,
				  const char *end, const char *expected)
{
	int length = (int)min(end - line, (long)SHOWN);

	replay_error("%s:%llu: '%.*s%s', expected %s", loader->trace->name,
		     (unsigned long long)loader->where, length, line,
		     end - line > SHOWN ? "..." : "", expected);
}

static const char *skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\t' || *at == '\r')
		at++;
	return at;
}

/* The value of a digit, 16 or more if it is none. */
static unsigned digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (unsigned)((c | 0x20) - 'a') + 10;
	return 16;
}

/* Reads a number and moves *AT behind it; false: none there, or more than 64 bits. */
static bool number(const char **at, unsigned base, u64 *value)
{
	const char *start = *at;

	*value = 0;
	for (; digit(**at) < base; ++*at) {
		if (*value > (~0ull - digit(**at)) / base)
			return false;
		*value = *value * base + digit(**at);
	}
	return *at > start;
}

/* ---- text ---- */

static void text_line(struct loader *loader, const char *line, const char *end)
{
	static const char expected[] = "a page number or 0xADDRESS, then perhaps r or w";
	const char *at = skip_blanks(line);
	bool address = at[0] == '0' && (at[1] | 0x20) == 'x';
	bool write = false;
	u64 value;

	if (*at == '\n' || *at == '#')
		return;
	if (address)
		at += 2;
	if (!number(&at, address ? 16 : 10, &value))
		wrong_line(loader, line, end, expected);
	if (*at == ' ' || *at == '\t') {
		at = skip_blanks(at);
		write = (*at | 0x20) == 'w';
		if (write || (*at | 0x20) == 'r')
			at++;
	}
	at = skip_blanks(at);
	if (*at != '\n' && *at != '#')
		wrong_line(loader, line, end, expected);
	loader_add(loader, address ? value >> PAGE_BITS : value, write);
}

/* ---- lackey ---- */

/* Lines of valgrind itself begin with ==PID== or --PID--. */
static bool valgrind_message(const char *line)
{
	return (line[0] == '=' && line[1] == '=') || (line[0] == '-' && line[1] == '-');
}

static void lackey_line(struct loader *loader, const char *line, const char *end)
{
	static const char expected[] = "I, L, S or M, then ADDRESS,SIZE, as lackey prints them";
	const char *at = skip_blanks(line);
	char kind = *at;
	u64 address, size;

	if (kind == '\n' || valgrind_message(line))
		return;
	if (!strchr("ILSM", kind))
		wrong_line(loader, line, end, expected);
	at = skip_blanks(at + 1);
	if (!number(&at, 16, &address) || *at++ != ',' || !number(&at, 10, &size) || !size ||
	    *skip_blanks(at) != '\n' || size > 1u << PAGE_BITS)
		wrong_line(loader, line, end, expected);
	for (u64 page = address >> PAGE_BITS; page <= (address + size - 1) >> PAGE_BITS; page++)
		loader_add(loader, page, kind == 'S' || kind == 'M');
}

/* ---- both are lines ---- */

static const char *parse_lines(struct loader *loader, const char *at, const char *end,
			       void (*line)(struct loader *, const char *, const char *))
{
	const char *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		line(loader, at, newline);
		loader->where++;
		at = newline + 1;
	}
	return at;
}

static const char *parse_text(struct loader *loader, const char *at, const char *end)
{
	return parse_lines(loader, at, end, text_line);
}

static const char *parse_lackey(struct loader *loader, const char *at, const char *end)
{
	return parse_lines(loader, at, end, lackey_line);
}

/* ---- oracleGeneral ---- */

static u64 little_endian(const char *at)
{
	const unsigned char *bytes = (const unsigned char *)at;
	u64 value = 0;

	for (unsigned i = 8; i-- > 0;)
		value = value << 8 | bytes[i];
	return value;
}

static const char *parse_oracle(struct loader *loader, const char *at, const char *end)
{
	for (; end - at >= RECORD; at += RECORD) {
		loader_add(loader, little_endian(at + RECORD_ID), false);
		loader->where++;
	}
	return at;
}

const struct trace_format trace_formats[] = {
	{ "text", false, parse_text, 0 },
	{ "lackey", false, parse_lackey, 0 },
	{ "oracleGeneral", true, parse_oracle, RECORD },
	{ NULL, false, NULL, 0 },
};

/* ---- which one is it? ---- */

#define LOOKED_AT	4096	/* bytes that are enough to tell */

static bool is_text(const char *at, const char *end)
{
	for (end = min(end, at + LOOKED_AT); at < end; at++)
		if (!isprint((unsigned char)*at) && !strchr("\t\r\n", *at))
			return false;
	return true;
}

static bool looks_like_lackey(const char *at, const char *end)
{
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
			at++;
		if (at == end)
			return false;
		if (strchr("ILSM=", *at) && *at)
			return true;
		if ((*at != '\n' && *at != '#') || !newline)
			return false;
		at = newline + 1;
	}
	return false;
}

const struct trace_format *detect_format(const char *at, const char *end)
{
	if (end - at >= 4 && memcmp(at, "\x28\xb5\x2f\xfd", 4) == 0)
		replay_error("the trace is compressed, expected `zstd -dc FILE | highwater "
			     "replay - ...`");
	if (!is_text(at, end))
		return &trace_formats[2];
	return &trace_formats[looks_like_lackey(at, end) ? 1 : 0];
}
