/*
 * Looks for broken invariants after a statement (--check): what facts 2.4, 1.3 list,
 * and that counts, trees and tables agree. A broken one is a BUG.
 */
#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "kernel/lock.h"
#include "lib/printk.h"
#include "mm/vm/vm.h"

/* I6: what a free frame must have let go of. */
static void check_free(const struct page *page)
{
	const unsigned long allowed = 1ul << PG_buddy | 1ul << PG_highmem |
		1ul << PG_uptodate | 1ul << PG_error;

	if (page_count(page) || page->buffers || page->mapping || (page->flags & ~allowed))
		panic("free page %lu is in use: flags %lx, count %d", page_to_pfn(page),
		      page->flags, page_count(page));
}

/* I1, I2, and that a page of a mapping can be found there. */
static void check_used(struct page *page)
{
	bool listed = PageActive(page) || PageInactiveDirty(page) || PageInactiveClean(page);

	if (PageActive(page) + PageInactiveDirty(page) + PageInactiveClean(page) > 1)
		panic("page %lu claims two lists: flags %lx", page_to_pfn(page), page->flags);
	if (listed == list_empty(&page->lru) && !page_is_lost(page))
		panic("page %lu: its list flag and its links disagree", page_to_pfn(page));
	/* Of a larger block only the first frame is counted. */
	if (page_count(page) < 0 ||
	    (page_count(page) == 0 && (listed || page->mapping || page->buffers)))
		panic("page %lu is in use without a reference", page_to_pfn(page));
	if (PageSwapCache(page) != (page->mapping == &swapper_space))
		panic("page %lu: swap cache flag and mapping disagree", page_to_pfn(page));
	if (page->mapping && __find_page_quiet(page->mapping, page->index) != page)
		panic("page %lu is not where its mapping looks for it", page_to_pfn(page));
	if (PageSwapCache(page) && !swap_count((swp_entry_t){ page->index }))
		panic("page %lu: its swap slot is free", page_to_pfn(page));
}

/* Every frame is free, listed or allocated: the sums tell. */
static void check_frames(void)
{
	unsigned long mapped = 0;

	spin_lock(&pagecache_lock);
	for_each_zone(zone) {
		unsigned long free = 0;

		for (pfn_t pfn = zone->start_pfn; pfn < zone->start_pfn + zone->size; pfn++) {
			struct page *page = pfn_to_page(pfn);

			if (page->state == STATE_FREE) {
				check_free(page);
				free++;
			} else {
				check_used(page);
				mapped += page->mapping != NULL;
			}
		}
		if (free != zone->free_pages)
			panic("zone %s: %lu frames are free, counter says %lu", zone->name,
			      free, zone->free_pages);
	}
	if (mapped != page_cache_size)
		panic("%lu pages have a mapping, page_cache_size says %lu", mapped,
		      page_cache_size);
	spin_unlock(&pagecache_lock);
}

/* The frames in the free blocks of one list, each aligned and inside the zone. */
static unsigned long check_blocks(const struct zone *zone, unsigned order,
				  const struct list_head *blocks)
{
	pfn_t first = policy->buddy.from_zone_start ? zone->start_pfn : 0;
	unsigned long free = 0;
	const struct page *page;

	list_for_each(page, blocks, list) {
		pfn_t pfn = page_to_pfn(page);

		if ((pfn - first) % (1ul << order) || pfn < zone->start_pfn ||
		    pfn + (1ul << order) > zone->start_pfn + zone->size)
			panic("zone %s: block %lu of order %u is misplaced", zone->name, pfn,
			      order);
		free += 1ul << order;
	}
	return free;
}

/* As many frames in free blocks as the counter says. */
static void check_buddy(const struct zone *zone)
{
	unsigned long free = 0;

	for (unsigned order = 0; order < MAX_ORDER; order++)
		for (unsigned type = 0; type < NR_MIGRATE_TYPES; type++)
			free += check_blocks(zone, order, &zone->free_area[order].blocks[type]);
	if (free != zone->free_pages)
		panic("zone %s: %lu pages in free blocks, counter says %lu", zone->name, free,
		      zone->free_pages);
}

static void check_swap(void)
{
	long all_free = 0;

	for (unsigned type = 0; type < nr_swap_areas; type++) {
		const struct swap_area *area = &swap_areas[type];
		unsigned long used = 0;

		for (unsigned long slot = 1; slot < area->max; slot++)
			used += area->map[slot] && area->map[slot] != SWAP_MAP_BAD;
		if (used != area->inuse)
			panic("swap area %u: %lu slots are used, counter says %lu", type, used,
			      area->inuse);
		all_free += (long)(area->pages - used);
	}
	if (all_free != nr_swap_pages)
		panic("%ld swap slots are free, nr_swap_pages says %ld", all_free,
		      nr_swap_pages);
}

/* The page of zeros does not count. */
static void check_mm(struct mm_struct *mm)
{
	unsigned long present = 0, at = 0;

	for (; (at = page_table_skip(mm->page_table, at, TASK_SIZE)) < TASK_SIZE;
	     at += PAGE_SIZE) {
		pte_t pte = pte_read(page_table_find(mm->page_table, at));

		present += pte_present(pte) && !PageReserved(pfn_to_page(pte_pfn(pte)));
	}
	if (present != mm->rss)
		panic("an address space has %lu present pages, rss says %lu", present, mm->rss);
}

void check_all(void)
{
	struct mm_struct *mm;

	era->check();
	check_frames();
	for_each_zone(zone)
		check_buddy(zone);
	check_swap();
	list_for_each(mm, &mmlist, mmlist)
		check_mm(mm);
}
