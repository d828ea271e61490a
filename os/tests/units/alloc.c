/*
 * Who serves a request for memory, and who is woken for it, in order (facts 2.4, 4.1 and
 * 4.3). A letter stands for each call: k kswapd, K kswapd and a wait for it, r kreclaimd,
 * b bdflush, y the CPU is given away, l page_launder, t try_to_free_pages.
 */
#include <string.h>

#include "kernel/task.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer.h"
#include "mm/reclaim/v24/v24.h"
#include "tests/units/units.h"

static char calls[32];

static void note_call(char letter)
{
	size_t length = strlen(calls);

	check(length + 1 < sizeof(calls));
	calls[length] = letter;
}

void __real_wake_up(struct wait_queue *queue);
void __wrap_wake_up(struct wait_queue *queue);
void __wrap_wake_up(struct wait_queue *queue)
{
	if (queue == &kreclaimd_wait)
		note_call('r');
	__real_wake_up(queue);
}

void __wrap_wakeup_kswapd(bool block);
void __wrap_wakeup_kswapd(bool block)
{
	note_call(block ? 'K' : 'k');
}

void __wrap_wakeup_bdflush(bool block);
void __wrap_wakeup_bdflush(bool block)
{
	check(!block);
	note_call('b');
}

void __wrap_yield(void);
void __wrap_yield(void)
{
	note_call('y');
}

int __real_page_launder(gfp_t gfp, bool sync);
int __wrap_page_launder(gfp_t gfp, bool sync);
int __wrap_page_launder(gfp_t gfp, bool sync)
{
	check(sync && (current->flags & PF_MEMALLOC));
	note_call('l');
	return __real_page_launder(gfp, sync);
}

int __wrap_try_to_free_pages(gfp_t gfp);
int __wrap_try_to_free_pages(gfp_t gfp)
{
	note_call('t');
	return 1;
}

enum source { NOBODY, FREE_DMA, FREE_NORMAL, CLEAN_NORMAL };

static enum source source_of(const struct page *page, unsigned long clean_before)
{
	if (!page)
		return NOBODY;
	if (page_zone(page)->type == ZONE_DMA)
		return FREE_DMA;
	return zones[ZONE_NORMAL].inactive_clean_pages < clean_before ? CLEAN_NORMAL
								      : FREE_NORMAL;
}

