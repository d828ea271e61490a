/*
 * Areas: which ranges of an address space are mapped, to what, with which rights.
 *
 * Owns mm->areas, sorted and without overlap, with nr_areas, total_vm, locked_vm and
 * full_below, which spares the search for a hole the areas that leave none.
 * mmap_sem is held throughout. swap_out looks at the list with page_table_lock only, so
 * each change is made under that lock, too; a file area's end changes under the
 * mapping's i_mmap_lock as well, for those who come from the file.
 *
 * Neighbours that are alike are one area: private, anonymous, with the same flags. An
 * area that grows down stays alone.
 */
#include "arch/machine.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/slab/slab.h"
#include "mm/vm/vm_internal.h"

#define HOLES_FROM	PAGE_ALIGN(TASK_SIZE / 3)	/* where the search for a hole begins */

unsigned max_map_count = 65536;

struct vm_area *next_area(const struct mm_struct *mm, const struct vm_area *area)
{
	if (!area || area->link.next == &mm->areas)
		return NULL;
	return list_entry(area->link.next, struct vm_area, link);
}

static struct vm_area *previous_area(const struct mm_struct *mm, const struct vm_area *area)
{
	if (area->link.prev == &mm->areas)
		return NULL;
	return list_entry(area->link.prev, struct vm_area, link);
}

/* Is this a range of whole pages in user space? Sets *END. */
int check_range(unsigned long start, unsigned long length, unsigned long *end)
{
	if (start & ~PAGE_MASK || length > TASK_SIZE || start > TASK_SIZE - length)
		return -EINVAL;
	*end = start + PAGE_ALIGN(length);
	return *end <= TASK_SIZE ? 0 : -EINVAL;
}

void link_file_area(struct vm_area *area)
{
	struct address_space *mapping = area_mapping(area);

	if (!mapping)
		return;
	spin_lock(&mapping->i_mmap_lock);
	list_add_tail(&area->shared_link, &mapping->i_mmap);
	spin_unlock(&mapping->i_mmap_lock);
}

void unlink_file_area(struct vm_area *area)
{
	struct address_space *mapping = area_mapping(area);

	if (!mapping)
		return;
	spin_lock(&mapping->i_mmap_lock);
	list_del(&area->shared_link);
	spin_unlock(&mapping->i_mmap_lock);
}

static void set_end(struct vm_area *area, unsigned long end)
{
	struct address_space *mapping = area_mapping(area);

	if (mapping)
		spin_lock(&mapping->i_mmap_lock);
	spin_lock(&area->mm->page_table_lock);
	area->end = end;
	spin_unlock(&area->mm->page_table_lock);
	if (mapping)
		spin_unlock(&mapping->i_mmap_lock);
}

void set_area_flags(struct vm_area *area, unsigned flags)
{
	struct mm_struct *mm = area->mm;

	if ((flags ^ area->flags) & VM_LOCKED)
		mm->locked_vm += flags & VM_LOCKED ? area_pages(area) : -area_pages(area);
	spin_lock(&mm->page_table_lock);
	area->flags = flags;
	spin_unlock(&mm->page_table_lock);
}

void insert_area(struct mm_struct *mm, struct vm_area *area, struct vm_area *next)
{
	spin_lock(&mm->page_table_lock);
	list_add_tail(&area->link, next ? &next->link : &mm->areas);
	area_tree_insert(mm, area);
	spin_unlock(&mm->page_table_lock);
	mm->nr_areas++;
	mm->total_vm += area_pages(area);
	if (area->flags & VM_LOCKED)
		mm->locked_vm += area_pages(area);
}

/* Takes an area without pages out of everything, and frees it. */
static void remove_area(struct vm_area *area)
{
	struct mm_struct *mm = area->mm;

	unlink_file_area(area);
	anon_vma_unlink(area);
	spin_lock(&mm->page_table_lock);
	area_tree_remove(mm, area);
	list_del(&area->link);
	spin_unlock(&mm->page_table_lock);
	mm->nr_areas--;
	mm->full_below = min(mm->full_below, area->start);
	mm->total_vm -= area_pages(area);
	if (area->flags & VM_LOCKED)
		mm->locked_vm -= area_pages(area);
	if (area->ops && area->ops->close)
		area->ops->close(area);
	if (area->file)
		file_put(area->file);
	kmem_cache_free(area_cache, area);
}

