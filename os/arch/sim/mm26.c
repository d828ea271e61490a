/*
 * Policy 2.6: the statements anon, map, touch and complete (B10 to B12).
 *
 * The reverse map must find what is mapped, and in the order in which it was mapped: so
 * what a statement maps has an area of its own, in the place of a part of the address
 * space's large one. For a page of a file it is one of that file.
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/era26.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"
#include "mm/cache/writeback.h"
#include "mm/vm/vm_internal.h"

static struct scenario_mm *need_mm(struct statement *s)
{
	return lookup_mm(need_name(s, "the name of an mm"));
}

struct pte_spec {
	unsigned long at;
	bool young, dirty;
	unsigned area_flags;	/* VM_EXEC, VM_LOCKED */
};

static struct pte_spec parse_pte(struct statement *s, struct scenario_mm *m, bool dirty)
{
	struct pte_spec spec = {
		.at = need_number(s, "at", 0, m->pages - 1),
		.young = find_number(s, "young", 1, 0, 1),
		.dirty = find_number(s, "dirty", dirty, 0, 1),
	};

	if (find_number(s, "exec", 0, 0, 1))
		spec.area_flags |= VM_EXEC;
	if (find_number(s, "locked", 0, 0, 1))
		spec.area_flags |= VM_LOCKED;
	return spec;
}

/*
 * The flag that keeps a statement's area from being merged with what lies around it, and
 * so from losing its place in the reverse map. Nothing else in a scenario looks at it.
 */
#define OWN_AREA	VM_RAND_READ

/* So far nothing may be mapped at places AT … AT+N-1. */
static void check_empty(const struct scenario_mm *m, unsigned long at, unsigned long n)
{
	for (; n; n--, at++) {
		const pte_t *slot = mm_slot(m, at);

		if (slot && !pte_none(pte_read(slot)))
			fail("at=%lu of %s is taken, expected an empty place", at,
			     m->name->text);
	}
}

static struct vm_area *map_places(struct scenario_mm *m, unsigned long at, unsigned long n,
				  unsigned flags, struct file *file, pgoff_t index)
{
	unsigned long start = mm_address(m, at), end = start + n * PAGE_SIZE;
	struct vm_area *area = NULL;
	bool made;

	mutex_lock(&m->mm->mmap_sem);
	made = map_area(m->mm, start, end - start, VM_READ | VM_WRITE | flags, file, index,
			true) >= 0 &&
		cut_range(m->mm, start, end, &area) == 0;
	mutex_unlock(&m->mm->mmap_sem);
	if (!made)
		fail("%s has %u areas, expected fewer ptes that are mapped one by one",
		     m->name->text, m->mm->nr_areas);
	return area;
}

/* The area for an anonymous page, or several new ones, alone. */
static struct vm_area *own_area(struct scenario_mm *m, const struct pte_spec *spec,
				unsigned long n)
{
	struct vm_area *area = map_places(m, spec->at, n, 0, NULL, 0);

	set_area_flags(area, area->flags | OWN_AREA | spec->area_flags);
	return area;
}

/* The page of another area is found where it has its place in that one. */
static void join_family_of(struct vm_area *area, const struct page *page)
{
	struct vm_area other = { .anon_vma = page->anon_vma };

	anon_vma_fork(area, &other);
	area->pgoff = page->anon_index;
}

static void make_family(struct vm_area *area)
{
	if (anon_vma_prepare(area) != 0)
		panic("no memory of the host for an anon_vma");
}

/* The area for a page that exists: of its file, or anonymous. */
static struct vm_area *area_for(struct scenario_mm *m, const struct pte_spec *spec,
				const struct page *page)
{
	struct vm_area *area;

	if (page->mapping && !PageSwapCache(page)) {
		area = map_places(m, spec->at, 1, VM_SHARED, backing_file26(page),
				  page->index);
		set_area_flags(area, area->flags | spec->area_flags);
		return area;
	}
	area = own_area(m, spec, 1);
	if (PageAnon(page))
		join_family_of(area, page);
	else if (PageSwapCache(page))
		make_family(area);
	return area;	/* of no family for a page that is in no mapping */
}

/* ANON: the page is, or becomes, anonymous. */
static void install(struct scenario_mm *m, const struct pte_spec *spec, struct vm_area *area,
		    struct page *page, bool anon)
{
	unsigned long address = mm_address(m, spec->at);
	pte_t entry = pte_make(page_to_pfn(page), PTE_WRITE);
	pte_t *slot = page_table_make(m->mm, address);

