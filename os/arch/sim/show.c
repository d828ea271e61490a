/*
 * The show statement: pages, lists, counters, address spaces, free blocks, swap (A15).
 */
#include <stdio.h>
#include <string.h>

#include "arch/machine.h"
#include "arch/sim/scenario.h"
#include "mm/vm/vm.h"

/* ---- pages ---- */

static void format_flags(const struct page *page, char *out, size_t size)
{
	const struct {
		bool set;
		const char *text;
	} flags[] = {
		{ PageLocked(page), "locked" },
		{ PageReferenced(page), "referenced" },
		{ PageDirty(page), "dirty" },
		{ PageWriteback(page), "writeback" },
		{ PageReclaim(page), "reclaim" },
		{ PageSwapCache(page), "swapcache" },
		{ PageMlocked(page), "mlocked" },
		{ PageSwapBacked(page), "swapbacked" },
	};
	int length = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++)
		if (flags[i].set)
			length += snprintf(out + length, size - (size_t)length, "%s%s",
					   length ? "," : "", flags[i].text);
	if (!length)
		snprintf(out, size, "-");
}

static swp_entry_t slot_of(const struct page *page)
{
	return (swp_entry_t){ PageSwapCache(page) ? page->index : 0 };
}

bool page_key(const struct name *name, const char *key, char *out, size_t size)
{
	const struct page *page = name->page;
	bool ended = name->ended;

	if (strcmp(key, "list") == 0)
		snprintf(out, size, "%s", ended ? "free" : era->list_of(page));
	else if (ended)
		return false;
	else if (strcmp(key, "age") == 0 && era == &era24)
		snprintf(out, size, "%u", page->age);
	else if (strcmp(key, "count") == 0)
		snprintf(out, size, "%d", page_count(page));
	else if (strcmp(key, "flags") == 0)
		format_flags(page, out, size);
	else if (strcmp(key, "buffers") == 0 && page->buffers)
		snprintf(out, size, "%s", buffer_names[buffers_of(page)]);
	else if (strcmp(key, "slot") == 0 && PageSwapCache(page))
		snprintf(out, size, "%u:%lu", swp_type(slot_of(page)),
			 swp_offset(slot_of(page)));
	else if (strcmp(key, "map") == 0 && PageSwapCache(page))
		snprintf(out, size, "%u", swap_count(slot_of(page)));
	else
		return false;
	return true;
}

const char *const page_keys[] = { "list", "age", "count", "flags", "buffers", "slot", "map",
				  NULL };

static void show_page(const struct name *name)
{
	const struct name *first = name->first ? name->first : name;
	char value[RESULT_SIZE];

	printf("page %s", first->text);
	for (unsigned i = 0; page_keys[i]; i++)
		if (page_key(first, page_keys[i], value, sizeof(value)))
			printf(" %s=%s", page_keys[i], value);
	printf("\n");
}

static void show_pages(struct statement *s)
{
	end_of_statement(s);
	for (unsigned i = 0; i < nr_page_names; i++)
		show_page(page_names[i]);
}

/* ---- address spaces ---- */

const char *const mm_keys[] = { "rss", "swap_cnt", "resume", "swapents", NULL };

bool mm_key(const struct scenario_mm *m, const char *key, char *out, size_t size)
{
	unsigned long value;

	if (strcmp(key, "rss") == 0)
		value = get_mm_rss(m->mm);
	else if (strcmp(key, "swap_cnt") == 0 && era == &era24)
		value = m->mm->swap_cnt;
	else if (strcmp(key, "resume") == 0 && era == &era24)
		value = mm_resume(m);
	else if (strcmp(key, "swapents") == 0 && era != &era24)
		value = m->mm->swapents;
	else
		return false;
	snprintf(out, size, "%lu", value);
	return true;
}

