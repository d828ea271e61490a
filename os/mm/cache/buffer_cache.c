/*
 * The buffer cache: blocks of file systems' metadata by device and number (facts 2.4,
 * section 6).
 *
 * Owns the count of buffer-only pages; lists and hash are in buffer_lists.c. A buffer
 * with users (count > 0) keeps its block and its page. Under 2.4 buffers are found by the
 * hash, and those of pages that are cut up here and stand for no block yet wait on the free
 * list of their size. Under 2.6 buffers are parts of the disk's own pages (block_dev.c).
 */
#include "arch/machine.h"
#include "block/block.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/io_wait.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"

unsigned long buffermem_pages;

void buffer_init(void)
{
	io_wait_init();
	buffer_lists_init();
	buffer_heads_init();
}

void *buffer_data(const struct buffer_head *bh)
{
	return (char *)page_address(bh->page) + bh->offset;
}

/* A page of free buffers; false if there is no memory. */
static bool grow_buffers(unsigned size)
{
	struct page *page = alloc_page(GFP_BUFFER);
	struct buffer_head *ring;

	if (!page)
		return false;
	ring = alloc_page_buffers(page, NULL, size);
	if (!ring) {
		put_page(page);
		return false;
	}
	lock_page(page);
	page->buffers = ring;
	ClearPageReferenced(page);
	policy->lru_add(page);
	spin_lock(&buffer_lru_lock);
	for_each_buffer(bh, ring)
		__free_buffer(bh);
	spin_unlock(&buffer_lru_lock);
	__atomic_fetch_add(&buffermem_pages, 1, __ATOMIC_RELAXED);
	unlock_page(page);
	return true;
}

static void refill_freelist(unsigned size)
{
	policy->balance_buffers();
	if (policy->launder)
		policy->launder(GFP_BUFFER);
	/* If even the reserves are gone, writes in flight will bring some memory back. */
	if (!grow_buffers(size))
		io_pause();
}

struct buffer_head *find_buffer(struct block_device *dev, unsigned long block, unsigned size)
{
	struct buffer_head *bh;

	if (policy->dirties_pages)
		return __find_get_block(dev, block, size);
	spin_lock(&buffer_hash_lock);
	bh = __hash_find(dev, block, size);
	if (bh)
		atomic_inc(&bh->count);
	spin_unlock(&buffer_hash_lock);
	return bh;
}

/* Gives a free buffer to the block, unless somebody else just did; NULL if none is free. */
static struct buffer_head *new_buffer(struct block_device *dev, unsigned long block,
				      unsigned size)
{
	struct buffer_head *bh;

	spin_lock(&buffer_lru_lock);
	spin_lock(&buffer_hash_lock);
	bh = __hash_find(dev, block, size);
	if (!bh) {
		bh = __take_free_buffer(size);
		if (bh) {
			bh->dev = dev;
			bh->block = block;
			bh->state = 1ul << BH_Mapped;
			__hash_add(bh);
			__list_buffer(bh);
		}
	}
	if (bh)
		atomic_inc(&bh->count);
	spin_unlock(&buffer_hash_lock);
	spin_unlock(&buffer_lru_lock);
	return bh;
}

struct buffer_head *getblk(struct block_device *dev, unsigned long block, unsigned size)
{
	struct buffer_head *bh = policy->dirties_pages ? __getblk(dev, block, size)
						       : find_buffer(dev, block, size);

	while (!bh) {
		bh = new_buffer(dev, block, size);
		if (!bh)
			refill_freelist(size);
	}
	touch_buffer(bh);
	return bh;
}

/* Its reference goes with the answer: the buffer, or NULL if it could not be read. */
static __noinline struct buffer_head *__bread_slow(struct buffer_head *bh)
{
	ll_rw_block(false, 1, &bh);
	wait_on_buffer(bh);
	if (buffer_test(bh, BH_Uptodate))
		return bh;
	brelse(bh);
	return NULL;
}

struct buffer_head *bread(struct block_device *dev, unsigned long block, unsigned size)
{
	struct buffer_head *bh = getblk(dev, block, size);

	return buffer_test(bh, BH_Uptodate) ? bh : __bread_slow(bh);
}

void brelse(struct buffer_head *bh)
{
	assert(atomic_read(&bh->count) > 0);
	atomic_dec(&bh->count);
}

/* 2.6: it leaves its page when that leaves the cache; until then its content is void. */
static void __bforget(struct buffer_head *bh)
{
	take_buffer_dirty(bh);
	spin_lock(&buffer_lru_lock);
	__disown_buffer(bh);
	spin_unlock(&buffer_lru_lock);
	brelse(bh);
}

void bforget(struct buffer_head *bh)
{
	if (policy->dirties_pages) {
		__bforget(bh);
		return;
	}
	spin_lock(&buffer_lru_lock);
	spin_lock(&buffer_hash_lock);
	assert(atomic_read(&bh->count) > 0);
	/* Others still use it, or the disk does: then it stays what it is. */
	if (atomic_dec_and_test(&bh->count) && !buffer_test(bh, BH_Lock)) {
		__drop_buffer(bh);
		__free_buffer(bh);
	}
	spin_unlock(&buffer_hash_lock);
	spin_unlock(&buffer_lru_lock);
}

void touch_buffer(struct buffer_head *bh)
{
	if (policy->page_accessed) {
		policy->page_accessed(bh->page);
		return;
	}
	SetPageReferenced(bh->page);
	page_note(bh->page, EV_REFERENCED, BY_touch_buffer);
}

