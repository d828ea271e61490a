/*
 * Which files a flusher writes, and in what order (facts 2.6, 9.1 and 9.3; lab 15).
 *
 * Owns the three lists of every flusher, under pagecache_lock. A mapping begins on
 * b_dirty, with the time when it became dirty; the oldest move to b_io when b_io is
 * empty; one that has had its chunk waits on b_more_io for the others to have theirs.
 * Invariant: a mapping with pages that have the tag DIRTY is on one of the lists.
 *
 * While pagecache_lock is dropped for a write, a mapping may lose its last page and go:
 * only its address is used then, to see whether it is still at the end of b_io.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "lib/printk.h"
#include "mm/cache/flusher.h"
#include "mm/cache/pagecache.h"
#include "mm/cache/writeback.h"

unsigned dirty_writeback_interval = 5 * HZ;
unsigned dirty_expire_interval = 30 * HZ;

void flusher_init(struct flusher *flusher, struct block_device *dev)
{
	flusher->dev = dev;
	snprintf(flusher->name, sizeof(flusher->name), "flush-%u:%u", dev->major, dev->minor);
	list_init(&flusher->b_dirty);
	list_init(&flusher->b_io);
	list_init(&flusher->b_more_io);
	mutex_init(&flusher->writing, "flusher");
	list_init(&flusher->works);
	wait_queue_init(&flusher->wait, "flusher");
	flusher->last_old_flush = jiffies;
}

void mapping_dirtied(struct address_space *mapping)
{
	assert(spin_held(&pagecache_lock));
	if (!list_empty(&mapping->flush_link))
		return;
	mapping->dirtied_when = jiffies;
	list_add(&mapping->flush_link, &mapping->flusher->b_dirty);
}

void mapping_cleaned(struct address_space *mapping)
{
	assert(spin_held(&pagecache_lock));
	if (!list_empty(&mapping->flush_link) &&
	    !radix_tree_tagged(&mapping->pages, PAGECACHE_TAG_DIRTY))
		list_del(&mapping->flush_link);
}

static struct address_space *oldest(const struct list_head *list)
{
	return list_empty(list) ? NULL : list_last(list, struct address_space, flush_link);
}

bool mapping_is_next(const struct flusher *flusher, const struct address_space *mapping)
{
	assert(spin_held(&pagecache_lock));
	return oldest(&flusher->b_io) == mapping;
}

static bool is_old(const struct address_space *mapping)
{
	return (long)(jiffies - mapping->dirtied_when) >= (long)dirty_expire_interval;
}

/* Moves what is due behind what is being written: the leftovers, then the old ones. */
static void queue_io(struct flusher *flusher, bool old_only)
{
	struct address_space *mapping;

	while ((mapping = oldest(&flusher->b_more_io)))
		list_move(&mapping->flush_link, &flusher->b_io);
	while ((mapping = oldest(&flusher->b_dirty)) && (!old_only || is_old(mapping)))
		list_move(&mapping->flush_link, &flusher->b_io);
}

/* It could not be written now: it has all its time again. */
static void redirty_tail(struct flusher *flusher, struct address_space *mapping)
{
	mapping->dirtied_when = jiffies;
	list_move(&mapping->flush_link, &flusher->b_dirty);
}

/*
 * Up to NR pages of the mapping at the end of b_io, which then leaves that list. Drops and
 * retakes pagecache_lock.
 */
static void write_last_mapping(struct flusher *flusher, struct writeback_control *wbc)
{
	struct address_space *mapping = oldest(&flusher->b_io);

	wbc->flusher = flusher;
	write_cache_pages(mapping, wbc);
	if (!mapping_is_next(flusher, mapping))
		return;		/* nothing of it is dirty any more */
	/* Pages that could not be written now are no reason to come back at once. */
	if (wbc->mode == WB_SYNC_NONE && wbc->nr_to_write <= 0 && !wbc->pages_skipped)
		list_move(&mapping->flush_link, &flusher->b_more_io);
	else
		redirty_tail(flusher, mapping);
}

long writeback_inodes_wb(struct flusher *flusher, long nr, long chunk, bool old_only,
			 bool cyclic)
{
	long written = 0;

	mutex_lock(&flusher->writing);
	spin_lock(&pagecache_lock);
	if (list_empty(&flusher->b_io))
		queue_io(flusher, old_only);
	while (written < nr && !list_empty(&flusher->b_io)) {
		struct writeback_control wbc = {
			.mode = WB_SYNC_NONE, .nr_to_write = chunk, .range_cyclic = cyclic,
		};

		write_last_mapping(flusher, &wbc);
		written += chunk - wbc.nr_to_write;
	}
	spin_unlock(&pagecache_lock);
	mutex_unlock(&flusher->writing);
	return written;
}

/* What becomes dirty again meanwhile is on b_dirty, and waits for its time. */
void flush_all_mappings(struct flusher *flusher)
{
	struct writeback_control wbc = { .mode = WB_SYNC_ALL };

	mutex_lock(&flusher->writing);
	spin_lock(&pagecache_lock);
	queue_io(flusher, false);
	while (!list_empty(&flusher->b_io))
		write_last_mapping(flusher, &wbc);
	spin_unlock(&pagecache_lock);
	mutex_unlock(&flusher->writing);
}
