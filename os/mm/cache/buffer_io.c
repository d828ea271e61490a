/*
 * Transfers of buffers: the buffer lock, submission, and what the end of I/O means for
 * the buffer and its page (facts 2.4, section 6).
 *
 * BH_Lock is held from before submission to the end of the transfer. Two kinds of ends:
 * _sync for one buffer by itself, _async for a transfer of a whole locked page, where
 * the last buffer to end unlocks the page. end_io is set exactly while BH_Lock is held
 * for a transfer, so the ends can tell their siblings from others; page_io_lock makes
 * sure that one of them is the last. The ends run in interrupts.
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/policy.h"
#include "mm/cache/io_wait.h"
#include "mm/cache/pagecache.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"

static struct spinlock page_io_lock = SPINLOCK_INIT("page_io_lock", RANK_BLOCK);

bool trylock_buffer(struct buffer_head *bh)
{
	return !test_and_set_bit(BH_Lock, &bh->state);
}

void lock_buffer(struct buffer_head *bh)
{
	while (!trylock_buffer(bh))
		wait_on_buffer(bh);
}

/* Afterwards the buffer may be freed at any moment, if the caller has no reference. */
void unlock_buffer(struct buffer_head *bh)
{
	const unsigned long *word = &bh->state;

	clear_bit(BH_Lock, &bh->state);
	io_wake(word);
}

void wait_on_buffer(struct buffer_head *bh)
{
	while (buffer_test(bh, BH_Lock))
		io_wait(&bh->state, BH_Lock, bh->page);
}

bool take_buffer_dirty(struct buffer_head *bh)
{
	if (!buffer_test(bh, BH_Dirty) || !test_and_clear_bit(BH_Dirty, &bh->state))
		return false;
	refile_buffer(bh);
	return true;
}

static void end_bio(struct bio *bio)
{
	struct buffer_head *bh = bio->private;

	bh->end_io(bh, bio->error == 0);
}

void submit_bh(bool write, struct buffer_head *bh)
{
	assert(buffer_test(bh, BH_Lock) && buffer_test(bh, BH_Mapped) && bh->end_io);
	set_bit(BH_Req, &bh->state);
	bh->bio = (struct bio){
		.dev = bh->dev, .sector = (u64)bh->block * (bh->size >> SECTOR_SHIFT),
		.page = bh->page, .offset = (u16)bh->offset, .length = (u16)bh->size,
		.write = write, .end_io = end_bio, .private = bh,
	};
	list_init(&bh->bio.link);
	submit_bio(&bh->bio);
}

/* What the transfer made of the data. Error flags last until the next transfer. */
static void note_result(struct buffer_head *bh, bool ok)
{
	struct page *page = bh->page;
	bool swap_write = bh->bio.write && PageSwapCache(page);
	/* The original forgets it here (Q33); it is the only copy of the data. */
	bool still_needed = swap_write && !ok && swap_page_wanted(page);

	if (swap_write)
		count_swap_write(!still_needed);
	if (ok) {
		clear_bit(BH_Error, &bh->state);
		set_bit(BH_Uptodate, &bh->state);
		return;
	}
	set_bit(BH_Error, &bh->state);
	if (!bh->bio.write) {
		clear_bit(BH_Uptodate, &bh->state);
	} else if (still_needed) {
		SetPageDirty(page);
	} else if (!swap_write && page->mapping) {
		errseq_set(&page->mapping->wb_err, -EIO);
	}
}

void end_buffer_io_sync(struct buffer_head *bh, bool ok)
{
	note_result(bh, ok);
	bh->end_io = NULL;
	unlock_buffer(bh);
}

static bool siblings_in_flight(const struct buffer_head *bh)
{
	for (struct buffer_head *b = bh->next_in_page; b != bh; b = b->next_in_page)
		if (buffer_test(b, BH_Lock) && b->end_io == end_buffer_io_async)
			return true;
	return false;
}

