/*
 * Locking memory in: mlock, munlock, and the pages of locked areas.
 *
 * Owns VM_LOCKED of areas; mmap_sem held. swap_out passes such areas over, so pages that
 * are once in stay. How much may be locked is for the callers to say.
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
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
		set_area_flags(area, lock ? area->flags | VM_LOCKED : area->flags & ~VM_LOCKED);
		if (lock)
			error = populate(area, area->start, area->end);
	}
	merge_range(mm, start, end);
	return error;
}
