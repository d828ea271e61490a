/*
 * Pages that mlock keeps in memory, on their way to the unevictable list and back, and the
 * swap token (facts 2.6, 4.6, 4.7; E34).
 */
#include "arch/sim/sim.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/filemap.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm_internal.h"
#include "tests/units/units.h"

#define BASE	0x10000000ul
#define PAGES	5u
#define SIZE	((unsigned long)PAGES << PAGE_SHIFT)

static struct zone *normal;

static struct mm_struct *map(unsigned flags)
{
	struct mm_struct *mm = mm_create();

	check(mm);
	mutex_lock(&mm->mmap_sem);
	check(map_area(mm, BASE, SIZE, VM_READ | VM_WRITE | flags, NULL, 0, true) == (long)BASE);
	mutex_unlock(&mm->mmap_sem);
	return mm;
}

static unsigned long address_of(unsigned at)
{
	return BASE + ((unsigned long)at << PAGE_SHIFT);
}

static pte_t *slot_of(struct mm_struct *mm, unsigned at)
{
	return page_table_find(mm->page_table, address_of(at));
}

static struct page *touch(struct mm_struct *mm, unsigned at, bool write)
{
	pte_t *slot = slot_of(mm, at);

	while (!slot || !pte_present(pte_read(slot)) || (write && !pte_write(pte_read(slot)))) {
		check(do_page_fault(mm, address_of(at), write, false, 0) == 0);
		slot = slot_of(mm, at);
	}
	return pfn_to_page(pte_pfn(pte_read(slot)));
}

static void lock_all(struct mm_struct *mm, bool lock)
{
	mutex_lock(&mm->mmap_sem);
	check(lock_range(mm, BASE, SIZE, lock) == 0);
	mutex_unlock(&mm->mmap_sem);
}

static unsigned long unevictable(void)
{
	return lru_pages(normal, LRU_UNEVICTABLE);
}

static unsigned long locked(void)
{
	return zone_stat(normal, STAT_nr_mlock);
}

/* They were in pagevecs, of another CPU at that, when they were locked. */
static void locked_pages_are_on_their_list_at_once(void)
{
	struct mm_struct *mm = map(VM_SHARED);

	for (unsigned i = 0; i < PAGES; i++)
		touch(mm, i, true);
	check(cpu_pagevecs[0][LRU_INACTIVE_ANON].n == PAGES && unevictable() == 0);
	cpu_pagevecs[1][LRU_INACTIVE_ANON] = cpu_pagevecs[0][LRU_INACTIVE_ANON];
	cpu_pagevecs[0][LRU_INACTIVE_ANON].n = 0;
	nr_cpus = 2;
	lock_all(mm, true);
	nr_cpus = 1;
	check(unevictable() == PAGES && locked() == PAGES);
	check(vm_counters[VM_unevictable_pgs_mlocked] == PAGES);
	check(vm_counters[VM_unevictable_pgs_culled] == PAGES);
	lock_all(mm, false);
	lru_add_drain();
	check(unevictable() == 0 && locked() == 0);
	check(vm_counters[VM_unevictable_pgs_munlocked] == PAGES);
	check(vm_counters[VM_unevictable_pgs_rescued] == PAGES);
	mm_put(mm);
}

/* Two have the page locked; when one lets go, the other's lock counts. */
static void a_page_stays_locked_for_the_other(void)
{
	struct mm_struct *one = map(VM_SHARED), *other;
	struct page *page = touch(one, 0, true);

	other = dup_mm(one);
	check(other && touch(other, 0, false) == page && atomic_read(&page->mapcount) == 2);
	lock_all(one, true);
	lock_all(other, true);
	check(PageUnevictable(page) && locked() == PAGES);
	lock_all(one, false);
	check(PageMlocked(page) && PageUnevictable(page) && locked() == PAGES);
	/* Its mmap_sem is taken: nobody can say that it is locked there, until reclaim asks. */
	lock_all(one, true);
	mutex_lock(&other->mmap_sem);
	lock_all(one, false);
	mutex_unlock(&other->mmap_sem);
	lru_add_drain();
	check(!PageMlocked(page) && PageLRU(page) && !PageUnevictable(page));
	lock_page(page);
	check(try_to_unmap(page) == SWAP_MLOCK && PageMlocked(page));
	unlock_page(page);
	mm_put(one);
	mm_put(other);
	check(unevictable() == 0 && locked() == 0);
}

/* A copy takes the place of a locked page that somebody else has, too. */
static void a_copy_takes_the_lock_along(void)
{
	struct mm_struct *parent = map(0), *child;
	struct page *old = touch(parent, 0, true), *copy;
	unsigned long cleared = vm_counters[VM_unevictable_pgs_cleared];

	lru_add_drain();
	lock_all(parent, true);
	child = dup_mm(parent);
	check(child && PageUnevictable(old) && locked() == PAGES);
	copy = touch(parent, 0, true);
	lru_add_drain();
	check(copy != old && PageMlocked(copy) && PageUnevictable(copy));
	check(touch(child, 0, false) == old && !PageMlocked(old) && !PageUnevictable(old));
	check(vm_counters[VM_unevictable_pgs_cleared] == cleared + 1 && locked() == PAGES);
	mm_put(child);
	mm_put(parent);
	check(unevictable() == 0 && locked() == 0);
}

