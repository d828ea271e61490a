/*
 * The buffers of one page: attached, freed, cut off (facts 2.4, section 6).
 *
 * Owns nothing. page->buffers changes only with the page locked, and buffers go only
 * under buffer_lru_lock and buffer_hash_lock together, so that whoever finds one through
 * a list or the hash can take a reference.
 */
#include "arch/machine.h"
#include "lib/printk.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/pagecache.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/policy.h"

void attach_page_buffers(struct page *page, struct buffer_head *ring)
{
	assert(PageLocked(page) && !page->buffers);
	get_page(page);
	spin_lock(&buffer_lru_lock);
	for_each_buffer(bh, ring)
		__list_buffer(bh);
	page->buffers = ring;
	spin_unlock(&buffer_lru_lock);
}

void create_empty_buffers(struct page *page, struct block_device *dev, unsigned size)
{
	attach_page_buffers(page, need_page_buffers(page, dev, size));
}

/*
 * Under the lock, because a page can be made dirty while its buffers are being attached:
 * either we find them, or who attaches them finds the page dirty (page_io.c).
 */
bool set_page_dirty_with_buffers(struct page *page)
{
	bool was_clean;

	spin_lock(&buffer_lru_lock);
	if (page->buffers)
		for_each_buffer(bh, page->buffers)
			set_bit(BH_Dirty, &bh->state);
	was_clean = !test_and_set_bit(PG_dirty, &page->flags);
	spin_unlock(&buffer_lru_lock);
	return was_clean;
}

/* Is the page dirty as far as its buffers are, and no further (2.6)? */
static bool dirty_with_buffers(const struct page *page)
{
	return policy->dirties_pages && page->mapping && page->mapping->ops &&
		page->mapping->ops->writes_dirty_buffers;
}

/*
 * Takes an idle page's ring off all lists. NULL if a buffer is busy. That the page is clean
 * is said in the same moment, or it could become dirty in between, without buffers.
 */
static __noinline struct buffer_head *drop_buffers(struct page *page)
{
	struct buffer_head *ring = page->buffers;
	bool busy = PageWriteback(page);

	spin_lock(&buffer_lru_lock);
	spin_lock(&buffer_hash_lock);
	for_each_buffer(bh, ring)
		busy |= buffer_busy(bh);
	if (!busy) {
		for_each_buffer(bh, ring)
			__drop_buffer(bh);
		page->buffers = NULL;
		if (dirty_with_buffers(page))
			cancel_dirty_page(page);
	}
	spin_unlock(&buffer_hash_lock);
	spin_unlock(&buffer_lru_lock);
	return busy ? NULL : ring;
}

/* Writes what is dirty, and with WAIT sits out what is in flight; not both for one buffer. */
static void push_busy_buffers(struct page *page, bool wait)
{
	for_each_buffer(bh, page->buffers) {
		if (!buffer_test(bh, BH_Lock))
			ll_rw_block(true, 1, &bh);
		else if (wait)
			wait_on_buffer(bh);
	}
}

/*
 * With WAIT 2 a dirty buffer is written in the first round and awaited in the second,
 * whose result is failure all the same (Q6); the caller's next visit frees the page's.
 */
int try_to_free_buffers(struct page *page, int wait)
{
	assert(PageLocked(page) && page->buffers);
	for (int round = 1; ; round++) {
		struct buffer_head *ring = drop_buffers(page);

		if (ring) {
			free_page_buffers(ring);
			put_page(page);
			return 1;
		}
		if (wait)
			push_busy_buffers(page, wait > 1);
		if (wait < 2 || round == 2)
			return 0;
	}
}

/* The buffer's block is no longer the page's: not written, and not in flight any more. */
static void unmap_buffer(struct buffer_head *bh)
{
	take_buffer_dirty(bh);
	wait_on_buffer(bh);
	clear_bit(BH_Uptodate, &bh->state);
	clear_bit(BH_Mapped, &bh->state);
	clear_bit(BH_Req, &bh->state);
	clear_bit(BH_New, &bh->state);
}

int block_flushpage(struct page *page, unsigned offset)
{
	assert(PageLocked(page));
	if (!page->buffers)
		return 1;
	for_each_buffer(bh, page->buffers)
		if (bh->offset >= offset)
			unmap_buffer(bh);
	if (offset || try_to_free_buffers(page, 0))
		return 1;
	/* From now on the page belongs to its busy buffers alone. */
	__atomic_fetch_add(&buffermem_pages, 1, __ATOMIC_RELAXED);
	return 0;
}
