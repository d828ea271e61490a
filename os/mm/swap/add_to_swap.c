/*
 * 2.6's moves between anonymous pages and the swap cache (facts 2.6, 5.10, 10.7, 11.3;
 * lab 12).
 *
 * Owns nothing. Each page comes locked. A page that has left the cache with a slot free
 * again is dirty: its contents are nowhere else.
 */
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"

bool add_to_swap(struct page *page)
{
	swp_entry_t entry;

	assert(PageLocked(page) && PageUptodate(page) && !PageSwapCache(page));
	entry = get_swap_page();
	if (!entry.val)
		return false;
	if (add_to_swap_cache(page, entry) != 0) {
		swapcache_free(entry);
		return false;
	}
	/* Not set_page_dirty: nobody has written to it, so PG_reclaim stays as it is. */
	if (!PageDirty(page))
		page_note(page, EV_DIRTY, BY_set_page_dirty);
	SetPageDirty(page);
	return true;
}

bool try_to_free_swap(struct page *page)
{
	assert(PageLocked(page));
	if (!PageSwapCache(page) || PageWriteback(page) ||
	    swap_count((swp_entry_t){ page->index }) > 0)
		return false;
	delete_from_swap_cache(page);
	SetPageDirty(page);
	return true;
}

/* One user, counting ptes and slot, may write to the page itself; then the slot goes. */
bool reuse_swap_page(struct page *page)
{
	unsigned users = (unsigned)atomic_read(&page->mapcount);

	assert(PageLocked(page));
	if (users <= 1 && PageSwapCache(page)) {
		users += swap_count((swp_entry_t){ page->index });
		if (users == 1 && !PageWriteback(page)) {
			delete_from_swap_cache(page);
			SetPageDirty(page);
		}
	}
	return users <= 1;
}

void free_swap_and_cache(swp_entry_t entry)
{
	struct page *page;

	swap_free(entry);
	if (swap_count(entry) || !swap_has_cache(entry))
		return;
	page = find_get_page(&swapper_space, entry.val);
	if (!page)
		return;
	if (trylock_page(page)) {
		if (PageSwapCache(page) && page->index == entry.val && !PageWriteback(page) &&
		    (atomic_read(&page->mapcount) == 0 || vm_swap_full()))
			try_to_free_swap(page);
		unlock_page(page);
	}
	put_page(page);
}
