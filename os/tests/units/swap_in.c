/* A page that comes back from swap, and the end of its process (facts 2.4, 2.10; E38-E40). */
#include "arch/sim/sim.h"
#include "block/block.h"
#include "lib/errno.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm_internal.h"
#include "tests/units/units.h"

#define BASE	0x10000000ul

static struct mm_struct *mm;
static struct vm_area *area;
static unsigned long free_at_start;
static swp_entry_t slot;	/* of the swapped page */

static pte_t pte_now(void)
{
	return pte_read(page_table_find(mm->page_table, BASE));
}

static struct page *page_now(void)
{
	check(pte_present(pte_now()));
	return pfn_to_page(pte_pfn(pte_now()));
}

/* Takes a page, to which the caller has a reference, out of the swap cache. */
static void forget_cached(struct page *page)
{
	lock_page(page);
	check(!page->buffers || try_to_free_buffers(page, 0) == 1);
	delete_from_swap_cache_nolock(page);
	unlock_page(page);
	put_page(page);
}

/* A process whose only page, which holds 42, lies in a slot and nowhere else. */
static void process_with_a_swapped_page(void)
{
	struct page *page;

	mm = mm_create();
	mutex_lock(&mm->mmap_sem);
	check(map_area(mm, BASE, PAGE_SIZE, VM_READ | VM_WRITE, NULL, 0, true) == (long)BASE);
	mutex_unlock(&mm->mmap_sem);
	area = find_area(mm, BASE);
	check(do_page_fault(mm, BASE, true, false, 0) == 0);
	page = page_now();
	*(int *)page_address(page) = 42;
	page->age = 0;
	mm->swap_cnt = 8;
	pte_test_and_clear_young(page_table_find(mm->page_table, BASE));
	spin_lock(&mm->page_table_lock);
	check(try_to_swap_out(mm, area, BASE, page_table_find(mm->page_table, BASE)) == 0);
	spin_unlock(&mm->page_table_lock);
	slot.val = pte_to_swap(pte_now());
	check(slot.val && PageInactiveDirty(page) && page_count(page) == 1);

	get_page(page);
	lock_page(page);
	ClearPageDirty(page);
	rw_swap_page(true, page, true);
	forget_cached(page);
	check(swap_count(slot) == 1 && page_cache_size == 0);
	*(int *)page_address(page) = 0;
}

static void nothing_is_left(void)
{
	check(swap_count(slot) == 0);
	check(nr_swap_pages == 64);
	check(page_cache_size == 0 && nr_active_pages == 0 && nr_inactive_dirty_pages == 0);
	check(nr_free_pages() == free_at_start);
}

static void a_read_and_then_a_write_copy(void)
{
	struct page *old, *copy;

	process_with_a_swapped_page();
	check(do_page_fault(mm, BASE, false, false, 0) == 0);
	old = page_now();
	check(*(int *)page_address(old) == 42 && !pte_write(pte_now()));
	check(page_count(old) == 3 && old->buffers && PageSwapCache(old));
	check(swap_count(slot) == 1 && get_mm_rss(mm) == 1);

	check(do_page_fault(mm, BASE, true, false, 0) == 0);
	copy = page_now();
	check(copy != old && *(int *)page_address(copy) == 42);
	check(page_count(old) == 2 && old->buffers && PageSwapCache(old));
	check(page_count(copy) == 1 && copy->age == 2 && !PageActive(copy) && !copy->mapping);
	check(pte_write(pte_now()) && pte_dirty(pte_now()) && get_mm_rss(mm) == 1);

	/* The old page belongs to nobody: reclaim finds it, slot and all. */
	old->age = 0;
	check(refill_inactive_scan(0, false) == 1 && PageInactiveDirty(old));
	check(page_launder(0, false) == 1 && PageInactiveClean(old));
	check(reclaim_page(page_zone(old)) == old);
	put_page(old);
	mm_put(mm);
	nothing_is_left();
}

static void a_write_at_once_copies_nothing(void)
{
	struct page *page;

	process_with_a_swapped_page();
	check(do_page_fault(mm, BASE, true, false, 0) == 0);
	page = page_now();
	check(*(int *)page_address(page) == 42);
	check(pte_write(pte_now()) && pte_dirty(pte_now()));
	check(page_count(page) == 3 && PageSwapCache(page) && PageActive(page));
	check(swap_count(slot) == 1);
	/* Buffers, list and slot go with the process; the page itself is free. */
	mm_put(mm);
	nothing_is_left();
}

