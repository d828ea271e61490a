/*
 * What --check looks for under policy 2.6 (facts 2.6, 1.5, 2.4, 4.1, 4.2, 11.1, 11.2):
 *
 *	a page is on the list that its flags name, or on none		check_page, lru_check
 *	each counter is the number of pages that it speaks of		check_page, check_sums
 *	a page that was isolated is back when the statement ends,
 *	unless the scenario isolated it					check_page, check_sums
 *	free frames are in the buddy or on a per-CPU list		check_per_cpu_lists
 *	a page of the swap cache has a slot, and the slot knows it	check_page
 *	tags and flags of a page agree; a mapping with the tag DIRTY
 *	is on its flusher's lists					check_tags
 *	a mark is no lower than the one below it, and what is reserved
 *	against a zone's requests not more than against a higher one's	check_marks
 *	the search for a free slot can come to each of them		check_slot_bounds
 *
 * Counts, trees and tables are checked for both policies together (check.c, frames.c).
 */
#include <string.h>

#include "arch/sim/era26.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/pagecache.h"

/* What the frames of each zone say, and what is in flight. */
static struct {
	unsigned long mlocked, anon, mapped, cached, dirty, writeback;
} found[NR_ZONES];

static unsigned long page_writes;	/* in flight, without buffers */

/* A page's write is either its buffers' or its own. */
static bool writes_buffers(const struct page *page)
{
	if (page->buffers)
		for_each_buffer(bh, page->buffers)
			if (buffer_test(bh, BH_Lock) && bh->end_io == end_buffer_io_async)
				return true;
	return false;
}

static void count_page(const struct page *page)
{
	bool mapped = atomic_read(&page->mapcount) > 0;
	unsigned zone = page->zone;

	found[zone].mlocked += PageMlocked(page);
	found[zone].anon += mapped && PageAnon(page);
	found[zone].mapped += mapped && !PageAnon(page);
	found[zone].cached += page->mapping != NULL;
	found[zone].dirty += PageDirty(page) && page->mapping && page->mapping->flusher;
	found[zone].writeback += PageWriteback(page);
	page_writes += PageWriteback(page) && !writes_buffers(page);
}

static bool has_tag(const struct page *page, enum page_cache_tag tag)
{
	return !page->mapping->pages.rotate &&
		radix_tree_tag_get(&page->mapping->pages, page->index, tag);
}

/* Whoever has taken it for a write and not begun that has locked it. */
static void check_tags(const struct page *page)
{
	bool dirty = has_tag(page, PAGECACHE_TAG_DIRTY);
	bool writeback = has_tag(page, PAGECACHE_TAG_WRITEBACK);
	bool to_write = has_tag(page, PAGECACHE_TAG_TOWRITE);

	if (!page->mapping->flusher) {
		if (dirty || writeback || to_write)
			panic("page %lu has tags that nobody wants", page_to_pfn(page));
		return;
	}
	if (dirty != PageDirty(page) && (PageDirty(page) || !PageLocked(page)))
		panic("page %lu: the tag DIRTY is %d, flags %lx", page_to_pfn(page), dirty,
		      page->flags);
	if (writeback != PageWriteback(page))
		panic("page %lu: the tag WRITEBACK is %d, flags %lx", page_to_pfn(page),
		      writeback, page->flags);
	if (to_write && !dirty)
		panic("page %lu is to be written, but not dirty", page_to_pfn(page));
	if (dirty && list_empty(&page->mapping->flush_link))
		panic("page %lu is dirty, and no flusher knows", page_to_pfn(page));
}

void check_page26(struct page *page)
{
	if (PageLRU(page) == list_empty(&page->lru))
		panic("page %lu: PG_lru and its links disagree", page_to_pfn(page));
	if (PageLRU(page) && PageActive(page) && PageUnevictable(page))
		panic("page %lu claims two lists: flags %lx", page_to_pfn(page), page->flags);
	if (!PageLRU(page) && (page->state >= STATE_INACTIVE_ANON &&
			       page->state <= STATE_UNEVICTABLE))
		panic("page %lu is on no list, but its state is %u", page_to_pfn(page),
		      page->state);
	if (page->state == STATE_ISOLATED && !frame_is_held(page))
		panic("page %lu was isolated and is not back", page_to_pfn(page));
	if (page_count(page) < 0 ||
	    (page_count(page) == 0 && (PageLRU(page) || page->mapping || page->buffers)))
		panic("page %lu is in use without a reference", page_to_pfn(page));
	if (PageSwapCache(page) != (page->mapping == &swapper_space))
		panic("page %lu: swap cache flag and mapping disagree", page_to_pfn(page));
	if (PageSwapCache(page) && !PageSwapBacked(page))
		panic("page %lu is in the swap cache, but backed by a file", page_to_pfn(page));
	if (PageSwapCache(page) && !swap_has_cache((swp_entry_t){ page->index }))
		panic("page %lu: its swap slot does not know of it", page_to_pfn(page));
	if (page->mapping)
		check_tags(page);
	count_page(page);
}

