/*
 * What becomes of each page that a scanner has isolated: freed, written, activated, or
 * kept for another time (facts 2.6, 5.7 and 5.8; lab 12).
 *
 * Owns nothing. Each page has the scanner's reference, is on no list, and is locked here.
 *
 *	in use?       -> active
 *	anonymous     -> gets a slot
 *	mapped        -> unmapped
 *	dirty         -> written, if this reclaimer may
 *	has buffers   -> loses them
 *	nobody left   -> freed
 */
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"

/* Even kswapd leaves dirty file pages to the flusher until it becomes urgent. */
#define WRITE_PRIORITY	(DEF_PRIORITY - 2)

/* What a pass decides about one page. */
enum verdict {
	GO_ON,		/* not decided yet */
	FREED,		/* no reference is left: give the frame back */
	FORGET,		/* its last user will free it */
	KEEP,		/* back to the inactive list */
	KEEP_MODE,	/* the same, and nothing speaks against waiting for it */
	ACTIVATE,
	CULL,		/* it must not be reclaimed at all */
};

struct pass {
	struct zone *zone;
	struct scan_control *sc;
	unsigned priority;
	unsigned long nr_congested;
	/* of the page at hand */
	bool locked;
	bool may_enter_fs;
	bool only_clean;	/* used a little: not worth a write */
};

/* ---- has it been used? (facts 2.6, 5.7) ---- */

enum references { PAGEREF_RECLAIM, PAGEREF_RECLAIM_CLEAN, PAGEREF_KEEP, PAGEREF_ACTIVATE };

static enum references page_check_references(struct page *page, const struct scan_control *sc)
{
	unsigned vm_flags;
	unsigned ptes = page_referenced(page, true, &vm_flags);
	bool referenced = PageTestandClearReferenced(page);

	if (sc->lumpy)
		return PAGEREF_RECLAIM;
	/* try_to_unmap will find the lock and send it to the unevictable list. */
	if (vm_flags & VM_LOCKED)
		return PAGEREF_RECLAIM;
	if (ptes) {
		if (PageAnon(page))
			return PAGEREF_ACTIVATE;
		/* A file page that is used once is kept, to see whether it is used again. */
		SetPageReferenced(page);
		if (referenced || ptes > 1 || vm_flags & VM_EXEC)
			return PAGEREF_ACTIVATE;
		return PAGEREF_KEEP;
	}
	if (referenced && !PageSwapBacked(page))
		return PAGEREF_RECLAIM_CLEAN;
	return PAGEREF_RECLAIM;
}

/* ---- the steps ---- */

static enum verdict wait_for_write(struct page *page, struct pass *pass)
{
	if (!PageWriteback(page))
		return GO_ON;
	pass->sc->nr_writeback++;
	if (!pass->sc->sync || !pass->may_enter_fs)
		return KEEP_MODE;
	wait_on_page_writeback(page);
	return GO_ON;
}

static enum verdict judge_use(struct page *page, struct pass *pass)
{
	enum references references = page_check_references(page, pass->sc);

	pass->only_clean = references == PAGEREF_RECLAIM_CLEAN;
	if (references == PAGEREF_ACTIVATE)
		return ACTIVATE;
	return references == PAGEREF_KEEP ? KEEP : GO_ON;
}

static enum verdict give_slot(struct page *page, struct pass *pass)
{
	if (!PageAnon(page) || PageSwapCache(page))
		return GO_ON;
	if (!(pass->sc->gfp & __GFP_IO))
		return KEEP;
	if (!add_to_swap(page))
		return ACTIVATE;
	pass->may_enter_fs = true;	/* the swap disk is no file system */
	return GO_ON;
}

static enum verdict unmap(struct page *page)
{
	if (atomic_read(&page->mapcount) == 0 || !page->mapping)
		return GO_ON;
	switch (try_to_unmap(page)) {
	case SWAP_FAIL:
		return ACTIVATE;
	case SWAP_AGAIN:
		return KEEP;
	case SWAP_MLOCK:
		return CULL;
	case SWAP_SUCCESS:
		break;
	}
	return GO_ON;
}

/* After a write that was started: is the page clean, and ours again, already? */
static enum verdict after_pageout(struct page *page, struct pass *pass)
{
	pass->locked = false;
	if (PageWriteback(page))
		return KEEP_MODE;
	if (PageDirty(page) || !trylock_page(page))
		return KEEP;
	pass->locked = true;
	return PageDirty(page) || PageWriteback(page) ? KEEP : GO_ON;
}

static enum verdict write_dirty(struct page *page, struct pass *pass)
{
	struct scan_control *sc = pass->sc;

	if (!PageDirty(page))
		return GO_ON;
	sc->nr_dirty++;
	if (page_is_file_cache(page) &&
	    (!(current->flags & PF_KSWAPD) || pass->priority >= WRITE_PRIORITY)) {
		/* The end of its write will send it to the tail. */
		page_stat_add(page, STAT_nr_vmscan_immediate_reclaim, 1);
		SetPageReclaim(page);
		return KEEP;
	}
	if (pass->only_clean || !pass->may_enter_fs || !sc->may_writepage)
		return KEEP;

