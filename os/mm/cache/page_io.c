/*
 * Pages of files on block devices: read, written and prepared for writes block by
 * block, where the file system says which block is which (get_block).
 *
 * Owns nothing; the page lock is held throughout. A page whose size is not yet on disk
 * as blocks (a hole) reads as zeros and gets blocks when it is written. Errors: a read
 * leaves the page not up to date, with PG_error; a write is remembered in wb_err.
 */
#include "arch/machine.h"
#include "fs/fs.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/filemap.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"
#include "mm/vm/vm.h"

static struct inode *host_of(struct page *page)
{
	return page->mapping->host;
}

/* The number, in the file, of a buffer's block. */
static unsigned long file_block(const struct page *page, const struct buffer_head *bh)
{
	unsigned shift = (unsigned)__builtin_ctz(bh->size);

	return (page->index << (PAGE_SHIFT - shift)) + (bh->offset >> shift);
}

/* A page without buffers gets some; those of a dirty page (2.6) are dirty, too. */
static void need_buffers(struct page *page)
{
	struct super_block *sb;

	assert(PageLocked(page));
	if (page->buffers)
		return;
	sb = host_of(page)->sb;
	create_empty_buffers(page, sb->dev, (unsigned)sb->block_size);
	if (policy->dirties_pages && PageDirty(page))
		set_page_dirty_with_buffers(page);
}

static void clear_range(struct page *page, unsigned from, unsigned to)
{
	char *data = kmap(page);

	memset(data + from, 0, to - from);
	kunmap(page);
}

/* Gives the buffer a block if it has none; a new one belongs to nobody else now. */
static int map_for_write(struct page *page, struct buffer_head *bh, get_block_t *get_block)
{
	int error;

	if (buffer_test(bh, BH_Mapped))
		return 0;
	error = get_block(host_of(page), file_block(page, bh), bh, true);
	if (!error && buffer_test(bh, BH_New))
		unmap_underlying_metadata(bh->dev, bh->block, bh->size);
	return error;
}

/* Does the buffer have to be read? Holes are filled in at once. */
static bool must_read(struct page *page, struct buffer_head *bh, get_block_t *get_block)
{
	if (buffer_test(bh, BH_Uptodate))
		return false;
	if (!buffer_test(bh, BH_Mapped)) {
		if (get_block(host_of(page), file_block(page, bh), bh, false)) {
			SetPageError(page);
			return false;
		}
		if (!buffer_test(bh, BH_Mapped)) {
			clear_range(page, bh->offset, bh->offset + bh->size);
			set_bit(BH_Uptodate, &bh->state);
			return false;
		}
	}
	return true;
}

/*
 * Submits buffers of a page, whose lock the end of the last one releases. One that was read
 * while we waited for its lock, and may have been changed since, is not read: false if there
 * is nothing to transfer.
 */
static bool submit_page_buffers(bool write, struct buffer_head *bhs[], unsigned nr)
{
	unsigned locked = 0;

	for (unsigned i = 0; i < nr; i++) {
		struct buffer_head *bh = bhs[i];

		lock_buffer(bh);
		if (write) {
			take_buffer_dirty(bh);
		} else if (buffer_test(bh, BH_Uptodate)) {
			unlock_buffer(bh);
			continue;
		}
		bh->end_io = end_buffer_io_async;
		bhs[locked++] = bh;
	}
	if (write && locked)
		write_without_lock(bhs[0]->page);
	for (unsigned i = 0; i < locked; i++)
		submit_bh(write, bhs[i]);
	return locked;
}

int block_read_full_page(struct page *page, get_block_t *get_block)
{
	struct buffer_head *bhs[PAGE_SIZE / SECTOR_SIZE];
	unsigned nr = 0;

	/* One transfer at a time, or neither would know which buffer is its last. */
	wait_on_page_writeback(page);
	need_buffers(page);
	ClearPageError(page);
	for_each_buffer(bh, page->buffers)
		if (must_read(page, bh, get_block))
			bhs[nr++] = bh;
	if (submit_page_buffers(false, bhs, nr))
		return 0;
	if (!PageError(page))
		SetPageUptodate(page);
	unlock_page(page);
	return PageError(page) ? -EIO : 0;
}

/* Bytes of the page that lie before the end of the file. */
static unsigned bytes_in_file(struct page *page)
{
	u64 start = (u64)page->index << PAGE_SHIFT;
	u64 size = host_of(page)->size;

	if (size <= start)
		return 0;
	return (unsigned)min(size - start, (u64)PAGE_SIZE);
}

