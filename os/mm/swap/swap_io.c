/*
 * Swap I/O: moves one page between memory and its slot (facts 2.4, 5.3).
 *
 * Owns nr_async_pages: swap pages whose transfer nobody waits for. Each carries
 * PG_decr_after until its I/O ends (end_buffer_io_async). Beyond a threshold a write is
 * waited for: the only brake on page_launder's writes (Q4).
 */
#include "lib/printk.h"
#include "mm/cache/buffer.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"
#include "mm/zone.h"

atomic_t nr_async_pages;
unsigned page_cluster;

/* A value that was set before (by a boot option) stays. */
void swap_setup(void)
{
	if (page_cluster)
		return;
	if (num_physpages < 4096)
		page_cluster = 2;
	else if (num_physpages < 8192)
		page_cluster = 3;
	else
		page_cluster = 4;
}

int async_swap_limit(void)
{
	return 8 << page_cluster;
}

void rw_swap_page(bool write, struct page *page, bool wait)
{
	swp_entry_t entry = { page->index };
	unsigned long blocks[1] = { swp_offset(entry) };

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
	brw_page(write, page, swap_areas[swp_type(entry)].dev, blocks, PAGE_SIZE);
	if (wait)
		wait_on_page(page);
}
