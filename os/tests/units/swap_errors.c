/* A swap disk that fails: nothing that was written to memory is lost by it. */
#include "block/block.h"
#include "lib/errno.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"
#include "tests/units/units.h"

#define BASE	0x10000000ul
#define PAGES	150u
#define FRAMES	140u

static void (*working_submit)(struct block_device *dev, struct bio *bio);
static bool reads_fail, all_writes_fail;
static unsigned failures;

/* Every other write fails, and all writes or all reads if the test says so. */
static void failing_submit(struct block_device *dev, struct bio *bio)
{
	if (bio->write ? all_writes_fail || unit_random(2) == 0 : reads_fail) {
		failures++;
		bio_end(bio, -EIO);
		return;
	}
	working_submit(dev, bio);
}

static struct mm_struct *new_process(void)
{
	struct mm_struct *mm = mm_create();

	check(mm != NULL);
	mutex_lock(&mm->mmap_sem);
	check(map_area(mm, BASE, PAGES * PAGE_SIZE, VM_READ | VM_WRITE, NULL, 0, true) ==
	      (long)BASE);
	mutex_unlock(&mm->mmap_sem);
	return mm;
}

/* A user's access to page I; its error. */
static int access(struct mm_struct *mm, unsigned i, bool write, unsigned *value)
{
	unsigned long address = BASE + i * PAGE_SIZE;

	for (;;) {
		pte_t *slot = page_table_find(mm->page_table, address);
		pte_t pte = slot ? pte_read(slot) : (pte_t){ 0 };
		unsigned *data;
		int error;

		if (!pte_present(pte) || (write && !pte_write(pte))) {
			error = do_page_fault(mm, address, write, false, 0);
			if (error)
				return error;
			continue;
		}
		data = pfn_to_virt(pte_pfn(pte));
		pte = pte_mkyoung(pte);
		pte_set(slot, write ? pte_mkdirty(pte) : pte);
		if (write)
			*data = *value;
		else
			*value = *data;
		return 0;
	}
}

static void press(void)
{
	for (unsigned i = 0; i < 60; i++)
		swap_out(6, GFP_KSWAPD);
	refill_inactive_scan(0, false);
	page_launder(GFP_KERNEL, true);
	page_launder(GFP_KERNEL, true);
	for_each_zone(zone) {
		struct page *page;

		while ((page = reclaim_page(zone)) != NULL)
			put_page(page);
	}
}

static void failed_writes_lose_nothing(struct mm_struct *mm)
{
	for (unsigned round = 1; round < 20; round++) {
		for (unsigned i = 0; i < PAGES; i++) {
			unsigned value = round * PAGES + i;

			check(access(mm, i, true, &value) == 0);
		}
		press();
		for (unsigned i = 0; i < PAGES; i++) {
			unsigned value = 0;

			check(access(mm, i, false, &value) == 0);
			check(value == round * PAGES + i);
		}
	}
	check(failures > 0);
}

static void failed_reads_are_errors(struct mm_struct *mm)
{
	unsigned errors = 0;

	for (unsigned i = 0; i < 30; i++)
		press();
	reads_fail = true;
	for (unsigned i = 0; i < PAGES; i++) {
		unsigned value = 0;
		int error = access(mm, i, false, &value);

		check(error == 0 || error == -EIO);
		errors += error != 0;
	}
	check(errors > 0);
}

/*
 * What a process leaves behind in the swap cache is no reason to kill another one, even if
 * all writes have failed for a long time: a failed write of such a page frees it.
 */
static void pages_of_the_dead_are_cleaned(void)
{
	struct mm_struct *mm = new_process();
	struct page *held[FRAMES];
	unsigned nr_held = 0;

	all_writes_fail = true;
	for (unsigned i = 0; i < PAGES / 3; i++)	/* so few that others are not needed */
		check(access(mm, i, true, &i) == 0);
	while (!free_shortage())
		held[nr_held++] = alloc_page(GFP_KERNEL);
	for (unsigned i = 0; i < 100 && !swap_writes_fail(); i++)
		press();
	check(swap_writes_fail());
	mm_put(mm);
	press();
	check(!swap_writes_fail());
	while (nr_held)
		put_page(held[--nr_held]);
	all_writes_fail = false;
}

void unit_main(void)
{
	struct mm_struct *mm;
	unsigned long free_at_start;

	unit_boot(40, FRAMES - 40);
	free_at_start = nr_free_pages();
	unit_swap(800, -1);
	working_submit = swap_areas[0].place.dev->submit;
	swap_areas[0].place.dev->submit = failing_submit;

	pages_of_the_dead_are_cleaned();
	mm = new_process();
	failed_writes_lose_nothing(mm);
	failed_reads_are_errors(mm);
	mm_put(mm);
	reads_fail = false;
	check(swap_area_remove(0) == 0);
	check(nr_free_pages() == free_at_start);
}
