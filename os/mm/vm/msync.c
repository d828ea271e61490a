/*
 * msync: what programs wrote to shared mappings of files reaches the files.
 *
 * Owns nothing; mmap_sem held. The dirty bits of ptes move to the pages, in batches,
 * because set_page_dirty may not be called under page_table_lock's rank by every file
 * system. Then the file's own machinery writes the pages. Not part of sim.
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/vm/vm_internal.h"

#define BATCH	64

/* Collects pages whose ptes are dirty, from *ADDRESS on, which goes up; cleans the ptes. */
static unsigned take_dirty(struct mm_struct *mm, unsigned long *address, unsigned long end,
			   struct page *pages[BATCH])
{
	unsigned count = 0;

	spin_lock(&mm->page_table_lock);
	while (count < BATCH) {
		pte_t *slot;

		*address = page_table_skip(mm->page_table, *address, end);
		if (*address >= end)
			break;
		slot = page_table_find(mm->page_table, *address);
		do {
			pte_t pte = pte_read(slot);

			if (pte_present(pte) && pte_dirty(pte)) {
				pte_set(slot, pte_mkclean(pte_take(slot)));
				pages[count] = pfn_to_page(pte_pfn(pte));
				get_page(pages[count++]);
			}
			slot++;
			*address += PAGE_SIZE;
		} while (*address < end && *address % PTE_SPAN != 0 && count < BATCH);
	}
	if (count)
		tlb_flush_mm(mm);
	spin_unlock(&mm->page_table_lock);
	return count;
}

static void move_dirty_bits(struct vm_area *area, unsigned long start, unsigned long end)
{
	struct page *pages[BATCH];

	while (start < end) {
		unsigned count = take_dirty(area->mm, &start, end, pages);

		for (unsigned i = 0; i < count; i++) {
			set_page_dirty(pages[i]);
			put_page(pages[i]);
		}
	}
}

static int sync_area(struct vm_area *area, unsigned long start, unsigned long end, int flags)
{
	struct address_space *mapping = area_mapping(area);

	if (!mapping || area_is_private(area))
		return 0;
	move_dirty_bits(area, max(start, area->start), min(end, area->end));
	/* Shared memory has no other place; neither have files that cannot be synced. */
	if (!(flags & MS_SYNC) || !mapping->host || !area->file->ops->fsync)
		return 0;
	filemap_fdatasync(mapping);
	filemap_fdatawait(mapping);
	return file_check_and_advance_wb_err(area->file);
}

int msync_range(struct mm_struct *mm, unsigned long start, unsigned long length, int flags)
{
	struct vm_area *area;
	unsigned long end;
	int error = check_range(start, length, &end);

	assert(mutex_held(&mm->mmap_sem));
	if (error || (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	if (!range_is_mapped(mm, start, end))
		return -ENOMEM;
	for (area = find_area(mm, start); !error && area && area->start < end;
	     area = next_area(mm, area))
		error = sync_area(area, start, end, flags);
	return error;
}
