/* A page of a segment on its way to swap, and who may cross it (facts 2.4, 5.5; Q35). */
#include "mm/alloc/alloc.h"
#include "mm/swap/shmem.h"
#include "tests/units/units.h"

static struct shmem segment;
static unsigned long free_at_start;

static bool read_ahead;		/* a neighbour's window takes in the next slot given out */
static struct page *intruder;	/* what it put into the swap cache */
static swp_entry_t given;

swp_entry_t __real_get_shared_swap_page(void);
swp_entry_t __wrap_get_shared_swap_page(void);
swp_entry_t __wrap_get_shared_swap_page(void)
{
	given = __real_get_shared_swap_page();
	if (read_ahead) {
		intruder = alloc_page(GFP_KERNEL);
		check(intruder && swapcache_prepare(given) == 0);
		lock_page(intruder);
		check(add_to_swap_cache(intruder, given) == 0);
		unlock_page(intruder);
	}
	return given;
}

/* The segment's page 3, which holds 42, with a reference of ours, and locked. */
static struct page *locked_page(void)
{
	bool major;
	struct page *page = shmem_getpage(&segment, 3, SHMEM_WRITE, &major);

	check(!IS_ERR(page));
	*(int *)page_address(page) = 42;
	lock_page(page);
	check(page_count(page) == 2 && page->mapping == &segment.mapping);
	return page;
}

static void done_with(struct page *page)
{
	unlock_page(page);
	put_page(page);
}

static void stays_in_the_segment(struct page *page)
{
	check(shmem_writepage(page) == 1);
	check(PageLocked(page) && page->mapping == &segment.mapping && page->index == 3);
	check(segment.swapped == 0 && segment.mapping.nrpages == 1);
}

static void moves_to_swap_and_back(void)
{
	struct page *page = locked_page();
	bool major;

	check(shmem_writepage(page) == 0);
	check(!PageLocked(page) && PageSwapCache(page) && PageDirty(page));
	check(page->index == given.val && page_count(page) == 2);
	check(swap_count(given) == 2);		/* the cache's and the segment's */
	check(segment.swapped == 1 && segment.mapping.nrpages == 0);

	check(shmem_getpage(&segment, 3, SHMEM_READ, &major) == page);
	check(page->mapping == &segment.mapping && page_count(page) == 3);
	check(*(int *)page_address(page) == 42);
	check(swap_count(given) == 0 && segment.swapped == 0);
	put_page(page);
	put_page(page);
}

static void a_user_keeps_it(void)
{
	struct page *page = locked_page();

	get_page(page);
	stays_in_the_segment(page);
	check(swap_count(given) == 0);
	put_page(page);
	done_with(page);
}

/*
 * 2.4 reads ahead every slot in use, also one that was given out a moment ago and has
 * nothing on the disk yet. Its page must not take the place of the segment's.
 */
static void a_page_read_ahead_is_in_the_way(void)
{
	struct page *page = locked_page();

	read_ahead = true;
	stays_in_the_segment(page);
	read_ahead = false;
	done_with(page);

	check(swap_count(given) == 1);		/* the intruder's */
	lock_page(intruder);
	check(PageSwapCache(intruder) && !is_page_shared(intruder));
	delete_from_swap_cache_nolock(intruder);
	done_with(intruder);
	check(swap_count(given) == 0);
}

static void nothing_is_left(void)
{
	shmem_destroy(&segment);
	check(nr_swap_pages == 64 && page_cache_size == 0);
	check(nr_free_pages() == free_at_start);
}

static void with_a_segment(void (*test)(void))
{
	check(shmem_init(&segment, 16, NULL, NULL) == 0);
	test();
	nothing_is_left();
}

void unit_main(void)
{
	unit_boot(64, 256);
	unit_swap(64, -1);
	free_at_start = nr_free_pages();
	with_a_segment(moves_to_swap_and_back);
	with_a_segment(a_user_keeps_it);
	with_a_segment(a_page_read_ahead_is_in_the_way);
}
