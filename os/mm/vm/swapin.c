/*
 * Faults on swapped-out pages: finds the page in the swap cache or reads it, and its
 * neighbours on disk with it (facts 2.4, 2.10 and 5.3; lab 09).
 *
 * Owns nothing. The page stays in the swap cache and keeps its slot, so that it need
 * not be written again if nobody changes it.
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/trace/events.h"
#include "mm/vm/vm_internal.h"

void swapin_readahead(swp_entry_t entry)
{
	unsigned long offset;
	unsigned count = valid_swaphandles(entry, &offset);
	bool busy = false;

	for (unsigned i = 0; i < count; i++) {
		swp_entry_t next = swp_entry(swp_type(entry), offset + i);
		struct page *page = NULL;

		if (atomic_read(&nr_async_pages) >= async_swap_limit())
			busy = true;
		if (!busy)
			page = read_swap_cache_async(next, false);
		if (page)
			put_page(page);
		if (!policy->swap_cache_bit)
			swap_free(next);	/* valid_swaphandles' reference */
	}
	/* What has been read can be found on the lists from now on, and reclaimed. */
	if (policy->swap_cache_bit)
		lru_add_drain();
}

/* The slot's page, read in, with a reference, or NULL. Not locked. */
static struct page *get_swapped(struct mm_struct *mm, swp_entry_t entry, bool *major)
{
	struct page *page = lookup_swap_cache(entry);

	if (page)
		return page;
	if (policy->swap_in)
		policy->swap_in(mm);
	swapin_readahead(entry);
	page = read_swap_cache_async(entry, true);
	*major = page != NULL;
	return page;
}

static bool still_there(struct mm_struct *mm, pte_t *slot, pte_t old)
{
	bool same;

	spin_lock(&mm->page_table_lock);
	same = pte_to_swap(pte_read(slot)) == pte_to_swap(old);
	spin_unlock(&mm->page_table_lock);
	return same;
}

/*
 * The pte's slot reference becomes a page reference; page_table_lock and page lock held.
 * Returns the new pte.
 */
static pte_t map_swapped(struct vm_area *area, unsigned long address, pte_t *slot,
			 struct page *page, swp_entry_t entry, bool write)
{
	pte_t pte = pte_make(page_to_pfn(page), exec_bit(area));

	area->mm->anon_rss++;
	area->mm->swapents--;
	if (policy->swap_cache_bit) {
		if (write && reuse_swap_page(page))
			pte = pte_mkdirty(pte_mkwrite(pte));
	} else {
		swap_free(entry);
		if (write && !is_page_shared(page))
			pte = pte_mkdirty(pte_mkwrite(pte));
	}
	page_add_anon_rmap(page, area, address);
	pte_set(slot, pte);
	page_note(page, EV_MAP, BY_do_swap_page);
	if (policy->swap_cache_bit) {
		swap_free(entry);
		/* Slots are short, or this page will never need its own again. */
		if (vm_swap_full() || area->flags & VM_LOCKED || PageMlocked(page))
			try_to_free_swap(page);
	}
	return pte;
}

int do_swap_page(struct vm_area *area, unsigned long address, pte_t *slot, pte_t old,
		 bool write, bool *major)
{
	swp_entry_t entry = { pte_to_swap(old) };
	struct mm_struct *mm = area->mm;
	struct page *page;
	int result;

	if (swp_type(entry) >= nr_swap_areas) {
		print_bad_pte(area, address, old);
		return -EIO;
	}
	if (anon_vma_prepare(area))
		return -ENOMEM;
	page = get_swapped(mm, entry, major);
	if (!page) {
		if (!still_there(mm, slot, old))
			return 0;
		return swap_count(entry) ? -ENOMEM : -EIO;
	}

	result = lock_swap_page(page, entry);
	if (result)
		goto out;
	spin_lock(&mm->page_table_lock);
	if (pte_to_swap(pte_read(slot)) == entry.val) {
		/* Our reference on the page is the pte's now. */
		old = map_swapped(area, address, slot, page, entry, write);
		unlock_page(page);
		/* A write that may not have the page: 2.4 lets it fault once more. */
		if (policy->swap_cache_bit && write && !pte_write(old))
			return do_wp_page(area, address, slot, old);
		spin_unlock(&mm->page_table_lock);
		return 0;
	}
	spin_unlock(&mm->page_table_lock);
out:
	unlock_page(page);
	put_page(page);
	return result == -EAGAIN ? 0 : result;	/* somebody was faster: look at the pte again */
}