bool __mark_buffer_dirty(struct buffer_head *bh)
{
	if (test_and_set_bit(BH_Dirty, &bh->state))
		return false;
	spin_lock(&buffer_lru_lock);
	bh->flush_time = jiffies + bdflush_params.age_buffer;
	__refile_buffer(bh);
	spin_unlock(&buffer_lru_lock);
	if (policy->dirties_pages)
		__set_page_dirty_nobuffers(bh->page);
	return true;
}

void mark_buffer_dirty(struct buffer_head *bh)
{
	if (__mark_buffer_dirty(bh))
		policy->balance_buffers();
}

void unmap_underlying_metadata(struct block_device *dev, unsigned long block,
			       unsigned size)
{
	struct buffer_head *bh = find_buffer(dev, block, size);

	if (!bh)
		return;
	take_buffer_dirty(bh);
	wait_on_buffer(bh);
	clear_bit(BH_Req, &bh->state);
	/* The next bread of the block must ask the disk; so must who reads the device. */
	clear_bit(BH_Uptodate, &bh->state);
	if (policy->dirties_pages)
		ClearPageUptodate(bh->page);
	brelse(bh);
}

static bool matches(const struct buffer_head *bh, const struct block_device *dev)
{
	return !dev || bh->dev == dev;
}

/*
 * A dirty buffer of DEV, with a reference, the oldest first: one that is not in flight,
 * or, with WAIT, any. NULL if there is none. Buffers on a wrong list are filed again.
 */
static struct buffer_head *next_dirty(struct block_device *dev, bool wait)
{
	struct list_head *head = &buffer_lists[BUF_DIRTY];
	struct buffer_head *found = NULL;
	struct list_head *link, *before;

	spin_lock(&buffer_lru_lock);
	for (link = head->prev; link != head && !found; link = before) {
		struct buffer_head *bh = list_entry(link, struct buffer_head, lru);

		before = link->prev;
		if (!matches(bh, dev))
			continue;
		__refile_buffer(bh);
		if (bh->list == BUF_DIRTY && (wait || !buffer_test(bh, BH_Lock))) {
			atomic_inc(&bh->count);
			found = bh;
		}
	}
	spin_unlock(&buffer_lru_lock);
	return found;
}

/* A buffer of DEV whose write was started, with a reference, the oldest first, or NULL. */
static struct buffer_head *next_started(struct block_device *dev)
{
	struct list_head *head = &buffer_lists[BUF_LOCKED];
	struct buffer_head *found = NULL;

	spin_lock(&buffer_lru_lock);
	for (struct list_head *link = head->prev; link != head && !found; link = link->prev) {
		struct buffer_head *bh = list_entry(link, struct buffer_head, lru);

		if (matches(bh, dev)) {
			atomic_inc(&bh->count);
			found = bh;
		}
	}
	spin_unlock(&buffer_lru_lock);
	return found;
}

/*
 * A write that ended, and failed, before anybody looked is still on the list. The buffer
 * keeps its mark: the file that it leads to must be told, and is when it is refiled.
 */
static int wait_for_writes(struct block_device *dev)
{
	struct buffer_head *bh;
	int result = 0;

	while ((bh = next_started(dev))) {
		wait_on_buffer(bh);
		if (buffer_test(bh, BH_Error))
			result = -EIO;
		refile_buffer(bh);
		brelse(bh);
	}
	return result;
}

/* What is dirty of DEV itself (NULL: of all), in 2.6: pages. */
static void write_device_pages(struct block_device *dev)
{
	struct block_device *next = NULL;

	while ((next = next_block_device(next)))
		if (!dev || dev == next) {
			filemap_fdatasync(&next->mapping);
			filemap_fdatawait(&next->mapping);
		}
}

int sync_buffers(struct block_device *dev, bool wait)
{
	struct buffer_head *bh;
	int result, flushed;

	if (policy->dirties_pages)
		write_device_pages(dev);
	while ((bh = next_dirty(dev, wait))) {
		if (wait)
			wait_on_buffer(bh);
		ll_rw_block(true, 1, &bh);
		brelse(bh);
		cond_resched();
	}
	if (!wait) {
		blk_run_queues();
		return 0;
	}
	result = wait_for_writes(dev);
	flushed = blk_flush(dev);
	return result ? result : flushed;
}

/* One hashed, unused buffer of the device loses its block; false if none is left. */
static bool invalidate_one(struct block_device *dev)
{
	bool found = false;

	spin_lock(&buffer_lru_lock);
	spin_lock(&buffer_hash_lock);
	for (enum buffer_list list = BUF_CLEAN; list < BUF_PROTECTED && !found; list++) {
		struct buffer_head *bh;

		list_for_each(bh, &buffer_lists[list], lru) {
			if (bh->dev != dev || list_empty(&bh->hash) ||
			    atomic_read(&bh->count) || buffer_test(bh, BH_Lock))
				continue;
			__drop_buffer(bh);
			__free_buffer(bh);
			found = true;
			break;
		}
	}
	spin_unlock(&buffer_hash_lock);
	spin_unlock(&buffer_lru_lock);
	return found;
}

void invalidate_buffers(struct block_device *dev)
{
	wait_for_writes(dev);
	invalidate_mapping_pages(&dev->mapping);
	while (invalidate_one(dev))
		;
}