static void show_pte(const struct scenario_mm *m, unsigned long index, pte_t pte)
{
	swp_entry_t entry;

	printf("pte %s %lu ", m->name->text, index);
	if (pte_present(pte)) {
		printf("present page=%s young=%d dirty=%d\n",
		       page_text(pfn_to_page(pte_pfn(pte))), pte_young(pte), pte_dirty(pte));
		return;
	}
	entry.val = pte_to_swap(pte);
	printf("swap slot=%u:%lu\n", swp_type(entry), swp_offset(entry));
}

static void show_mm(struct statement *s)
{
	const struct scenario_mm *m = lookup_mm(need_word(s, "the name of an mm"));
	unsigned long end = mm_address(m, m->pages);
	unsigned long at = mm_address(m, 0);
	char value[RESULT_SIZE];

	end_of_statement(s);
	printf("mm %s", m->name->text);
	for (unsigned i = 0; mm_keys[i]; i++)
		if (mm_key(m, mm_keys[i], value, sizeof(value)))
			printf(" %s=%s", mm_keys[i], value);
	printf("\n");
	for (; (at = page_table_skip(m->mm->page_table, at, end)) < end; at += PAGE_SIZE) {
		pte_t pte = pte_read(page_table_find(m->mm->page_table, at));

		if (!pte_none(pte))
			show_pte(m, (at - mm_address(m, 0)) / PAGE_SIZE, pte);
	}
}

/* ---- the rest ---- */

static void show_buddy(struct statement *s)
{
	const struct zone *zone = parse_zone(need_key(s, "zone"));

	end_of_statement(s);
	for (unsigned order = 0; order < MAX_ORDER; order++) {
		const struct page *page;

		if (list_empty(&zone->free_area[order].blocks[MIGRATE_UNMOVABLE]))
			continue;
		printf("buddy %s order=%u:", zone_key(zone), order);
		list_for_each(page, &zone->free_area[order].blocks[MIGRATE_UNMOVABLE], list)
			printf(" %lu", page_to_pfn(page) - zone->start_pfn);
		printf("\n");
	}
}

static void show_swap(struct statement *s)
{
	end_of_statement(s);
	for (unsigned type = 0; type < nr_swap_areas; type++) {
		const struct swap_area *area = &swap_areas[type];

		printf("swap %u prio=%d slots=%lu free=%lu\n", type, area->prio, area->pages,
		       area->pages - area->inuse);
		for (unsigned long slot = 1; slot < area->max; slot++)
			if (area->map[slot])
				printf("slot %u:%lu map=%u\n", type, slot, area->map[slot]);
	}
}

static void show_lists(struct statement *s)
{
	end_of_statement(s);
	era->show_lists();
}

static void show_counters(struct statement *s)
{
	end_of_statement(s);
	era->show_counters();
}

static void show_names(struct statement *s, const char *text)
{
	/* All names are looked up before the first line is printed. */
	for (struct argument *a = s->arguments + 1; a < s->arguments + s->nr; a++)
		if (!a->key)
			lookup_page_name(a->value, true);
	for (; text; text = next_word(s))
		show_page(lookup_page_name(text, true));
	end_of_statement(s);
}

static const struct subject *find_subject(const struct subject *subjects, const char *word)
{
	while (subjects->word && strcmp(subjects->word, word) != 0)
		subjects++;
	return subjects->word ? subjects : NULL;
}

void do_show(struct statement *s)
{
	static const struct subject subjects[] = {
		{ "pages", show_pages },	{ "lists", show_lists },
		{ "counters", show_counters },	{ "mm", show_mm },
		{ "buddy", show_buddy },	{ "swap", show_swap },
		{ NULL, NULL },
	};
	const char *word = need_word(s, "what to show");
	const struct subject *subject = NULL;

	if (era->subjects)
		subject = find_subject(era->subjects, word);
	if (!subject)
		subject = find_subject(subjects, word);
	if (subject)
		subject->show(s);
	else
		show_names(s, word);
}