/*
 * 2.6: is it one of the dirty parts of the page, before END? The others may not even be
 * up to date. Behind the end of the file nothing is dirty any more.
 */
static bool needs_write(struct buffer_head *bh, unsigned end)
{
	if (bh->offset < end)
		return !policy->dirties_pages || buffer_test(bh, BH_Dirty);
	if (policy->dirties_pages)
		take_buffer_dirty(bh);
	return false;
}

int __block_write_full_page(struct page *page, get_block_t *get_block, unsigned end)
{
	struct address_space *mapping = page->mapping;
	struct buffer_head *bhs[PAGE_SIZE / SECTOR_SIZE];
	unsigned nr = 0;
	int error = 0;

	ClearPageError(page);
	for_each_buffer(bh, page->buffers) {
		int failed;

		if (!needs_write(bh, end))
			continue;
		/* A hole that finds the disk full must not cost the blocks behind it. */
		failed = map_for_write(page, bh, get_block);
		if (failed) {
			error = failed;
			if (policy->dirties_pages)
				take_buffer_dirty(bh);
			continue;
		}
		clear_bit(BH_New, &bh->state);
		set_bit(BH_Uptodate, &bh->state);
		bhs[nr++] = bh;
	}
	if (error)
		errseq_set(&mapping->wb_err, error);
	page_note(page, EV_WRITE_START, BY_writepage);
	if (submit_page_buffers(true, bhs, nr))
		return 0;
	unlock_unwritten_page(page);
	return error;
}

int block_write_full_page(struct page *page, get_block_t *get_block)
{
	unsigned end = bytes_in_file(page);
	bool all_dirty = !page->buffers;

	/*
	 * Behind the end: it has been truncated, and nobody will miss it. And what a
	 * mapping made dirty of a swap file must not reach the pages swapped out there.
	 */
	if (!end || host_of(page)->swap_file) {
		unlock_unwritten_page(page);
		return 0;
	}
	need_buffers(page);
	if (policy->dirties_pages && all_dirty)
		for_each_buffer(bh, page->buffers)
			set_bit(BH_Dirty, &bh->state);
	/* A process can write behind the end, through a mapping; the disk has zeros there. */
	if (end < PAGE_SIZE)
		clear_range(page, end, PAGE_SIZE);
	return __block_write_full_page(page, get_block, end);
}

/* fsync, and in 2.6 the flusher, must find a page with dirty buffers. */
static void note_dirty_buffers(struct page *page)
{
	if (policy->dirties_pages) {
		__set_page_dirty_nobuffers(page);
		return;
	}
	spin_lock(&pagecache_lock);
	if (page->mapping)
		list_as_dirty(page);
	spin_unlock(&pagecache_lock);
}

/* A new block that a failed write leaves behind must not show what the disk held. */
static void clear_new_buffers(struct page *page, unsigned from, unsigned to)
{
	bool dirtied = false;

	for_each_buffer(bh, page->buffers) {
		if (bh->offset >= to || bh->offset + bh->size <= from ||
		    !test_and_clear_bit(BH_New, &bh->state))
			continue;
		clear_range(page, bh->offset, bh->offset + bh->size);
		set_bit(BH_Uptodate, &bh->state);
		__mark_buffer_dirty(bh);
		dirtied = true;
	}
	if (dirtied && policy->dirties_pages)
		note_dirty_buffers(page);
}

/* Prepares one buffer for a write of FROM … TO-1: 0, 1 if a read was started, or -errno. */
static int prepare_buffer(struct page *page, struct buffer_head *bh, unsigned from,
			  unsigned to, get_block_t *get_block)
{
	unsigned end = bh->offset + bh->size;
	int error = map_for_write(page, bh, get_block);

	if (error)
		return error;
	if (PageUptodate(page))
		set_bit(BH_Uptodate, &bh->state);
	if (buffer_test(bh, BH_Uptodate))
		return 0;
	if (buffer_test(bh, BH_New)) {
		if (bh->offset < from)
			clear_range(page, bh->offset, from);
		if (to < end)
			clear_range(page, to, end);
		return 0;
	}
	if (from <= bh->offset && end <= to)
		return 0;
	ll_rw_block(false, 1, &bh);
	return 1;
}