static void requests(void)
{
	static const struct {
		gfp_t gfp;
		unsigned order;
		bool reserves;		/* PF_MEMALLOC */
		unsigned long dma, normal, clean;
		enum source source;
		int pressure;
		const char *calls;
	} cases[] = {
		{ GFP_KERNEL, 0, 0, 3000, 3000, 0, FREE_NORMAL, 1, "" },
		{ GFP_KERNEL, 0, 0, 0, 192, 0, FREE_NORMAL, 1, "k" },
		{ GFP_KERNEL, 0, 0, 256, 191, 0, FREE_DMA, 1, "k" },
		{ GFP_KERNEL, 0, 0, 255, 191, 0, FREE_NORMAL, 1, "kky" },
		{ GFP_KERNEL, 0, 0, 0, 104, 100, FREE_NORMAL, 1, "kr" },
		{ GFP_KERNEL, 0, 0, 0, 103, 100, CLEAN_NORMAL, 2, "kr" },
		{ GFP_KERNEL, 0, 0, 0, 90, 60, CLEAN_NORMAL, 2, "krrky" },
		{ GFP_ATOMIC, 0, 0, 0, 90, 60, FREE_NORMAL, 1, "krrk" },
		{ GFP_USER, 0, 0, 0, 97, 0, FREE_NORMAL, 2, "krky" },
		{ GFP_ATOMIC, 0, 0, 0, 24, 0, FREE_NORMAL, 1, "krrk" },
		{ GFP_ATOMIC, 0, 0, 0, 23, 0, NOBODY, 1, "krrk" },
		{ GFP_ATOMIC, 0, 0, 32, 23, 0, FREE_DMA, 1, "krrk" },
		{ GFP_KERNEL, 0, 1, 0, 1, 0, FREE_NORMAL, 1, "krrky" },
		{ GFP_KERNEL, 1, 0, 0, 2, 0, NOBODY, 2, "krrkylbK" },
		{ GFP_BUFFER, 1, 0, 0, 1, 0, NOBODY, 2, "krrkylt" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct page *page;

		unit_cached_pages((unsigned)cases[i].clean, STATE_INACTIVE_CLEAN);
		unit_leave_free(ZONE_DMA, cases[i].dma);
		unit_leave_free(ZONE_NORMAL, cases[i].normal);
		memory_pressure = 0;
		memset(calls, 0, sizeof(calls));
		if (cases[i].reserves)
			current->flags |= PF_MEMALLOC;
		page = alloc_pages(cases[i].gfp, cases[i].order);
		current->flags &= ~PF_MEMALLOC;

		check(source_of(page, cases[i].clean) == cases[i].source);
		check(memory_pressure == cases[i].pressure);
		check(strcmp(calls, cases[i].calls) == 0);
		if (page)
			put_page(page);
		unit_drop_cached_pages();
		unit_give_frames();
	}
}

/* Before anything else: is kswapd needed, or bdflush, or nobody? 600 pages are free. */
static void first_call_for_help(void)
{
	static const struct {
		unsigned dirty;
		const char *calls;
	} cases[] = { { 40, "k" }, { 671, "" }, { 672, "b" } };

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		unit_cached_pages(cases[i].dirty, STATE_INACTIVE_DIRTY);
		unit_leave_free(ZONE_DMA, 0);
		unit_leave_free(ZONE_NORMAL, 600);
		memory_pressure = 0;
		memset(calls, 0, sizeof(calls));
		put_page(alloc_page(GFP_KERNEL));
		check(strcmp(calls, cases[i].calls) == 0);
		unit_drop_cached_pages();
		unit_give_frames();
	}
}

/* Each free of a block, whatever its order, takes one off, but never the last (3.3). */
static void frees_lower_the_pressure(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 3);

	memory_pressure = 3;
	free_pages(page, 3);
	check(memory_pressure == 2);
	put_page(alloc_page(GFP_KERNEL));
	check(memory_pressure == 2);
	memory_pressure = 0;
	put_page(alloc_page(GFP_KERNEL));
	check(memory_pressure == 1);
}

static void zone_is(gfp_t gfp, unsigned n, enum zone_type type)
{
	const struct zoneref *ref = next_zones_zonelist(node_zonelist(0, gfp)->refs,
							 gfp_zone(gfp));

	while (n--)
		ref = next_zones_zonelist(ref + 1, gfp_zone(gfp));
	check(type == NR_ZONE_TYPES ? !ref->zone : ref->zone == &zones[type]);
}

/* HIGH makes no difference (Q32); DMA wins over HIGHMEM; empty zones are left out. */
static void orders_of_zones(void)
{
	static const gfp_t masks[] = { GFP_BUFFER, GFP_ATOMIC, GFP_USER, GFP_KERNEL,
				       GFP_HIGHUSER };

	for (unsigned i = 0; i < ARRAY_SIZE(masks); i++) {
		zone_is(masks[i], 0, ZONE_NORMAL);
		zone_is(masks[i], 1, ZONE_DMA);
		zone_is(masks[i], 2, NR_ZONE_TYPES);
		zone_is(masks[i] | __GFP_DMA, 0, ZONE_DMA);
		zone_is(masks[i] | __GFP_DMA, 1, NR_ZONE_TYPES);
	}
	check(alloc_pages(GFP_KERNEL, 10) == NULL);
}

void unit_main(void)
{
	struct waiter kreclaimd = { 0 };

	unit_boot(4096, 12288);
	list_add(&kreclaimd.link, &kreclaimd_wait.waiters);
	requests();
	first_call_for_help();
	frees_lower_the_pressure();
	orders_of_zones();
}