	if (!slot)
		panic("no memory of the host for a page table");
	entry = spec->young ? pte_mkyoung(entry) : pte_mkold(entry);
	if (spec->dirty)
		entry = pte_mkdirty(entry);
	spin_lock(&m->mm->page_table_lock);
	pte_set(slot, entry);
	if (anon)
		page_add_anon_rmap(page, area, address);
	else
		page_add_file_rmap(page);
	add_mm_rss(m->mm, page, 1);
	spin_unlock(&m->mm->page_table_lock);
}

/* What an anonymous page may have without being written or in a cache (B11). */
#define ANON_FLAGS	(1u << WORD26_LOCKED | 1u << WORD26_REFERENCED |		\
			 1u << WORD26_MLOCKED | 1u << WORD26_RECLAIM |		\
			 1u << WORD26_UPTODATE | 1u << WORD26_SWAPBACKED)

static void page_name(char *name, const struct scenario_mm *m, unsigned long at)
{
	snprintf(name, RESULT_SIZE, "%s.%lu", m->name->text, at);
}

void do_anon26(struct statement *s)
{
	struct scenario_mm *m = need_mm(s);
	struct pte_spec spec = parse_pte(s, m, true);
	unsigned long n = find_number(s, "n", 1, 1, m->pages - spec.at);
	int count = (int)find_number(s, "count", 1, 1, 1000000);
	int list = find_list26(s, lists26[LRU_ACTIVE_ANON]);
	struct zone *zone = find_zone(s, ZONE_NORMAL);
	const char *pfn = find_key(s, "pfn");
	pfn_t first = pfn ? parse_number("pfn", pfn, 0, memory_zone_frames - 1) : 0;
	char *text = find_key(s, "flags");
	unsigned flags = text ? parse_flags26(text) : 0;
	char name[RESULT_SIZE];
	struct vm_area *area;

	end_of_statement(s);
	check_kind26(list, true);
	if (flags & ~ANON_FLAGS)
		fail("flags that belong to a mapping, expected referenced, mlocked or locked");
	for (unsigned long i = 0; i < n; i++) {
		page_name(name, m, spec.at + i);
		name_check_free(name);
	}
	check_empty(m, spec.at, n);
	area = own_area(m, &spec, n);
	make_family(area);
	for (unsigned long i = 0; i < n; i++, spec.at++) {
		struct page *page = pfn ? take_ballast_at(first + i)
					: take_ballast_frame(zone);

		SetPageUptodate(page);
		SetPageSwapBacked(page);
		if (flags & 1u << WORD26_LOCKED)
			lock_page(page);
		install(m, &spec, area, page, true);
		page_move(page, STATE_ANON, BY_scenario);
		finish_page26(page, flags, count, list);
		page_name(name, m, spec.at);
		name_page(name, page, 0);
	}
}

void do_map26(struct statement *s)
{
	struct scenario_mm *m = need_mm(s);
	struct pte_spec spec = parse_pte(s, m, false);
	struct page *page = lookup_page_name(need_key(s, "page"), false)->page;

	end_of_statement(s);
	check_empty(m, spec.at, 1);
	install(m, &spec, area_for(m, &spec, page), page,
		PageAnon(page) || PageSwapCache(page));
	get_page(page);
}

/* What the CPU does to a pte that is there. */
void do_touch26(struct statement *s)
{
	struct scenario_mm *m = need_mm(s);
	unsigned long at = need_number(s, "at", 0, m->pages - 1);
	bool write = find_number(s, "write", 0, 0, 1);
	pte_t *slot = mm_slot(m, at);

	end_of_statement(s);
	if (!slot || !pte_present(pte_read(slot)))
		return;
	pte_set(slot, pte_mkyoung(pte_read(slot)));
	if (write)
		pte_set(slot, pte_mkdirty(pte_read(slot)));
}

void do_complete26(struct statement *s)
{
	const char *text = need_word(s, "a name or all");
	struct name *name;

	end_of_statement(s);
	if (strcmp(text, "all") == 0) {
		disk_complete_all();
		return;
	}
	name = lookup_page_name(text, false);
	if (disk_complete_page(name->page))
		return;
	if (!PageLocked(name->page))
		fail("%s is neither in flight nor locked, expected one that can be completed",
		     name->text);
	unlock_page(name->page);
}
