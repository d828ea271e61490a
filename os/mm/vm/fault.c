/*
 * Page faults: gives a page to an address that may have one (facts 2.4, 2.10; 2.6, 10).
 *
 *	nothing there	anonymous: a page of zeros; a file: its page (file_fault.c)
 *	swap entry	swapin.c
 *	file's page	file_fault.c, of a nonlinear area
 *	read-only	a write: wp_page.c
 *
 * Owns nothing. mmap_sem keeps areas as they are. Whoever slept looks at the pte again
 * under page_table_lock: swap_out or truncation may have changed it, and then the fault
 * returns 0 and the access is simply tried again.
 */
#include "arch/machine.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"
#include "mm/vm/vm_internal.h"

#define STACK_LIMIT	(8ul << 20)	/* bytes that a VM_GROWSDOWN area may have */

struct page *zero_page;

pte_t writable_pte(struct page *page, const struct vm_area *area)
{
	return pte_mkdirty(pte_make(page_to_pfn(page), exec_bit(area) | PTE_WRITE));
}

void map_new_anon(struct vm_area *area, unsigned long address, pte_t *slot,
		  struct page *page, enum mm_reason reason)
{
	page_add_anon_rmap(page, area, address);
	page_move(page, STATE_ANON, reason);
	pte_set(slot, writable_pte(page, area));
	page_note(page, EV_MAP, reason);
	if (policy->new_anon)
		policy->new_anon(page, area);
}

struct page *alloc_zeroed_user_highpage_movable(void)
{
	return alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_ZERO);
}

static int do_anonymous_page(struct vm_area *area, unsigned long address, pte_t *slot,
			     bool write)
{
	struct mm_struct *mm = area->mm;
	struct page *page = zero_page;

	if (write) {
		if (anon_vma_prepare(area))
			return -ENOMEM;
		page = alloc_zeroed_user_highpage_movable();
		if (!page)
			return -ENOMEM;
	}
	spin_lock(&mm->page_table_lock);
	if (!pte_none(pte_read(slot))) {
		spin_unlock(&mm->page_table_lock);
		put_page(page);		/* the zero page does not mind */
		return 0;
	}
	if (write) {
		mm->rss++;
		map_new_anon(area, address, slot, page, BY_do_anonymous_page);
	} else {
		pte_set(slot, pte_make(page_to_pfn(page), exec_bit(area)));
	}
	spin_unlock(&mm->page_table_lock);
	return 0;
}

static int handle_pte_fault(struct vm_area *area, unsigned long address, pte_t *slot,
			    bool write, bool *major)
{
	struct mm_struct *mm = area->mm;
	pte_t pte;

	spin_lock(&mm->page_table_lock);
	pte = pte_read(slot);
	if (pte_present(pte) && write && !pte_write(pte))
		return do_wp_page(area, address, slot, pte);
	spin_unlock(&mm->page_table_lock);

	if (pte_present(pte))
		return 0;	/* another CPU has served it, or the TLB was behind */
	if (pte_file(pte))
		return do_nonlinear_fault(area, address, slot, pte, write, major);
	if (!pte_none(pte))
		return do_swap_page(area, address, slot, pte, write, major);
	if (area->ops && area->ops->nopage)
		return policy->file_fault(area, address, slot, write, major);
	return do_anonymous_page(area, address, slot, write);
}

/* Tells the event log which page the fault ended with. */
static void note_fault(struct mm_struct *mm, const pte_t *slot)
{
	pte_t pte;

	if (!events_on)
		return;
	spin_lock(&mm->page_table_lock);
	pte = pte_read(slot);
	if (pte_present(pte))
		page_note(pfn_to_page(pte_pfn(pte)), EV_FAULT, BY_none);
	spin_unlock(&mm->page_table_lock);
}

int handle_mm_fault(struct mm_struct *mm, struct vm_area *area, unsigned long address,
		    bool write)
{
	bool major = false;
	int error = -ENOMEM;
	pte_t *slot;

	assert(mutex_held(&mm->mmap_sem));
	address &= PAGE_MASK;
	slot = page_table_find(mm->page_table, address);
	if (!slot)
		slot = page_table_make(mm, address);
	if (slot)
		error = handle_pte_fault(area, address, slot, write, &major);
	count_vm(VM_pgfault);
	if (major) {
		count_vm(VM_pgmajfault);
		current->maj_flt++;
	} else {
		current->min_flt++;
	}
	if (!error)
		note_fault(mm, slot);
	return error;
}

/* A stack grows down to ADDRESS unless it comes too near to what lies below it. */
static bool expand_stack(struct vm_area *stack, unsigned long address)
{
	struct mm_struct *mm = stack->mm;
	unsigned long start = address & PAGE_MASK;
	unsigned long pages = (stack->start - start) >> PAGE_SHIFT;

	if (!(stack->flags & VM_GROWSDOWN) || stack->end - start > STACK_LIMIT)
		return false;
	if (stack->link.prev != &mm->areas) {
		struct vm_area *below = list_entry(stack->link.prev, struct vm_area, link);

		/* A page between them catches a stack that overflows. */
		if (start < below->end + PAGE_SIZE)
			return false;
	}
	spin_lock(&mm->page_table_lock);
	stack->start = start;
	stack->pgoff -= pages;
	spin_unlock(&mm->page_table_lock);
	mm->total_vm += pages;
	if (stack->flags & VM_LOCKED)
		mm->locked_vm += pages;
	return true;
}

static bool access_allowed(const struct vm_area *area, bool write, bool exec)
{
	if (write)
		return area->flags & VM_WRITE;
	if (exec)
		return area->flags & VM_EXEC;
	return area->flags & VM_ACCESS;	/* who may write or execute may read, too */
}

int do_page_fault(struct mm_struct *mm, unsigned long address, bool write, bool exec)
{
	struct vm_area *area;
	int error = -EFAULT;

	mutex_lock(&mm->mmap_sem);
	area = find_area(mm, address);
	if (area && (address >= area->start || expand_stack(area, address)) &&
	    access_allowed(area, write, exec))
		error = handle_mm_fault(mm, area, address, write);
	mutex_unlock(&mm->mmap_sem);
	return error;
}
