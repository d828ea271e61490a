/*
 * Looks for broken invariants after a statement (--check): what facts 2.4, 1.3 list,
 * and that counts, trees and tables agree. A broken one is a BUG. What only policy 2.6
 * has is in check26.c.
 *
 *	I1-I3		lists, flags, lengths		check_page24, lru_check
 *	I4, I5		a listed page has a mapping or buffers		check_page24
 *	I6		what a free frame has let go of	check_free
 *	I7		a dirty page is in a cache	check_page24
 *	I9		page->list is the mapping's	check_listed
 *
 * The core asserts the halves of I1, I4, I6, I7 and I8 that speak of the moment of a move.
 */
#include <string.h>

#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "kernel/lock.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer_internal.h"
#include "mm/vm/vm.h"

/* I6: what a free frame must have let go of. */
static void check_free(const struct page *page)
{
	const unsigned long allowed = 1ul << PG_buddy | 1ul << PG_highmem |
		1ul << PG_uptodate | 1ul << PG_error;

	if (page_count(page) || page->buffers || page->mapping || (page->flags & ~allowed))
		panic("free page %lu is in use: flags %lx, count %d", page_to_pfn(page),
		      page->flags, page_count(page));
	if (page->age != AGE_WHEN_FREED)
		panic("free page %lu has age %u", page_to_pfn(page), page->age);
}

/* Pages that have buffers, by what else has them; and the buffers' bytes and transfers. */
static struct {
	unsigned long alone;		/* pages that only buffers keep */
	unsigned long async;		/* pages counted in nr_async_pages */
	unsigned long in_flight;	/* buffers */
	unsigned long bytes[NR_BUF_LISTS];
} buffers;

static void count_buffers(const struct page *page)
{
	if (!page->buffers)
		return;
	buffers.alone += !page->mapping;
	for_each_buffer(bh, page->buffers) {
		if (bh->page != page || bh->list >= NR_BUF_LISTS)
			panic("page %lu: one of its buffers is another's", page_to_pfn(page));
		buffers.bytes[bh->list] += bh->size;
		buffers.in_flight += buffer_test(bh, BH_Lock);
	}
}

static void check_buffers(void)
{
	if (buffers.alone != buffermem_pages)
		panic("%lu pages are buffers' alone, buffermem_pages says %lu", buffers.alone,
		      buffermem_pages);
	if (buffers.async != (unsigned long)atomic_read(&nr_async_pages))
		panic("%lu pages are in asynchronous swap I/O, nr_async_pages says %d",
		      buffers.async, atomic_read(&nr_async_pages));
	if (era->page_writes)
		buffers.in_flight += era->page_writes();
	if (buffers.in_flight != disk_in_flight())
		panic("%lu buffers and pages are being written, %lu transfers are in flight",
		      buffers.in_flight, disk_in_flight());
	for (unsigned list = 0; list < NR_BUF_LISTS; list++)
		if (buffers.bytes[list] != buffer_list_bytes[list])
			panic("buffer list %u: %lu bytes, counter says %lu", list,
			      buffers.bytes[list], buffer_list_bytes[list]);
}

/* The pages on one of MAPPING's lists. */
static unsigned long count_list(const struct address_space *mapping,
				const struct list_head *list)
{
	const struct page *page;
	unsigned long length = 0;

	list_for_each(page, list, list) {
		if (page->mapping != mapping || page->list.prev->next != &page->list)
			panic("page %lu is on the list of a mapping that is not its own",
			      page_to_pfn(page));
		length++;
	}
	return length;
}

static void check_cached(const struct page *page)
{
	if (__find_page_quiet(page->mapping, page->index) != page)
		panic("page %lu is not where its mapping looks for it", page_to_pfn(page));
}

/*
 * 2.4: the length of its mapping's list if the page is the first there, else 0: the sum over
 * all pages shows that each is on one (I9).
 */
static unsigned long check_listed(const struct page *page)
{
	const struct address_space *mapping = page->mapping;
	const struct list_head *before = page->list.prev;

	if (before == &mapping->clean_pages || before == &mapping->dirty_pages ||
	    before == &mapping->locked_pages)
		return count_list(mapping, before);
	return 0;
}

