/*
 * Policy 2.6 for the runner: its functions by name, lists, counters, masks and daemon.
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/page26.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"
#include "mm/alloc/alloc26.h"
#include "mm/cache/flusher.h"
#include "mm/cache/writeback.h"
#include "mm/slab/shrinker.h"
#include "mm/swap/swap.h"

const char *const lists26[] = { "inactive_anon", "active_anon", "inactive_file", "active_file",
				"unevictable", NULL };

struct scan_control last_scan;
bool last_scan_wrote;

static bool autodrain = true;

/* ---- masks (B14) ---- */

static const char *const gfp_names[] = { "none", "nowait", "atomic", "noio", "nofs", "kernel",
					 "temporary", "user", "highuser", "highuser_movable",
					 NULL };
static const gfp_t gfp_masks[] = { GFP_NONE, GFP_NONE, GFP_ATOMIC, GFP_NOIO, GFP_NOFS,
				   GFP_KERNEL, GFP_TEMPORARY, GFP_USER, GFP_HIGHUSER,
				   GFP_HIGHUSER_MOVABLE };

static const char *const bit_names[] = { "dma", "dma32", "highmem", "movable", "reclaimable",
					 "wait", "high", "io", "fs", "cold", "nowarn",
					 "repeat", "nofail", "noretry", "nomemalloc",
					 "no_kswapd", NULL };
static const gfp_t bits[] = { __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM, __GFP_MOVABLE,
			      __GFP_RECLAIMABLE, __GFP_WAIT, __GFP_HIGH, __GFP_IO, __GFP_FS,
			      __GFP_COLD, __GFP_NOWARN, __GFP_REPEAT, __GFP_NOFAIL,
			      __GFP_NORETRY, __GFP_NOMEMALLOC, __GFP_NO_KSWAPD };

/* One zone at most; for the low ones there is no other that could serve (B21). */
static void check_zone_bits(gfp_t gfp, const char *text)
{
	const gfp_t zone_bits = gfp & (__GFP_DMA | __GFP_DMA32 | __GFP_HIGHMEM);

	if (zone_bits & (zone_bits - 1))
		fail("gfp=%s names two zones, expected one at most", text);
	if ((gfp & __GFP_DMA && !zones[ZONE_DMA].size) ||
	    (gfp & __GFP_DMA32 && !zones[ZONE_DMA32].size))
		fail("gfp=%s names a zone that this machine has not, expected one that it has",
		     text);
}

static gfp_t parse_gfp(const char *text)
{
	char copy[RESULT_SIZE];
	char *word;
	gfp_t gfp;

	snprintf(copy, sizeof(copy), "%s", text);
	word = strtok(copy, "+");
	gfp = gfp_masks[parse_choice("gfp", word ? word : "", gfp_names)];
	while ((word = strtok(NULL, "+")))
		gfp |= bits[parse_choice("gfp bit", word, bit_names)];
	check_zone_bits(gfp, text);
	return gfp;
}

/* ---- arguments that several functions have ---- */

static void result_number(char *result, long number)
{
	snprintf(result, RESULT_SIZE, "%ld", number);
}

static void result_yes(char *result, bool yes)
{
	strcpy(result, yes ? "yes" : "no");
}

static struct zone *need_zone(struct statement *s)
{
	return parse_zone(need_key(s, "zone"));
}

static bool need_kind(struct statement *s)
{
	static const char *const kinds[] = { "anon", "file", NULL };

	return parse_choice("list", need_key(s, "list"), kinds);
}

static gfp_t find_gfp(struct statement *s, gfp_t otherwise)
{
	const char *text = find_key(s, "gfp");

	return text ? parse_gfp(text) : otherwise;
}

static void become_kswapd(void)
{
	sched_set_current(sched_find_thread("kswapd0"));
	current->flags |= PF_MEMALLOC | PF_SWAPWRITE | PF_KSWAPD;
}

