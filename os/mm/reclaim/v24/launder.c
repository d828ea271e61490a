/*
 * Page laundering: empties inactive_dirty. Clean pages move on to inactive_clean,
 * used ones go back to active, and dirty ones are written when memory is short
 * (facts 2.4, 2.5; lab 08).
 *
 * Owns nothing; walks inactive_dirty_list from its tail under lru_lock, which it
 * drops around I/O. A page is locked, or on no list, while the lock is dropped.
 *
 * Two passes. The first takes what costs nothing. The second, for callers that may do
 * I/O while memory is still short, writes dirty pages, and buffers up to a limit.
 */
#include "lib/printk.h"
#include "mm/cache/buffer.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"

/* Buffer pages that the second pass writes without waiting: 4 swap clusters. */
#define MAX_LAUNDER	(4 << page_cluster)

struct laundry {
	bool writing;		/* the second pass */
	bool sync;		/* may wait for buffers when the quota is used up */
	int maxlaunder;		/* buffer pages left in the quota */
	int cleaned;		/* pages that became clean or free */
};

/* What one page's turn means for the pass. */
enum verdict { GO_ON, STOP };

static void back_to_active(struct page *page)
{
	del_page_from_inactive_dirty_list(page);
	add_page_to_active_list(page, BY_page_launder);
	unlock_page(page);
}

/* Somebody has used the page since it came here, or it can never leave memory. */
static bool still_in_use(struct page *page)
{
	if (PageTestandClearReferenced(page) || page->age > 0)
		return true;
	return page->buffers ? page_ramdisk_buffer(page) : page_count(page) > 1;
}

/*
 * Writes a dirty page through its mapping, with lru_lock dropped. The page stays at
 * the tail and is looked at again, which costs a second turn (Q5).
 */
static void write_page(struct page *page)
{
	int refused;

	ClearPageDirty(page);
	page_note(page, EV_CLEAN, BY_page_launder);
	get_page(page);
	spin_unlock(&lru_lock);

	count_vm(VM_pgwrite);
	refused = page->mapping->ops->writepage(page) == 1;
	/*
	 * The original marks a refused page dirty under lru_lock, against the lock order
	 * (Q8), and moves it without another look at its list (Q9). We do neither.
	 */
	if (refused)
		set_page_dirty(page);
	put_page(page);

	spin_lock(&lru_lock);
	if (!refused)
		return;
	if (PageInactiveDirty(page))
		back_to_active(page);
	else
		unlock_page(page);
}

/*
 * How long to wait for a page's buffers, as try_to_free_buffers counts. The quota is
 * tested for exactly 0 and, without `sync`, counts on below it (Q7).
 */
static int buffer_wait(struct laundry *laundry)
{
	if (!laundry->writing)
		return 0;
	if (laundry->maxlaunder == 0 && laundry->sync)
		return 2;
	return laundry->maxlaunder-- > 0 ? 1 : 0;
}

/*
 * Frees a locked page's buffers if they let it. A page without a mapping is then gone
 * from every cache, and its last reference frees it.
 */
static enum verdict free_buffers(struct laundry *laundry, struct page *page)
{
	bool was_freed = false;
	int freed;

	del_page_from_inactive_dirty_list(page);
	page_move(page, STATE_ISOLATED, BY_page_launder);
	get_page(page);
	spin_unlock(&lru_lock);

	freed = try_to_free_buffers(page, buffer_wait(laundry));

	spin_lock(&lru_lock);
	if (!freed) {
		add_page_to_inactive_dirty_list(page, BY_page_launder);
	} else if (!page->mapping) {
		__atomic_fetch_sub(&buffermem_pages, 1, __ATOMIC_RELAXED);
		page_move(page, STATE_KERNEL, BY_page_launder);
		was_freed = true;
		laundry->cleaned++;
	} else if (page_count(page) > 2) {
		add_page_to_active_list(page, BY_page_launder);
	} else {
		add_page_to_inactive_clean_list(page, BY_page_launder);
		laundry->cleaned++;
	}
	unlock_page(page);
	put_page(page);
	return was_freed && !free_shortage() ? STOP : GO_ON;
}

static enum verdict launder(struct laundry *laundry, struct page *page)
{
	if (still_in_use(page)) {
		del_page_from_inactive_dirty_list(page);
		add_page_to_active_list(page, BY_page_launder);
		return GO_ON;
	}
	if (!trylock_page(page)) {
		rotate_page(page, BY_page_launder);
		return GO_ON;
	}
	if (PageDirty(page)) {
		/* A dirty page without a mapping would crash the original (Q42). */
		if (!page->mapping || !page->mapping->ops->writepage) {
			back_to_active(page);
		} else if (!laundry->writing) {
			rotate_page(page, BY_page_launder);
			unlock_page(page);
		} else {
			write_page(page);
		}
		return GO_ON;
	}
	if (page->buffers)
		return free_buffers(laundry, page);
	if (page->mapping) {
		del_page_from_inactive_dirty_list(page);
		add_page_to_inactive_clean_list(page, BY_page_launder);
		unlock_page(page);
		laundry->cleaned++;
		return GO_ON;
	}
	/* Clean, in no cache, without buffers: it goes round for ever (Q11). */
	back_to_active(page);
	return GO_ON;
}

static void launder_pass(struct laundry *laundry)
{
	unsigned long budget;

	spin_lock(&lru_lock);
	budget = nr_inactive_dirty_pages;
	note(EV_SCAN_BEGIN, (unsigned)budget, BY_page_launder);
	for (; budget > 0 && !list_empty(&inactive_dirty_list); budget--) {
		count_vm(VM_pgscan);
		if (launder(laundry, list_last(&inactive_dirty_list, struct page, lru)) == STOP)
			break;
	}
	note(EV_SCAN_END, (unsigned)laundry->cleaned, BY_page_launder);
	spin_unlock(&lru_lock);
}

/* Returns how many pages became clean or free. With SYNC it may wait for disks. */
int page_launder(gfp_t gfp, bool sync)
{
	struct laundry laundry = { .sync = sync };

	launder_pass(&laundry);
	if ((gfp & __GFP_IO) && free_shortage()) {
		if (laundry.cleaned > 0)
			laundry.sync = false;
		laundry.writing = true;
		laundry.maxlaunder = MAX_LAUNDER;
		wakeup_bdflush(false);
		launder_pass(&laundry);
	}
	count_vm_many(VM_pglaunder, (unsigned long)laundry.cleaned);
	return laundry.cleaned;
}