/* Not zone_stat, which calls a negative sum 0. */
static void compare(const struct zone *zone, enum zone_stat stat, unsigned long pages)
{
	if (zone->stats[stat] != pages)
		panic("zone %s: %lu pages for %s, which says %ld", zone->name, pages,
		      zone_stat_names[stat], (long)zone->stats[stat]);
}

/*
 * The pages of one CPU: fewer than send a batch back, and what a request has fetched when the
 * list of its type was empty.
 */
static unsigned long check_per_cpu(const struct zone *zone, const struct per_cpu_pages *pcp)
{
	unsigned long listed = 0;
	const struct page *page;

	for (unsigned type = 0; type < NR_PCP_TYPES; type++)
		list_for_each(page, &pcp->lists[type], list)
			listed++;
	if (listed != pcp->count || listed >= zone->pcp_high + zone->pcp_batch)
		panic("zone %s: %lu pages on a CPU's lists, counter says %u, its limit is %u",
		      zone->name, listed, pcp->count, zone->pcp_high);
	return listed;
}

/* Frames on per-CPU lists are free, but the buddy does not count them. */
static void check_per_cpu_lists(const struct zone *zone)
{
	unsigned long listed = 0, free = 0;

	for (unsigned cpu = 0; cpu < NR_CPUS_MAX; cpu++)
		listed += check_per_cpu(zone, &zone->pcp[cpu]);
	for (pfn_t pfn = zone->start_pfn; pfn < zone->start_pfn + zone->size; pfn++)
		free += pfn_to_page(pfn)->state == STATE_PCP;
	if (listed != free)
		panic("zone %s: %lu pages on per-CPU lists, %lu claim to be there", zone->name,
		      listed, free);
}

static void check_marks(const struct zone *zone)
{
	if (zone->pages_min > zone->pages_low || zone->pages_low > zone->pages_high)
		panic("zone %s: its marks are %lu, %lu and %lu", zone->name, zone->pages_min,
		      zone->pages_low, zone->pages_high);
	for (unsigned class = 1; class < NR_ZONE_TYPES; class++)
		if (zone->lowmem_reserve[class - 1] > zone->lowmem_reserve[class])
			panic("zone %s: it reserves %lu pages against requests of a zone, "
			      "%lu against the next", zone->name,
			      zone->lowmem_reserve[class - 1], zone->lowmem_reserve[class]);
}

static void check_slot_bounds(const struct swap_area *area)
{
	for (unsigned long slot = 1; slot < area->max; slot++)
		if (!area->map[slot] && (slot < area->lowest_bit || slot > area->highest_bit))
			panic("swap area %u: slot %lu is free, but outside of %lu to %lu",
			      (unsigned)(area - swap_areas), slot, area->lowest_bit,
			      area->highest_bit);
}

void check_sums26(void)
{
	for (unsigned type = 0; type < nr_swap_areas; type++)
		check_slot_bounds(&swap_areas[type]);
	for_each_zone(zone) {
		check_marks(zone);
		compare(zone, STAT_nr_mlock, found[zone - zones].mlocked);
		compare(zone, STAT_nr_anon_pages, found[zone - zones].anon);
		compare(zone, STAT_nr_mapped, found[zone - zones].mapped);
		compare(zone, STAT_nr_file_pages, found[zone - zones].cached);
		compare(zone, STAT_nr_dirty, found[zone - zones].dirty);
		compare(zone, STAT_nr_writeback, found[zone - zones].writeback);
		compare(zone, STAT_nr_isolated_anon, 0);
		compare(zone, STAT_nr_isolated_file, 0);
		check_per_cpu_lists(zone);
	}
	memset(found, 0, sizeof(found));
}

unsigned long check_page_writes26(void)
{
	unsigned long writes = page_writes;

	page_writes = 0;
	return writes;
}
