/* The order of swap slots and the counts of their holders (facts 2.4, 5.2 and 5.3). */
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/swap/swap.h"
#include "tests/units/units.h"

static void next_is(unsigned type, unsigned long offset)
{
	swp_entry_t entry = get_swap_page();

	check(entry.val);
	check(swp_type(entry) == type);
	check(swp_offset(entry) == offset);
}

static void all_off(void)
{
	for (unsigned type = 0; type < MAX_SWAPFILES; type++) {
		if (!swap_areas[type].flags)
			continue;
		/* These slots belong to nobody that swapoff could find. */
		for (unsigned long i = 1; i < swap_areas[type].max; i++)
			while (swap_areas[type].map[i])
				if (swap_areas[type].map[i] >= SWAP_MAP_MAX)
					swap_areas[type].map[i] = 1;
				else
					swap_free(swp_entry(type, i));
		check(swap_area_remove(type) == 0);
	}
	check(nr_swap_pages == 0 && total_swap_pages == 0);
	check(swap_list.head == -1 && swap_list.next == -1);
}

static void equal_priorities_take_turns(void)
{
	unit_swap(999, 5);
	unit_swap(999, 5);
	unit_swap(3, 1);
	for (unsigned long i = 1; i <= 999; i++) {
		next_is(1, i);	/* switched on last, so first of the two */
		next_is(0, i);
	}
	for (unsigned long i = 1; i <= 3; i++) {
		next_is(2, i);
		check(swap_list.next == swap_list.head);
	}
	check(get_swap_page().val == 0);
	check(nr_swap_pages == 0);
	swap_free(swp_entry(1, 500));
	check(swap_areas[1].lowest_bit == 500);
	next_is(1, 500);
	all_off();
}

static void clusters_come_first(void)
{
	unit_swap(999, -1);
	swap_areas[0].map[100] = 1;
	swap_areas[0].inuse++;
	nr_swap_pages--;
	for (unsigned long i = 101; i < 101 + 257; i++)
		next_is(0, i);
	all_off();

	unit_swap(2999, -1);
	swap_areas[0].map[300] = 1;
	swap_areas[0].inuse++;
	nr_swap_pages--;
	for (unsigned long i = 1; i <= 257; i++)
		next_is(0, i);
	next_is(0, 301);
	all_off();
}

static void window_is(unsigned long slot, unsigned count, unsigned long first)
{
	unsigned long offset;

	check(valid_swaphandles(swp_entry(0, slot), &offset) == count);
	check(offset == first);
}

static void windows_end_at_holes(void)
{
	u16 *map;

	unit_swap(999, -1);
	map = swap_areas[0].map;
	for (unsigned long i = 16; i < 40; i++)
		map[i] = i != 35;
	for (unsigned long i = 976; i <= 999; i++)
		map[i] = 1;
	for (unsigned long i = 1; i <= 999; i++)
		if (map[i]) {
			swap_areas[0].inuse++;
			nr_swap_pages--;
		}
	page_cluster = 4;
	window_is(5, 0, 0);
	window_is(16, 16, 16);
	window_is(20, 16, 16);
	window_is(33, 3, 32);
	window_is(37, 3, 32);
	window_is(990, 16, 976);
	check(map[16] == 3 && map[32] == 3 && map[36] == 1);
	all_off();
}

static void full_counts_stick(void)
{
	swp_entry_t entry;

	unit_swap(99, -1);
	entry = __get_swap_page(0x7ffe);
	check(swap_duplicate(entry) == 0 && swap_count(entry) == SWAP_MAP_MAX);
	check(swap_duplicate(entry) == 0 && swap_count(entry) == SWAP_MAP_MAX);
	swap_free(entry);
	check(swap_count(entry) == SWAP_MAP_MAX);
	check(swap_duplicate(swp_entry(0, 50)) == -ENOENT);
	check(swap_duplicate(swp_entry(0, 5000)) == -EINVAL);
	check(swap_duplicate(swp_entry(7, 1)) == -EINVAL);
	check(swap_duplicate((swp_entry_t){ 0 }) == -EINVAL);
	check(__get_swap_page(SWAP_MAP_MAX).val == 0);
	all_off();
}

/* There are eight areas; one that goes makes room for another. */
static void there_are_eight_areas(void)
{
	u16 *map = swap_map_alloc(10);

	check(map);
	for (unsigned i = 0; i < MAX_SWAPFILES; i++)
		unit_swap(9, -1);
	check(total_swap_pages == 9 * MAX_SWAPFILES);
	check(swap_area_add(swap_areas[0].place.dev, "ninth", map, 10, -1) == -EPERM);
	check(total_swap_pages == 9 * MAX_SWAPFILES && nr_swap_pages == 9 * MAX_SWAPFILES);
	check(swap_area_remove(3) == 0);
	check(swap_area_add(swap_areas[0].place.dev, "ninth", map, 10, -1) == 0);
	next_is(0, 1);		/* its priority is lower than the others' */
	check(swap_areas[3].prio < swap_areas[7].prio);
	all_off();
}

/* A sticky slot is never free again, however many give it up, until its area goes. */
static void sticky_slots_stay(void)
{
	swp_entry_t entry, next;

	unit_swap(99, -1);
	entry = __get_swap_page(0x7ffe);
	check(swap_duplicate(entry) == 0 && swap_count(entry) == SWAP_MAP_MAX);
	for (unsigned i = 0; i < 0x8000; i++)
		swap_free(entry);
	check(swap_count(entry) == SWAP_MAP_MAX && nr_swap_pages == 98);
	while ((next = get_swap_page()).val)
		check(next.val != entry.val);
	check(nr_swap_pages == 0);
	all_off();
}

/* A fault may come with an entry whose area has gone, or whose number is another's now. */
static void entries_may_outlive_their_area(void)
{
	swp_entry_t entry;
	unsigned long first;

	page_cluster = 4;
	unit_swap(99, -1);
	do
		entry = get_swap_page();
	while (swp_offset(entry) < 40);
	all_off();
	check(swap_count(entry) == 0 && swap_duplicate(entry) == -EINVAL);
	check(valid_swaphandles(entry, &first) == 0);

	unit_swap(20, -1);	/* too small for it */
	check(swp_type(entry) == 0 && swap_areas[0].map && swap_areas[0].inuse == 0);
	check(swap_count(entry) == 0 && swap_duplicate(entry) == -EINVAL);
	check(valid_swaphandles(entry, &first) == 0);
	check(swp_offset(get_swap_page()) == 1);
	all_off();
}

void unit_main(void)
{
	unit_boot(64, 256);
	equal_priorities_take_turns();
	clusters_come_first();
	windows_end_at_holes();
	full_counts_stick();
	sticky_slots_stay();
	there_are_eight_areas();
	entries_may_outlive_their_area();
}
