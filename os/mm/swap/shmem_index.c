/*
 * A segment's index: the swap entry of each page that is in swap (facts 2.4, 5.5).
 *
 *	direct[16]	pages 0 … 15, in the segment itself
 *	indirect	a page of pointers to pages of entries, for the rest
 *
 * Owns these pages, which are made when they are first needed. Entries and pointers
 * change under the segment's lock. A page of entries goes when the file ends before it;
 * by then no page is left in the cache that shmem_writepage could store there.
 */
#include "mm/swap/shmem_internal.h"
#include "mm/cache/writeback.h"
#include "arch/machine.h"
#include "mm/alloc/alloc.h"

static void *zeroed_index_page(gfp_t gfp)
{
	struct page *page = machine_kernel_pages(gfp, 0);

	if (!page)
		return NULL;
	clear_page(page_address(page));
	return page_address(page);
}

static void free_index_page(void *address)
{
	if (address)
		machine_kernel_pages_free(virt_to_page(address), 0);
}

swp_entry_t *shmem_find_slot(struct shmem *info, pgoff_t index)
{
	swp_entry_t *entries;

	if (index < SHMEM_DIRECT)
		return &info->direct[index];
	if (!info->indirect)
		return NULL;
	index -= SHMEM_DIRECT;
	entries = info->indirect[index / SHMEM_PER_PAGE];
	return entries ? &entries[index % SHMEM_PER_PAGE] : NULL;
}

/* Puts FRESH at *LINK unless a page is there already; false if there was none to put. */
static bool fill_link(struct shmem *info, void **link, void *fresh)
{
	bool linked = false, present;

	spin_lock(&info->lock);
	if (!*link && fresh) {
		*link = fresh;
		linked = true;
	}
	present = *link != NULL;
	spin_unlock(&info->lock);
	if (!linked)
		free_index_page(fresh);
	return present;
}

swp_entry_t *shmem_make_slot(struct shmem *info, pgoff_t index, gfp_t gfp)
{
	unsigned long at = index - SHMEM_DIRECT;
	swp_entry_t *slot = shmem_find_slot(info, index);

	if (slot)
		return slot;
	if (!info->indirect &&
	    !fill_link(info, (void **)&info->indirect, zeroed_index_page(gfp)))
		return NULL;
	if (!fill_link(info, (void **)&info->indirect[at / SHMEM_PER_PAGE],
		       zeroed_index_page(gfp)))
		return NULL;
	return shmem_find_slot(info, index);
}

swp_entry_t shmem_entry_at(struct shmem *info, pgoff_t index)
{
	swp_entry_t entry = { 0 }, *slot;

	spin_lock(&info->lock);
	slot = shmem_find_slot(info, index);
	if (slot)
		entry = *slot;
	spin_unlock(&info->lock);
	return entry;
}

void shmem_store_entry(struct shmem *info, swp_entry_t *slot, swp_entry_t entry)
{
	spin_lock(&info->lock);
	*slot = entry;
	info->swapped += entry.val ? 1 : -1ul;
	spin_unlock(&info->lock);
}

/* The first of N entries that is ENTRY, or N. */
static unsigned long find_in(const swp_entry_t *entries, unsigned long n, swp_entry_t entry)
{
	unsigned long i;

	for (i = 0; i < n && entries[i].val != entry.val; i++)
		;
	return i;
}

/* Without the lock: only the holder of sem clears entries. */
pgoff_t shmem_find_entry(struct shmem *info, swp_entry_t entry)
{
	unsigned long at = find_in(info->direct, SHMEM_DIRECT, entry);

	if (at < SHMEM_DIRECT)
		return at;
	for (unsigned long i = 0; info->indirect && i < SHMEM_PER_PAGE; i++) {
		if (!info->indirect[i])
			continue;
		at = find_in(info->indirect[i], SHMEM_PER_PAGE, entry);
		if (at < SHMEM_PER_PAGE)
			return SHMEM_DIRECT + i * SHMEM_PER_PAGE + at;
	}
	return SHMEM_MOST_PAGES;
}

/*
 * Gives up a page that is in swap, and its copy in the swap cache, for whose transfers
 * it waits.
 */
static void drop_entry(struct shmem *info, swp_entry_t *slot)
{
	swp_entry_t entry = *slot;
	struct page *page;

	if (!entry.val)
		return;
	page = lookup_swap_cache(entry);
	shmem_store_entry(info, slot, (swp_entry_t){ 0 });
	swap_free(entry);
	if (!page)
		return;
	lock_page(page);
	wait_on_page_writeback(page);
	/* Nobody maps it: the reference that is left is the swap cache's. */
	if (PageSwapCache(page) && page->index == entry.val && !swap_users(entry))
		delete_from_swap_cache_nolock(page);
	unlock_page(page);
	put_page(page);
}

static void drop_range(struct shmem *info, swp_entry_t *entries, unsigned long from,
		       unsigned long end)
{
	for (; from < end; from++)
		drop_entry(info, &entries[from]);
}

void shmem_drop_entries(struct shmem *info, pgoff_t first)
{
	unsigned long i, skip;

	drop_range(info, info->direct, first, SHMEM_DIRECT);
	if (!info->indirect)
		return;
	first -= min(first, (pgoff_t)SHMEM_DIRECT);
	skip = first % SHMEM_PER_PAGE;
	for (i = first / SHMEM_PER_PAGE; i < SHMEM_PER_PAGE; i++, skip = 0) {
		if (!info->indirect[i])
			continue;
		drop_range(info, info->indirect[i], skip, SHMEM_PER_PAGE);
		if (skip)
			continue;
		free_index_page(info->indirect[i]);
		info->indirect[i] = NULL;
	}
	if (first == 0) {
		free_index_page(info->indirect);
		info->indirect = NULL;
	}
}
