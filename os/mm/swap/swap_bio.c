/*
 * Swap I/O of 2.6: whole pages, without buffers (facts 2.6, 11.3; lab 12).
 *
 * Owns nothing: a write goes on under PG_writeback, a read under the page's lock, and both
 * end in an interrupt. Their bios come from a pool with a reserve, so that neither is ever
 * refused.
 */
#include "block/block.h"
#include "lib/printk.h"
#include "mm/cache/writeback.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"

static void end_swap_write(struct bio *bio)
{
	struct page *page = bio->page;

	if (bio->error) {
		/* Nothing else has the data: it stays dirty, and reclaim looks elsewhere. */
		SetPageError(page);
		SetPageDirty(page);
		ClearPageReclaim(page);
	}
	count_swap_write(!bio->error);
	bio_put(bio);
	end_page_writeback(page);
}

static void end_swap_read(struct bio *bio)
{
	struct page *page = bio->page;

	if (bio->error)
		SetPageError(page);
	else
		SetPageUptodate(page);
	bio_put(bio);
	page_note(page, EV_IO_END, BY_do_swap_page);
	unlock_page(page);
}

/* A transfer of the page to or from its slot. The mask allows it to wait for a bio. */
static struct bio *get_swap_bio(gfp_t gfp, struct page *page, bool write)
{
	swp_entry_t entry = { page->index };
	const struct swap_place *place = &swap_areas[swp_type(entry)].place;
	struct bio *bio = bio_alloc(gfp);

	bio->dev = place->dev;
	bio->sector = swap_sector(place, swp_offset(entry));
	bio->page = page;
	bio->length = PAGE_SIZE;
	bio->write = write;
	bio->end_io = write ? end_swap_write : end_swap_read;
	return bio;
}

int swap_writepage(struct page *page)
{
	struct bio *bio;

	if (try_to_free_swap(page)) {
		unlock_page(page);
		return 0;
	}
	bio = get_swap_bio(GFP_NOIO, page, true);
	count_vm(VM_pswpout);
	set_page_writeback(page);
	unlock_page(page);
	submit_bio(bio);
	return 0;
}

void swap_readpage(struct page *page)
{
	assert(PageLocked(page) && !PageUptodate(page));
	count_vm(VM_pswpin);
	submit_bio(get_swap_bio(GFP_KERNEL, page, false));
}
