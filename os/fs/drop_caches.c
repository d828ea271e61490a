/*
 * Drops clean pages of files that nobody uses, for /proc/sys/vm/drop_caches: so that a
 * measurement can start from the disk. Owns nothing. Dirty, mapped and locked pages
 * stay; so does the swap cache.
 */
#include "fs/internal.h"
#include "lib/printk.h"
#include "mm/cache/buffer.h"
#include "mm/reclaim/policy.h"
#include "mm/slab/slab.h"

#define BATCH		16	/* pages that one look into the tree takes */
#define MAX_INODES	4096ul	/* files of one call; there are seldom so many with pages */

/* PAGE comes with a reference. It goes if only the cache and we have it. */
static void drop_page(struct address_space *mapping, struct page *page)
{
	if (!trylock_page(page))
		return;
	if (page->mapping == mapping && !PageDirty(page) &&
	    (!page->buffers || try_to_free_buffers(page, 0))) {
		spin_lock(&pagecache_lock);
		if (page_count(page) == 2 && !PageDirty(page)) {
			policy->lru_del(page);
			__remove_from_page_cache(page);
			put_page(page);
		}
		spin_unlock(&pagecache_lock);
	}
	unlock_page(page);
}

static void drop_mapping(struct address_space *mapping)
{
	struct page *pages[BATCH];
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
			drop_page(mapping, pages[i]);
			put_page(pages[i]);
		}
		cond_resched();
	} while (found == BATCH && next);
}

void drop_clean_pages(void)
{
	struct inode **inodes = kmalloc(MAX_INODES * sizeof(*inodes), GFP_KERNEL);
	unsigned long nr;

	if (!inodes)
		return;
	nr = inodes_with_pages(inodes, MAX_INODES);
	for (unsigned long i = 0; i < nr; i++) {
		drop_mapping(inodes[i]->mapping);
		iput(inodes[i]);
	}
	kfree(inodes);
}
