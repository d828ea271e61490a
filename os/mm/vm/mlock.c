/*
 * Locking memory in: mlock, munlock, and the pages of locked areas.
 *
 * Owns VM_LOCKED of areas; mmap_sem held. swap_out passes such areas over, so pages that
 * are once in stay. How much may be locked is for the callers to say.
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/reclaim/policy.h"
#include "mm/vm/vm_internal.h"

static bool is_in(struct mm_struct *mm, unsigned long address, bool write)
{
	bool in;
	pte_t *slot;

	spin_lock(&mm->page_table_lock);
	slot = page_table_find(mm->page_table, address);
	in = slot && pte_present(pte_read(slot)) && (!write || pte_write(pte_read(slot)));
	spin_unlock(&mm->page_table_lock);
	return in;
}

/* Private writable pages are made now, so that no later write needs memory. */
int populate(struct vm_area *area, unsigned long start, unsigned long end)
{
	bool write = area_is_private(area) && (area->flags & VM_WRITE);

	if (!(area->flags & VM_ACCESS))
		return 0;
	for (unsigned long address = start; address < end; address += PAGE_SIZE) {
		while (!is_in(area->mm, address, write)) {
			int error = handle_mm_fault(area->mm, area, address, write);

			/* There is nothing to lock behind a file's end. */
			if (error)
				return error == -EIO ? -ENOMEM : error;
		}
	}
	return 0;
}

/* The page at ADDRESS with a reference, or NULL. */
static struct page *mapped_page(struct mm_struct *mm, unsigned long address)
{
	struct page *page = NULL;
	pte_t *slot;

	spin_lock(&mm->page_table_lock);
	slot = page_table_find(mm->page_table, address);
	if (slot && pte_present(pte_read(slot)))
		page = pfn_to_page(pte_pfn(pte_read(slot)));
	if (page && !PageReserved(page))
		get_page(page);
	else
		page = NULL;
	spin_unlock(&mm->page_table_lock);
	return page;
}

/* 2.6 keeps pages of locked areas on a list of their own: they go there, or come back. */
void note_locked_pages(struct vm_area *area, unsigned long start, unsigned long end, bool lock)
{
	if (!policy->lock_in_memory)
		return;
	if (lock)
		policy->drain_lists();
	for (unsigned long address = start; address < end; address += PAGE_SIZE) {
		struct page *page;

		address = page_table_skip(area->mm->page_table, address, end);
		if (address >= end)
			break;
		page = mapped_page(area->mm, address);
		if (!page)
			continue;
		lock_page(page);
		policy->lock_in_memory(page, lock);
		unlock_page(page);
		put_page(page);
	}
}

void let_go_of_locked_pages(struct vm_area *area)
{
	if (!(area->flags & VM_LOCKED) || !policy->lock_in_memory)
		return;
	set_area_flags(area, area->flags & ~VM_LOCKED);
	note_locked_pages(area, area->start, area->end, false);
}

int lock_range(struct mm_struct *mm, unsigned long start, unsigned long length, bool lock)
{
	struct vm_area *area, *first;
	unsigned long end;
	int error;

	assert(mutex_held(&mm->mmap_sem));
	error = check_range(start, length, &end);
	if (error)
		return error;
	if (!range_is_mapped(mm, start, end))
		return -ENOMEM;
	error = cut_range(mm, start, end, &first);
	for (area = first; !error && area && area->start < end; area = next_area(mm, area)) {
		bool was_locked = area->flags & VM_LOCKED;

		set_area_flags(area, lock ? area->flags | VM_LOCKED : area->flags & ~VM_LOCKED);
		if (lock)
			error = populate(area, area->start, area->end);
		if (lock || was_locked)
			note_locked_pages(area, area->start, area->end, lock);
	}
	merge_range(mm, start, end);
	return error;
}
