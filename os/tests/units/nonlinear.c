/*
 * Nonlinear areas of 2.6: what ptes say of pages that are not there, and reclaim's way to
 * unmap pages that it cannot look for (facts 2.6, 4.7, 10.3; E52).
 */
#include "arch/sim/sim.h"
#include "lib/errno.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/vm/vm_internal.h"
#include "tests/units/units.h"

#define BASE	0x10000000ul
#define PAGES	80u

static struct mm_struct *mm;

static unsigned long address_of(unsigned at)
{
	return BASE + ((unsigned long)at << PAGE_SHIFT);
}

static pte_t *slot_of(unsigned at)
{
	return page_table_find(mm->page_table, address_of(at));
}

/* The word at the beginning of page AT, as a program sees it. */
static unsigned *word(unsigned at, bool write)
{
	pte_t *slot = slot_of(at);

	while (!slot || !pte_present(pte_read(slot)) || (write && !pte_write(pte_read(slot)))) {
		check(do_page_fault(mm, address_of(at), write, false, 0) == 0);
		slot = slot_of(at);
	}
	pte_set(slot, pte_mkyoung(write ? pte_mkdirty(pte_read(slot)) : pte_read(slot)));
	return page_address(pfn_to_page(pte_pfn(pte_read(slot))));
}

static int remap(unsigned at, unsigned pages, pgoff_t index)
{
	int error;

	mutex_lock(&mm->mmap_sem);
	error = remap_file_pages(mm, address_of(at), (unsigned long)pages << PAGE_SHIFT, index,
				 false);
	mutex_unlock(&mm->mmap_sem);
	return error;
}

/* A shared segment of PAGES pages; each holds its number. */
static void make_segment(void)
{
	mm = mm_create();
	check(mm);
	mutex_lock(&mm->mmap_sem);
	check(map_area(mm, BASE, PAGES << PAGE_SHIFT, VM_READ | VM_WRITE | VM_SHARED, NULL, 0,
		       true) == (long)BASE);
	mutex_unlock(&mm->mmap_sem);
	for (unsigned i = 0; i < PAGES; i++)
		*word(i, true) = i;
}

/* Address I shows page PAGES-1-I, but for the middle, which stays in order. */
static unsigned reversed(unsigned at)
{
	return at >= 30 && at < 50 ? at : PAGES - 1 - at;
}

static void reverse(void)
{
	for (unsigned i = 0; i < PAGES; i++)
		check(remap(i, 1, reversed(i)) == 0);
}

static void all_in_reverse(void)
{
	for (unsigned i = 0; i < PAGES; i++)
		check(*word(i, false) == reversed(i));
}

static void pages_come_in_any_order(void)
{
	make_segment();
	reverse();
	check(get_mm_rss(mm) == 0);
	check(pte_file(pte_read(slot_of(0))) && pte_to_pgoff(pte_read(slot_of(0))) == PAGES - 1);
	check(pte_none(pte_read(slot_of(30))));		/* in order: nothing to say */
	all_in_reverse();
	check(get_mm_rss(mm) == PAGES);

	/* A child has the same order; so has an area whose pages were given up. */
	struct mm_struct *parent = mm;

	mutex_lock(&parent->mmap_sem);
	check(advise_range(parent, BASE, PAGES << PAGE_SHIFT, MADV_DONTNEED) == 0);
	mutex_unlock(&parent->mmap_sem);
	check(get_mm_rss(parent) == 0);
	mm = dup_mm(parent);
	check(mm);
	all_in_reverse();
	mm_put(mm);
	mm = parent;
	all_in_reverse();
	mm_put(mm);
}

static void wrong_requests(void)
{
	make_segment();
	check(remap(0, 0, 3) == -EINVAL);
	check(remap(PAGES - 1, 2, 3) == -EINVAL);
	check(remap(PAGES, 1, 3) == -EINVAL);
	check(remap(0, 1, FILE_PTE_MOST) == -EINVAL);
	check(remap(4, 2, 4) == 0 && !(find_area(mm, BASE)->flags & VM_NONLINEAR));
	/* Behind the segment's end there is nothing to be had: SIGBUS. */
	check(remap(4, 1, PAGES) == 0);
	check(do_page_fault(mm, address_of(4), false, false, 0) == -EIO);
	mm_put(mm);
}

/* E52: an offset where the area's order says everything comes from a broken table. */
static void a_file_pte_in_a_linear_area(void)
{
	make_segment();
	mutex_lock(&mm->mmap_sem);
	zap_range(mm, BASE, address_of(1));
	mutex_unlock(&mm->mmap_sem);
	pte_set(slot_of(0), pte_from_swap(swp_entry(FILE_TYPE, 7).val));
	check(do_page_fault(mm, BASE, false, false, 0) == -EIO);
	mm_put(mm);
}

static void age_all(void)
{
	for (unsigned i = 0; i < PAGES; i++)
		pte_test_and_clear_young(slot_of(i));
}

static unsigned present(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PAGES; i++)
		n += pte_present(pte_read(slot_of(i)));
	return n;
}

/* The page that address AT shows, locked, with a reference. */
static struct page *lock_shown(unsigned at)
{
	struct page *page = pfn_to_page(pte_pfn(pte_read(slot_of(at))));

	get_page(page);
	lock_page(page);
	return page;
}

static void reclaim_unmaps_clusters(void)
{
	struct page *page;

	make_segment();
	reverse();
	all_in_reverse();
	age_all();

	/* In order, so the reverse map finds its pte, and no other goes. */
	page = lock_shown(40);
	check(try_to_unmap(page) == SWAP_SUCCESS);
	check(present() == PAGES - 1);
	unlock_page(page);
	put_page(page);

	/* Out of order and in the second cluster: the first one goes in vain. */
	page = lock_shown(62);
	check(try_to_unmap(page) == SWAP_AGAIN);
	check(present() == PAGES - 1 - 32 && !pte_present(pte_read(slot_of(31))));
	check(try_to_unmap(page) == SWAP_SUCCESS);
	check(pte_to_pgoff(pte_read(slot_of(62))) == reversed(62));
	check(present() == PAGES - 64);
	unlock_page(page);
	put_page(page);

	/* What was used since stays. The cursor starts again behind the last cluster. */
	all_in_reverse();
	page = lock_shown(70);
	check(try_to_unmap(page) == SWAP_AGAIN && present() == PAGES);
	age_all();
	check(try_to_unmap(page) == SWAP_SUCCESS);
	unlock_page(page);
	put_page(page);
	all_in_reverse();
	check(get_mm_rss(mm) == PAGES);
	mm_put(mm);
}

void unit_main(void)
{
	unit_boot_era("2.6", 64, 960);
	unit_swap(256, -1);
	pages_come_in_any_order();
	wrong_requests();
	a_file_pte_in_a_linear_area();
	reclaim_unmaps_clusters();
}
