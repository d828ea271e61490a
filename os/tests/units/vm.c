/*
 * Address spaces under random use and pressure, against a simple model: what each page
 * of each process must contain and who may write it.
 *
 * After each round of operations the core's own books are compared with its page
 * tables: rss, total_vm, the order of areas, map counts, and the reverse map.
 */
#include <string.h>

#include "arch/sim/sim.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm_internal.h"
#include "tests/units/units.h"

#define BASE		0x10000000ul
#define PAGES		160u
#define PROCESSES	5u
#define SEGMENTS	64u		/* shared anonymous mappings that ever exist */

struct model_page {
	bool mapped, shared;
	unsigned rights;		/* VM_READ … */
	unsigned value;			/* of a private page */
	unsigned segment, index;	/* of a shared one */
};

static struct process {
	struct mm_struct *mm;
	struct model_page pages[PAGES];
} processes[PROCESSES];

static unsigned shared_values[SEGMENTS][PAGES];
static unsigned nr_segments;

static unsigned *value_of(struct model_page *page)
{
	return page->shared ? &shared_values[page->segment][page->index] : &page->value;
}

/* What the CPU does with an access: sets the entry's bits, or faults and tries again. */
static int access(struct mm_struct *mm, unsigned long address, bool write, unsigned *value)
{
	for (;;) {
		pte_t *slot = page_table_find(mm->page_table, address);
		pte_t pte = slot ? pte_read(slot) : (pte_t){ 0 };
		unsigned *data;
		int error;

		if (pte_present(pte) && (!write || pte_write(pte))) {
			data = pfn_to_virt(pte_pfn(pte));
			pte = pte_mkyoung(pte);
			pte_set(slot, write ? pte_mkdirty(pte) : pte);
			if (write)
				*data = *value;
			else
				*value = *data;
			return 0;
		}
		error = do_page_fault(mm, address, write, false, 0);
		if (error)
			return error;
	}
}

static void touch(struct process *p)
{
	unsigned i = unit_random(PAGES);
	struct model_page *page = &p->pages[i];
	bool write = unit_random(2);
	unsigned value = unit_random(1u << 30) + 1, seen = value;
	bool allowed = page->mapped && (write ? page->rights & VM_WRITE : page->rights != 0);
	int error = access(p->mm, BASE + i * PAGE_SIZE, write, &seen);

	check(error == (allowed ? 0 : -EFAULT));
	if (!allowed)
		return;
	if (write)
		*value_of(page) = value;
	else
		check(seen == *value_of(page));
}

static unsigned random_rights(void)
{
	static const unsigned rights[] = {
		0, VM_READ, VM_READ | VM_WRITE, VM_READ | VM_WRITE, VM_READ | VM_EXEC,
	};

	return rights[unit_random(ARRAY_SIZE(rights))];
}

static void map_some(struct process *p, unsigned first, unsigned count)
{
	bool shared = unit_random(4) == 0 && nr_segments < SEGMENTS;
	unsigned rights = random_rights();
	long at = map_area(p->mm, BASE + first * PAGE_SIZE, count * PAGE_SIZE,
			   rights | (shared ? VM_SHARED : 0), NULL, 0, true);

	check(at == (long)(BASE + first * PAGE_SIZE));
	for (unsigned i = 0; i < count; i++)
		p->pages[first + i] = (struct model_page){
			.mapped = true, .shared = shared, .rights = rights,
			.segment = nr_segments, .index = i,
		};
	if (shared)
		nr_segments++;
}

static void unmap_some(struct process *p, unsigned first, unsigned count)
{
	check(unmap_range(p->mm, BASE + first * PAGE_SIZE, count * PAGE_SIZE) == 0);
	memset(&p->pages[first], 0, count * sizeof(p->pages[0]));
}

static bool all_mapped(const struct process *p, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		if (!p->pages[i].mapped)
			return false;
	return true;
}

static void protect_some(struct process *p, unsigned first, unsigned count)
{
	unsigned rights = random_rights();
	int error = protect_range(p->mm, BASE + first * PAGE_SIZE, count * PAGE_SIZE, rights);

	check(error == (all_mapped(p, first, count) ? 0 : -ENOMEM));
	for (unsigned i = first; !error && i < first + count; i++)
		p->pages[i].rights = rights;
}

static void advise_some(struct process *p, unsigned first, unsigned count)
{
	unsigned long address = BASE + first * PAGE_SIZE;
	int error;

	if (unit_random(3) || !all_mapped(p, first, count)) {
		lock_range(p->mm, address, count % 8 * PAGE_SIZE, true);
		lock_range(p->mm, BASE, PAGES * PAGE_SIZE, false);
		for (unsigned i = 0; i < PAGES; i++)
			lock_range(p->mm, BASE + i * PAGE_SIZE, PAGE_SIZE, false);
		return;
	}
	error = advise_range(p->mm, address, count * PAGE_SIZE, MADV_DONTNEED);
	check(error == 0);
	for (unsigned i = first; i < first + count; i++)
		if (!p->pages[i].shared)
			p->pages[i].value = 0;
}

static void change_areas(struct process *p)
{
	unsigned first = unit_random(PAGES), count = 1 + unit_random(PAGES - first);

	if (unit_random(2))
		count = min(count, 6u);
	mutex_lock(&p->mm->mmap_sem);
	switch (unit_random(6)) {
	case 0:
		unmap_some(p, first, count);
		break;
	case 1:
	case 2:
		map_some(p, first, count);
		break;
	case 3:
		advise_some(p, first, count);
		break;
	default:
		protect_some(p, first, count);
	}
	mutex_unlock(&p->mm->mmap_sem);
}

