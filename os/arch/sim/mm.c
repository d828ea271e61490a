/*
 * Address spaces: mm, anon, map, touch (A10).
 *
 * Each has one area: anonymous, or with mapping=shm the shared-memory segment, whose
 * page I is the I-th that a page statement with mapping=shm made. Pages are put into it
 * as a fault would have done, with the pte's bits as written.
 */
#include <stdio.h>
#include <stdlib.h>

#include "arch/sim/scenario.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/vm/vm.h"

#define AREA_START	0x08000000ul
#define MOST_AREA_PAGES	((TASK_SIZE - AREA_START) / PAGE_SIZE)

unsigned long mm_address(const struct scenario_mm *m, unsigned long index)
{
	return AREA_START + index * PAGE_SIZE;
}

pte_t *mm_slot(const struct scenario_mm *m, unsigned long index)
{
	return page_table_find(m->mm->page_table, mm_address(m, index));
}

unsigned long mm_resume(const struct scenario_mm *m)
{
	return m->mm->swap_address ? (m->mm->swap_address - AREA_START) / PAGE_SIZE : 0;
}

struct scenario_mm *lookup_mm(const char *text)
{
	struct name *name = name_find(text);

	if (!name || name->kind != NAME_MM)
		fail("%s is no address space, expected the name of an mm statement", text);
	return name->mm;
}

static struct scenario_mm *need_mm(struct statement *s)
{
	return lookup_mm(need_name(s, "the name of an mm"));
}

void do_mm(struct statement *s)
{
	static const char *const kinds[] = { "none", "shm", NULL };
	const char *text = need_name(s, "the address space's name");
	struct scenario_mm *m = calloc(1, sizeof(*m));
	struct file *file;
	bool shared;

	m->pages = parse_pages("pages", need_key(s, "pages"), 1, MOST_AREA_PAGES);
	m->mm = mm_create();
	m->mm->swap_cnt = find_number(s, "swap_cnt", 0, 0, LONG_MAX);
	shared = find_choice(s, "mapping", 0, kinds);
	end_of_statement(s);
	m->name = name_new(text, NAME_MM);
	m->name->mm = m;

	file = shared ? backing_segment() : NULL;
	mutex_lock(&m->mm->mmap_sem);
	if (map_area(m->mm, AREA_START, m->pages * PAGE_SIZE,
		     VM_READ | VM_WRITE | (shared ? VM_SHARED : 0), file, 0, true) < 0)
		panic("the area of mm %s cannot be made", text);
	m->area = find_area(m->mm, AREA_START);
	mutex_unlock(&m->mm->mmap_sem);
	spin_lock(&mmlist_lock);
	list_move_tail(&m->mm->mmlist, &mmlist);
	spin_unlock(&mmlist_lock);
}

struct pte_spec {
	unsigned long at;
	bool young, dirty;
};

static struct pte_spec parse_pte(struct statement *s, struct scenario_mm *m, bool dirty)
{
	return (struct pte_spec){
		.at = need_number(s, "at", 0, m->pages - 1),
		.young = find_number(s, "young", 1, 0, 1),
		.dirty = find_number(s, "dirty", dirty, 0, 1),
	};
}

/* Installs a pte; the page's reference for it is the caller's affair. */
static void install(struct scenario_mm *m, const struct pte_spec *spec, struct page *page)
{
	pte_t entry = pte_make(page_to_pfn(page), PTE_WRITE);
	pte_t *slot;

	slot = page_table_make(m->mm, mm_address(m, spec->at));
	if (!slot || anon_vma_prepare(m->area) != 0)
		panic("no memory of the host for a pte");
	if (!pte_none(pte_read(slot)))
		fail("at=%lu of %s is taken, expected an empty place", spec->at, m->name->text);
	if (spec->young)
		entry = pte_mkyoung(entry);
	if (spec->dirty)
		entry = pte_mkdirty(entry);

	spin_lock(&m->mm->page_table_lock);
	pte_set(slot, entry);
	if (page->mapping && !PageSwapCache(page))
		page_add_file_rmap(page);
	else
		page_add_anon_rmap(page, m->area, mm_address(m, spec->at));
	add_mm_rss(m->mm, page, 1);
	spin_unlock(&m->mm->page_table_lock);
}

void do_anon(struct statement *s)
{
	struct scenario_mm *m = need_mm(s);
	struct pte_spec spec = parse_pte(s, m, true);
	unsigned long n = find_number(s, "n", 1, 1, m->pages - spec.at);
	u8 age = (u8)find_number(s, "age", PAGE_AGE_START, 0, PAGE_AGE_MAX);
	int count = (int)find_number(s, "count", 1, 1, 1000000);
	struct zone *zone = parse_zone("normal");

	end_of_statement(s);
	for (; n; n--, spec.at++) {
		char text[RESULT_SIZE];
		struct page *page;

		snprintf(text, sizeof(text), "%s.%lu", m->name->text, spec.at);
		name_check_free(text);
		page = take_ballast_frame(zone);
		page->age = age;
		SetPageUptodate(page);
		install(m, &spec, page);
		atomic_set(&page->count, count);
		page_move(page, STATE_ANON, BY_scenario);
		frame_stated(page);
		name_page(text, page, 0);
	}
}

void do_map(struct statement *s)
{
	struct scenario_mm *m = need_mm(s);
	struct pte_spec spec = parse_pte(s, m, false);
	struct page *page = lookup_page_name(need_key(s, "page"), false)->page;

	end_of_statement(s);
	if (page_is_lost(page))
		fail("page %s is lost, expected a page that can be used", page_text(page));
	install(m, &spec, page);
	get_page(page);
}

/* ---- touch ---- */

struct access {
	struct scenario_mm *m;
	unsigned long at;
	bool write;
	int error;
};

/* What the CPU does: sets the bits, or faults and tries again. */
static void access_page(struct access *a)
{
	unsigned long address = mm_address(a->m, a->at);

	for (;;) {
		pte_t *slot = mm_slot(a->m, a->at);
		pte_t entry = slot ? pte_read(slot) : (pte_t){ 0 };

		if (pte_present(entry) && (pte_write(entry) || !a->write)) {
			entry = pte_mkyoung(entry);
			pte_set(slot, a->write ? pte_mkdirty(entry) : entry);
			return;
		}
		a->error = do_page_fault(a->m->mm, address, a->write, false, 0);
		if (a->error)
			return;
	}
}

/* A page that the fault brought in is called as anon would call it. */
static void name_touched_page(struct access *a)
{
	pte_t *slot = mm_slot(a->m, a->at);
	struct page *page;

	if (!slot || !pte_present(pte_read(slot)))
		return;
	page = pfn_to_page(pte_pfn(pte_read(slot)));
	if (!PageReserved(page))
		name_page_at(a->m->name->text, a->at, page);
}

void do_touch(struct statement *s)
{
	struct access a = { .m = need_mm(s) };

	a.at = need_number(s, "at", 0, a.m->pages - 1);
	a.write = find_number(s, "write", 0, 0, 1);
	end_of_statement(s);
	access_page(&a);
	if (a.error)
		printf("touch -> %s\n", gave_up ? "sleeps" :
		       a.error == -ENOMEM ? "none" : "fault");
	name_touched_page(&a);
}