void free_all_areas(struct mm_struct *mm)
{
	while (!list_empty(&mm->areas))
		remove_area(list_first(&mm->areas, struct vm_area, link));
}

/* Cuts AREA in two at ADDRESS; it keeps the lower part. */
static int split_area(struct vm_area *area, unsigned long address)
{
	struct mm_struct *mm = area->mm;
	struct vm_area *upper;

	if (mm->nr_areas >= max_map_count)
		return -ENOMEM;
	upper = kmem_cache_alloc(area_cache, GFP_KERNEL);
	if (!upper)
		return -ENOMEM;
	*upper = *area;
	upper->start = address;
	upper->anon_vma = NULL;
	upper->pgoff = linear_index(area, address);
	if (upper->file)
		file_get(upper->file);
	anon_vma_fork(upper, area);
	link_file_area(upper);
	if (upper->ops && upper->ops->open)
		upper->ops->open(upper);

	/* The sums stay as they were: both parts' pages were in them before. */
	mm->total_vm -= area_pages(upper);
	if (upper->flags & VM_LOCKED)
		mm->locked_vm -= area_pages(upper);
	set_end(area, address);
	insert_area(mm, upper, next_area(mm, area));
	return 0;
}

int cut_range(struct mm_struct *mm, unsigned long start, unsigned long end,
	      struct vm_area **first)
{
	struct vm_area *area = find_area(mm, start);
	int error;

	*first = NULL;
	if (area && area->start < start) {
		error = split_area(area, start);
		if (error)
			return error;
		area = next_area(mm, area);
	}
	if (!area || area->start >= end)
		return 0;
	*first = area;
	while (area && area->end <= end)
		area = next_area(mm, area);
	return area && area->start < end ? split_area(area, end) : 0;
}

bool range_is_mapped(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area *area = find_area(mm, start);

	for (; start < end; area = next_area(mm, area)) {
		if (!area || area->start > start)
			return false;
		start = area->end;
	}
	return true;
}

static bool are_alike(const struct vm_area *low, const struct vm_area *high)
{
	return low->end == high->start && linear_index(low, low->end) == high->pgoff &&
		low->flags == high->flags && !low->file && !high->file && !low->ops && !high->ops &&
		!(low->flags & (VM_GROWSDOWN | VM_SHARED)) &&
		(!low->anon_vma || !high->anon_vma || low->anon_vma == high->anon_vma);
}

/* HIGH becomes part of LOW, which takes over its pages with their family. */
static void merge_areas(struct vm_area *low, struct vm_area *high)
{
	unsigned long end = high->end;
	struct mm_struct *mm = low->mm;

	if (!low->anon_vma)
		anon_vma_fork(low, high);
	mm->total_vm += area_pages(high);
	if (high->flags & VM_LOCKED)
		mm->locked_vm += area_pages(high);
	remove_area(high);
	set_end(low, end);
}

void merge_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area *area = find_area(mm, start);
	struct vm_area *low = area ? previous_area(mm, area) : NULL;

	if (!low)
		low = area;
	while (low && low->start <= end) {
		struct vm_area *high = next_area(mm, low);

		if (high && are_alike(low, high))
			merge_areas(low, high);
		else
			low = high;
	}
}

static bool is_hole(struct mm_struct *mm, unsigned long start, unsigned long length)
{
	struct vm_area *area = find_area(mm, start);

	return start <= TASK_SIZE - length && (!area || area->start >= start + length);
}

/* The lowest hole from FROM on, or 0. */
static unsigned long hole_from(struct mm_struct *mm, unsigned long from, unsigned long length)
{
	struct vm_area *area = find_area(mm, from);

	for (; area && area->start < from + length; area = next_area(mm, area)) {
		if (from == mm->full_below && area->start <= from)
			mm->full_below = area->end;
		from = area->end;
	}
	return from <= TASK_SIZE - length ? from : 0;
}

/* Where to map: the caller's wish if it is free, else a hole. 0: there is none. */
static unsigned long find_hole(struct mm_struct *mm, unsigned long wish, unsigned long length)
{
	unsigned long address;

	if (wish && wish <= TASK_SIZE - length) {
		address = PAGE_ALIGN(wish);
		if (is_hole(mm, address, length))
			return address;
	}
	mm->full_below = max(mm->full_below, HOLES_FROM);
	address = hole_from(mm, mm->full_below, length);
	return address ? address : hole_from(mm, 16 * PAGE_SIZE, length);
}