/* I1, I2, I4, I5, I7. */
void check_page24(struct page *page)
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
	if (listed && !page->mapping && !page->buffers && !frame_is_orphan(page))
		panic("page %lu is listed without mapping and buffers", page_to_pfn(page));
	if (PageDirty(page) && !page->mapping)
		panic("page %lu is dirty in no cache", page_to_pfn(page));
	if (PageSwapCache(page) && !swap_count((swp_entry_t){ page->index }))
		panic("page %lu: its swap slot is free", page_to_pfn(page));
}

/* Every frame is free, listed or allocated: the sums tell. */
static void check_frames(void)
{
	unsigned long mapped = 0, on_lists = 0;

	memset(&buffers, 0, sizeof(buffers));
	spin_lock(&pagecache_lock);
	for_each_zone(zone) {
		unsigned long free = 0;

		for (pfn_t pfn = zone->start_pfn; pfn < zone->start_pfn + zone->size; pfn++) {
			struct page *page = pfn_to_page(pfn);

			if (page->state == STATE_FREE) {
				check_free(page);
				free++;
			} else if (page->state == STATE_PCP) {
				check_free(page);
			} else {
				era->check_page(page);
				count_buffers(page);
				if (page->mapping) {
					check_cached(page);
					mapped++;
					if (era == &era24)
						on_lists += check_listed(page);
				}
				buffers.async += PageDecrAfter(page);
			}
		}
		if (free != zone->free_pages)
			panic("zone %s: %lu frames are free, counter says %lu", zone->name,
			      free, zone->free_pages);
	}
	if (mapped != page_cache_size || (era == &era24 && mapped != on_lists))
		panic("%lu pages have a mapping, %lu are on their lists, page_cache_size is %lu",
		      mapped, on_lists, page_cache_size);
	spin_unlock(&pagecache_lock);
}

/* The free blocks of one list, each marked, aligned and inside the zone. */
static unsigned long check_blocks(const struct zone *zone, unsigned order,
				  const struct list_head *blocks)
{
	pfn_t first = policy->buddy.from_zone_start ? zone->start_pfn : 0;
	unsigned long found = 0;
	const struct page *page;

	list_for_each(page, blocks, list) {
		pfn_t pfn = page_to_pfn(page);

		if ((pfn - first) % (1ul << order) || pfn < zone->start_pfn ||
		    pfn + (1ul << order) > zone->start_pfn + zone->size)
			panic("zone %s: block %lu of order %u is misplaced", zone->name, pfn,
			      order);
		if (!test_bit(PG_buddy, &page->flags) || page->order != order)
			panic("zone %s: block %lu of order %u is not marked so", zone->name,
			      pfn, order);
		found++;
	}
	return found;
}

/* As many free blocks of each order, and frames in all of them, as the counters say. */
static void check_buddy(const struct zone *zone)
{
	unsigned long free = 0;

	for (unsigned order = 0; order < MAX_ORDER; order++) {
		const struct free_area *area = &zone->free_area[order];
		unsigned long found = 0;

		for (unsigned type = 0; type < NR_MIGRATE_TYPES; type++)
			found += check_blocks(zone, order, &area->blocks[type]);
		if (found != area->nr_free)
			panic("zone %s: %lu free blocks of order %u, counter says %lu",
			      zone->name, found, order, area->nr_free);
		free += found << order;
	}
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
	unsigned long anon = 0, file = 0, swapped = 0, at = 0;

	for (; (at = page_table_skip(mm->page_table, at, TASK_SIZE)) < TASK_SIZE;
	     at += PAGE_SIZE) {
		pte_t pte = pte_read(page_table_find(mm->page_table, at));
		const struct page *page = pte_present(pte) ? pfn_to_page(pte_pfn(pte)) : NULL;

		if (page && !PageReserved(page))
			*(PageAnon(page) ? &anon : &file) += 1;
		swapped += !page && !pte_none(pte);
	}
	if (anon != mm->anon_rss || file != mm->file_rss)
		panic("an address space has %lu anonymous pages, %lu others; rss: %lu, %lu", anon,
		      file, mm->anon_rss, mm->file_rss);
	if (era == &era26 && swapped != mm->swapents)
		panic("an address space has %lu pages in swap, swapents says %lu", swapped,
		      mm->swapents);
}

void check_all(void)
{
	struct mm_struct *mm;

	era->check_lists();
	check_frames();
	check_buffers();
	for_each_zone(zone)
		check_buddy(zone);
	if (era->check_sums)
		era->check_sums();
	check_swap();
	list_for_each(mm, &mmlist, mmlist)
		check_mm(mm);
	check_references();
}
