/*
 * Policy 2.6 for the runner: its statements, lists and counters, and its daemons.
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/era26.h"
#include "arch/sim/sim.h"
#include "mm/cache/flusher.h"
#include "mm/cache/writeback.h"

const char *const lists26[] = { "inactive_anon", "active_anon", "inactive_file", "active_file",
				"unevictable", NULL };

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
			printf("list %s%s.%s:", nr_online_nodes == 1 ? "0." : "",
			       zone_key(zone), lists26[list]);
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
		for_each_online_node(node)
			if (node->kswapd) {
				become_kswapd26(node->id);
				kswapd_turn26(node);
			}
	} else {
		step_flushers();
	}
}

/* B15: nobody is killed. */
static unsigned long no_kill(void)
{
	for_each_zone(zone)
		zone->oom_locked = false;
	give_up_for_oom();
}

static void start(void)
{
	sort_free_lists26();
	oom_notifier = no_kill;
}

static void after_statement(const char *word)
{
	sched_set_current(NULL);
	if (autodrain26 && strcmp(word, "show") != 0 && strcmp(word, "expect") != 0)
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
				     "[refuse=0|1] [floor=N] [deferred=N], or names=N inodes=N "
				     "[batch=N] [deferred=N]" },
	{ NULL, NULL, NULL },
};

static const struct function *const tables[] = { functions26, scan_functions26,
						 flush_functions26, node_functions26,
						 NULL };

const struct era era26 = {
	.name = "2.6",
	.statements = statements,
	.subjects = subjects26,
	.after_statement = after_statement,
	.take_frame = take_frame26,
	.functions = tables,
	.start = start,
	.given_up = "oom",
	.tells_frames = true,
	.lists = lists26,
	.list_of = list_of,
	.parse_gfp = parse_gfp26,
	.variables = variables26,
	.set = set26,
	.step = step,
	.show_lists = show_lists,
	.show_counters = show_counters,
	.check_lists = lru_check,
	.check_page = check_page26,
	.check_sums = check_sums26,
	.page_writes = check_page_writes26,
};
