/*
 * The kernel's command line: words of the form name=value, apart by blanks. A value with
 * blanks stands in double quotes. What follows the word `--` are arguments for init.
 *
 * An option that is unknown or makes no sense is reported by name and left out; boot goes
 * on, because the console may be all that a student has to see what is wrong.
 */
#include "arch/boot.h"
#include "kernel/process.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc/failalloc.h"
#include "mm/zone.h"

#define MAX_TRACE_RECORDS	(1u << 24)
#define MAX_PAGE_CLUSTER	8u
#define MAX_FAIL_INTERVAL	1000000u

struct boot_options boot_options;

static char words[sizeof(boot_info.cmdline)];		/* the command line, cut into words */
static char init_line[2 * sizeof(boot_info.cmdline)];	/* init= with the arguments */

/* A decimal or, after 0x, hexadecimal number; *REST is what follows it. */
static int parse_number(const char *text, const char **rest, u64 *value)
{
	unsigned base = 10;
	const char *start;
	u64 sum = 0;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	for (start = text;; text++) {
		char c = (char)(*text | 0x20);
		unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') :
				 base == 16 && c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 :
				 base;

		if (digit == base)
			break;
		if (sum > (~0ull >> 8))
			return -ERANGE;
		sum = sum * base + digit;
	}
	*rest = text;
	*value = sum;
	return text == start ? -EINVAL : 0;
}

/* Bytes, with K, M or G behind the number for powers of 1024. */
static int parse_size(const char *text, u64 *bytes)
{
	const char *rest;
	unsigned shift = 0;
	u64 value;

	if (parse_number(text, &rest, &value))
		return -EINVAL;
	switch (*rest | 0x20) {
	case 'k':
		shift = 10;
		break;
	case 'm':
		shift = 20;
		break;
	case 'g':
		shift = 30;
		break;
	}
	if (shift)
		rest++;
	if (*rest || value == 0 || value > (~0ull >> shift) >> 1)
		return -EINVAL;
	*bytes = value << shift;
	return 0;
}

static int parse_count(const char *text, unsigned most, unsigned *count)
{
	const char *rest;
	u64 value;

	if (parse_number(text, &rest, &value) || *rest || value == 0 || value > most)
		return -EINVAL;
	*count = (unsigned)value;
	return 0;
}

static int parse_switch(const char *text, bool *on)
{
	if (!strcmp(text, "on") || !strcmp(text, "1"))
		*on = true;
	else if (!strcmp(text, "off") || !strcmp(text, "0"))
		*on = false;
	else
		return -EINVAL;
	return 0;
}

static int parse_name(const char *text, const char **name)
{
	if (!*text)
		return -EINVAL;
	*name = text;
	return 0;
}

/* 0; -EINVAL if the value makes no sense; -ENOENT if there is no such option. */
static int set_option(const char *name, const char *value)
{
	struct boot_options *o = &boot_options;
	static const struct {
		const char *name;
		u64 *bytes;
	} sizes[] = {
		{ "mem", &boot_options.mem },
		{ "dma", &boot_options.dma },
		{ "dma32", &boot_options.dma32 },
		{ "normal", &boot_options.normal },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		if (!strcmp(name, sizes[i].name))
			return parse_size(value, sizes[i].bytes);
	if (!strcmp(name, "vm"))
		return parse_name(value, &o->vm);
	if (!strcmp(name, "init"))
		return parse_name(value, &o->init);
	if (!strcmp(name, "root"))
		return parse_name(value, &o->root);
	if (!strcmp(name, "swap")) {
		o->swap = value;	/* empty: none */
		return 0;
	}
	if (!strcmp(name, "trace"))
		return parse_switch(value, &o->trace);
	if (!strcmp(name, "trace_records"))
		return parse_count(value, MAX_TRACE_RECORDS, &o->trace_records);
	if (!strcmp(name, "numa_zonelist_order"))
		return set_numa_zonelist_order(value);
	if (!strcmp(name, "page_cluster"))
		return parse_count(value, MAX_PAGE_CLUSTER, &o->page_cluster);
#ifdef CHECK
	if (!strcmp(name, "failalloc"))
		return parse_count(value, MAX_FAIL_INTERVAL, &failalloc_interval);
	if (!strcmp(name, "overflow"))
		return parse_name(value, &overflow_thread);
#endif
	return -ENOENT;
}

/* Ends the word at AT with a NUL, takes quotes out of it, and returns what follows. */
static char *cut_word(char *at)
{
	bool quoted = false;
	char *to = at;

	for (; *at && (quoted || *at != ' '); at++) {
		if (*at == '"')
			quoted = !quoted;
		else
			*to++ = *at;
	}
	if (*at)
		at++;
	*to = '\0';
	return at;
}

static void parse_word(char *word)
{
	char *equals = strchr(word, '=');
	int error;

	if (!equals) {
		printk("unknown boot option: %s\n", word);
		return;
	}
	*equals = '\0';
	error = set_option(word, equals + 1);
	if (error == -ENOENT)
		printk("unknown boot option: %s\n", word);
	else if (error)
		printk("boot option %s: bad value '%s', ignored\n", word, equals + 1);
}

void parse_options(void)
{
	char *at = words, *next;

	boot_options = (struct boot_options){
		.vm = "2.4", .init = "/bin/init", .root = "vda", .swap = "", .trace = true,
	};
	copy_string(words, boot_info.cmdline, sizeof(words));
	for (; *at; at = next) {
		next = cut_word(at);
		if (!strcmp(at, "--"))
			break;
		if (*at)
			parse_word(at);
	}
	if (*at) {
		snprintf(init_line, sizeof(init_line), "%s %s", boot_options.init, next);
		boot_options.init = init_line;
	}
}
