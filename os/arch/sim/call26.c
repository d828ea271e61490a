/*
 * Policy 2.6: calls that work on one page, one mark or one swap slot (B15, B16).
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/era26.h"
#include "mm/alloc/alloc26.h"
#include "mm/swap/swap.h"

static void result_yes(char *result, bool yes)
{
	strcpy(result, yes ? "yes" : "no");
}

static void call_putback_lru_page(struct statement *s, char *result)
{
	struct page *page = need_page_name(s, false)->page;

	end_of_statement(s);
	if (PageLRU(page))
		fail("%s is on a list, expected a page that was isolated", page_text(page));
	frame_held(page, -1);
	putback_lru_page(page);
	strcpy(result, "none");
}

static void call_isolate_lru_page(struct statement *s, char *result)
{
	struct page *page = need_page_name(s, false)->page;
	bool isolated;

	end_of_statement(s);
	isolated = isolate_lru_page(page) == 0;
	frame_held(page, isolated);
	result_yes(result, isolated);
}

static void call_page_evictable(struct statement *s, char *result)
{
	struct page *page = need_page_name(s, false)->page;

	end_of_statement(s);
	result_yes(result, page_evictable(page));
}

static void call_page_referenced(struct statement *s, char *result)
{
	struct page *page = need_page_name(s, false)->page;
	unsigned vm_flags;

	end_of_statement(s);
	result_number(result, page_referenced(page, false, &vm_flags));
}

/* Works on the page with its lock, which a scenario's page may or may not have. */
static void with_lock(struct page *page, void (*function)(struct page *page))
{
	bool locked_here = trylock_page(page);

	function(page);
	if (locked_here)
		unlock_page(page);
}

static void mlock(struct page *page)
{
	with_lock(page, mlock_vma_page);
}

static void munlock(struct page *page)
{
	with_lock(page, munlock_vma_page);
}

static void clear_mlock(struct page *page)
{
	with_lock(page, clear_page_mlock);
}

static void call_try_to_unmap(struct statement *s, char *result)
{
	static const char *const results[] = {
		[SWAP_SUCCESS] = "success", [SWAP_AGAIN] = "again", [SWAP_FAIL] = "fail",
		[SWAP_MLOCK] = "mlock",
	};
	struct page *page = need_page_name(s, false)->page;
	bool locked_here = trylock_page(page);

	end_of_statement(s);
	strcpy(result, results[try_to_unmap(page)]);
	if (locked_here)
		unlock_page(page);
}

/* As who drops a page from its file by name has it: locked, with a reference of his own. */
static void call_remove_mapping(struct statement *s, char *result)
{
	struct page *page = need_page_name(s, false)->page;
	bool locked_here = trylock_page(page);

	end_of_statement(s);
	if (!page->mapping || page->buffers)
		fail("%s is in no cache, or has buffers, expected a page in a cache without",
		     page_text(page));
	get_page(page);
	result_yes(result, remove_mapping(page));
	if (locked_here)
		unlock_page(page);
	put_page(page);
}

static void call_lru_add_drain(struct statement *s, char *result)
{
	end_of_statement(s);
	lru_add_drain();
	strcpy(result, "none");
}

static void call_zone_watermark_ok(struct statement *s, char *result)
{
	static const char *const words[] = { "none", "high", "harder", NULL };
	static const unsigned flags[] = { 0, ALLOC_HIGH, ALLOC_HARDER };
	struct zone *zone = parse_zone(need_key(s, "zone"));
	unsigned order = (unsigned)need_number(s, "order", 0, MAX_ORDER - 1);
	unsigned long mark = need_number(s, "mark", 0, LONG_MAX);
	struct zone *class = parse_zone(need_key(s, "class"));
	char *text = find_key(s, "flags");
	unsigned alloc_flags = 0;

	while (text)
		alloc_flags |= flags[parse_choice("flags", strsep(&text, ","), words)];
	end_of_statement(s);
	result_yes(result, zone_watermark_ok(zone, order, mark, class->type, alloc_flags));
}

static void call_get_swap_pages(struct statement *s, char *result)
{
	unsigned long n = find_number(s, "n", 1, 1, 1000000);
	swp_entry_t entry = { 0 };

	end_of_statement(s);
	while (n--) {
		entry = get_swap_page();
		slot_held(entry.val != 0);
	}
	if (entry.val)
		snprintf(result, RESULT_SIZE, "%u:%lu", swp_type(entry), swp_offset(entry));
	else
		strcpy(result, "none");
}

static void call_duplicate(struct statement *s, char *result)
{
	int error = swap_duplicate(need_slot(s));

	slot_held(error == 0);
	result_number(result, error);
}

