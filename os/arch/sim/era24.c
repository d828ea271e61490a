/*
 * Policy 2.4 for the runner: its functions by name, lists, counters, masks and daemons.
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer_internal.h"
#include "mm/reclaim/oom.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/vm/vm.h"

/* ---- masks ---- */

static const char *const gfp_names[] = { "none", "atomic", "buffer", "user", "kernel",
					 "highuser", "kswapd", NULL };
static const gfp_t gfp_masks[] = { GFP_NONE, GFP_ATOMIC, GFP_BUFFER, GFP_USER, GFP_KERNEL,
				   GFP_HIGHUSER, GFP_KSWAPD };

static gfp_t parse_gfp(const char *text)
{
	return gfp_masks[parse_choice("gfp", text, gfp_names)];
}

/* ---- functions ---- */

/* Functions that only tell a number. */
#define NUMBER_FUNCTION(name)						\
	static void call_##name(struct statement *s, char *result)	\
	{								\
		end_of_statement(s);					\
		result_number(result, name());				\
	}

NUMBER_FUNCTION(free_shortage)
NUMBER_FUNCTION(inactive_shortage)
NUMBER_FUNCTION(inactive_target)

static void call_recalculate_vm_stats(struct statement *s, char *result)
{
	end_of_statement(s);
	recalculate_vm_stats();
	strcpy(result, "none");
}

static void call_out_of_memory(struct statement *s, char *result)
{
	end_of_statement(s);
	strcpy(result, out_of_memory() ? "yes" : "no");
}

static void call_refill_inactive_scan(struct statement *s, char *result)
{
	unsigned priority = (unsigned)need_number(s, "priority", 0, 31);
	bool oneshot = need_number(s, "oneshot", 0, 1);

	end_of_statement(s);
	result_number(result, refill_inactive_scan(priority, oneshot));
}

static gfp_t need_gfp(struct statement *s)
{
	return parse_gfp(need_key(s, "gfp"));
}

static void call_page_launder(struct statement *s, char *result)
{
	gfp_t gfp = need_gfp(s);
	bool sync = need_number(s, "sync", 0, 1);

	end_of_statement(s);
	result_number(result, page_launder(gfp, sync));
}

static void call_reclaim_page(struct statement *s, char *result)
{
	struct zone *zone = parse_zone(need_key(s, "zone"));
	struct page *page;

	end_of_statement(s);
	page = reclaim_page(zone);
	if (page)
		frame_held(page, 1);
	result_page(result, page);
}

static void call_refill_inactive(struct statement *s, char *result)
{
	gfp_t gfp = need_gfp(s);
	bool user = need_number(s, "user", 0, 1);

	end_of_statement(s);
	result_number(result, refill_inactive(gfp, user));
}

static void call_do_try_to_free_pages(struct statement *s, char *result)
{
	gfp_t gfp = need_gfp(s);
	bool user = need_number(s, "user", 0, 1);

	end_of_statement(s);
	result_number(result, do_try_to_free_pages(gfp, user));
}

static void call_swap_out(struct statement *s, char *result)
{
	unsigned priority = (unsigned)need_number(s, "priority", 0, 31);
	gfp_t gfp = need_gfp(s);

	end_of_statement(s);
	result_number(result, swap_out(priority, gfp));
}

static void call_try_to_swap_out(struct statement *s, char *result)
{
	struct scenario_mm *m = lookup_mm(need_name(s, "the name of an mm"));
	unsigned long at = need_number(s, "at", 0, m->pages - 1);
	pte_t *slot = mm_slot(m, at);
	int value = 0;

	end_of_statement(s);
	if (slot) {
		spin_lock(&m->mm->page_table_lock);
		value = try_to_swap_out(m->mm, m->area, mm_address(m, at), slot);
		spin_unlock(&m->mm->page_table_lock);
	}
	result_number(result, value);
}

static const struct function functions[] = {
	{ "age_page_up", "age_page_up P", .on_page = age_page_up },
	{ "age_page_down_ageonly", "age_page_down_ageonly P", .on_page = age_page_down_ageonly },
	{ "activate_page", "activate_page P", .on_page = activate_page },
	{ "deactivate_page", "deactivate_page P", .on_page = deactivate_page },
	{ "lru_cache_add", "lru_cache_add P", .on_page = lru_cache_add },
	{ "lru_cache_del", "lru_cache_del P", .on_page = lru_cache_del },
	{ "refill_inactive_scan", "refill_inactive_scan priority=N oneshot=0|1",
	  .call = call_refill_inactive_scan },
	{ "page_launder", "page_launder gfp=G sync=0|1", .call = call_page_launder },
	{ "reclaim_page", "reclaim_page zone=Z", .call = call_reclaim_page },
	{ "free_shortage", "free_shortage", .call = call_free_shortage },
	{ "inactive_shortage", "inactive_shortage", .call = call_inactive_shortage },
	{ "inactive_target", "inactive_target", .call = call_inactive_target },
	{ "recalculate_vm_stats", "recalculate_vm_stats", .call = call_recalculate_vm_stats },
	{ "refill_inactive", "refill_inactive gfp=G user=0|1", .call = call_refill_inactive },
	{ "do_try_to_free_pages", "do_try_to_free_pages gfp=G user=0|1",
	  .call = call_do_try_to_free_pages },
	{ "swap_out", "swap_out priority=N gfp=G", .call = call_swap_out },
	{ "try_to_swap_out", "try_to_swap_out MM at=I", .call = call_try_to_swap_out },
	{ "out_of_memory", "out_of_memory", .call = call_out_of_memory },
	{ "alloc_pages", "alloc_pages gfp=G order=N [as=NAME]", .call = call_alloc_pages },
	{ "free_pages", "free_pages P order=N", .call = call_free_pages },
	{ "get_swap_page", "get_swap_page", .call = call_get_swap_page },
	{ "swap_duplicate", "swap_duplicate AREA:OFFSET", .call = call_swap_duplicate },
	{ "swap_free", "swap_free AREA:OFFSET", .call = call_swap_free },
	{ .name = NULL },
};

