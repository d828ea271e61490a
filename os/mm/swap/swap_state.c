/*
 * The swap cache: the pages that have a slot, found by its entry (facts 2.4, 1.5, 2.2,
 * 2.9 and 5.3; lab 09).
 *
 * Owns swapper_space, a mapping like a file's; page->index is the entry. The cache holds
 * one reference on the page and one on the slot. A page enters and leaves locked, under
 * pagecache_lock, and keeps its slot until it leaves.
 */
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer.h"
#include "mm/reclaim/policy.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"

struct address_space swapper_space;

/* Reclaim's way to write a page: it starts the write and never refuses. */
static int write_swap_page(struct page *page)
{
	if (policy->writes_unlocked)
		return swap_writepage(page);
	rw_swap_page(true, page, false);
	return 0;
}

static const struct address_space_operations swap_aops = { .writepage = write_swap_page };

void swap_cache_init(void)
{
	mapping_init(&swapper_space, NULL, &swap_aops);
	/* An entry's low byte names the area; consecutive slots shall be neighbours. */
	swapper_space.pages.rotate = 8;
}

static swp_entry_t entry_of(const struct page *page)
{
	assert(PageSwapCache(page));
	return (swp_entry_t){ page->index };
}

int __add_to_swap_cache(struct page *page, swp_entry_t entry)
{
	bool was_uptodate = PageUptodate(page);
	int error;

	assert(PageLocked(page) && !PageSwapCache(page) && !page->mapping);
	ClearPageError(page);
	SetPageUptodate(page);
	SetPageSwapCache(page);
	error = __add_to_page_cache(page, &swapper_space, entry.val);
	if (error) {
		ClearPageSwapCache(page);
		if (!was_uptodate)
			ClearPageUptodate(page);
	}
	return error;
}

int add_to_swap_cache(struct page *page, swp_entry_t entry)
{
	int error = radix_preload(GFP_ATOMIC);

	if (error)
		return error;
	spin_lock(&pagecache_lock);
	error = __add_to_swap_cache(page, entry);
	spin_unlock(&pagecache_lock);
	return error;
}

/* The cache's reference on the page is the caller's afterwards. */
void __delete_from_swap_cache(struct page *page)
{
	swp_entry_t entry = entry_of(page);

	assert(PageLocked(page) && page->mapping == &swapper_space);
	ClearPageDirty(page);
	__remove_from_page_cache(page);
	ClearPageSwapCache(page);
	swapcache_free(entry);
}

/*
 * Takes the page off the LRU, too, unless it has buffers that cannot be freed now:
 * then it stays there as a page of buffers alone, and page_launder frees it.
 */
void delete_from_swap_cache_nolock(struct page *page)
{
	assert(PageLocked(page));
	if (!page->buffers || block_flushpage(page, 0))
		policy->lru_del(page);
	spin_lock(&pagecache_lock);
	__delete_from_swap_cache(page);
	spin_unlock(&pagecache_lock);
	put_page(page);
}

void delete_from_swap_cache(struct page *page)
{
	assert(PageLocked(page) && !PageWriteback(page));
	spin_lock(&pagecache_lock);
	__delete_from_swap_cache(page);
	spin_unlock(&pagecache_lock);
	put_page(page);
}

/*
 * Does anybody but the caller hold the page, through a pte or through its slot? The
 * cache's own references, and the buffers', do not count.
 */
bool is_page_shared(struct page *page)
{
	long holders = page_count(page);

	if (PageReserved(page))
		return true;
	if (PageSwapCache(page))
		holders += (long)swap_count(entry_of(page)) - 2 - (page->buffers ? 1 : 0);
	return holders > 1;
}

/* Drops a pte's reference; the cache does not keep a page that nobody else wants. */
void free_page_and_swap_cache(struct page *page)
{
	if (PageSwapCache(page) && trylock_page(page)) {
		if (policy->swap_cache_bit) {
			if (atomic_read(&page->mapcount) == 0)
				try_to_free_swap(page);
		} else if (PageSwapCache(page) && !is_page_shared(page)) {
			delete_from_swap_cache_nolock(page);
		}
		unlock_page(page);
	}
	put_page(page);
}

/* The cached page with a reference, up to date or failed; or NULL. Counts as a use. */
struct page *lookup_swap_cache(swp_entry_t entry)
{
	struct page *page = find_lock_page(&swapper_space, entry.val);

