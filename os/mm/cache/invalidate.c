/*
 * Throws away clean pages of a mapping, as far as nobody uses them: for drop_caches, and
 * for 2.6's inode shrinker (facts 2.6, 7). Owns nothing; sleeps for no page lock.
 */
#include "lib/printk.h"
#include "mm/cache/buffer.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/policy.h"

#define BATCH		16	/* pages that one look into the tree takes */

/* PAGE comes with a reference. It goes if only the cache and we have it: did it? */
static bool drop_page(struct address_space *mapping, struct page *page)
{
	bool dropped = false;

	if (!trylock_page(page))
		return false;
	if (page->mapping == mapping && !PageDirty(page) && !PageWriteback(page) &&
	    (!page->buffers || try_to_free_buffers(page, 0)))
		dropped = policy->remove_mapping(page);
	unlock_page(page);
	return dropped;
}

unsigned long invalidate_mapping_pages(struct address_space *mapping)
{
	struct page *pages[BATCH];
	unsigned long dropped = 0;
	pgoff_t next = 0;
	unsigned found;

	do {
		spin_lock(&pagecache_lock);
		found = radix_tree_gang_lookup(&mapping->pages, next, (void **)pages, BATCH);
		for (unsigned i = 0; i < found; i++) {
			get_page(pages[i]);
			next = pages[i]->index + 1;
		}
		spin_unlock(&pagecache_lock);
		for (unsigned i = 0; i < found; i++) {
			if (drop_page(mapping, pages[i]))
				dropped++;
			else if (policy->page_not_dropped)
				policy->page_not_dropped(pages[i]);
			put_page(pages[i]);
		}
		cond_resched();
	} while (found == BATCH && next);
	return dropped;
}
