/*
 * The reverse map at work: has anybody used the page, and make everybody let go of it
 * (facts 2.6, 4.7; lab 12).
 *
 * Owns nothing. rmap_walk finds the ptes and holds page_table_lock over each visit.
 */
#include "kernel/lock.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"

void page_add_new_anon_rmap(struct page *page, const struct vm_area *area)
{
	SetPageUptodate(page);
	SetPageSwapBacked(page);
	if (area->flags & VM_LOCKED)
		add_locked_page(page);
	else
		lru_cache_add_lru(page, LRU_ACTIVE_ANON);
}

struct look {
	unsigned referenced;
	unsigned vm_flags;
};

/* Has it the swap token, and is in the middle of a fault? Of its own pages it may lose some. */
static bool is_spared(const struct mm_struct *mm)
{
	return has_swap_token(mm) && mm != current->mm && mutex_is_locked(&mm->mmap_sem);
}

static bool look_at_pte(struct vm_area *area, unsigned long address, pte_t *slot, void *arg)
{
	struct look *look = arg;
	unsigned uses = 0;

	/* A locked area settles it: the page must stay, used or not. */
	if (area->flags & VM_LOCKED) {
		look->vm_flags |= VM_LOCKED;
		return false;
	}
	if (pte_test_and_clear_young(slot)) {
		tlb_flush_page_later(area->mm, address);
		/* Who reads from one end to the other will not come back. */
		uses += !(area->flags & VM_SEQ_READ);
	}
	uses += is_spared(area->mm);
	look->referenced += uses;
	if (uses)
		look->vm_flags |= area->flags;
	return true;
}

unsigned page_referenced(struct page *page, bool is_locked, unsigned *vm_flags)
{
	struct look look = { 0 };
	bool locked_here = false;

	*vm_flags = 0;
	/* The ptes of a page that has lost its mapping cannot be found. */
	if (atomic_read(&page->mapcount) == 0 || (!PageAnon(page) && !page->mapping))
		return 0;
	/* A file's areas can be walked only while the page stays in its mapping. */
	if (!is_locked && !PageAnon(page)) {
		locked_here = trylock_page(page);
		if (!locked_here)
			return 1;
	}
	rmap_walk(page, look_at_pte, &look);
	if (locked_here)
		unlock_page(page);
	*vm_flags = look.vm_flags;
	return look.referenced;
}

/* A locked area keeps the page, which therefore belongs on the unevictable list. */
static enum unmap_result keep_locked(struct vm_area *area, struct page *page)
{
	enum unmap_result result = SWAP_AGAIN;

	if (!mutex_trylock(&area->mm->mmap_sem))
		return SWAP_AGAIN;
	if (area->flags & VM_LOCKED) {
		mlock_vma_page(page);
		result = SWAP_MLOCK;
	}
	mutex_unlock(&area->mm->mmap_sem);
	return result;
}

struct unmapping {
	struct page *page;
	enum unmap_result result;
};

static bool look_for_lock(struct vm_area *area, unsigned long address, pte_t *slot, void *arg)
{
	struct unmapping *looking = arg;

	if (area->flags & VM_LOCKED)
		looking->result = keep_locked(area, looking->page);
	return looking->result != SWAP_MLOCK;
}

enum unmap_result try_to_munlock(struct page *page)
{
	struct unmapping looking = { page, SWAP_AGAIN };

	assert(PageLocked(page));
	rmap_walk(page, look_for_lock, &looking);
	return looking.result;
}

/* What is left in the pte of an anonymous page: its slot. False: no reference to be had. */
static bool leave_slot(struct vm_area *area, struct page *page, pte_t *slot)
{
	swp_entry_t entry = { page->index };

	if (!PageSwapCache(page) || swap_duplicate(entry) != 0)
		return false;
	area->mm->swapents++;
	pte_set(slot, pte_from_swap(entry.val));
	return true;
}

void pte_has_let_go(struct vm_area *area, struct page *page)
{
	add_mm_rss(area->mm, page, -1);
	page_remove_rmap(page);
	page_note(page, EV_UNMAP, BY_try_to_unmap);
	put_page(page);
}

/* Takes one pte away. The walk goes on while the page is mapped and nobody objects. */
static bool try_to_unmap_one(struct vm_area *area, unsigned long address, pte_t *slot,
			     void *arg)
{
	struct unmapping *unmapping = arg;
	struct page *page = unmapping->page;
	pte_t old;

	if (area->flags & VM_LOCKED) {
		unmapping->result = keep_locked(area, page);
		return unmapping->result == SWAP_AGAIN;
	}
	if (pte_test_and_clear_young(slot)) {
		tlb_flush_page_later(area->mm, address);
		unmapping->result = SWAP_FAIL;
		return false;
	}
	old = pte_take(slot);
	tlb_flush_page_later(area->mm, address);
	if (pte_dirty(old))
		set_page_dirty(page);
	if (PageAnon(page) && !leave_slot(area, page, slot)) {
		pte_set(slot, old);
		unmapping->result = SWAP_FAIL;
		return false;
	}
	pte_has_let_go(area, page);
	unmapping->result = SWAP_AGAIN;
	return atomic_read(&page->mapcount) > 0;
}

enum unmap_result try_to_unmap(struct page *page)
{
	struct unmapping unmapping = { page, SWAP_AGAIN };

	rmap_walk(page, try_to_unmap_one, &unmapping);
	if (unmapping.result == SWAP_AGAIN && !PageAnon(page) && page->mapping &&
	    atomic_read(&page->mapcount) > 0)
		try_to_unmap_nonlinear(page);
	if (unmapping.result != SWAP_MLOCK && atomic_read(&page->mapcount) == 0)
		return SWAP_SUCCESS;
	return unmapping.result;
}