/* May FILE be mapped like this? */
static int check_file(const struct file *file, unsigned flags)
{
	unsigned mode = file->flags & O_ACCMODE;

	if (!file->ops->mmap)
		return -ENODEV;
	if (mode == O_WRONLY)
		return -EACCES;
	if ((flags & VM_SHARED) && (flags & VM_WRITE) && mode != O_RDWR)
		return -EACCES;
	return 0;
}

/* A new area, complete but not in the list; takes its own reference on FILE. */
static struct vm_area *new_area(struct mm_struct *mm, unsigned long start, unsigned long end,
				unsigned flags, struct file *file, pgoff_t pgoff)
{
	struct vm_area *area = kmem_cache_alloc(area_cache, GFP_KERNEL);
	int error = 0;

	if (!area)
		return ERR_PTR(-ENOMEM);
	*area = (struct vm_area){
		.mm = mm, .start = start, .end = end, .flags = flags,
		.pgoff = file ? pgoff : start >> PAGE_SHIFT,
	};
	list_init(&area->shared_link);
	list_init(&area->anon_link);
	if (file) {
		area->file = file_get(file);
		error = file->ops->mmap(file, area);
	}
	if (error) {
		file_put(file);
		kmem_cache_free(area_cache, area);
		return ERR_PTR(error);
	}
	link_file_area(area);
	return area;
}

/* The checked and page-aligned request. */
static long map_checked(struct mm_struct *mm, unsigned long start, unsigned long length,
			unsigned flags, struct file *file, pgoff_t pgoff)
{
	unsigned long end = start + length;
	struct vm_area *area;

	if (mm->nr_areas >= max_map_count)
		return -ENOMEM;
	area = new_area(mm, start, end, flags, file, pgoff);
	if (IS_ERR(area))
		return PTR_ERR(area);
	insert_area(mm, area, find_area(mm, start));
	/* Pages that cannot be had now come by faults later: no error here. */
	if (flags & VM_LOCKED)
		populate(area, start, end);
	merge_range(mm, start, end);
	return (long)start;
}

long map_area(struct mm_struct *mm, unsigned long address, unsigned long length,
	      unsigned flags, struct file *file, pgoff_t pgoff, bool fixed)
{
	bool anonymous_shared = !file && (flags & VM_SHARED);
	unsigned long end;
	long result;

	assert(mutex_held(&mm->mmap_sem));
	if (length == 0)
		return -EINVAL;
	if (length > TASK_SIZE)
		return -ENOMEM;
	length = PAGE_ALIGN(length);
	if (pgoff + (length >> PAGE_SHIFT) < pgoff)
		return -EOVERFLOW;
	if (file && check_file(file, flags))
		return check_file(file, flags);
	flags |= mm->def_flags;

	if (fixed) {
		if (check_range(address, length, &end))
			return address & ~PAGE_MASK ? -EINVAL : -ENOMEM;
		result = unmap_range(mm, address, length);
		if (result)
			return result;
	} else {
		address = find_hole(mm, address, length);
		if (!address)
			return -ENOMEM;
	}
	if (anonymous_shared) {
		file = shmem_file_setup(length);
		if (IS_ERR(file))
			return PTR_ERR(file);
		pgoff = 0;
	}
	result = map_checked(mm, address, length, flags, file, pgoff);
	if (anonymous_shared)
		file_put(file);		/* the area has its own reference */
	return result;
}

int unmap_range(struct mm_struct *mm, unsigned long start, unsigned long length)
{
	struct vm_area *area, *after;
	unsigned long end;
	int error;

	assert(mutex_held(&mm->mmap_sem));
	if (length == 0 || check_range(start, length, &end))
		return -EINVAL;
	error = cut_range(mm, start, end, &area);
	if (error || !area)
		return error;
	for (struct vm_area *locked = area; locked && locked->start < end;
	     locked = next_area(mm, locked))
		let_go_of_locked_pages(locked);
	zap_range(mm, start, end);
	for (; area && area->start < end; area = after) {
		after = next_area(mm, area);
		remove_area(area);
	}
	return 0;
}
