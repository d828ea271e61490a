/*
 * Shared memory segments: where a page is, in the page cache, in swap, or nowhere yet
 * (facts 2.4, 5.5).
 *
 * Owns the index of each segment: the swap entry of each page that is not in memory.
 * A page is never in the segment's cache and in its index at once for anybody who
 * holds the page's lock: the entry is stored before the page leaves the cache, and
 * cleared while the page, locked, is in neither cache.
 *
 * Locks: sem makes look-ups one at a time; a page lock comes after it. page_launder
 * holds a page lock when it calls shmem_writepage, which therefore takes no sem.
 */
#include "mm/swap/shmem.h"
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/policy.h"
#include "mm/vm/vm.h"

#define PER_PAGE	(PAGE_SIZE / sizeof(swp_entry_t))

/* Every segment, for swapoff. */
static struct mutex segments_mutex = MUTEX_INIT(segments_mutex);
static LIST_HEAD(segments);

const struct address_space_operations shmem_aops = { .writepage = shmem_writepage };

int shmem_init(struct shmem *info, unsigned long pages)
{
	if (pages > SHMEM_DIRECT + PER_PAGE * PER_PAGE)
		return -EFBIG;
	memset(info, 0, sizeof(*info));
	mapping_init(&info->mapping, NULL, &shmem_aops);
	mutex_init(&info->sem, "shmem");
	spin_init(&info->lock, "shmem", RANK_SWAP_LIST);
	info->pages = pages;
	mutex_lock(&segments_mutex);
	list_add_tail(&info->link, &segments);
	mutex_unlock(&segments_mutex);
	return 0;
}

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

