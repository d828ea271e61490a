/*
 * Changing the rights of areas: mprotect.
 *
 * Owns nothing; mmap_sem held. A right that is taken away is taken from the entries at
 * once; one that is given is used by the next fault, except for shared writable pages,
 * whose entries need no copy. Pages of an area without any right are hidden
 * (vm_internal.h).
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/vm/vm_internal.h"

/* What the entry must be under the area's new rights. */
static pte_t changed_pte(const struct vm_area *area, pte_t pte)
{
	pte_t made;

	if (pte_hidden(pte))
		pte = pte_reveal(pte, 0);
	if (!(area->flags & VM_ACCESS))
		return pte_hide(pte);
	made = pte_make(pte_pfn(pte), exec_bit(area));
	if (pte_write(pte) && (area->flags & VM_WRITE))
		made = pte_mkwrite(made);
	if (pte_dirty(pte))
		made = pte_mkdirty(made);
	return pte_young(pte) ? pte_mkyoung(made) : pte_mkold(made);
}

static void change_pte(const struct vm_area *area, pte_t *slot)
{
	pte_t pte = pte_read(slot);

	if (pte_present(pte))
		pte_set(slot, changed_pte(area, pte_take(slot)));
	else if (pte_hidden(pte))
		pte_set(slot, changed_pte(area, pte));
}

static void change_ptes(struct vm_area *area)
{
	struct mm_struct *mm = area->mm;
	unsigned long address = area->start;

	spin_lock(&mm->page_table_lock);
	for (;;) {
		pte_t *slot;

		address = page_table_skip(mm->page_table, address, area->end);
		if (address >= area->end)
			break;
		slot = page_table_find(mm->page_table, address);
		do {
			change_pte(area, slot++);
			address += PAGE_SIZE;
		} while (address < area->end && address % PTE_SPAN != 0);
	}
	tlb_flush_mm(mm);
	spin_unlock(&mm->page_table_lock);
}

/* Shared writes reach the file, which must have been opened for that. */
static bool may_have(const struct vm_area *area, unsigned rights)
{
	return !(rights & VM_WRITE) || area_is_private(area) || !area->file ||
		(area->file->flags & O_ACCMODE) == O_RDWR;
}

/* FLAGS: any of VM_READ, VM_WRITE, VM_EXEC. -ENOMEM if part of the range is not mapped. */
int protect_range(struct mm_struct *mm, unsigned long start, unsigned long length,
		  unsigned flags)
{
	struct vm_area *area, *first;
	unsigned long end;
	int error = check_range(start, length, &end);

	assert(mutex_held(&mm->mmap_sem));
	if (error)
		return error;
	if (!range_is_mapped(mm, start, end))
		return -ENOMEM;
	error = cut_range(mm, start, end, &first);
	for (area = first; !error && area && area->start < end; area = next_area(mm, area)) {
		if (!may_have(area, flags)) {
			error = -EACCES;
			break;
		}
		set_area_flags(area, (area->flags & ~VM_ACCESS) | (flags & VM_ACCESS));
		change_ptes(area);
	}
	merge_range(mm, start, end);
	return error;
}