/* The keys of B13, into last_scan; the caller becomes kswapd if it is to be. */
static unsigned parse_scan(struct statement *s)
{
	unsigned priority = (unsigned)find_number(s, "priority", DEF_PRIORITY, 0, DEF_PRIORITY);
	bool kswapd = find_number(s, "kswapd", 0, 0, 1);
	const char *enough = find_key(s, "nr_to_reclaim");

	last_scan_wrote = false;
	last_scan = (struct scan_control){
		.gfp = find_gfp(s, GFP_KERNEL),
		.order = (unsigned)find_number(s, "order", 0, 0, MAX_ORDER - 1),
		.nr_to_reclaim = kswapd ? NR_TO_RECLAIM_ALL : SWAP_CLUSTER_MAX,
		.may_writepage = find_number(s, "may_writepage", 1, 0, 1),
		.may_unmap = find_number(s, "may_unmap", 1, 0, 1),
		.may_swap = find_number(s, "may_swap", 1, 0, 1),
	};
	if (enough)
		last_scan.nr_to_reclaim = parse_number("nr_to_reclaim", enough, 0, LONG_MAX);
	if (kswapd)
		become_kswapd();
	return priority;
}

/* ---- functions ---- */

static void call_on_page(struct statement *s, char *result, void (*function)(struct page *))
{
	struct page *page = need_page_name(s, false)->page;

	end_of_statement(s);
	function(page);
	strcpy(result, "none");
}

#define PAGE_FUNCTION(name)						\
	static void call_##name(struct statement *s, char *result)	\
	{								\
		call_on_page(s, result, name);				\
	}

PAGE_FUNCTION(mark_page_accessed)
static void call_activate(struct statement *s, char *result)
{
	call_on_page(s, result, activate_page);
}
static void call_deactivate(struct statement *s, char *result)
{
	call_on_page(s, result, deactivate_page);
}
PAGE_FUNCTION(rotate_reclaimable_page)
PAGE_FUNCTION(lru_cache_add_file)
PAGE_FUNCTION(lru_cache_add_anon)

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
	struct zone *zone = need_zone(s);
	unsigned order = (unsigned)need_number(s, "order", 0, MAX_ORDER - 1);
	unsigned long mark = need_number(s, "mark", 0, LONG_MAX);
	struct zone *class = parse_zone(need_key(s, "class"));
	char *text = find_key(s, "flags");
	unsigned alloc_flags = 0;

	for (char *word = text ? strtok(text, ",") : NULL; word; word = strtok(NULL, ","))
		alloc_flags |= flags[parse_choice("flags", word, words)];
	end_of_statement(s);
	result_yes(result, zone_watermark_ok(zone, order, mark, class->type, alloc_flags));
}

static void call_get_scan_count(struct statement *s, char *result)
{
	struct zone *zone = need_zone(s);
	unsigned long nr[NR_LRU_LISTS - 1];
	unsigned priority = parse_scan(s);

	end_of_statement(s);
	get_scan_count(zone, &last_scan, priority, nr);
	snprintf(result, RESULT_SIZE,
		 "inactive_anon=%lu active_anon=%lu inactive_file=%lu active_file=%lu",
		 nr[LRU_INACTIVE_ANON], nr[LRU_ACTIVE_ANON], nr[LRU_INACTIVE_FILE],
		 nr[LRU_ACTIVE_FILE]);
}

static void call_inactive_list_is_low(struct statement *s, char *result)
{
	struct zone *zone = need_zone(s);
	bool file = need_kind(s);

	end_of_statement(s);
	result_yes(result, inactive_list_is_low(zone, file));
}

static void call_shrink_active_list(struct statement *s, char *result)
{
	struct zone *zone = need_zone(s);
	bool file = need_kind(s);
	unsigned long n = find_number(s, "n", SWAP_CLUSTER_MAX, 0, LONG_MAX);

	parse_scan(s);
	end_of_statement(s);
	shrink_active_list(n, zone, &last_scan, file);
	strcpy(result, "none");
}

