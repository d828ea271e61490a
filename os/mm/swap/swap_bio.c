/*
 * Swap I/O of 2.6: whole pages, without buffers (facts 2.6, 11.3; lab 12).
 *
 * Owns the cache of bios. A write goes on under PG_writeback, a read under the page's
 * lock; both end in an interrupt.
 */
#include "block/block.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/cache/writeback.h"
#include "mm/slab/slab.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"

static struct kmem_cache *bio_cache;

void swap_bio_init(void)
{
	bio_cache = kmem_cache_create("swap_bio", sizeof(struct bio), 0, NULL);
}

static void end_swap_write(struct bio *bio)
{
	struct page *page = bio->page;

	if (bio->error) {
		/* Nothing else has the data: it stays dirty, and reclaim looks elsewhere. */
		SetPageError(page);
		SetPageDirty(page);
		ClearPageReclaim(page);
		printk("swap: page %lu could not be written\n", page_to_pfn(page));
	}
	count_swap_write(!bio->error);
	kmem_cache_free(bio_cache, bio);
	end_page_writeback(page);
}

static void end_swap_read(struct bio *bio)
{
	struct page *page = bio->page;

	if (bio->error)
		SetPageError(page);
	else
		SetPageUptodate(page);
	kmem_cache_free(bio_cache, bio);
	page_note(page, EV_IO_END, BY_do_swap_page);
	unlock_page(page);
}

/* A transfer of the page to or from its slot; NULL if there is no memory. */
static struct bio *get_swap_bio(gfp_t gfp, struct page *page, bool write)
{
	swp_entry_t entry = { page->index };
	struct bio *bio = kmem_cache_alloc(bio_cache, gfp);

	if (bio)
		*bio = (struct bio){
			.dev = swap_areas[swp_type(entry)].dev,
			.sector = (u64)swp_offset(entry) << (PAGE_SHIFT - SECTOR_SHIFT),
			.page = page,
			.length = PAGE_SIZE,
			.write = write,
			.end_io = write ? end_swap_write : end_swap_read,
		};
	return bio;
}

int swap_writepage26(struct page *page)
{
	struct bio *bio;

	if (try_to_free_swap(page)) {
		unlock_page(page);
		return 0;
	}
	bio = get_swap_bio(GFP_NOIO, page, true);
	if (!bio) {
		set_page_dirty(page);
		unlock_page(page);
		return -ENOMEM;
	}
	count_vm(VM_pswpout);
	set_page_writeback(page);
	unlock_page(page);
	submit_bio(bio);
	return 0;
}

int swap_readpage26(struct page *page)
{
	struct bio *bio = get_swap_bio(GFP_KERNEL, page, false);

	assert(PageLocked(page) && !PageUptodate(page));
	if (!bio) {
		unlock_page(page);
		return -ENOMEM;
	}
	count_vm(VM_pswpin);
	submit_bio(bio);
	return 0;
}
