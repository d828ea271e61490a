/*
 * Writing what is dirty in one mapping in the order of the file, for the flusher and for
 * fsync: 2.6's way, by the tags of its tree (facts 2.6, 9.3; lab 15).
 *
 * Owns writeback_index, under pagecache_lock, and the tag TOWRITE as far as it is set here.
 * (2.4 has lists instead: mapping_lists.c.)
 *
 * Who must not wait takes the pages with DIRTY from where he was told to begin, and as many
 * as he was told. A sync first marks them all with TOWRITE and then takes these: so it ends
 * even if somebody makes pages dirty as fast as they are written. Each look into the tree
 * gives a few pages; the lock is dropped while they are written, and what has changed
 * meanwhile is seen with the page locked, or by the next look.
 */
#include "arch/machine.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/cache/buffer.h"
#include "mm/cache/flusher.h"
#include "mm/cache/writeback.h"

#define BATCH		16	/* pages that one look into the tree takes */
#define TAG_BATCH	4096	/* and that are marked before interrupts have their turn */

/* Only the address of MAPPING is used, unless the caller has its inode. */
static bool still_there(const struct address_space *mapping,
			const struct writeback_control *wbc)
{
	return !wbc->flusher || mapping_is_next(wbc->flusher, mapping);
}

void tag_pages_for_writeback(struct address_space *mapping, struct writeback_control *wbc)
{
	unsigned long next = 0;
	unsigned tagged;

	assert(spin_held(&pagecache_lock));
	do {
		unsigned long flags = spin_lock_irqsave(&mapping->tree_lock);

		tagged = radix_tree_range_tag_if_tagged(&mapping->pages, &next, ULONG_MAX,
							TAG_BATCH, PAGECACHE_TAG_DIRTY,
							PAGECACHE_TAG_TOWRITE);
		spin_unlock_irqrestore(&mapping->tree_lock, flags);
		if (tagged < TAG_BATCH || !next)
			return;
		spin_unlock(&pagecache_lock);
		cond_resched();
		spin_lock(&pagecache_lock);
	} while (still_there(mapping, wbc));
}

/*
 * The next pages from *INDEX to LAST that have the tag, each with a reference, and how many;
 * *INDEX becomes the index behind them. pagecache_lock held.
 */
static unsigned find_tagged(struct address_space *mapping, pgoff_t *index, pgoff_t last,
			    enum page_cache_tag tag, struct page *pages[BATCH])
{
	unsigned long flags = spin_lock_irqsave(&mapping->tree_lock);
	unsigned found = radix_tree_gang_lookup_tag(&mapping->pages, *index, (void **)pages,
						    BATCH, tag);

	spin_unlock_irqrestore(&mapping->tree_lock, flags);
	while (found && pages[found - 1]->index > last)
		found--;
	for (unsigned i = 0; i < found; i++)
		get_page(pages[i]);
	if (found)
		*index = pages[found - 1]->index + 1;
	return found;
}

/* Starts the write of a locked dirty page and unlocks it. */
static void write_page(struct page *page, struct writeback_control *wbc)
{
	int result;

	/* What is in flight has older data. Buffers can be written each for itself, too. */
	wait_on_page_writeback(page);
	if (wbc->mode == WB_SYNC_ALL && page->buffers)
		wait_on_page_buffers(page);
	if (!clear_page_dirty_for_io(page)) {
		unlock_page(page);
		return;
	}
	result = page->mapping->ops->writepage(page);
	if (result == AOP_WRITEPAGE_ACTIVATE) {
		redirty_page_for_writepage(wbc, page);
		unlock_page(page);
		return;
	}
	/* If it is dirty again, to count it would keep a flusher at it for ever. */
	if (!PageDirty(page))
		wbc->nr_to_write--;
	if (result && !wbc->error)
		wbc->error = result;
}

/* A page that was found, with the reference that it comes with. */
static void write_if_dirty(struct address_space *mapping, struct page *page,
			   struct writeback_control *wbc)
{
	lock_page(page);
	if (page->mapping == mapping && PageDirty(page) &&
	    (wbc->mode == WB_SYNC_ALL || !PageWriteback(page)))
		write_page(page, wbc);
	else
		unlock_page(page);
	put_page(page);
}

static bool enough(const struct writeback_control *wbc)
{
	return wbc->mode == WB_SYNC_NONE && wbc->nr_to_write <= 0;
}

/*
 * The pages from FIRST to LAST. Drops and retakes pagecache_lock. False if that shall be all:
 * enough is written, or the mapping is no longer there.
 */
static bool write_range(struct address_space *mapping, pgoff_t first, pgoff_t last,
			struct writeback_control *wbc)
{
	enum page_cache_tag tag = wbc->mode == WB_SYNC_ALL ? PAGECACHE_TAG_TOWRITE
							   : PAGECACHE_TAG_DIRTY;
	struct page *pages[BATCH];
	pgoff_t next = first;
	unsigned found;

	while (!enough(wbc) && (found = find_tagged(mapping, &next, last, tag, pages))) {
		pgoff_t done = next;

		spin_unlock(&pagecache_lock);
		for (unsigned i = 0; i < found; i++) {
			if (enough(wbc)) {
				done = min(done, pages[i]->index);
				put_page(pages[i]);
			} else {
				write_if_dirty(mapping, pages[i], wbc);
			}
		}
		cond_resched();
		spin_lock(&pagecache_lock);
		if (!still_there(mapping, wbc))
			return false;
		if (wbc->range_cyclic || !enough(wbc))
			mapping->writeback_index = done;
		if (!next)
			break;	/* the highest possible index was looked at */
	}
	return !enough(wbc);
}

void write_cache_pages(struct address_space *mapping, struct writeback_control *wbc)
{
	pgoff_t start = wbc->range_cyclic ? mapping->writeback_index : 0;

	assert(spin_held(&pagecache_lock));
	if (wbc->mode == WB_SYNC_ALL)
		tag_pages_for_writeback(mapping, wbc);
	if (!still_there(mapping, wbc))
		return;
	if (write_range(mapping, start, ULONG_MAX, wbc) && start)
		write_range(mapping, 0, start - 1, wbc);
	if (still_there(mapping, wbc))
		mapping_cleaned(mapping);
}

int filemap_fdatawrite(struct address_space *mapping)
{
	struct writeback_control wbc = { .mode = WB_SYNC_ALL };

	spin_lock(&pagecache_lock);
	write_cache_pages(mapping, &wbc);
	spin_unlock(&pagecache_lock);
	return wbc.error;
}

/* Each page once, in the order of the file: what comes under writeback behind us is new. */
void wait_for_tagged(struct address_space *mapping)
{
	struct page *pages[BATCH];
	pgoff_t next = 0;
	unsigned found;

	spin_lock(&pagecache_lock);
	while ((found = find_tagged(mapping, &next, ULONG_MAX, PAGECACHE_TAG_WRITEBACK,
				    pages))) {
		spin_unlock(&pagecache_lock);
		for (unsigned i = 0; i < found; i++) {
			wait_on_page_writeback(pages[i]);
			put_page(pages[i]);
		}
		spin_lock(&pagecache_lock);
		if (!next)
			break;
	}
	spin_unlock(&pagecache_lock);
}
