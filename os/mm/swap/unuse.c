/*
 * swapoff's work: each page in use in an area goes back to memory, and whoever named
 * its slot maps the page instead (facts 2.4, 5.4).
 *
 * Owns nothing. Ptes are replaced under the page lock, while the page is still in the
 * swap cache: a fault on such a pte finds the page there, waits for its lock and then
 * sees that its pte is not what it was. (The original takes the page out of the cache
 * first, and relies on one lock around everything.)
 */
#include "mm/swap/unuse.h"
#include "arch/machine.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/shmem.h"
#include "mm/trace/events.h"
#include "mm/vm/vm_internal.h"

/*
 * Some holders of a slot cannot be seen: a child that fork has not finished, a process
 * that is ending, a segment that is being destroyed. They get that many ticks to go on.
 */
#define MANY_TRIES	1000

static struct wait_queue nobody = WAIT_QUEUE_INIT(nobody);	/* for waits of a tick */

/* The lowest slot from FIRST on that somebody holds, or 0. */
static unsigned long next_in_use(struct swap_area *area, unsigned long first)
{
	unsigned long offset;

	spin_lock(&area->lock);
	for (offset = first; offset < area->max; offset++)
		if (area->map[offset] && area->map[offset] != SWAP_MAP_BAD)
			break;
	spin_unlock(&area->lock);
	return offset < area->max ? offset : 0;
}

/* A pte that maps a page already: if it is this one, only the pte will know it is dirty. */
static void mark_dirty(struct vm_area *area, unsigned long address, pte_t *slot,
		       struct page *page)
{
	pte_t pte = pte_read(slot);
	bool hidden = pte_hidden(pte);

	if (hidden)
		pte = pte_reveal(pte, 0);
	if (pte_pfn(pte) != page_to_pfn(page))
		return;
	pte = pte_take(slot);
	pte_set(slot, hidden ? pte_hide(pte_mkdirty(pte_reveal(pte, 0))) : pte_mkdirty(pte));
	tlb_flush_page(area->mm, address);
}

/*
 * A swap pte of the slot becomes a mapping, read-only: a write then looks for sharers. What
 * is not in swap any more is dirty: 2.4's ptes say so, 2.6's page does when it has left the
 * cache. 2.6 takes it for in use, so that it does not go out again with the next scan.
 */
static void unuse_pte(struct vm_area *area, unsigned long address, pte_t *slot,
		      struct page *page, swp_entry_t entry)
{
	pte_t pte = pte_read(slot);

	if (pte_present(pte) || pte_hidden(pte)) {
		if (!policy->swap_cache_bit)
			mark_dirty(area, address, slot, page);
		return;
	}
	if (pte_none(pte) || pte_to_swap(pte) != entry.val)
		return;
	get_page(page);
	page_add_anon_rmap(page, area, address);
	pte = pte_make(page_to_pfn(page), exec_bit(area));
	if (policy->swap_cache_bit) {
		pte = pte_mkold(pte);
		activate_page(page);
	} else {
		pte = pte_mkdirty(pte);
	}
	pte_set(slot, area->flags & VM_ACCESS ? pte : pte_hide(pte));
	area->mm->anon_rss++;
	area->mm->swapents--;
	page_note(page, EV_MAP, BY_try_to_unuse);
	swap_free(entry);
}

static void unuse_area(struct vm_area *area, struct page *page, swp_entry_t entry)
{
	unsigned long address = area->start;

	for (;;) {
		pte_t *slot;

		address = page_table_skip(area->mm->page_table, address, area->end);
		if (address >= area->end)
			return;
		slot = page_table_find(area->mm->page_table, address);
		do {
			unuse_pte(area, address, slot++, page, entry);
			address += PAGE_SIZE;
		} while (address < area->end && address % PTE_SPAN != 0);
	}
}

static void unuse_mm(struct mm_struct *mm, struct page *page, swp_entry_t entry)
{
	struct vm_area *area;

	spin_lock(&mm->page_table_lock);
	list_for_each(area, &mm->areas, link)
		unuse_area(area, page, entry);
	spin_unlock(&mm->page_table_lock);
}

static void unuse_everywhere(struct page *page, swp_entry_t entry)
{
	struct mm_struct *mm;

	spin_lock(&mmlist_lock);
	list_for_each(mm, &mmlist, mmlist)
		unuse_mm(mm, page, entry);
	spin_unlock(&mmlist_lock);
}

/* The cache's own reference is all that is left of the slot. */
static void leave_slot(struct page *page)
{
	wait_on_page_writeback(page);	/* the disk may have another use soon */
	if (policy->swap_cache_bit) {
		delete_from_swap_cache(page);
		SetPageDirty(page);
	} else {
		delete_from_swap_cache_nolock(page);
	}
}

/* A count that sticks goes only with the area. Nobody names the slot any more. */
static void force_free(struct swap_area *area, unsigned long offset)
{
	spin_lock(&area->lock);
	if ((area->map[offset] & SWAP_MAP_MAX) == SWAP_MAP_MAX)
		area->map[offset] = policy->swap_cache_bit ? SWAP_HAS_CACHE : 1;
	spin_unlock(&area->lock);
}

static void wait_a_tick(void)
{
	struct waiter waiter;

	wait_prepare(&nobody, &waiter, false);
	schedule_timeout(1);
	wait_finish(&nobody, &waiter);
}

/* Does the locked page still have the slot? It may have left it while nobody held it. */
static bool in_slot(const struct page *page, swp_entry_t entry)
{
	return PageSwapCache(page) && page->index == entry.val;
}

/* One slot. 0 if nobody but a holder that was not found uses it any more. */
static int unuse_slot(struct swap_area *area, swp_entry_t entry)
{
	struct page *page = read_swap_cache_async(entry, true);
	int error;

	if (!page)
		return swap_users(entry) ? -ENOMEM : 0;
	error = lock_swap_page(page, entry);
	if (error == -EAGAIN || (error && !swap_users(entry)))
		error = 0;	/* nobody but the cache wants it */
	else if (!error && !swap_is_shmem(entry))
		unuse_everywhere(page, entry);
	unlock_page(page);

	if (!error && (swap_is_shmem(entry) || !policy->swap_cache_bit))
		error = shmem_unuse(entry);
	lock_page(page);
	if (!error && in_slot(page, entry)) {
		force_free(area, swp_offset(entry));
		if (!swap_users(entry))		/* no fork goes on */
			leave_slot(page);
	}
	unlock_page(page);
	put_page(page);
	return error;
}

/* 2.6's can be stopped; and must be, if the OOM killer wants the memory. */
static bool gives_in(void)
{
	return policy->swap_cache_bit && signal_pending(current);
}

int try_to_unuse(unsigned type)
{
	struct swap_area *area = &swap_areas[type];
	unsigned long offset = 1, last = 0;
	unsigned tries = 0;

	while ((offset = next_in_use(area, offset)) != 0) {
		int error = gives_in() ? -EINTR : unuse_slot(area, swp_entry(type, offset));

		if (error)
			return error;
		tries = offset == last ? tries + 1 : 0;
		last = offset;
		if (tries > MANY_TRIES) {
			printk("swapoff: slot %u:%lu has %u holders that nobody knows\n", type,
			       offset, swap_count(swp_entry(type, offset)));
			return -EBUSY;
		}
		if (tries)
			wait_a_tick();
	}
	return 0;
}
