/*
 * Faults on files and shared memory: the area finds the page, the pte gets it, or, for a
 * private write, a copy of it at once (facts 2.4, 2.10; 2.6, 10.5).
 *
 * Owns nothing. The eras differ in what comes first: 2.4 copies what it has found, 2.6
 * has the copy's frame before it asks for the page, so that no page waits for memory.
 */
#include "arch/machine.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"
#include "mm/vm/vm_internal.h"

int ask_before_write(struct vm_area *area, struct page *page)
{
	int error = area->ops->page_mkwrite(area, page);

	return !error || error == -ENOMEM || error == -EAGAIN ? error : -EIO;
}

void end_of_asking(struct vm_area *area, struct page *page, bool written)
{
	struct inode *inode = area->file->inode;

	if (!written || !policy->dirties_pages) {
		unlock_page(page);
		return;
	}
	set_page_dirty(page);
	unlock_page(page);
	policy->balance_pages(inode->mapping);
	inode->mtime = inode->ctime = realtime_seconds();
	mark_inode_dirty(inode);
}

/*
 * Reads of a private page that others have, too, must not lead to writes of it, and the
 * first write of a shared one may have to be asked for.
 */
static pte_t file_pte(const struct vm_area *area, struct page *page, bool write)
{
	unsigned prot = exec_bit(area);

	if (write)
		return writable_pte(page, area);
	if ((area->flags & VM_WRITE) &&
	    (area_is_private(area) ? !policy->swap_cache_bit && page_count(page) == 1
				   : !asks_before_write(area)))
		prot |= PTE_WRITE;
	return pte_make(page_to_pfn(page), prot);
}

/*
 * How often the area's file has been truncated; to be asked before its size. A segment of
 * shared memory without a name has no inode, and is never truncated.
 */
static unsigned truncations(const struct vm_area *area)
{
	if (!area->file || !area->file->inode)
		return 0;
	return __atomic_load_n(&area->file->inode->mapping->truncations, __ATOMIC_ACQUIRE);
}

/* What a look for a page came to, as a fault's result. Behind the file's end: SIGBUS. */
static int no_page_error(const struct page *page)
{
	return PTR_ERR(page) == -ENOMEM ? -ENOMEM : -EIO;
}

/* What is to be mapped, and under which circumstances it was found. */
struct found_page {
	struct page *page;	/* with a reference, which the pte shall have */
	bool copy;		/* our own, of a file's page */
	enum mm_reason reason;
	pte_t old;		/* the pte's value then */
	unsigned truncations;	/* of the file, before the look */
};

/*
 * Maps it, unless somebody has changed the pte or the file's end. 0; or an error, if it
 * cannot be written.
 */
static int map_found(struct vm_area *area, unsigned long address, pte_t *slot,
		     const struct found_page *found, bool write)
{
	bool locked = write && asks_before_write(area);
	struct mm_struct *mm = area->mm;
	struct page *page = found->page;
	int error = locked ? ask_before_write(area, page) : 0;

	if (error) {
		put_page(page);
		return error == -EAGAIN ? 0 : error;
	}
	spin_lock(&mm->page_table_lock);
	/* Truncated meanwhile: its ptes have been taken away, and ours would stay. */
	if (!pte_same(pte_read(slot), found->old) ||
	    truncations(area) != found->truncations) {
		spin_unlock(&mm->page_table_lock);
		if (locked)
			end_of_asking(area, page, false);
		put_page(page);
		return 0;
	}
	if (found->copy) {
		mm->anon_rss++;
		map_new_anon(area, address, slot, page, found->reason);
	} else {
		mm->file_rss++;
		page_add_file_rmap(page);
		pte_set(slot, file_pte(area, page, write));
		page_note(page, EV_MAP, found->reason);
	}
	spin_unlock(&mm->page_table_lock);
	if (locked)
		end_of_asking(area, page, true);
	return 0;
}

/* Replaces a file's page, whose reference it drops, by a copy of our own; or NULL. */
static struct page *early_copy(struct vm_area *area, struct page *page)
{
	struct page *copy = anon_vma_prepare(area) ? NULL : alloc_page(GFP_HIGHUSER_MOVABLE);

	if (copy)
		copy_user_page(copy, page);
	put_page(page);
	return copy;
}

int do_no_page(struct vm_area *area, unsigned long address, pte_t *slot, bool write,
	       bool *major)
{
	struct found_page found = {
		.copy = write && area_is_private(area), .reason = BY_do_no_page,
		.truncations = truncations(area),
	};

	found.page = area->ops->nopage(area, linear_index(area, address), major);
	if (IS_ERR(found.page))
		return no_page_error(found.page);
	if (found.copy)
		found.page = early_copy(area, found.page);
	if (!found.page)
		return -ENOMEM;
	return map_found(area, address, slot, &found, write);
}

/* A fault on the page INDEX of the area's file; OLD: what the pte says of it. */
static int __do_fault(struct vm_area *area, unsigned long address, pgoff_t index,
		      pte_t *slot, pte_t old, bool write, bool *major)
{
	struct found_page found = {
		.copy = write && area_is_private(area), .reason = BY___do_fault,
		.old = old, .truncations = truncations(area),
	};
	struct page *copy = NULL;

	if (found.copy) {
		if (anon_vma_prepare(area))
			return -ENOMEM;
		copy = alloc_page(GFP_HIGHUSER_MOVABLE);
		if (!copy)
			return -ENOMEM;
	}
	found.page = area->ops->nopage(area, index, major);
	if (IS_ERR(found.page)) {
		if (copy)
			put_page(copy);
		return no_page_error(found.page);
	}
	if (copy) {
		copy_user_page(copy, found.page);
		put_page(found.page);
		found.page = copy;
	}
	return map_found(area, address, slot, &found, write);
}

int do_linear_fault(struct vm_area *area, unsigned long address, pte_t *slot, bool write,
		    bool *major)
{
	return __do_fault(area, address, linear_index(area, address), slot, pte_from_swap(0),
			  write, major);
}

int do_nonlinear_fault(struct vm_area *area, unsigned long address, pte_t *slot, pte_t old,
		       bool write, bool *major)
{
	if (!(area->flags & VM_NONLINEAR)) {
		print_bad_pte(area, address, old);
		return -EIO;
	}
	return __do_fault(area, address, pte_to_pgoff(old), slot, old, write, major);
}
