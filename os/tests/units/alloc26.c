/*
 * What no scenario can state of 2.6's allocator: what it tells the log (facts 2.6, 3.4 and 3.5:
 * E07, E10), requests that would wait for ever (E13), and what boot forbids (1.3).
 */
#include <string.h>

#include "arch/sim/sim.h"
#include "kernel/task.h"
#include "mm/alloc/alloc26.h"
#include "mm/reclaim/v26/v26.h"
#include "tests/units/units.h"

static char messages[8192];	/* since the last look */

static void hear(const char *line)
{
	check(strlen(messages) + strlen(line) < sizeof(messages));
	strcat(messages, line);
}

/* How often the text is in the messages; forgets them. */
static unsigned told(const char *text)
{
	unsigned n = 0;

	for (const char *at = messages; (at = strstr(at, text)); at++)
		n++;
	messages[0] = '\0';
	return n;
}

static unsigned waits, help_after;	/* pages come back in so many waits; 0: never */
static unsigned kills;

void __wrap_wait_iff_congested(struct zone *zone, unsigned long ticks);
void __wrap_wait_iff_congested(struct zone *zone, unsigned long ticks)
{
	check(zone == &zones[ZONE_NORMAL] && ticks == HZ / 50);
	if (++waits == help_after)
		unit_give_frames();
}

void __wrap_out_of_memory_v26(const struct zonelist *zonelist, gfp_t gfp, unsigned order);
void __wrap_out_of_memory_v26(const struct zonelist *zonelist, gfp_t gfp, unsigned order)
{
	kills++;
	unit_give_frames();
}

static void nothing_free(void)
{
	drain_all_pages();
	unit_leave_free(ZONE_DMA, 0);
	unit_leave_free(ZONE_NORMAL, 0);
	/* As kswapd would find out. */
	for_each_zone(zone)
		zone->all_unreclaimable = true;
	waits = kills = 0;
}

/* No block has order 11: one is told so, once, and no daemon is woken for it. */
static void blocks_that_do_not_exist(void)
{
	check(alloc_pages(GFP_KERNEL | __GFP_NOWARN, 11) == NULL);
	check(messages[0] == '\0');
	check(alloc_pages(GFP_KERNEL, 11) == NULL);
	check(alloc_pages(GFP_KERNEL, 12) == NULL);
	check(told("no block is so large") == 1);
	check(vm_counters[VM_kswapd_wake] == 0 && vm_counters[VM_allocstall] == 0);
}

/* A failure is told with what is where; at most once a second. */
static void reports(void)
{
	nothing_free();
	check(alloc_page(GFP_ATOMIC | __GFP_NOWARN) == NULL);
	check(messages[0] == '\0');
	check(vm_counters[VM_kswapd_wake] == 1);
	check(alloc_page(GFP_ATOMIC) == NULL);
	check(strncmp(messages, "scenario: page allocation failure: order:0, mode:0x20\n", 54) == 0);
	check(strstr(messages, "Normal free:0 min:228 ") != NULL);
	check(strstr(messages, "DMA: 0*4kB 0*8kB ") != NULL);
	check(told("page allocation failure") == 1);
	check(alloc_page(GFP_ATOMIC) == NULL);
	check(told("page allocation failure") == 0);
	clock_tick(HZ);
	check(alloc_page(GFP_ATOMIC) == NULL);
	check(told("page allocation failure") == 1);
	check(waits == 0 && kills == 0);
	unit_give_frames();
}

/* Without the right to call file systems nobody is killed: the request waits (E13). */
static void waits_for_others(void)
{
	struct page *page;

	nothing_free();
	help_after = 3;
	page = alloc_page(GFP_NOFS);
	check(page && waits == 3 && kills == 0);
	put_page(page);

	/* With it somebody dies, and what he had is there at once. */
	nothing_free();
	page = alloc_page(GFP_KERNEL);
	check(page && waits == 0 && kills == 1);
	put_page(page);

	/* Who is dying gets nothing, unless he must not fail: then he waits for the reserves. */
	nothing_free();
	current->memdie = true;
	check(alloc_page(GFP_KERNEL | __GFP_NOWARN) == NULL && waits == 0);
	page = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
	check(page && waits == 3 && kills == 0);
	current->memdie = false;
	put_page(page);
	messages[0] = '\0';
}

