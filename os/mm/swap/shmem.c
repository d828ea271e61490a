/*
 * Shared memory segments: where a page is, in the page cache, in swap, or nowhere yet;
 * its ways from one to the other (facts 2.4, 5.5). Anonymous shared mappings and the
 * files of tmpfs are made of them.
 *
 * Owns the list of segments. A page is never in the segment's cache and in its index
 * (shmem_index.c) at once for anybody who holds the page's lock: the entry is stored
 * as the page moves to the swap cache, and cleared while the page, locked, is in neither.
 *
 * Locks: sem makes look-ups one at a time; a page lock comes after it. page_launder
 * holds a page lock when it calls shmem_writepage, which therefore takes no sem.
 */
#include "mm/swap/shmem_internal.h"
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/policy.h"
#include "mm/vm/vm_internal.h"

/* Every segment, for swapoff and for /proc. */
static struct mutex segments_mutex = MUTEX_INIT(segments_mutex);
static LIST_HEAD(segments);

const struct address_space_operations shmem_aops = { .writepage = shmem_writepage };

int shmem_init(struct shmem *info, unsigned long pages, struct inode *inode,
	       struct shmem_limits *limits)
{
	if (pages > SHMEM_MOST_PAGES)
		return -EFBIG;
	memset(info, 0, sizeof(*info));
	mapping_init(&info->mapping, NULL, &shmem_aops);
	mutex_init(&info->sem, "shmem");
	spin_init(&info->lock, "shmem", RANK_SWAP_LIST);
	info->pages = pages;
	info->inode = inode;
	info->limits = limits;
	mutex_lock(&segments_mutex);
	list_add_tail(&info->link, &segments);
	mutex_unlock(&segments_mutex);
	return 0;
}

void shmem_forget(struct shmem *info)
{
	mutex_lock(&segments_mutex);
	list_del(&info->link);
	mutex_unlock(&segments_mutex);
}

/* A mapping's segment is promised as a whole, a file of tmpfs page by page. */
unsigned long shmem_committed_pages(void)
{
	const struct shmem *info;
	unsigned long pages = 0;

	mutex_lock(&segments_mutex);
	list_for_each(info, &segments, link)
		pages += info->inode ? info->mapping.nrpages + info->swapped : info->pages;
	mutex_unlock(&segments_mutex);
	return pages;
}

/*
 * Moves the page to the swap cache and notes its slot in the segment, in one step: whoever
 * finds the entry finds the page, and never reads the slot, which was not written yet.
 * Needs preloaded nodes. False, and nothing has changed, if
 *
 * - somebody but the cache and our caller uses the page: in the original such a user
 *   could map it for good while it belongs to swap, and later writes would be lost;
 * - the swap cache has a page for the slot: 2.4 reads ahead what others may hold there.
 */
static bool segment_to_swap(struct shmem *info, struct page *page, swp_entry_t *slot,
			    swp_entry_t entry)
{
	bool movable;
	int error;

	spin_lock(&pagecache_lock);
	movable = page_count(page) == 2 && !__find_page_quiet(&swapper_space, entry.val);
	if (movable) {
		shmem_store_entry(info, slot, entry);
		policy->lru_del(page);
		__remove_from_page_cache(page);
		error = __add_to_swap_cache(page, entry);
		assert(!error);
		if (policy->swap_cache_bit)
			swap_shmem_alloc(entry);
		put_page(page);		/* the segment's reference */
	}
	spin_unlock(&pagecache_lock);
	return movable;
}

static void give_slot_back(swp_entry_t entry)
{
	if (!policy->swap_cache_bit)
		swap_free(entry);
	swapcache_free(entry);
}

/* 2.6's reclaimer has taken the dirty bit already, and expects it back. */
static int refused(struct page *page)
{
	if (policy->writes_unlocked)
		SetPageDirty(page);
	return 1;
}

int shmem_writepage(struct page *page)
{
	struct shmem *info = container_of(page->mapping, struct shmem, mapping);
	swp_entry_t *slot, entry;

	assert(PageLocked(page));
	/* What the move to the swap cache will need comes first: it must not fail. */
	if (info->locked || radix_preload(GFP_ATOMIC) != 0)
		return refused(page);
	slot = shmem_make_slot(info, page->index, GFP_ATOMIC);
	entry = slot ? get_shared_swap_page() : (swp_entry_t){ 0 };
	if (!entry.val)
		return refused(page);
	if (slot->val) {
		give_slot_back(entry);
		unlock_page(page);
		return -EAGAIN;
	}
	if (!segment_to_swap(info, page, slot, entry)) {
		give_slot_back(entry);
		return refused(page);
	}
	/* Its dirty bit is taken already; PG_reclaim, if set, stays: it is the next to go. */
	if (policy->writes_unlocked)
		return swap_writepage(page);
	/* 2.4 leaves the write to another visit. */
	set_page_dirty(page);
	unlock_page(page);
	return 0;
}

