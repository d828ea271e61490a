/*
 * Swap-out: looks through the page tables of one process, ages what has been used and
 * unmaps what has not (facts 2.4, 2.7 and 2.8; lab 07).
 *
 * Owns swap_cnt and swap_address of each mm. Walks ptes under page_table_lock; never
 * sleeps there. Nothing is written here: an unmapped dirty page enters the swap cache,
 * or is marked dirty in its file, and page_launder writes it later.
 */
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"
#include "mm/vm/vm.h"

/* A process's share of one round: a 32nd of its pages, but at least 8 ptes. */
#define SWAP_SHIFT	5
#define SWAP_MIN	8ul

/* The page is in a cache already: its pte goes, and a dirty pte's news stays behind. */
static bool unmap_cached(struct page *page, pte_t old, pte_t *slot)
{
	swp_entry_t entry;

	if (pte_dirty(old))
		set_page_dirty(page);
	if (PageSwapCache(page)) {
		entry.val = page->index;
		swap_duplicate(entry);
		pte_set(slot, pte_from_swap(entry.val));
	}
	return true;
}

/* An anonymous page with contents: it needs a slot, which both cache and pte hold. */
static bool unmap_anonymous(struct page *page, pte_t *slot)
{
	swp_entry_t entry = get_swap_page();

	if (!entry.val)
		return false;
	if (add_to_swap_cache(page, entry) != 0) {
		swapcache_free(entry);
		return false;
	}
	set_page_dirty(page);
	swap_duplicate(entry);
	pte_set(slot, pte_from_swap(entry.val));
	return true;
}

/* Replaces the present pte; false if the page must stay mapped. Page locked. */
static bool unmap(struct mm_struct *mm, struct page *page, unsigned long address, pte_t *slot)
{
	pte_t old = pte_take(slot);

	tlb_flush_page(mm, address);
	if (PageSwapCache(page) || page->mapping)
		return unmap_cached(page, old, slot);
	if (!pte_dirty(old))
		return true;	/* never written: a new page of zeros is as good */
	if (unmap_anonymous(page, slot))
		return true;
	pte_set(slot, old);
	return false;
}

/* Would unmapping it need a new slot? A look without the page lock: a hint. */
static bool needs_slot(const struct page *page, pte_t entry)
{
	return pte_dirty(entry) && !PageSwapCache(page) && !page->mapping;
}

/*
 * A page of age 0 that nobody has used: unmapped, if it can be locked and has a place.
 * When swap is full, most such pages have none, and would be unmapped only to be mapped
 * again.
 */
static void take_from(struct mm_struct *mm, struct page *page, unsigned long address,
		      pte_t *slot)
{
	bool unmapped;

	if (nr_swap_pages <= 0 && needs_slot(page, pte_read(slot)))
		return;
	if (!trylock_page(page))
		return;
	unmapped = unmap(mm, page, address, slot);
	unlock_page(page);
	if (!unmapped)
		return;
	add_mm_rss(mm, page, -1);
	if (!pte_none(pte_read(slot)))
		mm->swapents++;
	page_remove_rmap(page);
	page_note(page, EV_UNMAP, BY_try_to_swap_out);
	deactivate_page(page);
	put_page(page);
}

/* A page found by its pte: ages it, and takes it when it is old. */
static inline void look_at(struct mm_struct *mm, struct page *page, unsigned long address,
			   pte_t *slot)
{
	bool was_active = PageActive(page);

	if (pte_test_and_clear_young(slot)) {
		age_page_up(page);
		return;
	}
	/* The active list has a scanner of its own that halves ages. */
	if (!was_active)
		age_page_down_ageonly(page);
	if (page->age == 0)
		take_from(mm, page, address, slot);
}

/*
 * One pte. 1 if the process's quota was already used up; 0 otherwise, whatever became
 * of the page (Q2). page_table_lock held. Inline in the walk, which looks at some fifty
 * ptes for each page that it takes.
 */
inline int try_to_swap_out(struct mm_struct *mm, struct vm_area *area,
			   unsigned long address, pte_t *slot)
{
	pte_t entry = pte_read(slot);
	struct page *page;

	if (!pte_present(entry) || pte_pfn(entry) >= nr_frames)
		return 0;
	page = pfn_to_page(pte_pfn(entry));
	if (PageReserved(page))
		return 0;
	if (mm->swap_cnt == 0)
		return 1;	/* this pte is passed over until the next round (Q3) */
	mm->swap_cnt--;
	count_vm(VM_swap_out_scan);
	look_at(mm, page, address, slot);
	return 0;
}

/*
 * The ptes of one area, from ADDRESS on. 1 when the quota is used up. Most of the ptes of
 * a process that swaps are not present: the inner loop passes them at once.
 */
static int swap_out_area(struct mm_struct *mm, struct vm_area *area, unsigned long address)
{
	if (area->flags & (VM_LOCKED | VM_RESERVED))
		return 0;
	while ((address = page_table_skip(mm->page_table, address, area->end)) < area->end) {
		pte_t *slot = page_table_find(mm->page_table, address);
		unsigned long in_table = PTE_SPAN - address % PTE_SPAN;
		pte_t *end = slot + (min(in_table, area->end - address) >> PAGE_SHIFT);

		for (; slot < end; slot++, address += PAGE_SIZE) {
			if (!pte_present(pte_read(slot)))
				continue;
			if (try_to_swap_out(mm, area, address, slot)) {
				mm->swap_address = address + PAGE_SIZE;
				return 1;
			}
		}
	}
	return 0;
}

/*
 * One process, from where the last round stopped. 1 when its quota is used up; 0 when
 * its end was reached, and then the next round starts at its beginning.
 */
static int swap_out_mm(struct mm_struct *mm)
{
	struct vm_area *area;
	int result = 0;

	spin_lock(&mm->page_table_lock);
	list_for_each(area, &mm->areas, link) {
		if (area->end <= mm->swap_address)
			continue;
		result = swap_out_area(mm, area, max(area->start, mm->swap_address));
		if (result)
			break;
	}
	if (!result) {
		mm->swap_address = 0;
		mm->swap_cnt = 0;
	}
	spin_unlock(&mm->page_table_lock);
	return result;
}

/* The process with the largest quota left; the earliest of equals. NULL if none has any. */
static struct mm_struct *largest_quota(void)
{
	struct mm_struct *mm, *best = NULL;

	list_for_each(mm, &mmlist, mmlist)
		if (get_mm_rss(mm) > 0 && mm->swap_cnt > (best ? best->swap_cnt : 0))
			best = mm;
	return best;
}

static void new_quotas(void)
{
	struct mm_struct *mm;

	list_for_each(mm, &mmlist, mmlist)
		if (get_mm_rss(mm) > 0)
			mm->swap_cnt = max(get_mm_rss(mm) >> SWAP_SHIFT, SWAP_MIN);
}

/*
 * One process's turn. 1 if its quota was used up, 0 if it came to its end or there is
 * nobody. In the original, PRIORITY sets the length of a loop whose body always leaves
 * it at once: it has no effect (Q1), and neither has GFP.
 */
int swap_out(unsigned priority, gfp_t gfp)
{
	struct mm_struct *mm;
	int result;

	spin_lock(&mmlist_lock);
	mm = largest_quota();
	if (!mm) {
		new_quotas();
		mm = largest_quota();
	}
	if (mm)
		atomic_inc(&mm->users);
	spin_unlock(&mmlist_lock);
	if (!mm)
		return 0;

	result = swap_out_mm(mm);
	mm_put(mm);
	return result;
}
