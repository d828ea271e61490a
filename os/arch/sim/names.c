/*
 * Names of pages, address spaces and files.
 *
 * A name of a page ends when its page is given to the buddy, wherever in the core that
 * happens: every move of a page is an event, and this file listens to them. A page
 * has one first name, which is printed, and any number of second ones (A13).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"

#define BUCKETS	65536

static struct name *buckets[BUCKETS];
static struct name **first_names;	/* by frame: the living first name, or NULL */
static struct name **second_names;	/* all of them */
static unsigned nr_second_names;

struct name **page_names;
unsigned nr_page_names;

static unsigned hash(const char *text)
{
	unsigned h = 5381;

	while (*text)
		h = h * 33 + (unsigned char)*text++;
	return h % BUCKETS;
}

void names_init(void)
{
	first_names = calloc(memory_frames, sizeof(*first_names));
	mm_hook_on = true;
}

struct name *name_find(const char *text)
{
	struct name *name = buckets[hash(text)];

	while (name && strcmp(name->text, text) != 0)
		name = name->next;
	return name;
}

void name_check_free(const char *text)
{
	if (name_find(text))
		fail("the name %s is taken, expected a new one", text);
}

struct name *name_new(const char *text, enum name_kind kind)
{
	struct name *name = calloc(1, sizeof(*name));
	unsigned bucket = hash(text);

	name_check_free(text);
	name->text = strdup(text);
	name->kind = kind;
	name->next = buckets[bucket];
	buckets[bucket] = name;
	return name;
}

/* Arrays that grow by doubling: full when the length is a power of two. */
static void append(struct name ***array, unsigned *length, struct name *name)
{
	if ((*length & (*length - 1)) == 0)
		*array = realloc(*array, (*length ? *length * 2 : 1) * sizeof(**array));
	(*array)[(*length)++] = name;
}

struct name *name_page(const char *text, struct page *page, unsigned order)
{
	struct name *name = name_new(text, NAME_PAGE);
	pfn_t pfn = page_to_pfn(page);

	name->page = page;
	name->order = order;
	name->first = first_names[pfn];
	if (name->first) {
		append(&second_names, &nr_second_names, name);
	} else {
		first_names[pfn] = name;
		append(&page_names, &nr_page_names, name);
	}
	return name;
}

void name_page_at(const char *owner, unsigned long at, struct page *page)
{
	char text[RESULT_SIZE];

	if (name_of_page(page))
		return;
	snprintf(text, sizeof(text), "%s.%lu", owner, at);
	for (unsigned n = 2; name_find(text); n++)
		snprintf(text, sizeof(text), "%s.%lu.%u", owner, at, n);
	name_page(text, page, 0);
}

struct name *name_of_page(const struct page *page)
{
	return first_names[page_to_pfn(page)];
}

const char *page_text(const struct page *page)
{
	const struct name *name = name_of_page(page);

	return name ? name->text : "?";
}

/* The frame went to the buddy: all its names end. */
static void end_names(pfn_t pfn)
{
	struct name *first = first_names[pfn];

	if (!first)
		return;
	first->ended = true;
	first_names[pfn] = NULL;
	for (unsigned i = 0; i < nr_second_names; i++)
		if (second_names[i]->first == first)
			second_names[i]->ended = true;
}

/* Replaces the core's empty hook: called for each event. */
void mm_hook(const struct event_record *record)
{
	bool freed = record->to == STATE_FREE ||
		(record->to == STATE_PCP && record->from != STATE_FREE);

	if (record->event != EV_MOVE || !freed || !first_names)
		return;
	end_names(record->pfn);
	frame_freed(record->pfn);
}

bool page_is_lost(const struct page *page)
{
	return PageInactiveClean(page) && page->state == STATE_ISOLATED;
}

struct name *lookup_page_name(const char *text, bool ended_too)
{
	struct name *name = name_find(text);

	if (!name)
		fail("nothing is called %s, expected the name of a page", text);
	if (name->kind != NAME_PAGE)
		fail("%s is no page, expected the name of a page", text);
	if (name->ended && !ended_too)
		fail("page %s has been freed, expected a page in use", text);
	return name;
}

struct name *need_page_name(struct statement *s, bool ended_too)
{
	return lookup_page_name(need_name(s, "the name of a page"), ended_too);
}
