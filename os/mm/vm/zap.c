/*
 * Taking pages away from an address space: munmap, exit, truncation (facts 2.4, 2.9).
 *
 * Owns nothing. Ptes are emptied under page_table_lock; their pages are released only
 * after the TLBs have forgotten them, because another CPU could go on using a page that
 * already belongs to somebody else. So the work goes in batches: empty, flush, release.
 */
#include "arch/machine.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"
#include "mm/vm/vm_internal.h"

#define BATCH	64

struct zap_batch {
	struct page *pages[BATCH];
	bool dirty[BATCH];	/* the pte said so */
	unsigned count;
	/* Only pages from FIRST on are wanted, and ptes remember where they were. Or NULL. */
	const struct vm_area *nonlinear;
	pgoff_t first;
};

/* The page loses a pte: its reference goes into the batch. */
static void take_page(struct mm_struct *mm, struct zap_batch *batch, pfn_t pfn, bool dirty)
{
	struct page *page;

	if (pfn >= nr_frames || PageReserved(pfn_to_page(pfn)))
		return;
	page = pfn_to_page(pfn);
	add_mm_rss(mm, page, -1);
	page_remove_rmap(page);
	batch->pages[batch->count] = page;
	batch->dirty[batch->count++] = dirty;
}

static void free_entry(struct mm_struct *mm, swp_entry_t entry)
{
	mm->swapents--;
	if (policy->swap_cache_bit)
		free_swap_and_cache(entry);
	else
		swap_free(entry);
}

static void zap_pte(struct mm_struct *mm, struct zap_batch *batch, pte_t *slot)
{
	pte_t pte = pte_read(slot);

	if (pte_none(pte))
		return;
	pte = pte_take(slot);
	if (pte_hidden(pte))
		pte = pte_reveal(pte, 0);
	if (pte_present(pte))
		take_page(mm, batch, pte_pfn(pte), pte_dirty(pte));
	else if (!pte_file(pte))
		free_entry(mm, (swp_entry_t){ pte_to_swap(pte) });
}

/* The same in a nonlinear area that stays: file ptes and lower pages stay, too. */
static void zap_nonlinear_pte(struct zap_batch *batch, unsigned long address, pte_t *slot)
{
	const struct vm_area *area = batch->nonlinear;
	pte_t pte = pte_read(slot);
	pgoff_t index;

	if (pte_hidden(pte))
		pte = pte_reveal(pte, 0);
	if (!pte_present(pte))
		return;
	index = pfn_to_page(pte_pfn(pte))->index;
	if (index < batch->first)
		return;
	zap_pte(area->mm, batch, slot);
	pte_set(slot, place_pte(area, address, index));
}

/* Fills the batch from ADDRESS on; returns where it stopped, END at the end. */
static unsigned long empty_ptes(struct mm_struct *mm, struct zap_batch *batch,
				unsigned long address, unsigned long end)
{
	batch->count = 0;
	spin_lock(&mm->page_table_lock);
	while (batch->count < BATCH) {
		pte_t *slot;

		address = page_table_skip(mm->page_table, address, end);
		if (address >= end)
			break;
		slot = page_table_find(mm->page_table, address);
		do {
			if (batch->nonlinear)
				zap_nonlinear_pte(batch, address, slot++);
			else
				zap_pte(mm, batch, slot++);
			address += PAGE_SIZE;
		} while (address < end && address % PTE_SPAN != 0 && batch->count < BATCH);
	}
	if (batch->count)
		tlb_flush_mm(mm);
	pages_note(batch->pages, batch->count, EV_UNMAP, BY_zap_range);
	spin_unlock(&mm->page_table_lock);
	return address;
}

static void release_pages(struct zap_batch *batch, bool discard)
{
	for (unsigned i = 0; i < batch->count; i++) {
		struct page *page = batch->pages[i];

		if (batch->dirty[i] && !discard)
			set_page_dirty(page);
		if (PageSwapCache(page))
			free_page_and_swap_cache(page);
		else
			put_page(page);
	}
}

/* DISCARD: what was written to pages of files is not wanted any more. */
static void zap(struct mm_struct *mm, unsigned long start, unsigned long end, bool discard)
{
	struct zap_batch batch;

	batch.nonlinear = NULL;	/* one by one: the array of pages need not be cleared */
	while (start < end) {
		start = empty_ptes(mm, &batch, start, end);
		release_pages(&batch, discard);
	}
}

/* The pages of a nonlinear area from FIRST on, wherever they are in it. */
static void zap_nonlinear(struct vm_area *area, pgoff_t first, bool discard)
{
	struct zap_batch batch = { .nonlinear = area, .first = first };
	unsigned long start = area->start;

	while (start < area->end) {
		start = empty_ptes(area->mm, &batch, start, area->end);
		release_pages(&batch, discard);
	}
}

void zap_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	zap(mm, start, end, false);
}

void zap_area(struct vm_area *area)
{
	if (area->flags & VM_NONLINEAR)
		zap_nonlinear(area, 0, false);
	else
		zap(area->mm, area->start, area->end, false);
}

/*
 * The file shall end before its page FIRST, and its size says so already: private copies
 * of the rest go, too. A fault that has found one of the pages, but maps it only after we
 * have been there, sees that truncations has changed.
 */
void zap_mapping(struct address_space *mapping, pgoff_t first)
{
	struct vm_area *area;

	spin_lock(&mapping->i_mmap_lock);
	__atomic_fetch_add(&mapping->truncations, 1, __ATOMIC_SEQ_CST);
	list_for_each(area, &mapping->i_mmap, shared_link) {
		pgoff_t skip = first > area->pgoff ? first - area->pgoff : 0;

		if (area->flags & VM_NONLINEAR)
			zap_nonlinear(area, first, true);
		else if (skip < area_pages(area))
			zap(area->mm, area->start + (skip << PAGE_SHIFT), area->end, true);
	}
	spin_unlock(&mapping->i_mmap_lock);
}
