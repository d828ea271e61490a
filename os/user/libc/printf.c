/*
 * Formatting: one engine that hands pieces of text to a sink, and the printf functions that
 * give it a buffer or a stream as the sink. See stdio.h for what it understands.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Where text goes; `total` counts all of it, kept or not. */
struct sink {
	FILE *file;		/* the stream, or NULL for a string */
	char *to;		/* string: its next byte */
	size_t room;		/* string: bytes left, without the final zero */
	size_t total;
};

/* One conversion specification, taken apart. */
struct spec {
	char left, zero, alternate;	/* flags - 0 # */
	char sign;			/* what stands before a positive number, or 0 */
	int width;			/* smallest field, characters */
	int precision;			/* or -1 */
	int length;			/* bytes of an integer argument */
};

static void emit(struct sink *sink, const char *text, size_t count)
{
	sink->total += count;
	if (sink->file) {
		fwrite(text, 1, count, sink->file);
		return;
	}
	if (count > sink->room)
		count = sink->room;
	memcpy(sink->to, text, count);
	sink->to += count;
	sink->room -= count;
}

static void emit_repeated(struct sink *sink, char c, int count)
{
	while (count-- > 0)
		emit(sink, &c, 1);
}

/* Emits prefix, zeros and text in a field of the wanted width. */
static void emit_field(struct sink *sink, const struct spec *spec, const char *prefix,
		       int zeros, const char *text, int length)
{
	int prefix_length = strlen(prefix);
	int padding = spec->width - prefix_length - zeros - length;

	if (!spec->left)
		emit_repeated(sink, ' ', padding);
	emit(sink, prefix, prefix_length);
	emit_repeated(sink, '0', zeros);
	emit(sink, text, length);
	if (spec->left)
		emit_repeated(sink, ' ', padding);
}

static void emit_number(struct sink *sink, const struct spec *spec, uint64_t value,
			unsigned int base, int upper, const char *prefix)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24];
	int at = sizeof(text), zeros = 0, length;

	/* The value 0 with precision 0 has no digits. */
	while (value != 0) {
		text[--at] = digits[value % base];
		value /= base;
	}
	length = sizeof(text) - at;
	if (spec->precision >= 0)
		zeros = spec->precision - length;
	else if (spec->zero && !spec->left)
		zeros = spec->width - (int)strlen(prefix) - length;
	if (zeros < 0)
		zeros = 0;
	if (zeros + length == 0 && spec->precision < 0)
		zeros = 1;
	emit_field(sink, spec, prefix, zeros, text + at, length);
}

static const char *parse_flags(const char *at, struct spec *spec)
{
	for (;; at++) {
		if (*at == '-')
			spec->left = 1;
		else if (*at == '0')
			spec->zero = 1;
		else if (*at == '#')
			spec->alternate = 1;
		else if (*at == '+' || (*at == ' ' && spec->sign == 0))
			spec->sign = *at;
		else
			return at;
	}
}

static const char *parse_length(const char *at, struct spec *spec)
{
	spec->length = sizeof(int);
	if (*at == 'z') {
		spec->length = sizeof(size_t);
		return at + 1;
	}
	if (at[0] == 'l' && at[1] == 'l') {
		spec->length = sizeof(long long);
		return at + 2;
	}
	if (*at == 'l') {
		spec->length = sizeof(long);
		return at + 1;
	}
	for (; *at == 'h'; at++)
		spec->length /= 2;
	return at;
}

/* Sign-extends or cuts the value to what an argument of that many bytes can hold. */
static uint64_t narrow(uint64_t value, int bytes, int is_signed)
{
	int unused = 64 - 8 * bytes;

	if (is_signed)
		return (int64_t)(value << unused) >> unused;
	return value << unused >> unused;
}

/* A string argument; a precision limits how much of it is looked at. */
static void emit_string(struct sink *sink, const struct spec *spec, const char *text)
{
	size_t limit = spec->precision < 0 ? SIZE_MAX : (size_t)spec->precision;

	if (!text)
		text = "(null)";
	emit_field(sink, spec, "", 0, text, strnlen(text, limit));
}

/* Handles one conversion of an integer that is already in `value`. */
static void emit_integer(struct sink *sink, const struct spec *spec, char kind,
			 uint64_t value)
{
	char prefix[3] = "";

	switch (kind) {
	case 'd':
	case 'i':
		value = narrow(value, spec->length, 1);
		prefix[0] = (int64_t)value < 0 ? '-' : spec->sign;
		if ((int64_t)value < 0)
			value = -value;
		emit_number(sink, spec, value, 10, 0, prefix);
		return;
	case 'x':
	case 'X':
		value = narrow(value, spec->length, 0);
		if (spec->alternate && value != 0) {
			prefix[0] = '0';
			prefix[1] = kind;
		}
		emit_number(sink, spec, value, 16, kind == 'X', prefix);
		return;
	default:
		value = narrow(value, spec->length, 0);
		emit_number(sink, spec, value, kind == 'o' ? 8 : 10, 0, prefix);
	}
}

static void format_text(struct sink *sink, const char *at, va_list args)
{
	for (;;) {
		const char *percent = strchr(at, '%');
		struct spec spec = { .precision = -1 };
		char c;

		if (!percent) {
			emit(sink, at, strlen(at));
			return;
		}
		emit(sink, at, percent - at);
		at = parse_flags(percent + 1, &spec);
		if (*at == '*') {
			spec.width = va_arg(args, int);
			if (spec.width < 0) {
				spec.left = 1;
				spec.width = -spec.width;
			}
			at++;
		}
		for (; *at >= '0' && *at <= '9'; at++)
			spec.width = spec.width * 10 + *at - '0';
		if (*at == '.') {
			spec.precision = 0;
			if (*++at == '*') {
				spec.precision = va_arg(args, int);
				at++;
			}
			for (; *at >= '0' && *at <= '9'; at++)
				spec.precision = spec.precision * 10 + *at - '0';
		}
		at = parse_length(at, &spec);
		switch (*at) {
		case 'd': case 'i': case 'u': case 'x': case 'X': case 'o':
			emit_integer(sink, &spec, *at, spec.length == 8
				     ? va_arg(args, unsigned long long)
				     : va_arg(args, unsigned int));
			break;
		case 'p':
			emit_number(sink, &spec, (uintptr_t)va_arg(args, void *), 16, 0, "0x");
			break;
		case 'c':
			c = va_arg(args, int);
			emit_field(sink, &spec, "", 0, &c, 1);
			break;
		case 's':
			emit_string(sink, &spec, va_arg(args, const char *));
			break;
		case '%':
			emit(sink, "%", 1);
			break;
		default:
			/* Not a conversion that we know: show it as it stands. */
			emit(sink, percent, at - percent);
			continue;
		}
		at++;
	}
}

int vsnprintf(char *to, size_t size, const char *format, va_list args)
{
	struct sink sink = { .to = to, .room = size > 0 ? size - 1 : 0 };

	format_text(&sink, format, args);
	if (size > 0)
		*sink.to = '\0';
	return sink.total;
}

int snprintf(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int total;

	va_start(args, format);
	total = vsnprintf(to, size, format, args);
	va_end(args);
	return total;
}
