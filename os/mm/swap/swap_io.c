/*
 * Swap I/O: moves one page between memory and its slot (facts 2.4, 5.3).
 *
 * Owns nr_async_pages: swap pages whose transfer nobody waits for. Each carries
 * PG_decr_after until its I/O ends (end_buffer_io_async). Beyond a threshold a write is
 * waited for: the only brake on page_launder's writes (Q4).
 *
 * It also owns the count of failed writes in a row, by which the OOM killer learns that
 * free slots are of no use. The count begins anew with each shortage and each kill: what
 * was written in vain may belong to nobody any more.
 */
#include "block/block.h"
#include "lib/printk.h"
#include "mm/cache/buffer.h"
#include "mm/reclaim/policy.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"
#include "mm/zone.h"

atomic_t nr_async_pages;
unsigned page_cluster;
unsigned swap_cluster = 8;

/* So many in a row are no accident: more than are ever in flight. */
#define MANY_FAILURES	1024

static atomic_t failed_writes;

/* A value that was set before (by a boot option) stays. 2.6 has no third step. */
void swap_setup(void)
{
	if (page_cluster)
		return;
	if (num_physpages < 4096)
		page_cluster = 2;
	else if (num_physpages < 8192 || policy->swap_cache_bit)
		page_cluster = 3;
	else
		page_cluster = 4;
}

int async_swap_limit(void)
{
	return (int)(swap_cluster << page_cluster);
}

void count_swap_write(bool cleaned)
{
	if (cleaned)
		atomic_set(&failed_writes, 0);
	else if (atomic_add(&failed_writes, 1) == 1)
		printk("swap: a page could not be written\n");	/* nor others, perhaps */
}

void forget_failed_writes(void)
{
	atomic_set(&failed_writes, 0);
}

bool swap_writes_fail(void)
{
	return atomic_read(&failed_writes) >= MANY_FAILURES;
}

/*
 * Has the swap-cache page, which is locked, a holder besides the cache? If none, its
 * data may be lost: a process that ended leaves such pages behind.
 */
bool swap_page_wanted(struct page *page)
{
	return atomic_read(&page->mapcount) > 0 || swap_count((swp_entry_t){ page->index }) > 1;
}

/* The blocks of a slot on its disk. */
static void slot_blocks(const struct swap_place *place, unsigned long slot,
			unsigned long blocks[])
{
	u64 sector = swap_sector(place, slot);
	unsigned shift = (unsigned)__builtin_ctz(place->block_size) - SECTOR_SHIFT;

	for (unsigned i = 0; i < PAGE_SIZE / place->block_size; i++)
		blocks[i] = (unsigned long)(sector >> shift) + i;
}

void rw_swap_page(bool write, struct page *page, bool wait)
{
	swp_entry_t entry = { page->index };
	const struct swap_place *place = &swap_areas[swp_type(entry)].place;
	unsigned long blocks[PAGE_SIZE / SECTOR_SIZE];

	assert(PageLocked(page) && PageSwapCache(page));
	if (write) {
		count_vm(VM_pswpout);
		if (atomic_read(&nr_async_pages) > async_swap_limit())
			wait = true;
	} else {
		count_vm(VM_pswpin);
		ClearPageUptodate(page);
	}
	if (!wait) {
		SetPageDecrAfter(page);
		atomic_inc(&nr_async_pages);
	}
	slot_blocks(place, swp_offset(entry), blocks);
	brw_page(write, page, place->dev, blocks, place->block_size);
	if (wait)
		wait_on_page(page);
}
