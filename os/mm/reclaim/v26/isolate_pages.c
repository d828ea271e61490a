/*
 * Isolation for a scan: pages leave the tail of a list for the scanner's own one
 * (facts 2.6, 5.5; lab 11).
 *
 * Owns nothing; lru_lock is held throughout. A scanner that wants a block of pages also
 * takes the neighbours of each page, as far as they are on lists that it may scan.
 */
#include "lib/errno.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"

#define ISOLATE_BOTH	(ISOLATE_INACTIVE | ISOLATE_ACTIVE)

/*
 * May the scanner have it? Then the page leaves its list, with one reference more.
 * -EINVAL: it is no page for this scan; -EBUSY: not now. lru_lock is held: who drops a
 * last reference waits for it.
 */
int __isolate_lru_page(struct page *page, unsigned mode, bool file)
{
	if (!PageLRU(page))
		return -EINVAL;
	if ((mode & ISOLATE_BOTH) != ISOLATE_BOTH &&
	    (PageActive(page) != !!(mode & ISOLATE_ACTIVE) || page_is_file_cache(page) != file))
		return -EINVAL;
	if (PageUnevictable(page))
		return -EINVAL;
	if (mode & ISOLATE_CLEAN && (PageWriteback(page) || PageDirty(page)))
		return -EBUSY;
	if (mode & ISOLATE_UNMAPPED && atomic_read(&page->mapcount) > 0)
		return -EBUSY;
	if (!get_page_unless_zero(page))
		return -EBUSY;
	del_page_from_lru_list(page, page_lru(page));
	return 0;
}

/* Onto the end of DST, or why not. */
static int try_to_take(struct page *page, unsigned mode, bool file, struct list_head *dst)
{
	int error = __isolate_lru_page(page, mode, file);

	if (error)
		return error;
	list_add_tail(&page->lru, dst);
	page_move(page, STATE_ISOLATED, BY_isolate_lru_pages);
	return 0;
}

/* Without a slot to be had, taking an anonymous page that has none is in vain. */
static bool cannot_be_swapped(const struct page *page)
{
	return nr_swap_pages <= 0 && PageSwapBacked(page) && !PageSwapCache(page);
}

/* The rest of the page's aligned block, up to the first page that cannot be had. */
static unsigned long take_block_around(struct page *page, const struct scan_control *sc,
				       unsigned mode, bool file, struct list_head *dst)
{
	const struct zone *zone = page_zone(page);
	pfn_t own = page_to_pfn(page);
	pfn_t pfn = own & ~((1ul << sc->order) - 1);
	pfn_t end = min(pfn + (1ul << sc->order), zone->start_pfn + zone->size);
	unsigned long taken = 0;

	if (pfn < zone->start_pfn)
		return 0;
	for (; pfn < end; pfn++) {
		struct page *other = pfn_to_page(pfn);

		if (pfn == own)
			continue;
		if (cannot_be_swapped(other))
			break;
		if (try_to_take(other, mode, file, dst) == 0) {
			taken++;
		} else if (page_count(other) > 0) {
			break;
		}
	}
	return taken;
}

unsigned long isolate_lru_pages(unsigned long nr, struct zone *zone, enum lru_list list,
				const struct scan_control *sc, unsigned mode,
				struct list_head *dst, unsigned long *scanned)
{
	struct list_head *from = &zone->lru[list];
	bool file = list >= LRU_INACTIVE_FILE;
	unsigned long taken = 0, scan = 0;

	if (!sc->may_writepage)
		mode |= ISOLATE_CLEAN;
	if (!sc->may_unmap)
		mode |= ISOLATE_UNMAPPED;
	for (; scan < nr && !list_empty(from); scan++) {
		struct page *page = list_last(from, struct page, lru);

		if (try_to_take(page, mode, file, dst) != 0) {
			list_move(&page->lru, from);
			page_rotated(page, BY_isolate_lru_pages);
			continue;
		}
		taken++;
		if (sc->order) {
			unsigned long more = take_block_around(page, sc, mode, file, dst);

			taken += more;
			scan += more;
		}
	}
	*scanned = scan;
	return taken;
}
