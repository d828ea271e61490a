/*
 * Page faults: gives a page to an address that may have one (facts 2.4, 2.10).
 *
 *	nothing there	anonymous: a page of zeros; a file: its page
 *	swap entry	swapin.c
 *	read-only	a write: the page itself if nobody else uses it, else a copy
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

static pte_t writable_pte(struct page *page, const struct vm_area *area)
{
	return pte_mkdirty(pte_make(page_to_pfn(page), exec_bit(area) | PTE_WRITE));
}

/* Maps a new anonymous page at an empty slot; page_table_lock held. */
static void map_new_anon(struct vm_area *area, unsigned long address, pte_t *slot,
			 struct page *page, enum mm_reason reason)
{
	page_add_anon_rmap(page, area, address);
	page_move(page, STATE_ANON, reason);
	pte_set(slot, writable_pte(page, area));
	page_note(page, EV_MAP, reason);
	if (policy->new_anon)
		policy->new_anon(page, area);
}

static struct page *new_zeroed_page(void)
{
	struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE);

	if (page) {
		clear_page(kmap(page));
		kunmap(page);
	}
	return page;
}

static struct page *new_copy(struct page *from)
{
	struct page *page;
	void *to;

	if (from == zero_page)
		return new_zeroed_page();
	page = alloc_page(GFP_HIGHUSER_MOVABLE);
	if (page) {
		to = kmap(page);
		copy_page(to, kmap(from));
		kunmap(from);
		kunmap(page);
	}
	return page;
}

static int do_anonymous_page(struct vm_area *area, unsigned long address, pte_t *slot,
			     bool write)
{
	struct mm_struct *mm = area->mm;
	struct page *page = zero_page;

	if (write) {
		if (anon_vma_prepare(area))
			return -ENOMEM;
		page = new_zeroed_page();
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

/* Replaces a file's page, whose reference it drops, by a copy of our own; or NULL. */
static struct page *early_copy(struct vm_area *area, struct page *page)
{
	struct page *copy = anon_vma_prepare(area) ? NULL : new_copy(page);

	put_page(page);
	return copy;
}

/* Reads of a private page that others have, too, must not lead to writes of it. */
static pte_t file_pte(const struct vm_area *area, struct page *page, bool write)
{
	unsigned prot = exec_bit(area);

	if (write)
		return writable_pte(page, area);
	if ((area->flags & VM_WRITE) && (!area_is_private(area) ||
					 (!policy->swap_cache_bit && page_count(page) == 1)))
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

static int do_no_page(struct vm_area *area, unsigned long address, pte_t *slot, bool write,
		      bool *major)
{
	struct mm_struct *mm = area->mm;
	bool copied = write && area_is_private(area);
	unsigned seen = truncations(area);
	struct page *page = area->ops->nopage(area, address, major);

	if (IS_ERR(page))	/* behind the file's end: SIGBUS, like a read error */
		return PTR_ERR(page) == -ENOMEM ? -ENOMEM : -EIO;
	if (copied)
		page = early_copy(area, page);
	if (!page)
		return -ENOMEM;

	spin_lock(&mm->page_table_lock);
	/* Truncated meanwhile: its ptes have been taken away, and ours would stay. */
	if (!pte_none(pte_read(slot)) || truncations(area) != seen) {
		spin_unlock(&mm->page_table_lock);
		put_page(page);
		return 0;
	}
	mm->rss++;
	if (copied) {
		map_new_anon(area, address, slot, page, BY_do_no_page);
	} else {
		page_add_file_rmap(page);
		pte_set(slot, file_pte(area, page, write));
		page_note(page, EV_MAP, BY_do_no_page);
	}
	spin_unlock(&mm->page_table_lock);
	return 0;
}

/*
 * May the writer have the page itself? Yes if its pte is the only user, the swap cache
 * set aside. A page with a third reference, such as its buffers', is copied even if
 * nobody else maps it (Q23).
 */
static bool may_reuse(const struct vm_area *area, struct page *page)
{
	bool alone = false;

	if (PageReserved(page))
		return false;
	if (!area_is_private(area))
		return true;
	/* 2.6 counts ptes and slot: a list or a reclaimer may hold a reference, too. */
	if (policy->swap_cache_bit) {
		if (PageAnon(page) && trylock_page(page)) {
			alone = reuse_swap_page(page);
			unlock_page(page);
		}
		return alone;
	}
	if (page_count(page) == 1)
		return true;
	if (page_count(page) == 2 && PageSwapCache(page) && trylock_page(page)) {
		alone = PageSwapCache(page) && !is_page_shared(page);
		unlock_page(page);
	}
	return alone;
}

static void make_writable(struct vm_area *area, unsigned long address, pte_t *slot)
{
	pte_t pte = pte_take(slot);

	pte_set(slot, pte_mkyoung(pte_mkdirty(pte_mkwrite(pte))));
	tlb_flush_page(area->mm, address);
}

/* Puts COPY in OLD's place; page_table_lock held. The pte's reference on OLD is ours. */
static void replace_page(struct vm_area *area, unsigned long address, pte_t *slot,
			 struct page *old, struct page *copy)
{
	pte_take(slot);
	tlb_flush_page(area->mm, address);
	if (PageReserved(old)) {
		area->mm->rss++;
	} else {
		page_remove_rmap(old);
		page_note(old, EV_UNMAP, BY_do_wp_page);
	}
	map_new_anon(area, address, slot, copy, BY_do_wp_page);
}

/* A write to a present, read-only page. Entered with page_table_lock, left without. */
static int do_wp_page(struct vm_area *area, unsigned long address, pte_t *slot, pte_t pte)
{
	struct mm_struct *mm = area->mm;
	struct page *old = pfn_to_page(pte_pfn(pte));
	struct page *copy;
	bool replaced;

	if (may_reuse(area, old)) {
		make_writable(area, address, slot);
		spin_unlock(&mm->page_table_lock);
		return 0;
	}
	get_page(old);
	spin_unlock(&mm->page_table_lock);
	copy = anon_vma_prepare(area) ? NULL : new_copy(old);
	if (!copy) {
		put_page(old);
		return -ENOMEM;
	}

	spin_lock(&mm->page_table_lock);
	pte = pte_read(slot);
	replaced = pte_present(pte) && pte_pfn(pte) == page_to_pfn(old) && !pte_write(pte);
	if (replaced)
		replace_page(area, address, slot, old, copy);
	spin_unlock(&mm->page_table_lock);
	put_page(replaced ? old : copy);	/* the pte's reference, or a copy in vain */
	put_page(old);
	return 0;
}

static int fault_on(struct vm_area *area, unsigned long address, pte_t *slot, bool write,
		    bool *major)
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
	if (!pte_none(pte))
		return do_swap_page(area, address, slot, pte, write, major);
	if (area->ops && area->ops->nopage)
		return do_no_page(area, address, slot, write, major);
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
		error = fault_on(area, address, slot, write, &major);
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
static bool grow_stack(struct vm_area *stack, unsigned long address)
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

int handle_fault(struct mm_struct *mm, unsigned long address, bool write, bool exec)
{
	struct vm_area *area;
	int error = -EFAULT;

	mutex_lock(&mm->mmap_sem);
	area = find_area(mm, address);
	if (area && (address >= area->start || grow_stack(area, address)) &&
	    access_allowed(area, write, exec))
		error = handle_mm_fault(mm, area, address, write);
	mutex_unlock(&mm->mmap_sem);
	return error;
}
