/*
 * Policy 2.6: calls of the scanners and of those who drive them (B13, B15, B18).
 *
 * Owns last_scan, what the latest shrink_ call was told and found.
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/era26.h"
#include "arch/sim/sim.h"
#include "mm/alloc/alloc26.h"
#include "mm/slab/shrinker.h"

struct scan_control last_scan;
bool last_scan_wrote;

/* ---- arguments that several functions have ---- */

static bool need_kind(struct statement *s)
{
	static const char *const kinds[] = { "anon", "file", NULL };

	return parse_choice("list", need_key(s, "list"), kinds);
}

static gfp_t find_gfp(struct statement *s, gfp_t otherwise)
{
	const char *text = find_key(s, "gfp");

	return text ? parse_gfp26(text) : otherwise;
}

void become_kswapd26(unsigned node)
{
	sched_set_current(nodes[node].kswapd);
	current->flags |= PF_MEMALLOC | PF_SWAPWRITE | PF_KSWAPD;
}

/* The keys of B13; the caller becomes kswapd if it is to be. */
static unsigned parse_control(struct statement *s, struct scan_control *sc)
{
	unsigned priority = (unsigned)find_number(s, "priority", DEF_PRIORITY, 0, DEF_PRIORITY);
	bool kswapd = find_number(s, "kswapd", 0, 0, 1);
	const char *enough = find_key(s, "nr_to_reclaim");

	*sc = (struct scan_control){
		.gfp = find_gfp(s, GFP_KERNEL),
		.order = (unsigned)find_number(s, "order", 0, 0, MAX_ORDER - 1),
		.nr_to_reclaim = kswapd ? NR_TO_RECLAIM_ALL : SWAP_CLUSTER_MAX,
		.may_writepage = find_number(s, "may_writepage", 1, 0, 1),
		.may_unmap = find_number(s, "may_unmap", 1, 0, 1),
		.may_swap = find_number(s, "may_swap", 1, 0, 1),
	};
	if (enough)
		sc->nr_to_reclaim = parse_number("nr_to_reclaim", enough, 0, LONG_MAX);
	if (kswapd)
		become_kswapd26(0);
	return priority;
}

static unsigned parse_scan(struct statement *s)
{
	last_scan_wrote = false;
	return parse_control(s, &last_scan);
}

/* ---- the scanners ---- */

static void call_get_scan_count(struct statement *s, char *result)
{
	struct zone *zone = parse_zone(need_key(s, "zone"));
	unsigned long nr[NR_LRU_LISTS - 1];
	struct scan_control sc;
	unsigned priority = parse_control(s, &sc);

	end_of_statement(s);
	get_scan_count(zone, &sc, priority, nr);
	snprintf(result, RESULT_SIZE,
		 "inactive_anon=%lu active_anon=%lu inactive_file=%lu active_file=%lu",
		 nr[LRU_INACTIVE_ANON], nr[LRU_ACTIVE_ANON], nr[LRU_INACTIVE_FILE],
		 nr[LRU_ACTIVE_FILE]);
}

static void call_inactive_list_is_low(struct statement *s, char *result)
{
	struct zone *zone = parse_zone(need_key(s, "zone"));
	bool file = need_kind(s);

	end_of_statement(s);
	strcpy(result, inactive_list_is_low(zone, file) ? "yes" : "no");
}

static void call_shrink_active_list(struct statement *s, char *result)
{
	struct zone *zone = parse_zone(need_key(s, "zone"));
	bool file = need_kind(s);
	unsigned long n = find_number(s, "n", SWAP_CLUSTER_MAX, 0, LONG_MAX);

	parse_scan(s);
	end_of_statement(s);
	shrink_active_list(n, zone, &last_scan, file);
	strcpy(result, "none");
}

static void call_shrink_inactive_list(struct statement *s, char *result)
{
	struct zone *zone = parse_zone(need_key(s, "zone"));
	bool file = need_kind(s);
	unsigned long n = find_number(s, "n", SWAP_CLUSTER_MAX, 0, LONG_MAX);
	unsigned priority = parse_scan(s);

	end_of_statement(s);
	result_number(result, (long)shrink_inactive_list(n, zone, &last_scan, priority, file));
}

/* The pages that are named, isolated in the order in which they are written (B18). */
static void isolate_named(struct statement *s, struct zone *zone, struct list_head *pages)
{
	struct page *page;

	while (more_words(s)) {
		const struct name *name = need_page_name(s, false);

		page = name->page;
		if (!PageLRU(page) || PageUnevictable(page))
			fail("%s is on no active or inactive list, expected a page that is",
			     name->text);
		if (page_zone(page) != zone)
			fail("%s is in zone %s, expected a page of %s", name->text,
			     zone_key(page_zone(page)), zone_key(zone));
		isolate_lru_page(page);
		list_add_tail(&page->lru, pages);
		if (PageActive(page)) {
			ClearPageActive(page);
			count_vm(VM_pgdeactivate);
		}
		zone->recent_scanned[page_is_file_cache(page)]++;
	}
}

static void call_shrink_page_list(struct statement *s, char *result)
{
	struct zone *zone = parse_zone(need_key(s, "zone"));
	struct list_head pages = LIST_HEAD_INIT(pages);
	unsigned priority = parse_scan(s);
	bool sync = find_number(s, "sync", 0, 0, 1);

	set_reclaim_mode(&last_scan, priority, sync);
	lru_add_drain();
	isolate_named(s, zone, &pages);
	end_of_statement(s);
	result_number(result, (long)shrink_page_list(&pages, zone, &last_scan, priority));
	putback_inactive_pages(zone, &pages);
	last_scan_wrote = true;
}

