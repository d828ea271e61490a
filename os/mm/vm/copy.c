/*
 * Fork's copy of the page tables: copy on write (facts 2.4, 2.10).
 *
 * Owns nothing. The child's tables are filled while nobody else knows the child; the
 * parent's entries are read and write-protected under the parent's page_table_lock. The
 * caller flushes the parent's translations afterwards.
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "mm/trace/events.h"
#include "mm/vm/vm_internal.h"

#define BATCH	64

/* Pages that have got one more pte; the event log is told of many at once. */
struct shared_pages {
	struct page *pages[BATCH];
	unsigned count;
};

static inline void note_shared(struct shared_pages *shared)
{
	pages_note(shared->pages, shared->count, EV_MAP, BY_dup_mm);
	shared->count = 0;
}

static inline void share_page(struct mm_struct *child, struct shared_pages *shared, pfn_t pfn)
{
	struct page *page;

	if (pfn >= nr_frames || PageReserved(pfn_to_page(pfn)))
		return;
	page = pfn_to_page(pfn);
	get_page(page);
	atomic_inc(&page->mapcount);
	add_mm_rss(child, page, 1);
	if (shared->count == BATCH)
		note_shared(shared);
	shared->pages[shared->count++] = page;
}

/* The child's entry for a present one; both lose the right to write a private page. */
static pte_t share_present(struct vm_area *area, pte_t *slot)
{
	pte_t pte = pte_read(slot);

	if (area_is_private(area) && pte_write(pte)) {
		pte = pte_wrprotect(pte_take(slot));
		pte_set(slot, pte);
	}
	if (!area_is_private(area))
		pte = pte_mkclean(pte);
	return pte_mkold(pte);
}

static inline void copy_pte(struct mm_struct *child, struct shared_pages *shared,
			    struct vm_area *area, pte_t *to, pte_t *from)
{
	pte_t pte = pte_read(from);

	if (pte_none(pte))
		return;
	if (pte_present(pte)) {
		pte = share_present(area, from);
		share_page(child, shared, pte_pfn(pte));
	} else if (pte_hidden(pte)) {
		share_page(child, shared, pte_pfn(pte_reveal(pte, 0)));
	} else if (pte_file(pte)) {
		/* says where a page is; refers to nothing */
	} else if (swap_duplicate((swp_entry_t){ pte_to_swap(pte) }) == 0) {
		child->swapents++;
	} else {
		return;
	}
	pte_set(to, pte);
}

int copy_range(struct mm_struct *child, struct mm_struct *parent, struct vm_area *area)
{
	struct shared_pages shared;
	unsigned long address = area->start;

	shared.count = 0;
	for (;;) {
		pte_t *to, *from;

		address = page_table_skip(parent->page_table, address, area->end);
		if (address >= area->end)
			return 0;
		to = page_table_make(child, address);
		if (!to)
			return -ENOMEM;
		spin_lock(&parent->page_table_lock);
		from = page_table_find(parent->page_table, address);
		do {
			copy_pte(child, &shared, area, to++, from++);
			address += PAGE_SIZE;
		} while (address < area->end && address % PTE_SPAN != 0);
		note_shared(&shared);
		spin_unlock(&parent->page_table_lock);
	}
}