/* The pte's dirty bit alone says that the slot's copy is old (row 9 of 2.7). */
static void the_slot_is_used_again(void)
{
	struct page *page;

	process_with_a_swapped_page();
	check(do_page_fault(mm, BASE, true, false, 0) == 0);
	page = page_now();
	page->age = 0;
	mm->swap_cnt = 8;
	pte_test_and_clear_young(page_table_find(mm->page_table, BASE));
	spin_lock(&mm->page_table_lock);
	check(try_to_swap_out(mm, area, BASE, page_table_find(mm->page_table, BASE)) == 0);
	spin_unlock(&mm->page_table_lock);
	check(pte_to_swap(pte_now()) == slot.val && PageDirty(page));
	check(swap_count(slot) == 2 && page_count(page) == 2);
	check(PageInactiveDirty(page) && get_mm_rss(mm) == 0);
	/* The process gives up its slot only; the cache still has the page. */
	mm_put(mm);
	check(swap_count(slot) == 1 && PageSwapCache(page));
	ClearPageDirty(page);
	get_page(page);
	forget_cached(page);
	nothing_is_left();
}

static void (*working_submit)(struct block_device *dev, struct bio *bio);

static void failing_submit(struct block_device *dev, struct bio *bio)
{
	bio_end(bio, -EIO);
}

/* Somebody else's read-ahead fails: the process must not suffer unless its own read does. */
static void a_failed_read_is_tried_again(void)
{
	struct block_device *disk = swap_areas[0].place.dev;
	struct page *page;

	process_with_a_swapped_page();
	working_submit = disk->submit;
	disk->submit = failing_submit;
	page = read_swap_cache_async(slot, true);
	check(page && !PageUptodate(page) && PageSwapCache(page));
	check(do_page_fault(mm, BASE, false, false, 0) == -EIO);
	check(swap_area_remove(0) == -EIO && swap_count(slot) == 2);

	disk->submit = working_submit;
	put_page(page);
	check(do_page_fault(mm, BASE, false, false, 0) == 0);
	check(page_now() == page && *(int *)page_address(page) == 42);
	mm_put(mm);
	nothing_is_left();
}

/* A page of the swap cache, locked, in a slot of its own. */
static struct page *locked_swap_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	check(page);
	lock_page(page);
	check(add_to_swap_cache(page, get_swap_page()) == 0);
	SetPageUptodate(page);
	return page;
}

/*
 * Facts 2.4, 5.3: a write that finds more than the limit in flight is waited for; with
 * exactly the limit it is not. Read-ahead already stops there.
 */
static void many_in_flight_make_writes_wait(void)
{
	enum { LIMIT = 4, PAGES = LIMIT + 2 };
	unsigned cluster = swap_cluster, ahead = page_cluster;
	struct page *pages[PAGES];

	swap_cluster = 1;
	page_cluster = 2;
	check(async_swap_limit() == LIMIT);
	disk_instant = false;
	for (unsigned i = 0; i < PAGES; i++)
		pages[i] = locked_swap_page();
	for (unsigned i = 0; i <= LIMIT; i++) {
		rw_swap_page(true, pages[i], false);
		check(PageLocked(pages[i]) && PageDecrAfter(pages[i]));
		check(atomic_read(&nr_async_pages) == (int)i + 1);
	}
	rw_swap_page(true, pages[LIMIT + 1], false);
	check(!PageLocked(pages[LIMIT + 1]) && !PageDecrAfter(pages[LIMIT + 1]));
	check(atomic_read(&nr_async_pages) <= LIMIT + 1);

	disk_complete_all();
	check(atomic_read(&nr_async_pages) == 0);
	disk_instant = true;
	swap_cluster = cluster;
	page_cluster = ahead;
	for (unsigned i = 0; i < PAGES; i++) {
		check(!PageLocked(pages[i]) && !PageDecrAfter(pages[i]));
		slot.val = pages[i]->index;
		forget_cached(pages[i]);
		check(swap_count(slot) == 0);
	}
	nothing_is_left();
}

void unit_main(void)
{
	unit_boot(64, 256);
	unit_swap(64, -1);
	/* The tables that all mms use come and go; those that stay are made now. */
	process_with_a_swapped_page();
	mm_put(mm);
	free_at_start = nr_free_pages();
	a_read_and_then_a_write_copy();
	a_write_at_once_copies_nothing();
	the_slot_is_used_again();
	a_failed_read_is_tried_again();
	many_in_flight_make_writes_wait();
}