/* Puts a locked page that is in no cache into the segment. May sleep. */
static void enter_segment(struct shmem *info, struct page *page, pgoff_t index)
{
	int error;

	do {
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
	swp_entry_t *slot = shmem_find_slot(info, index);

	/* The slot may be another page's at once, and a write to it must not come late. */
	wait_on_page_writeback(page);
	delete_from_swap_cache_nolock(page);
	swap_free(entry);
	shmem_store_entry(info, slot, (swp_entry_t){ 0 });
	enter_segment(info, page, index);
	SetPageDirty(page);	/* not through the mapping's list: no sync wants it */
}

/* The page of the slot ENTRY, read and moved back; sem held. */
static struct page *shmem_swapin(struct shmem *info, pgoff_t index, swp_entry_t entry,
				 bool *major)
{
	for (;;) {
		struct page *page = lookup_swap_cache(entry);
		int error;

		if (!page) {
			*major = true;
			swapin_readahead(entry);
			page = read_swap_cache_async(entry, true);
		}
		if (!page)
			return ERR_PTR(-ENOMEM);
		error = lock_swap_page(page, entry);
		if (!error) {
			swap_to_segment(info, page, index, entry);
			unlock_page(page);
			return page;
		}
		unlock_page(page);
		put_page(page);
		if (error != -EAGAIN)
			return ERR_PTR(error);
		/* It was reclaimed before we had its lock. */
	}
}

/*
 * A page of zeros where there was none. The original loses the block if there is no
 * memory for the page (Q35); here the file gets it back.
 */
static struct page *new_page(struct shmem *info, pgoff_t index)
{
	int error = shmem_take_block(info);
	struct page *page;

	if (error)
		return ERR_PTR(error);
	page = alloc_page(GFP_HIGHUSER_MOVABLE);
	if (!page) {
		shmem_give_blocks(info, 1);
		return ERR_PTR(-ENOMEM);
	}
	clear_page(kmap(page));
	kunmap(page);
	lock_page(page);
	if (policy->swap_cache_bit)
		SetPageSwapBacked(page);
	enter_segment(info, page, index);
	SetPageUptodate(page);
	unlock_page(page);
	return page;
}

/* As shmem_getpage, with sem held. */
static struct page *get_locked(struct shmem *info, pgoff_t index, enum shmem_use use,
			       bool *major)
{
	struct page *page;
	swp_entry_t entry;

	if (use == SHMEM_FAULT && index >= info->pages)
		return ERR_PTR(-EFAULT);
	page = find_lock_page(&info->mapping, index);
	if (page) {
		unlock_page(page);
		return page;
	}
	entry = shmem_entry_at(info, index);
	if (entry.val)
		return shmem_swapin(info, index, entry, major);
	if (use == SHMEM_READ)
		return NULL;
	/* An entry needs its place; later, under memory pressure, there may be none. */
	if (!shmem_make_slot(info, index, GFP_KERNEL))
		return ERR_PTR(-ENOMEM);
	return new_page(info, index);
}

struct page *shmem_getpage(struct shmem *info, pgoff_t index, enum shmem_use use, bool *major)
{
	struct page *page;

	if (index >= SHMEM_MOST_PAGES)
		return ERR_PTR(-EFBIG);
	mutex_lock(&info->sem);
	page = get_locked(info, index, use, major);
	mutex_unlock(&info->sem);
	return page;
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
		index = shmem_find_entry(info, entry);
		if (index < SHMEM_MOST_PAGES) {
			page = shmem_swapin(info, index, entry, &major);
			if (IS_ERR(page))
				error = (int)PTR_ERR(page);
			else
				put_page(page);
		}
		mutex_unlock(&info->sem);
		if (index < SHMEM_MOST_PAGES)
			break;
	}
	mutex_unlock(&segments_mutex);
	return error;
}

static struct page *shmem_nopage(struct vm_area *area, pgoff_t index, bool *major)
{
	struct shmem *info = container_of(area_mapping(area), struct shmem, mapping);

	return shmem_getpage(info, index, SHMEM_FAULT, major);
}

const struct vm_operations shmem_vm_ops = { .nopage = shmem_nopage };