/* While the machine boots a request does what it can without sleeping. */
static void boot_forbids_to_sleep(void)
{
	unsigned long stalls = vm_counters[VM_allocstall];

	nothing_free();
	gfp_allowed_mask = GFP_BOOT_MASK;
	check(alloc_page(GFP_KERNEL | __GFP_NOWARN) == NULL);
	check(vm_counters[VM_allocstall] == stalls && waits == 0 && kills == 0);
	gfp_allowed_mask = ~0u;
	unit_give_frames();
}

static void zeros(void)
{
	static const char none[4 * PAGE_SIZE];
	char *page = __get_free_pages(GFP_KERNEL, 2);

	memset(page, 0xaa, sizeof(none));
	free_pages_virt(page, 2);
	page = __get_free_pages(GFP_KERNEL | __GFP_ZERO, 2);
	check(page && memcmp(page, none, sizeof(none)) == 0);
	memset(page, 0xaa, sizeof(none));
	free_pages_virt(page, 2);
	page = get_zeroed_page(GFP_KERNEL);
	check(page && memcmp(page, none, PAGE_SIZE) == 0);
	free_pages_virt(page, 0);
	check(get_order(1) == 0 && get_order(PAGE_SIZE) == 0 && get_order(PAGE_SIZE + 1) == 1);
}

/* A block that must not fail is an author's mistake; he gets it, and hears of it. */
static void blocks_that_must_not_fail(void)
{
	struct page *page;

	nothing_free();
	help_after = 1;
	page = alloc_pages(GFP_NOFS | __GFP_NOFAIL, 2);
	check(page && told("must not fail") == 1);
	free_pages(page, 2);
	nothing_free();
	page = alloc_pages(GFP_NOFS | __GFP_NOFAIL, 2);
	check(page && told("must not fail") == 0);
	free_pages(page, 2);
}

/* ---- frames that are not what they should be (2.4) ---- */

/* Told as bad, and so often. */
static unsigned bad_pages(void)
{
	unsigned n = told("Bad page state in scenario: page ");

	clock_tick(HZ);
	return n;
}

/* Who frees a page that is in use: it is told, and nobody gets it. */
static void freed_while_in_use(void)
{
	struct zone *zone = &zones[ZONE_NORMAL];
	unsigned long freed = vm_counters[VM_pgfree], free;
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned count = zone->pcp[0].count;

	SetPageWriteback(page);
	put_page(page);
	check(bad_pages() == 1 && vm_counters[VM_pgfree] == freed && zone->pcp[0].count == count);

	/* One page of a block is enough. */
	page = alloc_pages(GFP_KERNEL, 2);
	atomic_set(&page[3].mapcount, 1);
	free = zone->free_pages;
	free_pages(page, 2);
	check(bad_pages() == 1 && zone->free_pages == free);

	/* What a page may be freed with is forgotten. */
	page = alloc_page(GFP_KERNEL);
	SetPageDirty(page);
	SetPageUptodate(page);
	SetPageReferenced(page);
	put_page(page);
	check(bad_pages() == 0 && page->flags == 0);
}

/* A free page on which somebody has scribbled: the request takes the next one. */
static void changed_while_free(void)
{
	struct page *page, *next;

	page = alloc_page(GFP_KERNEL);
	put_page(page);
	SetPageUptodate(page);
	next = alloc_page(GFP_KERNEL);
	check(next && next != page && bad_pages() == 1);
	put_page(next);
	check(alloc_page(GFP_KERNEL) == next);

	page = alloc_pages(GFP_KERNEL, 2);
	free_pages(page, 2);
	atomic_set(&page[1].mapcount, 1);
	next = alloc_pages(GFP_KERNEL, 2);
	check(next && next != page && bad_pages() == 1);
}

void unit_main(void)
{
	unit_boot_era("2.6", 4096, 16384);
	current->flags = 0;
	console_hook = hear;
	blocks_that_do_not_exist();
	reports();
	waits_for_others();
	boot_forbids_to_sleep();
	zeros();
	blocks_that_must_not_fail();
	panic_on_bad_page = false;
	messages[0] = '\0';
	freed_while_in_use();
	changed_while_free();
}