/* One page, as shrink_page_list has it; own=1: the caller is writing to that disk anyhow. */
static void call_pageout(struct statement *s, char *result)
{
	static const char *const results[] = { "keep", "activate", "success", "clean" };
	struct page *page = need_page_name(s, false)->page;
	bool own = find_number(s, "own", 0, 0, 1);
	enum pageout_result got;

	parse_scan(s);
	end_of_statement(s);
	if (isolate_lru_page(page) || !trylock_page(page))
		fail("%s is locked or on no list, expected a page that can be isolated", page_text(page));
	if (own && page->mapping)
		current->backing_dev_info = page->mapping->flusher;
	got = pageout(page, &last_scan);
	current->backing_dev_info = NULL;
	if (got != PAGE_SUCCESS)
		unlock_page(page);
	putback_lru_page(page);
	strcpy(result, results[got]);
}

static void call_shrink_zone(struct statement *s, char *result)
{
	struct zone *zone = parse_zone(need_key(s, "zone"));
	unsigned priority = parse_scan(s);

	end_of_statement(s);
	shrink_zone(zone, &last_scan, priority);
	result_number(result, (long)last_scan.nr_reclaimed);
}

/* The zones up to this one; all, if the statement names none. */
static enum zone_type find_class(struct statement *s)
{
	const char *zone = find_key(s, "class");

	return zone ? parse_zone(zone)->type : NR_ZONE_TYPES - 1;
}

static void call_balance_pgdat(struct statement *s, char *result)
{
	unsigned node = (unsigned)need_number(s, "node", 0, nr_online_nodes - 1);
	unsigned order = (unsigned)need_number(s, "order", 0, MAX_ORDER - 1);
	enum zone_type class = find_class(s);

	end_of_statement(s);
	become_kswapd26(node);
	result_number(result, balance_pgdat(&nodes[node], order, &class));
}

static void call_pgdat_balanced(struct statement *s, char *result)
{
	unsigned node = (unsigned)need_number(s, "node", 0, nr_online_nodes - 1);
	unsigned long pages = need_number(s, "pages", 0, LONG_MAX);
	enum zone_type class = find_class(s);

	end_of_statement(s);
	strcpy(result, pgdat_balanced(&nodes[node], pages, class) ? "yes" : "no");
}

static void call_sleeping_prematurely(struct statement *s, char *result)
{
	unsigned node = (unsigned)need_number(s, "node", 0, nr_online_nodes - 1);
	unsigned order = (unsigned)need_number(s, "order", 0, MAX_ORDER - 1);
	bool early = find_number(s, "early", 0, 0, 1);
	enum zone_type class = find_class(s);

	end_of_statement(s);
	strcpy(result, sleeping_prematurely(&nodes[node], order, early, class) ? "yes" : "no");
}

static void call_try_to_free_pages(struct statement *s, char *result)
{
	gfp_t gfp = parse_gfp26(need_key(s, "gfp"));
	unsigned order = (unsigned)need_number(s, "order", 0, MAX_ORDER - 1);

	end_of_statement(s);
	result_number(result, (long)try_to_free_pages(node_zonelist(numa_node_id(), gfp),
						     order, gfp));
}

static void call_zone_reclaim(struct statement *s, char *result)
{
	struct zone *zone = parse_zone(need_key(s, "zone"));
	gfp_t gfp = parse_gfp26(need_key(s, "gfp"));
	unsigned order = (unsigned)need_number(s, "order", 0, MAX_ORDER - 1);

	end_of_statement(s);
	result_number(result, zone_reclaim(zone, gfp, order));
}

static void call_shrink_slab(struct statement *s, char *result)
{
	unsigned long scanned = need_number(s, "scanned", 0, LONG_MAX);
	unsigned long lru = need_number(s, "lru", 0, LONG_MAX);
	gfp_t gfp = find_gfp(s, GFP_KERNEL);

	end_of_statement(s);
	result_number(result, (long)shrink_slab(scanned, lru, gfp));
}

const struct function scan_functions26[] = {
	{ "get_scan_count", "get_scan_count zone=Z [priority=N] [key=value...]",
	  .call = call_get_scan_count },
	{ "inactive_list_is_low", "inactive_list_is_low zone=Z list=anon|file",
	  .call = call_inactive_list_is_low },
	{ "shrink_active_list", "shrink_active_list zone=Z list=anon|file [n=N] [key=value...]",
	  .call = call_shrink_active_list },
	{ "shrink_inactive_list",
	  "shrink_inactive_list zone=Z list=anon|file [n=N] [key=value...]",
	  .call = call_shrink_inactive_list },
	{ "shrink_page_list", "shrink_page_list zone=Z P... [sync=0|1] [key=value...]",
	  .call = call_shrink_page_list },
	{ "pageout", "pageout P [own=0|1] [key=value...]", .call = call_pageout },
	{ "shrink_zone", "shrink_zone zone=Z [priority=N] [key=value...]", .call = call_shrink_zone },
	{ "balance_pgdat", "balance_pgdat node=N order=N [class=Z]", .call = call_balance_pgdat },
	{ "pgdat_balanced", "pgdat_balanced node=N pages=N [class=Z]",
	  .call = call_pgdat_balanced },
	{ "sleeping_prematurely", "sleeping_prematurely node=N order=N [class=Z] [early=0|1]",
	  .call = call_sleeping_prematurely },
	{ "try_to_free_pages", "try_to_free_pages gfp=G order=N", .call = call_try_to_free_pages },
	{ "zone_reclaim", "zone_reclaim zone=Z gfp=G order=N", .call = call_zone_reclaim },
	{ "shrink_slab", "shrink_slab scanned=N lru=N [gfp=G]", .call = call_shrink_slab },
	{ .name = NULL },
};
