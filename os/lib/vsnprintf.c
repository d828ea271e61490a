/*
 * Formatted output into a buffer, for kernel messages and /proc. The result is always
 * ended by a NUL; the value returned is the length without limit, as in C.
 */
#include "lib/div64.h"
#include "lib/printk.h"
#include "lib/string.h"

struct output {
	char *at, *end;		/* next place, and the last one, kept for the NUL */
	size_t length;		/* of all that was to be written */
};

/* One conversion's flags and numbers. */
struct spec {
	bool left, zero, alternate, upper;
	unsigned width;
	int precision;		/* -1: none */
};

static void put(struct output *out, char c)
{
	if (out->at < out->end)
		*out->at++ = c;
	out->length++;
}

static void pad(struct output *out, char c, unsigned from, unsigned to)
{
	for (; from < to; from++)
		put(out, c);
}

static void put_text(struct output *out, const struct spec *spec, const char *text)
{
	size_t most = spec->precision >= 0 ? (size_t)spec->precision : (size_t)-1;
	unsigned length;

	if (!text)
		text = "(null)";
	length = (unsigned)strnlen(text, most);
	if (!spec->left)
		pad(out, ' ', length, spec->width);
	for (unsigned i = 0; i < length; i++)
		put(out, text[i]);
	if (spec->left)
		pad(out, ' ', length, spec->width);
}

static void put_number(struct output *out, const struct spec *spec, u64 value, unsigned base,
		       const char *prefix)
{
	const char *symbols = spec->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char digits[24];
	unsigned n = 0, zeros, before = (unsigned)strlen(prefix);

	while (value) {
		u32 digit;

		value = div64_u32(value, base, &digit);
		digits[n++] = symbols[digit];
	}
	zeros = spec->precision >= 0 ? (unsigned)spec->precision : 1;
	if (spec->zero && !spec->left && spec->precision < 0 && spec->width > before)
		zeros = max(zeros, spec->width - before);
	zeros = max(zeros, n);
	if (!spec->left)
		pad(out, ' ', before + zeros, spec->width);
	while (*prefix)
		put(out, *prefix++);
	pad(out, '0', n, zeros);
	for (unsigned i = n; i > 0; i--)
		put(out, digits[i - 1]);
	if (spec->left)
		pad(out, ' ', before + zeros, spec->width);
}

/* A decimal number in the format, or the next argument for `*`. */
static const char *read_count(const char *fmt, va_list *args, int *count)
{
	*count = 0;
	if (*fmt == '*') {
		*count = va_arg(*args, int);
		return fmt + 1;
	}
	for (; *fmt >= '0' && *fmt <= '9'; fmt++)
		*count = *count * 10 + (*fmt - '0');
	return fmt;
}

static const char *read_spec(const char *fmt, va_list *args, struct spec *spec)
{
	int count;

	*spec = (struct spec){ .precision = -1 };
	for (;; fmt++) {
		if (*fmt == '-')
			spec->left = true;
		else if (*fmt == '0')
			spec->zero = true;
		else if (*fmt == '#')
			spec->alternate = true;
		else
			break;
	}
	fmt = read_count(fmt, args, &count);
	if (count < 0) {
		spec->left = true;
		count = -count;
	}
	spec->width = (unsigned)count;
	if (*fmt == '.')
		fmt = read_count(fmt + 1, args, &spec->precision);
	return fmt;
}

/* The next integer argument; LONGS counts l, -1 is h, -2 hh; size_t is a long. */
static u64 read_unsigned(va_list *args, int longs)
{
	if (longs >= 2)
		return va_arg(*args, unsigned long long);
	if (longs == 1)
		return va_arg(*args, unsigned long);
	if (longs == -1)
		return (u16)va_arg(*args, unsigned);
	if (longs <= -2)
		return (u8)va_arg(*args, unsigned);
	return va_arg(*args, unsigned);
}

static s64 read_signed(va_list *args, int longs)
{
	if (longs >= 2)
		return va_arg(*args, long long);
	if (longs == 1)
		return va_arg(*args, long);
	if (longs == -1)
		return (s16)va_arg(*args, int);
	if (longs <= -2)
		return (s8)va_arg(*args, int);
	return va_arg(*args, int);
}

static void convert(struct output *out, struct spec *spec, char type, int longs,
		    va_list *args)
{
	s64 number;

	switch (type) {
	case 'd':
	case 'i':
		number = read_signed(args, longs);
		put_number(out, spec, number < 0 ? -(u64)number : (u64)number, 10,
			   number < 0 ? "-" : "");
		break;
	case 'u':
		put_number(out, spec, read_unsigned(args, longs), 10, "");
		break;
	case 'o':
		put_number(out, spec, read_unsigned(args, longs), 8,
			   spec->alternate ? "0" : "");
		break;
	case 'X':
		spec->upper = true;
		/* fall through */
	case 'x':
		put_number(out, spec, read_unsigned(args, longs), 16,
			   !spec->alternate ? "" : spec->upper ? "0X" : "0x");
		break;
	case 'p':
		spec->precision = 2 * sizeof(void *);
		put_number(out, spec, (unsigned long)va_arg(*args, void *), 16, "0x");
		break;
	case 's':
		put_text(out, spec, va_arg(*args, const char *));
		break;
	case 'c': {
		char text[2] = { (char)va_arg(*args, int), '\0' };

		put_text(out, spec, text);
		break;
	}
	case '%':
		put(out, '%');
		break;
	default:	/* not ours: show it */
		put(out, '%');
		put(out, type);
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list arguments)
{
	struct output out = { buf, size ? buf + size - 1 : buf, 0 };
	va_list args;

	va_copy(args, arguments);	/* an array on x86-64: its address can be passed on */
	while (*fmt) {
		struct spec spec;
		int longs = 0;

		if (*fmt != '%') {
			put(&out, *fmt++);
			continue;
		}
		fmt = read_spec(fmt + 1, &args, &spec);
		for (;; fmt++) {
			if (*fmt == 'l' || *fmt == 'z')
				longs++;
			else if (*fmt == 'h')
				longs--;
			else
				break;
		}
		if (!*fmt)
			break;
		convert(&out, &spec, *fmt++, longs, &args);
	}
	va_end(args);
	if (size)
		*out.at = '\0';
	return (int)out.length;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return length;
}
