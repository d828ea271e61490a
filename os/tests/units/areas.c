/*
 * Thousands of areas, mapped, unmapped and protected at random, against a model: one
 * byte for each page. Areas without pages merge whenever they are alike, so the model
 * knows their number, too; and the lowest hole that is large enough is the one that a
 * request without an address gets.
 *
 * The tree must be in order and balanced after each round, whatever its size.
 */
#include <string.h>

#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/slab/slab.h"
#include "mm/vm/vm_internal.h"
#include "mm/zone.h"
#include "tests/units/units.h"

#define BASE		PAGE_ALIGN(TASK_SIZE / 3)	/* where the search for holes begins */
#define PAGES		30000u
#define MOST_AREAS	10000u
#define ROUNDS		300
#define CHANGES		200	/* in each round */

static struct mm_struct *mm;
static u8 model[PAGES + 1];	/* 0: a hole, else 1 + rights; the last page stays a hole */

static unsigned random_rights(void)
{
	return unit_random(VM_ACCESS + 1);
}

static unsigned long address_of(unsigned page)
{
	return BASE + (unsigned long)page * PAGE_SIZE;
}

static void map_fixed(unsigned first, unsigned count)
{
	unsigned rights = random_rights();
	unsigned long address = address_of(first);

	check(map_area(mm, address, count * PAGE_SIZE, rights, NULL, 0, true) ==
	      (long)address);
	memset(&model[first], (int)rights + 1, count);
}

static unsigned lowest_hole(unsigned count)
{
	unsigned run = 0;

	for (unsigned i = 0; i < PAGES; i++) {
		run = model[i] ? 0 : run + 1;
		if (run == count)
			return i + 1 - count;
	}
	return PAGES - run;
}

static void map_anywhere(unsigned count)
{
	unsigned first = lowest_hole(count), rights = random_rights();

	if (first + count > PAGES)
		return;
	check(map_area(mm, 0, count * PAGE_SIZE, rights, NULL, 0, false) ==
	      (long)address_of(first));
	memset(&model[first], (int)rights + 1, count);
}

static void unmap(unsigned first, unsigned count)
{
	check(unmap_range(mm, address_of(first), count * PAGE_SIZE) == 0);
	memset(&model[first], 0, count);
}

static void protect(unsigned first, unsigned count)
{
	unsigned rights = random_rights();
	bool mapped = !memchr(&model[first], 0, count);
	int error = protect_range(mm, address_of(first), count * PAGE_SIZE, rights);

	check(error == (mapped ? 0 : -ENOMEM));
	if (mapped)
		memset(&model[first], (int)rights + 1, count);
}

static void change(void)
{
	unsigned first = unit_random(PAGES), most = unit_random(1000) ? 3 : 400;
	unsigned count = 1 + unit_random(min(PAGES - first, most));

	switch (unit_random(8)) {
	case 0:
		unmap(first, count);
		break;
	case 1:
	case 2:
		map_anywhere(count);
		break;
	case 3:
		protect(first, count);
		break;
	default:
		map_fixed(first, count);
	}
}

static void look_up(void)
{
	unsigned page = unit_random(PAGES), next = page;
	struct vm_area *area = find_area(mm, address_of(page) + unit_random(PAGE_SIZE));

	while (next < PAGES && !model[next])
		next++;
	if (next == PAGES) {
		check(area == NULL);
		return;
	}
	check(area && area->end > address_of(page));
	check(next == page ? area->start <= address_of(page) :
	      area->start == address_of(next));
	check((area->flags & VM_ACCESS) + 1 == model[next]);
}

/* Checks a subtree and returns its height; *BEFORE is the last area passed, in order. */
static int check_tree(struct vm_area *area, struct vm_area **before)
{
	int low, high;

	if (!area)
		return 0;
	low = check_tree(area->tree_low, before);
	check(area == (*before ? next_area(mm, *before) :
		       list_first(&mm->areas, struct vm_area, link)));
	*before = area;
	high = check_tree(area->tree_high, before);
	check(low - high <= 1 && high - low <= 1);
	check(area->tree_height == 1 + max(low, high));
	return area->tree_height;
}

static void check_areas(void)
{
	struct vm_area *last = NULL;
	unsigned areas = 0, pages = 0;

	for (unsigned i = 0; i < PAGES; i++) {
		pages += model[i] != 0;
		areas += model[i] && (i == 0 || model[i] != model[i - 1]);
	}
	check(mm->nr_areas == areas && mm->total_vm == pages);
	check_tree(mm->area_tree, &last);
	check(!last || !next_area(mm, last));
}

/* So many that no more fit: an error, and nothing has changed. */
static void check_limit(void)
{
	unsigned long address = BASE + 2 * PAGES * PAGE_SIZE;

	while (mm->nr_areas < max_map_count) {
		check(map_area(mm, address, PAGE_SIZE, VM_READ, NULL, 0, true) ==
		      (long)address);
		address += 2 * PAGE_SIZE;
	}
	check(map_area(mm, address, PAGE_SIZE, VM_READ, NULL, 0, true) == -ENOMEM);
	check(map_area(mm, 0, PAGE_SIZE, VM_READ, NULL, 0, false) == -ENOMEM);
	check(mm->nr_areas == max_map_count);
	check(mm->area_tree->tree_height <= 23);	/* 1.44 log2(65536) */
}

void unit_main(void)
{
	unsigned long free_at_start;
	unsigned most = 0;

	unit_boot(256, 7000);
	mm_put(mm_create());	/* the slab of these stays */
	free_at_start = nr_free_pages();
	mm = mm_create();
	check(mm != NULL);
	mutex_lock(&mm->mmap_sem);
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (unsigned i = 0; i < CHANGES; i++) {
			change();
			look_up();
		}
		check_areas();
		most = max(most, mm->nr_areas);
	}
	check(most > MOST_AREAS);
	check_limit();
	mutex_unlock(&mm->mmap_sem);
	mm_put(mm);
	kmem_cache_shrink(area_cache);
	check(nr_free_pages() == free_at_start);
}
