/*
 * Page faults: gives a page to an address that may have one (facts 2.4, 2.10; 2.6, 10).
 *
 *	nothing there	anonymous: a page of zeros; a file: its page (file_fault.c)
 *	file's page	file_fault.c, of a nonlinear area
 *	swap entry	swapin.c
 *	read-only	a write: wp_page.c
 *
 * Owns nothing. mmap_sem keeps areas as they are. No fault lets go of it and starts again
 * when it has to wait, as 3.3's do: an address space has one task here, and nobody else is
 * kept waiting. Whoever slept looks at the pte again under page_table_lock: swap_out or
 * truncation may have changed it, and then the fault returns 0 and the access is simply
 * tried again.
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

/* How far below the stack pointer an instruction may reach: `enter' with large operands. */
#define STACK_REACH	(65536 + 32 * sizeof(long))

struct page *zero_page;

/* A pte that nobody can have written: the process will get a signal. */
void print_bad_pte(const struct vm_area *area, unsigned long address, pte_t pte)
{
	printk("BUG: Bad page map in process %s: pte %#lx at %#lx, flags %#x, index %#lx\n",
	       current->comm, pte_to_swap(pte), address, area->flags,
	       linear_index(area, address));
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

/* A stack that has come down to another area keeps its lowest page empty. */
static bool is_stack_guard_page(const struct vm_area *area, unsigned long address)
{
	const struct vm_area *below;

	if (!(area->flags & VM_GROWSDOWN) || address != area->start ||
	    area->link.prev == &area->mm->areas)
		return false;
	below = list_entry(area->link.prev, struct vm_area, link);
	return below->end == address && !(below->flags & VM_GROWSDOWN);
}

static int do_anonymous_page(struct vm_area *area, unsigned long address, pte_t *slot,
			     bool write)
{
	struct mm_struct *mm = area->mm;
	struct page *page = zero_page;

	if (is_stack_guard_page(area, address))
		return -EIO;
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
		mm->anon_rss++;
		map_new_anon(area, address, slot, page, BY_do_anonymous_page);
	} else {
		pte_set(slot, pte_make(page_to_pfn(page), exec_bit(area)));
	}
	spin_unlock(&mm->page_table_lock);
	return 0;
}

/* The access is allowed: another CPU has served the fault, or the TLB was behind. */
static void note_access(pte_t *slot, pte_t pte, bool write)
{
	if (pte_young(pte) && (!write || pte_dirty(pte)))
		return;
	pte = pte_mkyoung(pte_take(slot));
	pte_set(slot, write ? pte_mkdirty(pte) : pte);
}

/* A page was there a moment ago. */
static __noinline int do_present_fault(struct vm_area *area, unsigned long address,
				       pte_t *slot, bool write)
{
	struct mm_struct *mm = area->mm;
	pte_t pte;

	spin_lock(&mm->page_table_lock);
	pte = pte_read(slot);
	if (pte_present(pte)) {
		if (write && !pte_write(pte))
			return do_wp_page(area, address, slot, pte);
		note_access(slot, pte, write);
	}
	spin_unlock(&mm->page_table_lock);
	return 0;
}

/* Reads the pte without its lock: who serves the fault looks again when he has that. */
static int handle_pte_fault(struct vm_area *area, unsigned long address, pte_t *slot,
			    bool write, bool *major)
{
	pte_t pte = pte_read(slot);

	if (pte_present(pte))
		return do_present_fault(area, address, slot, write);
	if (pte_none(pte)) {
		if (area->ops && area->ops->nopage)
			return policy->file_fault(area, address, slot, write, major);
		return do_anonymous_page(area, address, slot, write);
	}
	if (pte_file(pte))
		return do_nonlinear_fault(area, address, slot, pte, write, major);
	return do_swap_page(area, address, slot, pte, write, major);
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
	count_vm(VM_pgfault);
	address &= PAGE_MASK;
	slot = page_table_find(mm->page_table, address);
	if (!slot)
		slot = page_table_make(mm, address);
	if (slot)
		error = handle_pte_fault(area, address, slot, write, &major);
	if (major)
		count_vm(VM_pgmajfault);
	if (error)
		return error;
	if (major)
		current->maj_flt++;
	else
		current->min_flt++;
	note_fault(mm, slot);
	return 0;
}

/* A stack grows down to ADDRESS, where no area is, unless it becomes too large. */
static bool expand_stack(struct vm_area *stack, unsigned long address)
{
	struct mm_struct *mm = stack->mm;
	unsigned long start = address & PAGE_MASK;
	unsigned long pages = (stack->start - start) >> PAGE_SHIFT;

	if (!(stack->flags & VM_GROWSDOWN) || stack->end - start > STACK_LIMIT)
		return false;
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

int do_page_fault(struct mm_struct *mm, unsigned long address, bool write, bool exec,
		  unsigned long sp)
{
	struct vm_area *area;
	int error = -EFAULT;

	mutex_lock(&mm->mmap_sem);
	area = find_area(mm, address);
	if (area && (address >= area->start ||
		     (address + STACK_REACH >= sp && expand_stack(area, address))) &&
	    access_allowed(area, write, exec))
		error = handle_mm_fault(mm, area, address, write);
	mutex_unlock(&mm->mmap_sem);
	return error;
}
