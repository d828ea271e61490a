/*
 * The three lists of a mapping's pages, 2.4's, and how fsync uses them (facts 2.4, 2.3).
 *
 * Owns them, under pagecache_lock: clean_pages; dirty_pages, whose pages have PG_dirty, which
 * their writepage takes care of, or dirty buffers from write(), which are written one by one;
 * locked_pages, for those whose write fsync has started, until filemap_fdatawait moves them
 * back to clean_pages. (2.6 has tags instead: write_cache_pages.c.)
 */
#include "lib/printk.h"
#include "mm/cache/buffer.h"
#include "mm/cache/filemap.h"
#include "mm/cache/writeback.h"

void list_as_clean(struct page *page)
{
	assert(spin_held(&pagecache_lock));
	list_add(&page->list, &page->mapping->clean_pages);
}

void list_as_dirty(struct page *page)
{
	assert(spin_held(&pagecache_lock));
	list_move(&page->list, &page->mapping->dirty_pages);
}

void unlist(struct page *page)
{
	assert(spin_held(&pagecache_lock));
	list_del(&page->list);
}

/* Starts the writes of one locked page and unlocks it, perhaps later. 0 or -errno. */
static int write_page(struct page *page)
{
	int result;

	if (clear_page_dirty_for_io(page)) {
		result = page->mapping->ops->writepage(page);
		if (result != AOP_WRITEPAGE_ACTIVATE)
			return result;
		__set_page_dirty(page);
	} else if (page->buffers) {
		write_dirty_buffers(page);
	}
	unlock_page(page);
	return 0;
}

/* The page that became dirty first, of which there is one. Drops and retakes the lock. */
static int write_oldest_page(struct address_space *mapping)
{
	struct page *page = list_last(&mapping->dirty_pages, struct page, list);
	int error = 0;

	get_page(page);
	spin_unlock(&pagecache_lock);
	/* It stays on the list until it is locked: who looks meanwhile waits for it, too. */
	lock_page(page);
	if (page->mapping == mapping) {
		spin_lock(&pagecache_lock);
		list_move(&page->list, &mapping->locked_pages);
		spin_unlock(&pagecache_lock);
		error = write_page(page);
	} else {
		unlock_page(page);
	}
	put_page(page);
	spin_lock(&pagecache_lock);
	return error;
}

/*
 * What becomes dirty meanwhile comes behind what was: so many looks as the file has pages
 * reach all that was dirty at the start, and end even if somebody makes pages dirty as fast
 * as they are written.
 */
int write_dirty_list(struct address_space *mapping)
{
	unsigned long looks;
	int error = 0;

	spin_lock(&pagecache_lock);
	for (looks = mapping->nrpages; looks && !list_empty(&mapping->dirty_pages); looks--) {
		int result = write_oldest_page(mapping);

		error = error ? error : result;
	}
	spin_unlock(&pagecache_lock);
	return error;
}

void wait_for_locked_list(struct address_space *mapping)
{
	spin_lock(&pagecache_lock);
	while (!list_empty(&mapping->locked_pages)) {
		struct page *page = list_last(&mapping->locked_pages, struct page, list);

		list_move(&page->list, &mapping->clean_pages);
		get_page(page);
		spin_unlock(&pagecache_lock);

		lock_page(page);
		if (page->buffers)
			wait_on_page_buffers(page);
		unlock_page(page);
		put_page(page);

		spin_lock(&pagecache_lock);
	}
	spin_unlock(&pagecache_lock);
}
