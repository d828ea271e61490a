/*
 * Overcommit: may a process be promised so much memory (facts 2.4, 3.9)?
 *
 * An estimate, not an account: nothing remembers promises, so several requests that are
 * granted one by one may together be more than there is. What counts is the sum of all
 * that could be free in the end, caches included, whether they can be freed or not.
 * Owns the tunable, which is read without a lock. What 2.6 tells in /proc/meminfo is added
 * up from all areas and segments when somebody reads it.
 */
#include "mm/cache/buffer.h"
#include "mm/cache/pagecache.h"
#include "mm/swap/shmem.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"
#include "mm/zone.h"

int sysctl_overcommit_memory;

bool vm_enough_memory(unsigned long pages)
{
	unsigned long available = buffermem_pages + page_cache_size + nr_free_pages();

	if (sysctl_overcommit_memory)
		return true;
	if (nr_swap_pages > 0)
		available += (unsigned long)nr_swap_pages;
	return available > pages;
}

/* Pages that the process may write to and that are its own. */
static unsigned long private_writable_pages(struct mm_struct *mm)
{
	struct vm_area *area;
	unsigned long pages = 0;

	spin_lock(&mm->page_table_lock);
	list_for_each(area, &mm->areas, link)
		if ((area->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
			pages += (area->end - area->start) >> PAGE_SHIFT;
	spin_unlock(&mm->page_table_lock);
	return pages;
}

unsigned long vm_committed_as(void)
{
	unsigned long pages = shmem_committed_pages();
	struct mm_struct *mm;

	spin_lock(&mmlist_lock);
	list_for_each(mm, &mmlist, mmlist)
		pages += private_writable_pages(mm);
	spin_unlock(&mmlist_lock);
	return pages;
}

unsigned long vm_commit_limit(unsigned long memory_pages)
{
	return memory_pages / 2 + total_swap_pages;
}
