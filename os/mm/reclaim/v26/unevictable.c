/*
 * Pages that reclaim must leave alone: locked by mlock, or of a mapping that has nowhere
 * to write them (facts 2.6, 4.6; lab 10).
 *
 * Owns PG_mlocked, which changes with the page locked, and its counter. Such pages are
 * kept on a list of their own, so that no scan meets them again and again; the lists
 * learn of it when a scan finds one, or when somebody locks it.
 */
#include "lib/printk.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/v26/v26.h"

bool page_evictable(const struct page *page)
{
	return !(page->mapping && page->mapping->unevictable) && !PageMlocked(page);
}

/* To the list that fits it now; a page that somebody else has isolated goes there later. */
static bool find_its_list(struct page *page)
{
	if (isolate_lru_page(page) != 0)
		return false;
	putback_lru_page(page);
	return true;
}

void mlock_vma_page(struct page *page)
{
	assert(PageLocked(page));
	if (test_and_set_bit(PG_mlocked, &page->flags))
		return;
	page_stat_add(page, STAT_nr_mlock, 1);
	count_vm(VM_unevictable_pgs_mlocked);
	find_its_list(page);
}

void add_locked_page(struct page *page)
{
	unsigned long flags;

	SetPageMlocked(page);
	SetPageUnevictable(page);
	page_stat_add(page, STAT_nr_mlock, 1);
	count_vm(VM_unevictable_pgs_mlocked);
	flags = spin_lock_irqsave(&lru_lock);
	add_page_to_lru_list(page, LRU_UNEVICTABLE, BY_mlock_vma_page);
	spin_unlock_irqrestore(&lru_lock, flags);
}

void munlock_vma_page(struct page *page)
{
	assert(PageLocked(page));
	if (!test_and_clear_bit(PG_mlocked, &page->flags))
		return;
	page_stat_add(page, STAT_nr_mlock, -1);
	if (isolate_lru_page(page) != 0) {
		/* On no list: whoever has it will put it where it belongs, if it can. */
		count_vm(PageUnevictable(page) ? VM_unevictable_pgs_stranded
					       : VM_unevictable_pgs_munlocked);
		return;
	}
	if (atomic_read(&page->mapcount) <= 1 || try_to_munlock(page) != SWAP_MLOCK)
		count_vm(VM_unevictable_pgs_munlocked);
	putback_lru_page(page);
}

/* Truncation and copy-on-write take a locked page away from whoever had locked it. */
void clear_page_mlock(struct page *page)
{
	if (!test_and_clear_bit(PG_mlocked, &page->flags))
		return;
	page_stat_add(page, STAT_nr_mlock, -1);
	count_vm(VM_unevictable_pgs_cleared);
	if (!find_its_list(page) && PageUnevictable(page))
		count_vm(VM_unevictable_pgs_stranded);
}
