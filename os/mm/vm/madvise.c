/*
 * madvise: what a program says about how it will use a range (facts 2.4, 2.3). Owns
 * VM_RAND_READ and VM_SEQ_READ of areas, which read-ahead looks at; mmap_sem held.
 *
 * Holes in the range do not keep the rest from being served, but are an error at last.
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/cache/filemap.h"
#include "mm/vm/vm_internal.h"

static void set_read_advice(struct mm_struct *mm, struct vm_area *area, unsigned long end,
			    unsigned advice)
{
	for (; area && area->start < end; area = next_area(mm, area)) {
		set_area_flags(area, (area->flags & ~(VM_RAND_READ | VM_SEQ_READ)) | advice);
		area->ra_end = 0;
	}
}

/*
 * Starts to read the files' pages. Memory without a file, or with one of tmpfs, has nothing
 * that could be read before it is touched.
 */
static void read_ahead(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area *area = find_area(mm, start);

	for (; area && area->start < end; area = next_area(mm, area)) {
		const struct address_space *mapping = area_mapping(area);

		if (mapping && mapping->ops && mapping->ops->readpage)
			filemap_willneed(area, max(start, area->start), min(end, area->end));
	}
}

/* The next access finds zeros, or the file's page. Not for memory that is locked in. */
static int drop_pages(struct mm_struct *mm, struct vm_area *area, unsigned long end)
{
	for (; area && area->start < end; area = next_area(mm, area)) {
		if (area->flags & (VM_LOCKED | VM_RESERVED))
			return -EINVAL;
		zap_area(area);
	}
	return 0;
}

int advise_range(struct mm_struct *mm, unsigned long start, unsigned long length, int advice)
{
	struct vm_area *first;
	unsigned long end;
	int error = check_range(start, length, &end);

	assert(mutex_held(&mm->mmap_sem));
	if (error || advice < MADV_NORMAL || advice > MADV_DONTNEED)
		return -EINVAL;
	if (advice == MADV_WILLNEED) {
		read_ahead(mm, start, end);
	} else {
		error = cut_range(mm, start, end, &first);
		if (error)
			return error;
		if (advice == MADV_DONTNEED)
			error = drop_pages(mm, first, end);
		else
			set_read_advice(mm, first, end, advice == MADV_RANDOM ? VM_RAND_READ :
					advice == MADV_SEQUENTIAL ? VM_SEQ_READ : 0);
		merge_range(mm, start, end);
	}
	return error || range_is_mapped(mm, start, end) ? error : -ENOMEM;
}