static void fork_or_exit(void)
{
	struct process *from = &processes[unit_random(PROCESSES)];
	struct process *to = &processes[unit_random(PROCESSES)];

	if (from == to)
		return;
	mm_put(to->mm);
	to->mm = dup_mm(from->mm);
	check(to->mm != NULL);
	/* swap_out asks a child right after its parent. */
	check(from->mm->mmlist.next == &to->mm->mmlist);
	memcpy(to->pages, from->pages, sizeof(to->pages));
}

static void press(void)
{
	switch (unit_random(5)) {
	case 0:
		for (unsigned i = 0; i < 40; i++)
			swap_out(6, GFP_KSWAPD);
		break;
	case 1:
		refill_inactive_scan(0, false);
		break;
	case 2:
		page_launder(GFP_KERNEL, true);
		break;
	case 3:
		for_each_zone(zone) {
			struct page *page = reclaim_page(zone);

			if (page)
				put_page(page);
		}
		break;
	default:
		kswapd_turn();
	}
}

/* Everything in one area comes back, and the area goes on again. */
static void swap_off_and_on(void)
{
	int type = (int)unit_random(2);
	unsigned long slots = swap_areas[type].max - 1;
	int error = swap_area_remove((unsigned)type);

	if (error) {
		check(error == -ENOMEM);
		return;
	}
	unit_swap(slots, -1);
}

/* ---- the core's books ---- */

struct seen_by_rmap {
	struct page *page;
	int count;
};

static bool count_visit(struct vm_area *area, unsigned long address, pte_t *slot, void *arg)
{
	struct seen_by_rmap *seen = arg;

	check(pte_pfn(pte_read(slot)) == page_to_pfn(seen->page));
	seen->count++;
	return true;
}

static void check_area_order(const struct mm_struct *mm)
{
	unsigned long end = 0, pages = 0, locked = 0;
	const struct vm_area *area;
	unsigned count = 0;

	list_for_each(area, &mm->areas, link) {
		check(area->start >= end && area->end > area->start && area->mm == mm);
		end = area->end;
		pages += area_pages(area);
		if (area->flags & VM_LOCKED)
			locked += area_pages(area);
		count++;
	}
	check(pages == mm->total_vm && count == mm->nr_areas && locked == mm->locked_vm);
}

static void check_books(void)
{
	static int mapped[8192], hidden[8192];

	memset(mapped, 0, sizeof(mapped));
	memset(hidden, 0, sizeof(hidden));
	for (unsigned n = 0; n < PROCESSES; n++) {
		struct mm_struct *mm = processes[n].mm;
		unsigned long rss = 0;

		check_area_order(mm);
		for (unsigned i = 0; i < PAGES; i++) {
			pte_t *slot = page_table_find(mm->page_table, BASE + i * PAGE_SIZE);
			pte_t pte = slot ? pte_read(slot) : (pte_t){ 0 };
			bool is_hidden = pte_hidden(pte);

			if (is_hidden)
				pte = pte_reveal(pte, 0);
			if (!pte_present(pte) || PageReserved(pfn_to_page(pte_pfn(pte))))
				continue;
			check(pte_pfn(pte) < ARRAY_SIZE(mapped));
			rss++;
			mapped[pte_pfn(pte)]++;
			hidden[pte_pfn(pte)] += is_hidden;
		}
		check(rss == get_mm_rss(mm));
	}
	for (pfn_t pfn = 0; pfn < nr_frames && pfn < ARRAY_SIZE(mapped); pfn++) {
		struct seen_by_rmap seen = { pfn_to_page(pfn), 0 };

		check(atomic_read(&seen.page->mapcount) == mapped[pfn]);
		if (!mapped[pfn])
			continue;
		lock_page(seen.page);
		rmap_walk(seen.page, count_visit, &seen);
		unlock_page(seen.page);
		check(seen.count == mapped[pfn] - hidden[pfn]);
	}
	lru_check();
}

/* Pages that nobody wants any more may be left in the swap cache: swapoff drops them. */
static void end_and_check_that_nothing_is_left(unsigned long free_at_start)
{
	for (unsigned n = 0; n < PROCESSES; n++)
		mm_put(processes[n].mm);
	disk_complete_all();
	check(swap_area_remove(0) == 0);
	check(swap_area_remove(1) == 0);
	check(nr_swap_pages == 0);
	check(page_cache_size == 0);
	check(nr_free_pages() == free_at_start);
}

void unit_main(void)
{
	unsigned long free_at_start;

	unit_boot(48, 140);
	free_at_start = nr_free_pages();
	unit_swap(600, -1);
	unit_swap(500, -1);
	for (unsigned n = 0; n < PROCESSES; n++) {
		processes[n].mm = mm_create();
		check(processes[n].mm != NULL);
	}
	for (unsigned round = 0; round < 3000; round++) {
		for (unsigned i = 0; i < 40; i++)
			touch(&processes[unit_random(PROCESSES)]);
		change_areas(&processes[unit_random(PROCESSES)]);
		if (unit_random(10) == 0)
			fork_or_exit();
		if (unit_random(3) == 0)
			press();
		/* Transfers that last meet pages that are wanted again meanwhile. */
		disk_instant = unit_random(4) == 0;
		while (unit_random(8) && disk_complete_oldest())
			;
		if (unit_random(50) == 0)
			swap_off_and_on();
		if (unit_random(20) == 0)
			check_books();
	}
	end_and_check_that_nothing_is_left(free_at_start);
}
