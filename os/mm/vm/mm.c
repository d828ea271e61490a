/*
 * Address spaces: their making, copying and end (facts 2.4, 2.8).
 *
 * Owns mmlist, the list of all of them in the order in which swap_out looks at them:
 * exec puts a new one at the head, fork a child right behind its parent. The count of
 * users falls to zero only under mmlist_lock, so whoever finds an mm on the list may
 * take a reference.
 */
#include "arch/machine.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/policy.h"
#include "mm/slab/slab.h"
#include "mm/trace/events.h"
#include "mm/vm/vm_internal.h"

struct spinlock mmlist_lock = SPINLOCK_INIT("mmlist_lock", RANK_MMLIST);
LIST_HEAD(mmlist);

struct kmem_cache *area_cache;
static struct kmem_cache *mm_cache;

void vm_init(void)
{
	mm_cache = kmem_cache_create("mm_struct", sizeof(struct mm_struct), 0, NULL);
	area_cache = kmem_cache_create("vm_area", sizeof(struct vm_area), 0, NULL);
	rmap_init();

	zero_page = machine_kernel_pages(GFP_KERNEL, 0);
	if (!zero_page)
		panic("no memory for the page of zeros");
	clear_page(page_address(zero_page));
	SetPageReserved(zero_page);
	page_move(zero_page, STATE_RESERVED, BY_boot);
}

/* An empty one that is not on the list yet. */
static struct mm_struct *new_mm(void)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cache, GFP_KERNEL);

	if (!mm)
		return NULL;
	*mm = (struct mm_struct){ .page_table = page_table_create() };
	if (!mm->page_table) {
		kmem_cache_free(mm_cache, mm);
		return NULL;
	}
	atomic_set(&mm->users, 1);
	mutex_init(&mm->mmap_sem, "mmap_sem");
	spin_init(&mm->page_table_lock, "page_table_lock", RANK_PAGE_TABLE);
	list_init(&mm->areas);
	list_init(&mm->mmlist);
	return mm;
}

/* Nobody uses it any more and it is on no list. There are no pages outside of areas. */
static void destroy_mm(struct mm_struct *mm)
{
	struct vm_area *area;

	if (policy->exit_mmap)
		policy->exit_mmap(mm);
	list_for_each(area, &mm->areas, link) {
		let_go_of_locked_pages(area);
		zap_range(mm, area->start, area->end);
	}
	free_all_areas(mm);
	page_table_destroy(mm->page_table);
	kmem_cache_free(mm_cache, mm);
}

struct mm_struct *mm_create(void)
{
	struct mm_struct *mm = new_mm();

	if (!mm)
		return NULL;
	spin_lock(&mmlist_lock);
	list_add(&mm->mmlist, &mmlist);
	spin_unlock(&mmlist_lock);
	return mm;
}

void mm_put(struct mm_struct *mm)
{
	bool last;

	spin_lock(&mmlist_lock);
	last = atomic_dec_and_test(&mm->users);
	if (last)
		list_del(&mm->mmlist);
	spin_unlock(&mmlist_lock);
	if (last)
		destroy_mm(mm);
}

/* The child's copy of an area and of what it maps. Locks on memory are not inherited. */
static bool fork_area(struct mm_struct *child, struct vm_area *from)
{
	struct vm_area *area = kmem_cache_alloc(area_cache, GFP_KERNEL);

	if (!area)
		return false;
	*area = *from;
	area->mm = child;
	area->flags &= ~VM_LOCKED;
	area->anon_vma = NULL;
	insert_area(child, area, NULL);
	anon_vma_fork(area, from);
	if (area->file)
		file_get(area->file);
	link_file_area(area);
	if (area->ops && area->ops->open)
		area->ops->open(area);
	return copy_range(child, from->mm, area) == 0;
}

static bool fork_areas(struct mm_struct *child, struct mm_struct *parent)
{
	struct vm_area *area;

	list_for_each(area, &parent->areas, link)
		if (!fork_area(child, area))
			return false;
	return true;
}

struct mm_struct *mm_fork(struct mm_struct *parent)
{
	struct mm_struct *child = new_mm();
	bool done;

	if (!child)
		return NULL;
	mutex_lock(&parent->mmap_sem);
	child->start_brk = parent->start_brk;
	child->brk = parent->brk;
	child->start_stack = parent->start_stack;
	done = fork_areas(child, parent);
	tlb_flush_mm(parent);	/* its pages are read-only now */
	mutex_unlock(&parent->mmap_sem);
	if (!done) {
		destroy_mm(child);
		return NULL;
	}
	spin_lock(&mmlist_lock);
	list_add(&child->mmlist, &parent->mmlist);
	spin_unlock(&mmlist_lock);
	return child;
}
