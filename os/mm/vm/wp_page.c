/*
 * Copy on write: a write to a page that the process has for reading only (facts 2.4, 2.10;
 * 2.6, 10.7).
 *
 * Owns nothing. Whoever uses the page alone may have it; anybody else gets a copy. A copy
 * is made without page_table_lock, and in vain if the pte has changed meanwhile. A page of a
 * shared file is not copied, but its file system must be able to write it (page_mkwrite).
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"
#include "mm/vm/vm_internal.h"

void copy_user_page(struct page *to, struct page *from)
{
	void *target = kmap(to);

	copy_page(target, kmap(from));
	kunmap(from);
	kunmap(to);
}

/* The zero page is not read: a page of zeros costs less. */
static struct page *new_copy(struct page *from)
{
	struct page *page;

	if (from == zero_page)
		return alloc_zeroed_user_highpage_movable();
	page = alloc_page(GFP_HIGHUSER_MOVABLE);
	if (page)
		copy_user_page(page, from);
	return page;
}

/*
 * 2.6: the ptes and the slot are counted; a list or a reclaimer may hold a reference, too.
 * The count holds while the page is locked. -EAGAIN: the pte changed before it was.
 */
static int may_reuse_anon(struct vm_area *area, pte_t *slot, pte_t pte, struct page *page)
{
	struct mm_struct *mm = area->mm;
	int result = -EAGAIN;

	get_page(page);
	if (!trylock_page(page)) {
		spin_unlock(&mm->page_table_lock);
		lock_page(page);
		spin_lock(&mm->page_table_lock);
	}
	if (pte_present(pte_read(slot)) && pte_pfn(pte_read(slot)) == pte_pfn(pte))
		result = reuse_swap_page(page);
	unlock_page(page);
	put_page(page);
	return result;
}

/*
 * 2.4: yes if the pte is the only user, the swap cache set aside. A page with a third
 * reference, such as its buffers', is copied even if nobody else maps it (Q23).
 */
static bool may_reuse_counted(struct page *page)
{
	bool alone;

	if (page_count(page) == 1)
		return true;
	if (page_count(page) != 2 || !PageSwapCache(page) || !trylock_page(page))
		return false;
	alone = PageSwapCache(page) && !is_page_shared(page);
	unlock_page(page);
	return alone;
}

/* May the writer have the page itself? 1, or 0: a copy; -EAGAIN: look at the pte again. */
static int may_reuse(struct vm_area *area, pte_t *slot, pte_t pte, struct page *page)
{
	if (PageReserved(page))
		return false;
	if (!area_is_private(area))
		return true;
	if (!policy->swap_cache_bit)
		return may_reuse_counted(page);
	return PageAnon(page) ? may_reuse_anon(area, slot, pte, page) : false;
}

static void make_writable(struct vm_area *area, unsigned long address, pte_t *slot)
{
	pte_t pte = pte_take(slot);

	pte_set(slot, pte_mkyoung(pte_mkdirty(pte_mkwrite(pte))));
	tlb_flush_page(area->mm, address);
}

/*
 * A write to a shared page that was mapped by a read. Entered with page_table_lock, left
 * without. The page lock keeps the file from being cut or extended until the pte is made.
 */
static int do_shared_wp_page(struct vm_area *area, unsigned long address, pte_t *slot,
			     struct page *page)
{
	struct mm_struct *mm = area->mm;
	bool reused = false;
	int error;
	pte_t pte;

	get_page(page);
	spin_unlock(&mm->page_table_lock);
	error = ask_before_write(area, page);
	if (!error) {
		spin_lock(&mm->page_table_lock);
		pte = pte_read(slot);
		reused = pte_present(pte) && pte_pfn(pte) == page_to_pfn(page);
		if (reused)
			make_writable(area, address, slot);
		spin_unlock(&mm->page_table_lock);
		end_of_asking(area, page, reused);
	}
	put_page(page);
	return error == -EAGAIN ? 0 : error;
}

/* Puts COPY in OLD's place; page_table_lock held. The pte's reference on OLD is ours. */
static void replace_page(struct vm_area *area, unsigned long address, pte_t *slot,
			 struct page *old, struct page *copy)
{
	pte_take(slot);
	tlb_flush_page(area->mm, address);
	if (!PageReserved(old)) {
		add_mm_rss(area->mm, old, -1);
		page_remove_rmap(old);
		page_note(old, EV_UNMAP, BY_do_wp_page);
	}
	area->mm->anon_rss++;
	map_new_anon(area, address, slot, copy, BY_do_wp_page);
}

/* The copy is locked in memory in its place: who else has the page need not have it so. */
static void unlock_from_memory(const struct vm_area *area, struct page *page)
{
	if (!(area->flags & VM_LOCKED) || !PageMlocked(page))
		return;
	lock_page(page);
	policy->clear_page_mlock(page);
	unlock_page(page);
}

/* Entered with page_table_lock, left without. */
static int copy_and_replace(struct vm_area *area, unsigned long address, pte_t *slot,
			    struct page *old)
{
	struct mm_struct *mm = area->mm;
	struct page *copy;
	bool replaced;
	pte_t pte;

	get_page(old);
	spin_unlock(&mm->page_table_lock);
	copy = anon_vma_prepare(area) ? NULL : new_copy(old);
	if (!copy) {
		put_page(old);
		return -ENOMEM;
	}
	unlock_from_memory(area, old);

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

int do_wp_page(struct vm_area *area, unsigned long address, pte_t *slot, pte_t pte)
{
	struct page *page = pfn_to_page(pte_pfn(pte));
	int reuse;

	if (asks_before_write(area))
		return do_shared_wp_page(area, address, slot, page);
	reuse = may_reuse(area, slot, pte, page);
	if (reuse == 0)
		return copy_and_replace(area, address, slot, page);
	if (reuse > 0)
		make_writable(area, address, slot);
	spin_unlock(&area->mm->page_table_lock);
	return 0;
}
