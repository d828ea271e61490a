/*
 * What --check looks for under policy 2.6 (facts 2.6, 2.4, 4.1, 4.2, 11.1):
 *
 *	a page is on the list that its flags name, or on none		check_page, lru_check
 *	each counter is the number of pages that it speaks of		check_page, check_sums
 *	a page that was isolated is back when the statement ends	check_sums
 *	free frames are in the buddy or on a per-CPU list		check_per_cpu_lists
 *	a page of the swap cache has a slot, and the slot knows it	check_page
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
	if (page_count(page) < 0 ||
	    (page_count(page) == 0 && (PageLRU(page) || page->mapping || page->buffers)))
		panic("page %lu is in use without a reference", page_to_pfn(page));
	if (PageSwapCache(page) != (page->mapping == &swapper_space))
		panic("page %lu: swap cache flag and mapping disagree", page_to_pfn(page));
	if (PageSwapCache(page) && !PageSwapBacked(page))
		panic("page %lu is in the swap cache, but backed by a file", page_to_pfn(page));
	if (PageSwapCache(page) && !swap_has_cache((swp_entry_t){ page->index }))
		panic("page %lu: its swap slot does not know of it", page_to_pfn(page));
	count_page(page);
}

static void compare(const struct zone *zone, enum zone_stat stat, unsigned long pages)
{
	if (zone_stat(zone, stat) != pages)
		panic("zone %s: %lu pages for %s, which says %lu", zone->name, pages,
		      zone_stat_names[stat], zone_stat(zone, stat));
}

/* Frames on per-CPU lists are free, but the buddy does not count them. */
static void check_per_cpu_lists(const struct zone *zone)
{
	unsigned long listed = 0, free = 0;
	const struct page *page;

	for (unsigned cpu = 0; cpu < NR_CPUS_MAX; cpu++)
		for (unsigned type = 0; type < NR_PCP_TYPES; type++)
			list_for_each(page, &zone->pcp[cpu].lists[type], list)
				listed++;
	for (pfn_t pfn = zone->start_pfn; pfn < zone->start_pfn + zone->size; pfn++)
		free += pfn_to_page(pfn)->state == STATE_PCP;
	if (listed != free)
		panic("zone %s: %lu pages on per-CPU lists, %lu claim to be there", zone->name,
		      listed, free);
}

void check_sums26(void)
{
	for_each_zone(zone) {
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
