/*
 * Swap I/O of 2.6: whole pages, without buffers (facts 2.6, 11.3; lab 12).
 *
 * Owns a pool of bios, under pool_lock with interrupts off: a write goes on under
 * PG_writeback, a read under the page's lock, and both end in an interrupt, where an
 * object cache must not be touched. Who finds the pool empty waits for one to come back.
 */
#include "block/block.h"
#include "lib/printk.h"
#include "mm/cache/io_wait.h"
#include "mm/cache/writeback.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"

#define POOL_BIOS	512	/* transfers in flight at once */

static struct bio bios[POOL_BIOS];
static LIST_HEAD(pool);		/* bio.link */
static struct spinlock pool_lock = SPINLOCK_INIT("swap_bio", RANK_DEVICE);

void swap_bio_init(void)
{
	for (unsigned i = 0; i < POOL_BIOS; i++)
		list_add(&bios[i].link, &pool);
}

static struct bio *take_bio(void)
{
	unsigned long flags = spin_lock_irqsave(&pool_lock);
	struct bio *bio = NULL;

	if (!list_empty(&pool)) {
		bio = list_first(&pool, struct bio, link);
		list_del(&bio->link);
	}
	spin_unlock_irqrestore(&pool_lock, flags);
	return bio;
}

static void give_bio(struct bio *bio)
{
	unsigned long flags = spin_lock_irqsave(&pool_lock);

	list_add(&bio->link, &pool);
	spin_unlock_irqrestore(&pool_lock, flags);
}

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
	give_bio(bio);
	end_page_writeback(page);
}

static void end_swap_read(struct bio *bio)
{
	struct page *page = bio->page;

	if (bio->error)
		SetPageError(page);
	else
		SetPageUptodate(page);
	give_bio(bio);
	page_note(page, EV_IO_END, BY_do_swap_page);
	unlock_page(page);
}

/* A transfer of the page to or from its slot. */
static struct bio *get_swap_bio(struct page *page, bool write)
{
	swp_entry_t entry = { page->index };
	const struct swap_place *place = &swap_areas[swp_type(entry)].place;
	struct bio *bio;

	while (!(bio = take_bio()))
		io_pause();
	*bio = (struct bio){
		.dev = place->dev,
		.sector = swap_sector(place, swp_offset(entry)),
		.page = page,
		.length = PAGE_SIZE,
		.write = write,
		.end_io = write ? end_swap_write : end_swap_read,
	};
	return bio;
}

int swap_writepage(struct page *page)
{
	struct bio *bio;

	if (try_to_free_swap(page)) {
		unlock_page(page);
		return 0;
	}
	bio = get_swap_bio(page, true);
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
	submit_bio(get_swap_bio(page, false));
}
