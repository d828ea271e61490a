/*
 * Unmapping a page from nonlinear areas, where it may be at any address (facts 2.6, 4.7).
 *
 * Owns vm_area.unmap_cursor, under page_table_lock. Nobody looks for the page: each area
 * loses a cluster of mapped pages, whichever they are, from its cursor on, until so many
 * ptes are gone as the page has, or all areas have been gone through. A page that is in
 * use comes back by a fault; its pte tells where from.
 */
#include "arch/machine.h"
#include "lib/printk.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/vm/vm_internal.h"

#define CLUSTER_PAGES	32ul

/* One pte of the area goes, unless it was used lately. page_table_lock held. */
static bool unmap_pte(struct vm_area *area, unsigned long address, pte_t *slot)
{
	struct page *page;
	pte_t old;

	if (!pte_present(pte_read(slot)))
		return false;
	if (pte_test_and_clear_young(slot)) {
		tlb_flush_page(area->mm, address);
		return false;
	}
	old = pte_take(slot);
	page = pfn_to_page(pte_pfn(old));
	pte_set(slot, place_pte(area, address, page->index));
	tlb_flush_page(area->mm, address);
	if (pte_dirty(old))
		set_page_dirty(page);
	pte_has_let_go(area, page);
	return true;
}

/* One cluster from the area's cursor on; returns how many ptes went. */
static unsigned long unmap_cluster(struct vm_area *area)
{
	struct mm_struct *mm = area->mm;
	unsigned long at, last, unmapped = 0;

	spin_lock(&mm->page_table_lock);
	if (area->unmap_cursor >= area_pages(area))
		area->unmap_cursor = 0;
	at = area->unmap_cursor;
	last = min(at + CLUSTER_PAGES, area_pages(area));
	area->unmap_cursor = last;
	for (; at < last; at++) {
		unsigned long address = area->start + (at << PAGE_SHIFT);
		pte_t *slot = page_table_find(mm->page_table, address);

		unmapped += slot && unmap_pte(area, address, slot);
	}
	spin_unlock(&mm->page_table_lock);
	return unmapped;
}

/* Locked areas keep what they have. */
static bool may_lose_pages(const struct vm_area *area)
{
	return (area->flags & (VM_NONLINEAR | VM_LOCKED)) == VM_NONLINEAR;
}

static unsigned long clusters_of_largest(const struct address_space *mapping)
{
	unsigned long most = 0;
	struct vm_area *area;

	list_for_each(area, &mapping->i_mmap, shared_link)
		if (may_lose_pages(area))
			most = max(most, area_pages(area));
	return (most + CLUSTER_PAGES - 1) / CLUSTER_PAGES;
}

void try_to_unmap_nonlinear(struct page *page)
{
	struct address_space *mapping = page->mapping;
	long wanted = atomic_read(&page->mapcount);
	struct vm_area *area;

	assert(PageLocked(page) && !PageAnon(page) && mapping);
	spin_lock(&mapping->i_mmap_lock);
	for (unsigned long turns = clusters_of_largest(mapping); turns && wanted > 0; turns--)
		list_for_each(area, &mapping->i_mmap, shared_link)
			if (may_lose_pages(area))
				wanted -= (long)unmap_cluster(area);
	spin_unlock(&mapping->i_mmap_lock);
}