static const struct function *const tables[] = { functions, NULL };

/* ---- lists and counters ---- */

enum { LIST_ACTIVE, LIST_INACTIVE_DIRTY, LIST_INACTIVE_CLEAN };

static const char *const lists[] = { "active", "inactive_dirty", "inactive_clean", NULL };

static void put_on_list(struct page *page, unsigned list)
{
	spin_lock(&lru_lock);
	if (list == LIST_ACTIVE)
		add_page_to_active_list(page, BY_scenario);
	else if (list == LIST_INACTIVE_DIRTY)
		add_page_to_inactive_dirty_list(page, BY_scenario);
	else
		add_page_to_inactive_clean_list(page, BY_scenario);
	spin_unlock(&lru_lock);
}

static const char *list_of(const struct page *page)
{
	if (PageActive(page))
		return lists[LIST_ACTIVE];
	if (PageInactiveDirty(page))
		return lists[LIST_INACTIVE_DIRTY];
	return PageInactiveClean(page) ? lists[LIST_INACTIVE_CLEAN] : "none";
}

static void show_list(const char *name, const char *zone, const struct list_head *list)
{
	const struct page *page;

	if (list_empty(list))
		return;
	printf("list %s%s%s:", name, zone ? "." : "", zone ? zone : "");
	list_for_each(page, list, lru)
		printf(" %s", page_text(page));
	printf("\n");
}

static void show_lists(void)
{
	show_list(lists[LIST_ACTIVE], NULL, &active_list);
	show_list(lists[LIST_INACTIVE_DIRTY], NULL, &inactive_dirty_list);
	for_each_zone(zone)
		show_list(lists[LIST_INACTIVE_CLEAN], zone_key(zone),
			  &zone->inactive_clean_list);
}

static void show_counters(void)
{
	printf("counters nr_active=%lu nr_inactive_dirty=%lu", nr_active_pages,
	       nr_inactive_dirty_pages);
	for_each_zone(zone)
		printf(" inactive_clean.%s=%lu", zone_key(zone), zone->inactive_clean_pages);
	for_each_zone(zone)
		printf(" free.%s=%lu", zone_key(zone), zone->free_pages);
	printf(" memory_pressure=%d\n", memory_pressure);
}

/* ---- the rest ---- */

static bool set(const char *name, char *value)
{
	if (strcmp(name, "memory_pressure") != 0)
		return false;
	memory_pressure = (int)parse_number(name, value, 0, INT_MAX);
	return true;
}

static void step(const char *daemon)
{
	static const char *const daemons[] = { "kswapd", "kreclaimd", "bdflush", "kupdate",
					       NULL };

	switch (parse_choice("step", daemon, daemons)) {
	case 0:
		sched_set_current(kswapd_task);
		kswapd_task->flags |= PF_MEMALLOC | PF_KSWAPD;
		kswapd_turn();
		break;
	case 1:
		sched_set_current(sched_find_thread(daemon));
		current->flags |= PF_MEMALLOC;
		kreclaimd_turn();
		break;
	case 2:
		sched_set_current(sched_find_thread(daemon));
		bdflush_pass();
		break;
	default:	/* of its round only the buffers: files here have no inode on disk */
		flush_dirty_buffers(true);
		break;
	}
}

static void check(void)
{
	lru_check();
	if (memory_pressure < 0)
		panic("memory_pressure is %d", memory_pressure);
}

static struct page *take_frame(struct zone *zone)
{
	return rmqueue(zone, 0);
}

const struct era era24 = {
	.name = "2.4",
	.functions = tables,
	.given_up = "sleeps",
	.take_frame = take_frame,
	.lists = lists,
	.put_on_list = put_on_list,
	.list_of = list_of,
	.parse_gfp = parse_gfp,
	.variables = "memory_pressure",
	.set = set,
	.step = step,
	.show_lists = show_lists,
	.show_counters = show_counters,
	.check_lists = check,
	.check_page = check_page24,
};
