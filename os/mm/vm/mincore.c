/*
 * mincore: which pages of a range would an access find in memory?
 *
 * Owns nothing; mmap_sem held. The answer may be old by the time it is read.
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/vm/vm_internal.h"

static bool is_cached(struct address_space *mapping, pgoff_t index)
{
	struct page *page;
	bool cached;

	spin_lock(&pagecache_lock);
	page = __find_page_quiet(mapping, index);
	cached = page && PageUptodate(page);
	spin_unlock(&pagecache_lock);
	return cached;
}

static bool page_in_core(struct vm_area *area, unsigned long address)
{
	struct mm_struct *mm = area->mm;
	pte_t pte = pte_from_swap(0);
	pte_t *slot;

	spin_lock(&mm->page_table_lock);
	slot = page_table_find(mm->page_table, address);
	if (slot)
		pte = pte_read(slot);
	spin_unlock(&mm->page_table_lock);
	if (pte_present(pte) || !area_mapping(area))
		return pte_present(pte);
	return is_cached(area_mapping(area), pte_file(pte) ? pte_to_pgoff(pte) :
			 linear_index(area, address));
}

int look_in_core(struct mm_struct *mm, unsigned long address, unsigned long pages,
		 unsigned char *vector)
{
	assert(mutex_held(&mm->mmap_sem));
	for (unsigned long i = 0; i < pages; i++, address += PAGE_SIZE) {
		struct vm_area *area = find_area(mm, address);

		if (!area || area->start > address)
			return -ENOMEM;
		vector[i] = page_in_core(area, address);
	}
	return 0;
}