/* A page that leaves its file is nobody's to keep. */
static void truncation_clears_the_lock(void)
{
	static const struct address_space_operations nothing_to_write;
	static struct address_space mapping;
	unsigned long cleared = vm_counters[VM_unevictable_pgs_cleared];
	struct page *page;

	mapping_init(&mapping, NULL, &nothing_to_write);
	page = add_new_page(&mapping, 0, mapping.gfp);
	check(!IS_ERR(page));
	lru_add_drain();
	mlock_vma_page(page);
	unlock_page(page);
	check(PageUnevictable(page) && locked() == 1);
	truncate_inode_pages(&mapping, 0);
	lru_add_drain();
	check(!PageMlocked(page) && !PageUnevictable(page) && locked() == 0);
	check(vm_counters[VM_unevictable_pgs_cleared] == cleared + 1);
	check(page_count(page) == 1);
	put_page(page);
}

static unsigned references(struct page *page, unsigned *flags)
{
	return page_referenced(page, false, flags);
}

static void who_reads_in_sequence_does_not_count(void)
{
	struct mm_struct *mm = map(0);
	struct page *page = touch(mm, 0, true);
	unsigned flags;

	pte_set(slot_of(mm, 0), pte_mkyoung(pte_read(slot_of(mm, 0))));
	check(references(page, &flags) == 1 && flags & VM_WRITE);
	check(references(page, &flags) == 0 && !flags);
	mutex_lock(&mm->mmap_sem);
	check(advise_range(mm, BASE, SIZE, MADV_SEQUENTIAL) == 0);
	mutex_unlock(&mm->mmap_sem);
	pte_set(slot_of(mm, 0), pte_mkyoung(pte_read(slot_of(mm, 0))));
	check(references(page, &flags) == 0 && !flags);
	check(!pte_young(pte_read(slot_of(mm, 0))));
	mm_put(mm);
}

/* The only copy of the page is in its slot afterwards. */
static void swap_out(struct mm_struct *mm, unsigned at)
{
	struct page *page = touch(mm, at, true);
	struct scan_control sc = {
		.gfp = GFP_KERNEL, .nr_to_reclaim = SWAP_CLUSTER_MAX, .may_writepage = true,
		.may_unmap = true, .may_swap = true,
	};
	struct list_head list = LIST_HEAD_INIT(list);
	unsigned long freed = 0;

	lru_add_drain();
	pte_set(slot_of(mm, at), pte_mkold(pte_read(slot_of(mm, at))));
	for (unsigned pass = 0; !freed; pass++) {
		check(pass < 2 && isolate_lru_page(page) == 0);
		ClearPageActive(page);
		list_add(&page->lru, &list);
		freed = shrink_page_list(&list, normal, &sc, DEF_PRIORITY);
		putback_inactive_pages(normal, &list);
		lru_add_drain();
	}
}

static unsigned long free_a_batch(void)
{
	return try_to_free_pages(node_zonelist(0, GFP_KERNEL), 0, GFP_KERNEL);
}

static void the_token_spares_who_is_in_a_fault(void)
{
	struct mm_struct *mm = map(0), *other;
	struct page *page, *of_other;
	struct scan_control none = { .nr_to_reclaim = SWAP_CLUSTER_MAX };
	unsigned flags;

	disable_swap_token();
	grab_swap_token(mm);
	check(!has_swap_token(mm));	/* it is alone */
	other = map(0);
	of_other = touch(other, 1, true);
	swap_out(mm, 0);
	page = touch(mm, 0, false);
	check(has_swap_token(mm));
	swap_out(other, 0);
	touch(other, 0, false);
	check(has_swap_token(mm) && !has_swap_token(other));	/* it is taken */

	references(page, &flags);
	references(of_other, &flags);
	check(references(page, &flags) == 0);
	mutex_lock(&mm->mmap_sem);
	mutex_lock(&other->mmap_sem);
	check(references(page, &flags) == 1 && flags & VM_WRITE);
	check(references(of_other, &flags) == 0);
	current->mm = mm;		/* who reclaims in his own fault can lose pages */
	check(references(page, &flags) == 0);
	current->mm = NULL;
	mutex_unlock(&mm->mmap_sem);
	mutex_unlock(&other->mmap_sem);

	/* At its last priority reclaim has no regard for anybody. */
	shrink_zone(normal, &none, 1);
	check(has_swap_token(mm));
	while (free_a_batch() >= SWAP_CLUSTER_MAX)
		check(has_swap_token(mm));
	check(!has_swap_token(mm));
	grab_swap_token(mm);
	mm_put(mm);
	check(!has_swap_token(mm));	/* it ended with the address space */
	mm_put(other);
}

void unit_main(void)
{
	unit_boot_era("2.6", 64, 4096);
	normal = page_zone(alloc_page(GFP_KERNEL));
	locked_pages_are_on_their_list_at_once();
	a_page_stays_locked_for_the_other();
	a_copy_takes_the_lock_along();
	truncation_clears_the_lock();
	unit_swap(64, 0);
	who_reads_in_sequence_does_not_count();
	the_token_spares_who_is_in_a_fault();
	lru_check();
}