int block_prepare_write(struct page *page, unsigned from, unsigned to,
			get_block_t *get_block)
{
	struct buffer_head *reading[2];	/* only the first and the last can be partial */
	unsigned nr = 0;
	int error = 0;

	need_buffers(page);
	for_each_buffer(bh, page->buffers) {
		int result;

		if (bh->offset >= to || bh->offset + bh->size <= from)
			continue;
		result = prepare_buffer(page, bh, from, to, get_block);
		if (result < 0) {
			error = result;
			break;
		}
		if (result)
			reading[nr++] = bh;
	}
	for (unsigned i = 0; i < nr; i++) {
		wait_on_buffer(reading[i]);
		if (!buffer_test(reading[i], BH_Uptodate))
			error = -EIO;
	}
	if (error)
		clear_new_buffers(page, from, to);
	return error;
}

int block_commit_write(struct page *page, unsigned from, unsigned to)
{
	u64 end = ((u64)page->index << PAGE_SHIFT) + to;
	struct inode *inode = host_of(page);
	bool all_uptodate = true;
	bool dirtied = false;

	assert(PageLocked(page));
	for_each_buffer(bh, page->buffers) {
		if (bh->offset < to && bh->offset + bh->size > from) {
			clear_bit(BH_New, &bh->state);
			set_bit(BH_Uptodate, &bh->state);
			dirtied |= __mark_buffer_dirty(bh);
		}
		all_uptodate &= buffer_test(bh, BH_Uptodate);
	}
	if (all_uptodate)
		SetPageUptodate(page);
	if (end > inode->size) {
		inode->size = end;
		mark_inode_dirty(inode);
	}
	if (policy->dirties_pages) {
		note_dirty_buffers(page);	/* one may be dirty, and the page written */
	} else if (dirtied) {
		note_dirty_buffers(page);
		balance_dirty();
	}
	return 0;
}

/*
 * Blocks that a process is about to write through a mapping get their places on the disk
 * now: a full disk, or one that fails, is a signal for the access, and a page that has once
 * been written can be written out. Both eras have it, though the original of 2.4 has not: its
 * writepage is the first to look for a block, and what a full disk has no room for is lost
 * (Q33 is of that kind, too). A page whose blocks are all there costs a look at them.
 */
int block_page_mkwrite(struct vm_area *area, struct page *page, get_block_t *get_block)
{
	bool dirtied = false;
	unsigned end;
	int error = 0;

	lock_page(page);
	end = page->mapping == area->file->inode->mapping ? bytes_in_file(page) : 0;
	if (!end) {		/* truncated */
		unlock_page(page);
		return -EAGAIN;
	}
	need_buffers(page);
	for_each_buffer(bh, page->buffers) {
		if (bh->offset >= end || error)
			break;
		error = map_for_write(page, bh, get_block);
		if (test_and_clear_bit(BH_New, &bh->state)) {
			set_bit(BH_Uptodate, &bh->state);
			dirtied |= __mark_buffer_dirty(bh);
		}
	}
	if (dirtied)
		note_dirty_buffers(page);
	if (dirtied && !policy->dirties_pages)
		balance_dirty();
	/* 2.6: what the disk is reading stays as it is. */
	if (!error)
		wait_on_page_writeback(page);
	else
		unlock_page(page);
	return error;
}

/* Makes the block's data valid in memory: 0, -EIO, or 1 if it is a hole. */
static int read_block(struct page *page, struct buffer_head *bh, get_block_t *get_block)
{
	int error;

	if (!buffer_test(bh, BH_Mapped)) {
		error = get_block(host_of(page), file_block(page, bh), bh, false);
		if (error)
			return error;
		if (!buffer_test(bh, BH_Mapped))
			return 1;
	}
	if (PageUptodate(page))
		set_bit(BH_Uptodate, &bh->state);
	ll_rw_block(false, 1, &bh);
	wait_on_buffer(bh);
	return buffer_test(bh, BH_Uptodate) ? 0 : -EIO;
}

int block_truncate_page(struct address_space *mapping, u64 from, get_block_t *get_block)
{
	unsigned size = (unsigned)mapping->host->sb->block_size;
	unsigned start = from % PAGE_SIZE;
	unsigned end = (start + size - 1) & ~(size - 1);
	struct buffer_head *target = NULL;
	struct page *page;
	int result;

	if (start == end)
		return 0;
	page = grab_cache_page(mapping, (pgoff_t)(from >> PAGE_SHIFT));
	if (!page)
		return -ENOMEM;
	need_buffers(page);
	for_each_buffer(bh, page->buffers)
		if (bh->offset + bh->size == end)
			target = bh;

	result = read_block(page, target, get_block);
	if (result >= 0)
		clear_range(page, start, end);
	if (result == 0 && (__mark_buffer_dirty(target) || policy->dirties_pages))
		note_dirty_buffers(page);
	unlock_page(page);
	put_page(page);
	return result < 0 ? result : 0;
}