	switch (pageout(page, sc)) {
	case PAGE_KEEP:
		pass->nr_congested++;
		return KEEP;
	case PAGE_ACTIVATE:
		return ACTIVATE;
	case PAGE_SUCCESS:
		return after_pageout(page, pass);
	case PAGE_CLEAN:
		break;
	}
	return GO_ON;
}

static enum verdict drop_buffers_of(struct page *page, struct pass *pass)
{
	if (!page->buffers)
		return GO_ON;
	if (!try_to_release_page(page))
		return ACTIVATE;
	/* A page that only its buffers held (facts 2.6, section 16). */
	if (!page->mapping && page_count(page) == 1) {
		unlock_page(page);
		pass->locked = false;
		return atomic_dec_and_test(&page->count) ? FREED : FORGET;
	}
	return GO_ON;
}

static enum verdict let_go(struct page *page, struct pass *pass)
{
	if (!page->mapping || !__remove_mapping(page))
		return KEEP;
	unlock_page(page);
	pass->locked = false;
	return FREED;
}

static enum verdict shrink_page(struct page *page, struct pass *pass)
{
	struct scan_control *sc = pass->sc;
	bool mapped = atomic_read(&page->mapcount) > 0;
	enum verdict verdict;

	pass->locked = trylock_page(page);
	if (!pass->locked)
		return KEEP;
	sc->nr_scanned++;
	if (!page_evictable(page))
		return CULL;
	if (!sc->may_unmap && mapped)
		return KEEP;
	/* Such a page takes twice the work, and slab caches shrink in proportion to that. */
	if (mapped || PageSwapCache(page))
		sc->nr_scanned++;
	pass->may_enter_fs = sc->gfp & __GFP_FS ||
		(PageSwapCache(page) && sc->gfp & __GFP_IO);

	verdict = wait_for_write(page, pass);
	if (verdict == GO_ON)
		verdict = judge_use(page, pass);
	if (verdict == GO_ON)
		verdict = give_slot(page, pass);
	if (verdict == GO_ON)
		verdict = unmap(page);
	if (verdict == GO_ON)
		verdict = write_dirty(page, pass);
	if (verdict == GO_ON)
		verdict = drop_buffers_of(page, pass);
	if (verdict == GO_ON)
		verdict = let_go(page, pass);
	return verdict;
}

/* ---- the pass ---- */

static void activate(struct page *page)
{
	/* A page that stays in use had better give its slot to one that does not. */
	if (PageSwapCache(page) && vm_swap_full())
		try_to_free_swap(page);
	assert(!PageActive(page));
	SetPageActive(page);
	count_vm(VM_pgactivate);
}

static void cull(struct page *page)
{
	if (PageSwapCache(page))
		try_to_free_swap(page);
	unlock_page(page);
	putback_lru_page(page);
}

/* Freed pages are cold; the latest goes first. */
static void free_pages_of(struct list_head *freed)
{
	struct page *page, *next;

	list_for_each_safe(page, next, freed, lru) {
		list_del(&page->lru);
		free_isolated_page(page);
	}
}

unsigned long shrink_page_list(struct list_head *pages, struct zone *zone,
			       struct scan_control *sc, unsigned priority)
{
	struct pass pass = { .zone = zone, .sc = sc, .priority = priority };
	struct list_head kept = LIST_HEAD_INIT(kept), freed = LIST_HEAD_INIT(freed);
	unsigned long nr_reclaimed = 0;

	sc->nr_dirty = 0;
	sc->nr_writeback = 0;
	while (!list_empty(pages)) {
		struct page *page = list_first(pages, struct page, lru);
		enum verdict verdict;

		cond_resched();
		list_del(&page->lru);
		verdict = shrink_page(page, &pass);
		switch (verdict) {
		case FREED:
			list_add(&page->lru, &freed);
			nr_reclaimed++;
			continue;
		case FORGET:
			nr_reclaimed++;
			continue;
		case CULL:
			cull(page);
			reset_reclaim_mode(sc);
			continue;
		case ACTIVATE:
			activate(page);
			reset_reclaim_mode(sc);
			break;
		case KEEP:
			reset_reclaim_mode(sc);
			break;
		case KEEP_MODE:
		case GO_ON:
			break;
		}
		if (pass.locked)
			unlock_page(page);
		list_add_tail(&page->lru, &kept);
	}

	/* Every dirty page met a busy disk: who waits for this zone should slow down. */
	if (sc->nr_dirty && sc->nr_dirty == pass.nr_congested)
		zone->congested = true;
	free_pages_of(&freed);
	list_splice(&kept, pages);
	return nr_reclaimed;
}