static void call_shrink_inactive_list(struct statement *s, char *result)
{
	struct zone *zone = need_zone(s);
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
	struct zone *zone = need_zone(s);
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

static void call_shrink_zone(struct statement *s, char *result)
{
	struct zone *zone = need_zone(s);
	unsigned priority = parse_scan(s);

	end_of_statement(s);
	shrink_zone(zone, &last_scan, priority);
	result_number(result, (long)last_scan.nr_reclaimed);
}

static void call_balance_pgdat(struct statement *s, char *result)
{
	unsigned order;
	enum zone_type class = kswapd_state.classzone;
	const char *zone = find_key(s, "class");

	need_number(s, "node", 0, 0);
	order = (unsigned)need_number(s, "order", 0, MAX_ORDER - 1);
	if (zone)
		class = parse_zone(zone)->type;
	end_of_statement(s);
	become_kswapd();
	result_number(result, balance_pgdat(order, &class));
}

static void call_try_to_free_pages(struct statement *s, char *result)
{
	gfp_t gfp = parse_gfp(need_key(s, "gfp"));
	unsigned order = (unsigned)need_number(s, "order", 0, MAX_ORDER - 1);

	end_of_statement(s);
	result_number(result, (long)try_to_free_pages(gfp_zonelist(gfp), order, gfp));
}

static void call_zone_reclaim(struct statement *s, char *result)
{
	struct zone *zone = need_zone(s);
	gfp_t gfp = parse_gfp(need_key(s, "gfp"));
	unsigned order = (unsigned)need_number(s, "order", 0, MAX_ORDER - 1);

	end_of_statement(s);
	result_number(result, zone_reclaim(zone, gfp, order));
}

static void call_shrink_slab(struct statement *s, char *result)
{
	unsigned long scanned = need_number(s, "scanned", 0, LONG_MAX);
	unsigned long lru = need_number(s, "lru", 0, LONG_MAX);

	end_of_statement(s);
	result_number(result, (long)shrink_slab(scanned, lru, GFP_KERNEL));
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

static unsigned long no_kill(void)
{
	for_each_zone(zone)
		zone->oom_locked = false;
	give_up_for_oom();
}

static void call_allocate(struct statement *s, char *result)
{
	gfp_t gfp = parse_gfp(need_key(s, "gfp"));
	unsigned order = (unsigned)need_number(s, "order", 0, INT_MAX);
	const char *text = find_key(s, "as");
	struct page *page;

	end_of_statement(s);
	if (text) {
		check_name("as", text);
		name_check_free(text);
	}
	oom_notifier = no_kill;
	page = alloc_pages(gfp, order);
	if (page)
		frame_held(page, 1);
	if (page && text) {
		name_page(text, page, order);
		strcpy(result, text);
	} else if (page) {
		snprintf(result, RESULT_SIZE, "frame %lu", page_to_pfn(page));
	} else {
		strcpy(result, gave_up ? "oom" : "none");
	}
}

static const struct function functions[] = {
	{ "mark_page_accessed", "mark_page_accessed P", call_mark_page_accessed },
	{ "activate_page", "activate_page P", call_activate },
	{ "deactivate_page", "deactivate_page P", call_deactivate },
	{ "rotate_reclaimable_page", "rotate_reclaimable_page P",
	  call_rotate_reclaimable_page },
	{ "lru_cache_add_file", "lru_cache_add_file P", call_lru_cache_add_file },
	{ "lru_cache_add_anon", "lru_cache_add_anon P", call_lru_cache_add_anon },
	{ "isolate_lru_page", "isolate_lru_page P", call_isolate_lru_page },
	{ "putback_lru_page", "putback_lru_page P", call_putback_lru_page },
	{ "page_evictable", "page_evictable P", call_page_evictable },
	{ "page_referenced", "page_referenced P", call_page_referenced },
	{ "lru_add_drain", "lru_add_drain", call_lru_add_drain },
	{ "zone_watermark_ok", "zone_watermark_ok zone=Z order=N mark=N class=Z flags=F,...",
	  call_zone_watermark_ok },
	{ "get_scan_count", "get_scan_count zone=Z [priority=N] [key=value...]",
	  call_get_scan_count },
	{ "inactive_list_is_low", "inactive_list_is_low zone=Z list=anon|file",
	  call_inactive_list_is_low },
	{ "shrink_active_list", "shrink_active_list zone=Z list=anon|file [n=N] [key=value...]",
	  call_shrink_active_list },
	{ "shrink_inactive_list",
	  "shrink_inactive_list zone=Z list=anon|file [n=N] [key=value...]",
	  call_shrink_inactive_list },
	{ "shrink_page_list", "shrink_page_list zone=Z P... [sync=0|1] [key=value...]",
	  call_shrink_page_list },
	{ "shrink_zone", "shrink_zone zone=Z [priority=N] [key=value...]", call_shrink_zone },
	{ "balance_pgdat", "balance_pgdat node=0 order=N [class=Z]", call_balance_pgdat },
	{ "try_to_free_pages", "try_to_free_pages gfp=G order=N", call_try_to_free_pages },
	{ "zone_reclaim", "zone_reclaim zone=Z gfp=G order=N", call_zone_reclaim },
	{ "shrink_slab", "shrink_slab scanned=N lru=N", call_shrink_slab },
	{ "alloc_pages", "alloc_pages gfp=G order=N [as=NAME]", call_allocate },
	{ "free_pages", "free_pages P order=N", call_free_pages },
	{ "get_swap_page", "get_swap_page [n=N]", call_get_swap_pages },
	{ "swap_duplicate", "swap_duplicate AREA:OFFSET", call_duplicate },
	{ "swap_free", "swap_free AREA:OFFSET", call_free_slot },
	{ "swapcache_free", "swapcache_free AREA:OFFSET", call_swapcache_free },
	{ NULL, NULL, NULL },
};

/* ---- lists and counters ---- */

static const char *list_of(const struct page *page)
{
	return PageLRU(page) ? lists26[page_lru(page)] : "none";
}

static void show_lists(void)
{
	for_each_zone(zone)
		for (enum lru_list list = 0; list < NR_LRU_LISTS; list++) {
			const struct page *page;

			if (list_empty(&zone->lru[list]))
				continue;
			printf("list 0.%s.%s:", zone_key(zone), lists26[list]);
			list_for_each(page, &zone->lru[list], lru)
				printf(" %s", page_text(page));
			printf("\n");
		}
}

static void show_counters(void)
{
	printf("counters");
	for_each_zone(zone) {
		printf(" nr_free.%s=%lu", zone_key(zone), zone->free_pages);
		for (enum lru_list list = 0; list < NR_LRU_LISTS; list++)
			printf(" nr_%s.%s=%lu", lists26[list], zone_key(zone),
			       lru_pages(zone, list));
	}
	printf(" pgscan=%lu pgsteal=%lu pgactivate=%lu pgdeactivate=%lu pswpin=%lu "
	       "pswpout=%lu\n",
	       global_event(ZONE_pgscan_kswapd) + global_event(ZONE_pgscan_direct),
	       global_event(ZONE_pgsteal), vm_counters[VM_pgactivate],
	       vm_counters[VM_pgdeactivate], vm_counters[VM_pswpin], vm_counters[VM_pswpout]);
}

/* ---- set (B4) ---- */

static bool set_tunable(const char *name, const char *value)
{
	static const struct {
		const char *name;
		unsigned *variable;
		unsigned most;
	} tunables[] = {
		{ "swappiness", &vm_swappiness, 100 },
		{ "zone_reclaim_mode", &zone_reclaim_mode, 7 },
		{ "dirty_ratio", &vm_dirty_ratio, 100 },
		{ "dirty_background_ratio", &dirty_background_ratio, 100 },
		{ "vfs_cache_pressure", &vfs_cache_pressure, 1000000 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(tunables); i++)
		if (strcmp(tunables[i].name, name) == 0) {
			*tunables[i].variable = (unsigned)parse_number(name, value, 0,
								       tunables[i].most);
			return true;
		}
	if (strcmp(name, "laptop_mode") == 0)
		laptop_mode = parse_number(name, value, 0, 1);
	else if (strcmp(name, "autodrain") == 0)
		autodrain = parse_number(name, value, 0, 1);
	else if (strcmp(name, "min_free_kbytes") == 0) {
		min_free_kbytes = (unsigned)parse_number(name, value, 0, 1u << 30);
		setup_per_zone_wmarks();
	} else {
		return false;
	}
	return true;
}

/* NAME.ZONE, and for the recent_ counters .anon or .file behind it. */
static bool set(const char *name, char *value)
{
	static const char *const kinds[] = { "anon", "file", NULL };
	char copy[RESULT_SIZE];
	char *variable, *zone_text, *kind;
	unsigned long number;
	struct zone *zone;

	snprintf(copy, sizeof(copy), "%s", name);
	variable = strtok(copy, ".");
	zone_text = strtok(NULL, ".");
	kind = strtok(NULL, ".");
	if (!zone_text)
		return set_tunable(name, value);
	zone = parse_zone(zone_text);
	number = parse_number(name, value, 0, LONG_MAX);
	if (strcmp(variable, "recent_scanned") == 0 && kind)
		zone->recent_scanned[parse_choice("kind", kind, kinds)] = number;
	else if (strcmp(variable, "recent_rotated") == 0 && kind)
		zone->recent_rotated[parse_choice("kind", kind, kinds)] = number;
	else if (strcmp(variable, "pages_scanned") == 0 && !kind)
		zone->pages_scanned = number;
	else if (strcmp(variable, "all_unreclaimable") == 0 && !kind)
		zone->all_unreclaimable = number;
	else
		return false;
	return true;
}

/* ---- the rest ---- */

/* One turn for each disk's, in the order in which the disks came. */
static void step_flushers(void)
{
	static struct task *flusher;
	struct block_device *dev = NULL;

	if (!flusher) {
		flusher = kthread_start("flusher", NULL, NULL);
		flusher->flags |= PF_MEMALLOC | PF_SWAPWRITE;
	}
	sched_set_current(flusher);
	while ((dev = next_block_device(dev)))
		wb_do_writeback(&dev->flusher);
}

static void step(const char *daemon)
{
	static const char *const daemons[] = { "kswapd", "flusher", NULL };

	if (parse_choice("step", daemon, daemons) == 0) {
		become_kswapd();
		kswapd_turn26();
	} else {
		step_flushers();
	}
}

static void after_statement(const char *word)
{
	sched_set_current(NULL);
	if (autodrain && strcmp(word, "show") != 0 && strcmp(word, "expect") != 0)
		lru_add_drain();
}

static const struct statement_kind statements[] = {
	{ "page", do_page26, "page NAME [n=N] [zone=Z] [pfn=P] [list=L] [count=N] [flags=F,...] "
			     "[mapping=M] [writepage=W] [buffers=B] [map=N]" },
	{ "fill", do_fill26, "fill zone=Z list=L n=N [key=value...]" },
	{ "anon", do_anon26, "anon MM at=I [n=N] [young=0|1] [dirty=0|1] [count=N] [list=L] "
			     "[zone=Z] [pfn=P] [flags=F,...] [exec=0|1] [locked=0|1]" },
	{ "map", do_map26, "map MM at=I page=NAME [young=0|1] [dirty=0|1] [exec=0|1] "
			   "[locked=0|1]" },
	{ "touch", do_touch26, "touch MM at=I [write=0|1]" },
	{ "complete", do_complete26, "complete NAME|all" },
	{ "block", do_block26, "block zone=Z pfn=P order=O [type=T] [n=N] [stride=S]" },
	{ "pageblock", do_pageblock26, "pageblock pfn=P type=T" },
	{ "shrinker", do_shrinker26, "shrinker NAME objects=N [seeks=N] [batch=N] "
				     "[refuse=0|1] [floor=N] [deferred=N]" },
	{ NULL, NULL, NULL },
};

const struct era era26 = {
	.name = "2.6",
	.statements = statements,
	.subjects = subjects26,
	.after_statement = after_statement,
	.take_frame = take_frame26,
	.functions = functions,
	.lists = lists26,
	.list_of = list_of,
	.parse_gfp = parse_gfp,
	.set = set,
	.step = step,
	.show_lists = show_lists,
	.show_counters = show_counters,
	.check_lists = lru_check,
	.check_page = check_page26,
	.check_sums = check_sums26,
	.page_writes = check_page_writes26,
};
