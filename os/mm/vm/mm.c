/*
 * Address spaces: their making, copying and end (facts 2.4, 2.8; 2.6, 10.1).
 *
 * Owns mmlist, the list of all of them in the order in which swap_out looks at them:
 * exec puts a new one at the head, fork a child right behind its parent. The count of
 * users falls to zero only under mmlist_lock, so whoever finds an mm on the list may
 * take a reference.
 */
#include "arch/machine.h"
#include "lib/errno.h"
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

static struct mm_struct *allocate_mm(void)
{
	return kmem_cache_alloc(mm_cache, GFP_KERNEL);
}

static void free_mm(struct mm_struct *mm)
{
	kmem_cache_free(mm_cache, mm);
}

/* Who has an mm_struct for users has a root of page tables in it. */
static int mm_alloc_pgd(struct mm_struct *mm)
{
	mm->page_table = pgd_alloc(mm);
	return mm->page_table ? 0 : -ENOMEM;
}

/* Makes it an empty address space, which is on no list yet; or frees it: NULL. */
static struct mm_struct *mm_init(struct mm_struct *mm)
{
	*mm = (struct mm_struct){ 0 };
	atomic_set(&mm->users, 1);
	mutex_init(&mm->mmap_sem, "mmap_sem");
	spin_init(&mm->page_table_lock, "page_table_lock", RANK_PAGE_TABLE);
	list_init(&mm->areas);
	list_init(&mm->mmlist);
	if (mm_alloc_pgd(mm) != 0) {
		free_mm(mm);
		return NULL;
	}
	return mm;
}

/* Nobody uses it any more and it is on no list. There are no pages outside of areas. */
static void exit_mmap(struct mm_struct *mm)
{
	struct vm_area *area;

	if (policy->exit_mmap)
		policy->exit_mmap(mm);
	list_for_each(area, &mm->areas, link) {
		let_go_of_locked_pages(area);
		zap_range(mm, area->start, area->end);
	}
	free_all_areas(mm);
	free_pgtables(mm);
	assert(mm->nr_ptes == 0 && get_mm_rss(mm) == 0);
	pgd_free(mm, mm->page_table);
	free_mm(mm);
}

struct mm_struct *mm_create(void)
{
	struct mm_struct *mm = allocate_mm();

	if (mm)
		mm = mm_init(mm);
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
		exit_mmap(mm);
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

struct mm_struct *dup_mm(struct mm_struct *parent)
{
	struct mm_struct *child = allocate_mm();
	bool done;

	if (child)
		child = mm_init(child);
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
		exit_mmap(child);
		return NULL;
	}
	spin_lock(&mmlist_lock);
	list_add(&child->mmlist, &parent->mmlist);
	spin_unlock(&mmlist_lock);
	return child;
}