/* A write under PG_writeback may have been of some blocks: the others may be stale. */
static void end_page_io(struct page *page)
{
	if (!PageError(page) && !PageWriteback(page))
		SetPageUptodate(page);
	if (PageTestandClearDecrAfter(page))
		atomic_dec(&nr_async_pages);
	page_note(page, EV_IO_END, BY_end_buffer_io_async);
	if (PageWriteback(page))
		end_page_writeback(page);
	else
		unlock_page(page);
}

/* A write that the page need not be locked for (2.6), its buffers being locked. */
void write_without_lock(struct page *page)
{
	if (policy->writes_unlocked) {
		set_page_writeback(page);
		unlock_page(page);
	}
}

void end_buffer_io_async(struct buffer_head *bh, bool ok)
{
	struct page *page = bh->page;
	unsigned long flags;
	bool last;

	note_result(bh, ok);
	if (!ok)
		SetPageError(page);
	flags = spin_lock_irqsave(&page_io_lock);
	bh->end_io = NULL;
	last = !siblings_in_flight(bh);
	unlock_buffer(bh);
	spin_unlock_irqrestore(&page_io_lock, flags);
	if (last)
		end_page_io(page);
}

void ll_rw_block(bool write, unsigned nr, struct buffer_head *bhs[])
{
	for (unsigned i = 0; i < nr; i++) {
		struct buffer_head *bh = bhs[i];
		bool needed;

		/* Whoever holds it transfers it. */
		if (!trylock_buffer(bh))
			continue;
		needed = write ? take_buffer_dirty(bh) : !buffer_test(bh, BH_Uptodate);
		if (!needed) {
			unlock_buffer(bh);
			continue;
		}
		bh->end_io = end_buffer_io_sync;
		submit_bh(write, bh);
	}
}

int write_buffer_now(struct buffer_head *bh)
{
	wait_on_buffer(bh);	/* a write that began before the last change */
	ll_rw_block(true, 1, &bh);
	wait_on_buffer(bh);
	return test_and_clear_bit(BH_Error, &bh->state) ? -EIO : 0;
}

void write_dirty_buffers(struct page *page)
{
	assert(PageLocked(page));
	for_each_buffer(bh, page->buffers)
		ll_rw_block(true, 1, &bh);
}

void wait_on_page_buffers(struct page *page)
{
	assert(PageLocked(page));
	for_each_buffer(bh, page->buffers)
		wait_on_buffer(bh);
}

/* Locks a page's buffers for one transfer of the whole page, on the blocks given. */
static void lock_for_page_io(bool write, struct page *page, struct block_device *dev,
			     const unsigned long blocks[])
{
	unsigned i = 0;

	for_each_buffer(bh, page->buffers) {
		lock_buffer(bh);
		take_buffer_dirty(bh);
		bh->dev = dev;
		bh->block = blocks[i++];
		set_bit(BH_Mapped, &bh->state);
		if (write)
			set_bit(BH_Uptodate, &bh->state);
		else
			clear_bit(BH_Uptodate, &bh->state);
		bh->end_io = end_buffer_io_async;
	}
}

/* The heads stay attached after the transfer. */
void brw_page(bool write, struct page *page, struct block_device *dev,
	      const unsigned long blocks[], unsigned size)
{
	struct buffer_head *first, *bh;

	assert(PageLocked(page));
	if (!page->buffers)
		create_empty_buffers(page, dev, size);
	assert(page->buffers->size == size);
	ClearPageError(page);
	lock_for_page_io(write, page, dev, blocks);
	if (write) {
		page_note(page, EV_WRITE_START, BY_brw_page);
		write_without_lock(page);
	}

	/* Once the last one is submitted, page and buffers may go. */
	first = bh = page->buffers;
	do {
		struct buffer_head *next = bh->next_in_page;

		submit_bh(write, bh);
		bh = next;
	} while (bh != first);
}
