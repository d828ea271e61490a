/*
 * The last step of reclaim: a page leaves its cache with nobody else holding it
 * (facts 2.6, 5.10; lab 12).
 *
 * Owns nothing. The count goes from two, the cache's and the reclaimer's, to zero in one
 * step under pagecache_lock, where every look-up takes its reference: from then on the
 * page cannot be found.
 */
#include "mm/cache/buffer.h"
#include "mm/cache/pagecache.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"

/* From the cache and the caller to nobody, so that nobody can take a reference any more. */
static bool page_freeze_refs(struct page *page, int expected)
{
	return atomic_compare_exchange(&page->count, &expected, 0);
}

/* Only its freezer can have touched the count meanwhile. */
static void page_unfreeze_refs(struct page *page, int count)
{
	atomic_set(&page->count, count);
}

bool __remove_mapping(struct page *page)
{
	bool removed = false;

	spin_lock(&pagecache_lock);
	if (page_freeze_refs(page, 2)) {
		/* Who made it dirty did so before he let go of it: now it can be seen. */
		removed = !PageDirty(page);
		if (!removed)
			page_unfreeze_refs(page, 2);
		else if (PageSwapCache(page))
			__delete_from_swap_cache(page);
		else
			__remove_from_page_cache(page);
	}
	spin_unlock(&pagecache_lock);
	return removed;
}

bool remove_mapping(struct page *page)
{
	if (!__remove_mapping(page))
		return false;
	page_unfreeze_refs(page, 1);
	return true;
}

/* Frees the buffers of a page, if it can be done without waiting. */
bool try_to_release_page(struct page *page)
{
	if (PageWriteback(page) || !try_to_free_buffers(page, 0))
		return false;
	if (!page->mapping)	/* buffers alone kept it */
		__atomic_fetch_sub(&buffermem_pages, 1, __ATOMIC_RELAXED);
	return true;
}