static void call_free_slot(struct statement *s, char *result)
{
	swp_entry_t entry = need_slot(s);

	if (swap_count(entry))
		slot_held(-1);
	swap_free(entry);
	strcpy(result, "none");
}

static void call_swapcache_free(struct statement *s, char *result)
{
	swp_entry_t entry = need_slot(s);

	if (swap_has_cache(entry))
		slot_held(-1);
	swapcache_free(entry);
	strcpy(result, "none");
}

/* The cache's mark, as for a page that is about to be read. */
static void call_swapcache_prepare(struct statement *s, char *result)
{
	int error = swapcache_prepare(need_slot(s));

	slot_held(error == 0);
	result_number(result, error);
}

static void call_swap_shmem_alloc(struct statement *s, char *result)
{
	swp_entry_t entry = need_slot(s);

	if (swap_count(entry) || !swap_has_cache(entry))
		fail("the slot has %u holders, expected one for the cache alone",
		     swap_count(entry));
	slot_held(1);
	swap_shmem_alloc(entry);
	strcpy(result, "none");
}

/* The first of them, and how many. */
static void call_valid_swaphandles(struct statement *s, char *result)
{
	swp_entry_t entry = need_slot(s);
	unsigned long first;
	unsigned count = valid_swaphandles(entry, &first);

	if (count)
		snprintf(result, RESULT_SIZE, "%u:%lu n=%u", swp_type(entry), first, count);
	else
		strcpy(result, "none");
}

static void call_free_swap_and_cache(struct statement *s, char *result)
{
	swp_entry_t entry = need_slot(s);

	if (!swap_count(entry))
		fail("nobody holds the slot, expected one that a pte could have");
	slot_held(-1);
	free_swap_and_cache(entry);
	strcpy(result, "none");
}

const struct function functions26[] = {
	{ "mark_page_accessed", "mark_page_accessed P", .on_page = mark_page_accessed },
	{ "activate_page", "activate_page P", .on_page = activate_page },
	{ "deactivate_page", "deactivate_page P", .on_page = deactivate_page },
	{ "rotate_reclaimable_page", "rotate_reclaimable_page P",
	  .on_page = rotate_reclaimable_page },
	{ "lru_cache_add_file", "lru_cache_add_file P", .on_page = lru_cache_add_file },
	{ "lru_cache_add_anon", "lru_cache_add_anon P", .on_page = lru_cache_add_anon },
	{ "isolate_lru_page", "isolate_lru_page P", .call = call_isolate_lru_page },
	{ "putback_lru_page", "putback_lru_page P", .call = call_putback_lru_page },
	{ "page_evictable", "page_evictable P", .call = call_page_evictable },
	{ "mlock_vma_page", "mlock_vma_page P", .on_page = mlock },
	{ "munlock_vma_page", "munlock_vma_page P", .on_page = munlock },
	{ "clear_page_mlock", "clear_page_mlock P", .on_page = clear_mlock },
	{ "try_to_unmap", "try_to_unmap P", .call = call_try_to_unmap },
	{ "page_referenced", "page_referenced P", .call = call_page_referenced },
	{ "remove_mapping", "remove_mapping P", .call = call_remove_mapping },
	{ "lru_add_drain", "lru_add_drain", .call = call_lru_add_drain },
	{ "zone_watermark_ok", "zone_watermark_ok zone=Z order=N mark=N class=Z flags=F,...",
	  .call = call_zone_watermark_ok },
	{ "alloc_pages", "alloc_pages gfp=G order=N [as=NAME]", .call = call_alloc_pages },
	{ "free_pages", "free_pages P order=N", .call = call_free_pages },
	{ "get_swap_page", "get_swap_page [n=N]", .call = call_get_swap_pages },
	{ "swap_duplicate", "swap_duplicate AREA:OFFSET", .call = call_duplicate },
	{ "swap_free", "swap_free AREA:OFFSET", .call = call_free_slot },
	{ "swapcache_prepare", "swapcache_prepare AREA:OFFSET", .call = call_swapcache_prepare },
	{ "swap_shmem_alloc", "swap_shmem_alloc AREA:OFFSET", .call = call_swap_shmem_alloc },
	{ "free_swap_and_cache", "free_swap_and_cache AREA:OFFSET",
	  .call = call_free_swap_and_cache },
	{ "valid_swaphandles", "valid_swaphandles AREA:OFFSET",
	  .call = call_valid_swaphandles },
	{ "swapcache_free", "swapcache_free AREA:OFFSET", .call = call_swapcache_free },
	{ .name = NULL },
};
