/*
 * The blocks of a disk itself under 2.6: in pages of the disk's own mapping (facts 2.6, 5.10
 * and section 16).
 *
 * A file system's metadata are these blocks, each under a buffer; who reads or writes
 * /dev/vda finds the same pages. So metadata is dirty as pages are, the flusher of the disk
 * writes it, and reclaim treats it as it treats files. (2.4 has pages that only buffers
 * hold: buffer_cache.c.)
 *
 * Owns nothing. Invariants: a page of such a mapping has an address, and all its buffers
 * have their blocks for as long as it is in the mapping. It leaves only when it is clean and
 * nobody uses a buffer: it is never truncated.
 *
 * The lock of a page keeps its ring of buffers as it is; so does a reference to one of them.
 * A buffer is read and written under its own lock: its page is up to date once all are.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/flusher.h"
#include "mm/cache/io_wait.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/policy.h"

/* What getblk asks for its page with: file systems hold their locks. */
#define GFP_GETBLK	(GFP_NOFS | __GFP_MOVABLE)

#define ENOUGH		1024	/* pages whose write makes some memory */

static struct block_device *device_of(const struct page *page)
{
	return container_of(page->mapping, struct block_device, mapping);
}

unsigned long nr_blockdev_pages(void)
{
	struct block_device *dev = NULL;
	unsigned long pages = 0;

	while ((dev = next_block_device(dev)))
		pages += dev->mapping.nrpages;
	return pages;
}

/* ---- the buffers of a page ---- */

/* They have their blocks before anybody can find them. */
static void attach_dev_buffers(struct page *page, struct buffer_head *ring)
{
	unsigned long block = page->index * (PAGE_SIZE / ring->size);

	for_each_buffer(bh, ring) {
		bh->block = block++;
		bh->state = 1ul << BH_Mapped;
		if (PageUptodate(page))
			set_bit(BH_Uptodate, &bh->state);
	}
	attach_page_buffers(page, ring);
}

static void need_dev_buffers(struct page *page)
{
	struct block_device *dev = device_of(page);

	if (!page->buffers)
		attach_dev_buffers(page, need_page_buffers(page, dev, dev->block_size));
}

struct buffer_head *__find_get_block(struct block_device *dev, unsigned long block,
				     unsigned size)
{
	struct buffer_head *found = NULL;
	struct page *page;

	spin_lock(&pagecache_lock);
	page = __find_page_quiet(&dev->mapping, block / (PAGE_SIZE / size));
	if (page) {
		spin_lock(&buffer_lru_lock);
		if (page->buffers && page->buffers->size == size)
			for_each_buffer(bh, page->buffers)
				if (bh->block == block)
					found = bh;
		if (found)
			atomic_inc(&found->count);
		spin_unlock(&buffer_lru_lock);
	}
	spin_unlock(&pagecache_lock);
	return found;
}

/*
 * The page at INDEX of the disk, with buffers of SIZE: false if it cannot be had now.
 * Buffers of another size go first: somebody has looked at the disk before it was mounted.
 */
static __noinline bool grow_dev_page(struct block_device *dev, unsigned long index,
				    unsigned size)
{
	struct page *page = find_or_create_page(&dev->mapping, index, GFP_GETBLK);
	struct buffer_head *ring;
	bool grown;

	if (!page)
		return false;
	if (page->buffers && page->buffers->size != size)
		try_to_free_buffers(page, 2);
	if (!page->buffers) {
		ring = alloc_page_buffers(page, dev, size);
		if (ring)
			attach_dev_buffers(page, ring);
	}
	grown = page->buffers && page->buffers->size == size;
	unlock_page(page);
	put_page(page);
	return grown;
}

static bool grow_buffers(struct block_device *dev, unsigned long block, unsigned size)
{
	return grow_dev_page(dev, block / (PAGE_SIZE / size), size);
}

/* For who must have memory for buffers. Reclaim does not call itself: its reserves will do. */
void __noinline free_more_memory(void)
{
	wakeup_flusher_threads(ENOUGH);
	io_pause();
	if (!(current->flags & PF_MEMALLOC))
		policy->make_room(GFP_NOFS);
}

/* The page may lose its buffers again before they are found. */
static __noinline struct buffer_head *__getblk_slow(struct block_device *dev,
						  unsigned long block, unsigned size)
{
	struct buffer_head *bh;

	while (!(bh = __find_get_block(dev, block, size)))
		if (!grow_buffers(dev, block, size))
			free_more_memory();
	return bh;
}

struct buffer_head *__getblk(struct block_device *dev, unsigned long block, unsigned size)
{
	struct buffer_head *bh = __find_get_block(dev, block, size);

	return bh ? bh : __getblk_slow(dev, block, size);
}

/* ---- the pages ---- */

/* A disk may end within a page; behind its end there is nothing but zeros. */
static int blkdev_readpage(struct page *page)
{
	u64 start = (u64)page->index << PAGE_SHIFT;
	u64 end = device_of(page)->nr_sectors << SECTOR_SHIFT;

	need_dev_buffers(page);
	for_each_buffer(bh, page->buffers)
		if (start + bh->offset >= end) {
			memset(buffer_data(bh), 0, bh->size);
			set_bit(BH_Uptodate, &bh->state);
		}
	return block_read_full_page(page, NULL);
}

static int blkdev_writepage(struct page *page)
{
	need_dev_buffers(page);
	return __block_write_full_page(page, NULL, PAGE_SIZE);
}

static const struct address_space_operations blkdev_aops = {
	.readpage = blkdev_readpage,
	.writepage = blkdev_writepage,
	.writes_dirty_buffers = true,
};

void blkdev_commit_write(struct page *page, unsigned from, unsigned to)
{
	lock_page(page);
	need_dev_buffers(page);
	for_each_buffer(bh, page->buffers)
		if (bh->offset < to && bh->offset + bh->size > from)
			__mark_buffer_dirty(bh);
	unlock_page(page);
}

/* ---- the disk ---- */

void device_mapping_init(struct block_device *dev)
{
	mapping_init(&dev->mapping, NULL, &blkdev_aops);
	dev->mapping.gfp = GFP_USER | __GFP_MOVABLE;
	dev->mapping.flusher = &dev->flusher;
	dev->block_size = 1024;
}

void set_blocksize(struct block_device *dev, unsigned size)
{
	sync_buffers(dev, true);
	invalidate_buffers(dev);
	dev->block_size = size;
}
