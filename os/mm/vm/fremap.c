/*
 * Nonlinear areas: shared mappings whose pages lie in any order (facts 2.6, 10.3). A
 * program that shows itself many pieces of one segment needs one area for all of them.
 *
 * Owns VM_NONLINEAR; mmap_sem held. In such an area the pte says which page belongs to an
 * address, when none is there and it is not the one that the area's order would give
 * (pte_file, vm_internal.h). So a pte must never be emptied without leaving that behind.
 *
 * Reverse lookup cannot find the ptes of a page in such an area; see unmap_nonlinear.c.
 * A file whose dirty pages are counted must find them to write-protect them: its pieces
 * become areas of their own instead. 2.4 has neither.
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/vm/vm_internal.h"

/* Tables for the whole range, so that nothing can fail when its pages have been taken. */
static int make_tables(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	for (; start < end; start = (start & ~(PTE_SPAN - 1)) + PTE_SPAN)
		if (!page_table_make(mm, start))
			return -ENOMEM;
	return 0;
}

/* The empty ptes of the range stand for the file's pages from INDEX on. */
static void install_file_ptes(struct vm_area *area, unsigned long start, unsigned long end,
			      pgoff_t index)
{
	struct mm_struct *mm = area->mm;

	spin_lock(&mm->page_table_lock);
	for (; start < end; start += PAGE_SIZE)
		pte_set(page_table_find(mm->page_table, start),
			place_pte(area, start, index++));
	spin_unlock(&mm->page_table_lock);
}

static int rearrange(struct vm_area *area, unsigned long start, unsigned long end,
		     pgoff_t index)
{
	int error = make_tables(area->mm, start, end);

	if (error)
		return error;
	set_area_flags(area, area->flags | VM_NONLINEAR);
	if (area->flags & VM_LOCKED)
		note_locked_pages(area, start, end, false);
	zap_range(area->mm, start, end);
	install_file_ptes(area, start, end, index);
	return 0;
}

/* The range becomes an ordinary area. */
static int map_anew(struct vm_area *area, unsigned long start, unsigned long end,
		    pgoff_t index)
{
	struct file *file = file_get(area->file);
	long result = map_area(area->mm, start, end - start, area->flags, file, index, true);

	file_put(file);
	return IS_ERR((void *)result) ? (int)result : 0;
}

int remap_file_pages(struct mm_struct *mm, unsigned long start, unsigned long length,
		     pgoff_t index, bool bring_in)
{
	pgoff_t pages = length >> PAGE_SHIFT;
	struct vm_area *area;
	unsigned long end;
	int error;

	assert(mutex_held(&mm->mmap_sem));
	start &= PAGE_MASK;
	if (!pages || check_range(start, length & PAGE_MASK, &end) ||
	    index > FILE_PTE_MOST || pages > FILE_PTE_MOST - index)
		return -EINVAL;
	area = find_area(mm, start);
	if (!area || start < area->start || end > area->end || area_is_private(area))
		return -EINVAL;
	if (!(area->flags & VM_NONLINEAR) && linear_index(area, start) == index)
		return 0;
	error = area_mapping(area)->flusher ? map_anew(area, start, end, index)
					     : rearrange(area, start, end, index);
	if (!error && bring_in)
		populate(find_area(mm, start), start, end);
	if (!error && find_area(mm, start)->flags & VM_LOCKED)
		note_locked_pages(find_area(mm, start), start, end, true);
	return error;
}