/* The index's place for a page, or NULL if no entry was ever stored near it. */
static swp_entry_t *find_slot(struct shmem *info, pgoff_t index)
{
	swp_entry_t *entries;

	if (index < SHMEM_DIRECT)
		return &info->direct[index];
	if (!info->indirect)
		return NULL;
	index -= SHMEM_DIRECT;
	entries = info->indirect[index / PER_PAGE];
	return entries ? &entries[index % PER_PAGE] : NULL;
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

/* find_slot, making the pages of the index that are missing; NULL without memory. */
static swp_entry_t *make_slot(struct shmem *info, pgoff_t index, gfp_t gfp)
{
	unsigned long at = index - SHMEM_DIRECT;
	swp_entry_t *slot = find_slot(info, index);

	if (slot)
		return slot;
	if (!info->indirect &&
	    !fill_link(info, (void **)&info->indirect, zeroed_index_page(gfp)))
		return NULL;
	if (!fill_link(info, (void **)&info->indirect[at / PER_PAGE], zeroed_index_page(gfp)))
		return NULL;
	return find_slot(info, index);
}

static swp_entry_t entry_at(struct shmem *info, pgoff_t index)
{
	swp_entry_t entry = { 0 }, *slot;

	spin_lock(&info->lock);
	slot = find_slot(info, index);
	if (slot)
		entry = *slot;
	spin_unlock(&info->lock);
	return entry;
}

static void store_entry(struct shmem *info, swp_entry_t *slot, swp_entry_t entry)
{
	spin_lock(&info->lock);
	*slot = entry;
	info->swapped += entry.val ? 1 : -1ul;
	spin_unlock(&info->lock);
}

/*
 * Takes the page out of the segment and notes its slot, unless somebody but the cache
 * and our caller uses it: in the original such a user could map the page for good
 * while it belongs to swap, and later writes would be lost.
 */
static bool leave_segment(struct shmem *info, struct page *page, swp_entry_t *slot,
			  swp_entry_t entry)
{
	bool unused;

	spin_lock(&pagecache_lock);
	unused = page_count(page) == 2;
	if (unused) {
		store_entry(info, slot, entry);
		policy->lru_del(page);
		__remove_from_page_cache(page);
	}
	spin_unlock(&pagecache_lock);
	return unused;
}

int shmem_writepage(struct page *page)
{
	struct shmem *info = container_of(page->mapping, struct shmem, mapping);
	swp_entry_t *slot, entry;
	int error;

	assert(PageLocked(page));
	/* What the move to the swap cache will need comes first: it must not fail. */
	if (info->locked || radix_preload(GFP_ATOMIC) != 0)
		return 1;
	slot = make_slot(info, page->index, GFP_ATOMIC);
	entry = slot ? __get_swap_page(2) : (swp_entry_t){ 0 };
	if (!entry.val)
		return 1;
	if (slot->val) {
		__swap_free(entry, 2);
		unlock_page(page);
		return -EAGAIN;
	}
	if (!leave_segment(info, page, slot, entry)) {
		__swap_free(entry, 2);
		return 1;
	}
	error = add_to_swap_cache(page, entry);
	assert(!error);
	put_page(page);		/* the segment's reference */
	set_page_dirty(page);
	unlock_page(page);
	return 0;
}

/* Puts a locked page that is in no cache into the segment. Preloading may sleep. */
static void enter_segment(struct shmem *info, struct page *page, pgoff_t index)
{
	int error;

	do {
		radix_preload(GFP_KERNEL);
		error = add_to_page_cache_locked(page, &info->mapping, index);
	} while (error == -ENOMEM);
	assert(!error);		/* sem keeps others from filling the place */
}

/*
 * Moves a page of the swap cache back into the segment; both are the caller's, and the
 * page is locked. It is dirty from now on: its copy on disk is given up.
 */
static void swap_to_segment(struct shmem *info, struct page *page, pgoff_t index,
			    swp_entry_t entry)
{
	swp_entry_t *slot = find_slot(info, index);

	delete_from_swap_cache_nolock(page);
	swap_free(entry);
	store_entry(info, slot, (swp_entry_t){ 0 });
	enter_segment(info, page, index);
	SetPageDirty(page);	/* not through the mapping's list: no sync wants it */
}

/* The page of the slot ENTRY, read and moved back; sem held. */
static struct page *swap_in(struct shmem *info, pgoff_t index, swp_entry_t entry, bool *major)
{
	for (;;) {
		struct page *page = lookup_swap_cache(entry);

		if (!page) {
			*major = true;
			page = read_swap_cache_async(entry, true);
		}
		if (!page)
			return ERR_PTR(-ENOMEM);
		lock_page(page);
		if (PageSwapCache(page) && page->index == entry.val) {
			if (!PageUptodate(page)) {
				unlock_page(page);
				put_page(page);
				return ERR_PTR(-EIO);
			}
			swap_to_segment(info, page, index, entry);
			unlock_page(page);
			return page;
		}
		/* It was reclaimed before we had its lock. */
		unlock_page(page);
		put_page(page);
	}
}

static struct page *zero_page_for(struct shmem *info, pgoff_t index)
{
	struct page *page = alloc_page(GFP_HIGHUSER_MOVABLE);

	if (!page)
		return ERR_PTR(-ENOMEM);
	clear_page(kmap(page));
	kunmap(page);
	lock_page(page);
	enter_segment(info, page, index);
	SetPageUptodate(page);
	unlock_page(page);
	return page;
}

/* As shmem_getpage, with sem held and INDEX in range. */
static struct page *get_locked(struct shmem *info, pgoff_t index, bool *major)
{
	struct page *page = find_lock_page(&info->mapping, index);
	swp_entry_t entry;

	if (page) {
		unlock_page(page);
		return page;
	}
	/* An entry needs its place; later, under memory pressure, there may be none. */
	if (!make_slot(info, index, GFP_KERNEL))
		return ERR_PTR(-ENOMEM);
	entry = entry_at(info, index);
	if (entry.val)
		return swap_in(info, index, entry, major);
	return zero_page_for(info, index);
}

struct page *shmem_getpage(struct shmem *info, pgoff_t index, bool *major)
{
	struct page *page;

	if (index >= info->pages)
		return ERR_PTR(-EFAULT);
	mutex_lock(&info->sem);
	page = get_locked(info, index, major);
	mutex_unlock(&info->sem);
	return page;
}

/* The index at which ENTRY is stored, or info->pages. Unlocked: only sem's holder clears. */
static pgoff_t find_entry(struct shmem *info, swp_entry_t entry)
{
	for (pgoff_t index = 0; index < info->pages; index++) {
		swp_entry_t *slot = find_slot(info, index);

		if (!slot)
			index += PER_PAGE - 1 - (index - SHMEM_DIRECT) % PER_PAGE;
		else if (slot->val == entry.val)
			return index;
	}
	return info->pages;
}

int shmem_unuse(swp_entry_t entry)
{
	struct shmem *info;
	int error = 0;
	bool major;

	mutex_lock(&segments_mutex);
	list_for_each(info, &segments, link) {
		struct page *page;
		pgoff_t index;

		if (info->swapped == 0)
			continue;
		mutex_lock(&info->sem);
		index = find_entry(info, entry);
		if (index < info->pages) {
			page = swap_in(info, index, entry, &major);
			if (IS_ERR(page))
				error = (int)PTR_ERR(page);
			else
				put_page(page);
		}
		mutex_unlock(&info->sem);
		if (index < info->pages)
			break;
	}
	mutex_unlock(&segments_mutex);
	return error;
}

/* Gives up a page that is in swap, and its copy in the swap cache. */
static void drop_entry(struct shmem *info, swp_entry_t *slot)
{
	swp_entry_t entry = *slot;
	struct page *page;

	if (!entry.val)
		return;
	page = lookup_swap_cache(entry);
	store_entry(info, slot, (swp_entry_t){ 0 });
	swap_free(entry);
	if (page)
		free_page_and_swap_cache(page);
}

void shmem_destroy(struct shmem *info)
{
	mutex_lock(&segments_mutex);
	list_del(&info->link);
	mutex_unlock(&segments_mutex);

	/* page_launder may move a page to swap until the last one has left the cache. */
	truncate_inode_pages(&info->mapping, 0);
	for (unsigned i = 0; i < SHMEM_DIRECT; i++)
		drop_entry(info, &info->direct[i]);
	for (unsigned i = 0; info->indirect && i < PER_PAGE; i++) {
		swp_entry_t *entries = info->indirect[i];

		for (unsigned j = 0; entries && j < PER_PAGE; j++)
			drop_entry(info, &entries[j]);
		free_index_page(entries);
	}
	free_index_page(info->indirect);
}

static struct page *shmem_nopage(struct vm_area *area, unsigned long address, bool *major)
{
	struct shmem *info = container_of(shmem_file_mapping(area->file), struct shmem,
					  mapping);
	pgoff_t index = area->pgoff + ((address - area->start) >> PAGE_SHIFT);

	return shmem_getpage(info, index, major);
}

const struct vm_operations shmem_vm_ops = { .nopage = shmem_nopage };