	if (page)
		unlock_page(page);	/* its lock was only for the end of a read */
	return page;
}

/* Reads a locked page from its slot and waits; who has its lock then is open. */
static void read_slot(struct page *page)
{
	if (!policy->swap_cache_bit) {
		rw_swap_page(false, page, true);
		return;
	}
	ClearPageError(page);
	swap_readpage(page);
	wait_on_page(page);
}

/*
 * A read-ahead for somebody else may have failed to read the page, and nobody has told us:
 * so whoever needs the data reads it again.
 */
int lock_swap_page(struct page *page, swp_entry_t entry)
{
	lock_page(page);
	if (PageSwapCache(page) && page->index == entry.val && !PageUptodate(page)) {
		read_slot(page);
		lock_page(page);
	}
	/* It may have left the cache while nobody had its lock. */
	if (!PageSwapCache(page) || page->index != entry.val)
		return -EAGAIN;
	return PageUptodate(page) ? 0 : -EIO;
}

/* Caches a new page for the slot, whose reference is the cache's, and starts the read. */
static int read_into(struct page *page, swp_entry_t entry, bool wait)
{
	int error;

	/* add_to_swap_cache itself may not sleep for a node; a fault shall not fail so. */
	error = radix_preload(GFP_KERNEL);
	if (error)
		return error;
	lock_page(page);	/* ours alone: does not sleep */
	error = add_to_swap_cache(page, entry);
	if (error) {
		unlock_page(page);
		return error;
	}
	rw_swap_page(false, page, wait);
	return 0;
}

static struct page *read_swap_cache24(swp_entry_t entry, bool wait)
{
	struct page *found, *fresh = NULL;
	int error;

	/* The cache's reference; it also keeps the slot from being freed meanwhile. */
	if (swapcache_prepare(entry))
		return NULL;
	found = lookup_swap_cache(entry);
	if (!found) {
		fresh = alloc_page(GFP_USER);	/* may sleep: look again */
		found = lookup_swap_cache(entry);
	}
	while (!found && fresh) {
		error = read_into(fresh, entry, wait);
		if (!error)
			return fresh;
		if (error != -EEXIST)
			break;
		found = lookup_swap_cache(entry);	/* another CPU was faster */
	}
	if (fresh)
		put_page(fresh);
	swapcache_free(entry);
	return found;
}

/* 2.6: the slot's mark is ours; the page, locked, takes its place, or gives the mark back. */
static int enter_swap_cache(struct page *page, swp_entry_t entry)
{
	int error;

	lock_page(page);	/* ours alone: does not sleep */
	SetPageSwapBacked(page);
	error = add_to_swap_cache(page, entry);
	if (error) {
		unlock_page(page);
		swapcache_free(entry);
	}
	return error;
}

/*
 * In 2.6 only one can have the slot's mark. *FRESH: a page for it, or NULL so far. 0: it is
 * in the cache; -EEXIST: somebody is about to add one; or why there is none.
 */
static int make_cached(struct page **fresh, swp_entry_t entry)
{
	int error;

	if (!*fresh)
		*fresh = alloc_page(GFP_HIGHUSER_MOVABLE);
	if (!*fresh)
		return -ENOMEM;
	error = radix_preload(GFP_KERNEL);
	if (!error)
		error = swapcache_prepare(entry);
	return error ? error : enter_swap_cache(*fresh, entry);
}

static struct page *read_swap_cache26(swp_entry_t entry, bool wait)
{
	struct page *found, *fresh = NULL;
	int error = -EEXIST;

	while (error == -EEXIST) {
		found = find_get_page(&swapper_space, entry.val);
		if (found) {
			if (fresh)
				put_page(fresh);
			return found;
		}
		error = make_cached(&fresh, entry);
		if (error == -EEXIST)
			cond_resched();
	}
	if (error) {
		if (fresh)
			put_page(fresh);
		return NULL;
	}
	ClearPageUptodate(fresh);
	swap_readpage(fresh);
	if (wait)
		wait_on_page(fresh);
	return fresh;
}

struct page *read_swap_cache_async(swp_entry_t entry, bool wait)
{
	return policy->swap_cache_bit ? read_swap_cache26(entry, wait)
				      : read_swap_cache24(entry, wait);
}
