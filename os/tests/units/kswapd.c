/*
 * What kswapd does in one turn, counted (facts 2.4, 3.4 to 3.6; E32): the caches of names
 * that it shrinks, the slabs that it reaps, whom it kills and whether it sleeps.
 */
#include "arch/sim/sim.h"
#include "fs/fs.h"
#include "kernel/task.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/oom.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/slab/slab.h"
#include "mm/vm/vm.h"
#include "tests/units/units.h"

#define MOST	3000

static unsigned dcache_shrinks, slab_reaps;
static int last_priority;

void __wrap_shrink_dcache_memory(int priority, gfp_t gfp);
void __wrap_shrink_dcache_memory(int priority, gfp_t gfp)
{
	check(gfp & __GFP_IO);
	dcache_shrinks++;
	last_priority = priority;
}

void __real_kmem_cache_reap(gfp_t gfp);
void __wrap_kmem_cache_reap(gfp_t gfp);
void __wrap_kmem_cache_reap(gfp_t gfp)
{
	slab_reaps++;
	__real_kmem_cache_reap(gfp);
}

static void count_from_here(void)
{
	dcache_shrinks = slab_reaps = 0;
}

/* Metadata pages without users serve as pages of the active list. */
static struct page *pages[MOST];

static void fill_active_list(unsigned n, unsigned age, unsigned references)
{
	for (unsigned i = 0; i < n; i++) {
		struct page *page = pages[i] = alloc_page(GFP_ATOMIC);

		check(page != NULL);
		page->age = (u8)age;
		atomic_set(&page->count, (int)references);
		lock_page(page);
		lru_cache_add(page);
		unlock_page(page);
	}
}

static void empty_lists(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		lock_page(pages[i]);
		lru_cache_del(pages[i]);
		unlock_page(pages[i]);
		atomic_set(&pages[i]->count, 1);
		put_page(pages[i]);
	}
}

static void leave_free(unsigned long dma, unsigned long normal)
{
	unit_leave_free(ZONE_DMA, dma);
	unit_leave_free(ZONE_NORMAL, normal);
}

static struct mm_struct space;
static struct task victim;

/* Nothing can be had anywhere: seven rounds, each with a look at the names, then a kill. */
static void nothing_reclaimable_kills_one(void)
{
	leave_free(0, 0);
	count_from_here();
	check(kswapd_turn() == KSWAPD_KILL);
	check(dcache_shrinks == 8 && slab_reaps == 1 && last_priority == 0);

	space.total_vm = 100;
	victim = (struct task){ .pid = 77, .mm = &space, .uid = 5, .euid = 5 };
	list_add_tail(&victim.link, &task_list);
	check(oom_kill() == &victim);
	check(victim.pending == 1ul << (SIGKILL - 1) && victim.slice == 5 * HZ);
	list_del(&victim.link);
	unit_give_frames();
}

/* Of the contents of the active list in section 3.5: names shrunk, slabs reaped, visits. */
static void rounds_of_refill_inactive(void)
{
	static const struct {
		unsigned pages, age, count;
		bool user;
		unsigned moved, shrinks, visits;
	} cases[] = {
		{ 2000, 1, 1, false, 1344, 0, 1344 },
		{ 2000, 1, 1, true, 16, 0, 16 },
		{ 2000, 64, 2, false, 0, 7, 5968 },
		{ 2000, 64, 1, false, 0, 7, 5968 },
		{ 50, 1, 1, false, 50, 13, 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long visits;

		memory_pressure = 0;
		fill_active_list(cases[i].pages, cases[i].age, cases[i].count);
		leave_free(0, 0);
		memory_pressure = 0;
		count_from_here();
		visits = vm_counters[VM_pgrefill];
		check(refill_inactive(GFP_KERNEL, cases[i].user) == (cases[i].moved > 0));
		check(nr_inactive_dirty_pages == cases[i].moved);
		check(dcache_shrinks == cases[i].shrinks && slab_reaps == 1);
		visits = vm_counters[VM_pgrefill] - visits;
		check(!cases[i].visits || visits == cases[i].visits);
		empty_lists(cases[i].pages);
		unit_give_frames();
	}
}

/* Step 3 of do_try_to_free_pages: nothing is short, only slabs are looked at. */
static void nothing_short_reaps_slabs(void)
{
	count_from_here();
	check(do_try_to_free_pages(GFP_KSWAPD, false) == 1);
	check(slab_reaps == 1 && dcache_shrinks == 0);
}

/* The shortage run of 3.6: 1144 pages by refill_inactive, 29 by the scan after it. */
static void one_shortage_is_enough_to_sleep(void)
{
	fill_active_list(3000, 2, 1);
	leave_free(50, 50);
	memory_pressure = 0;
	check(free_shortage() == 572 && inactive_shortage() == 572);
	check(kswapd_turn() == KSWAPD_SLEEP);
	check(nr_inactive_dirty_pages == 1173 && nr_active_pages == 1827);
	check(free_shortage() == 572 && inactive_shortage() == 0);	/* Q18 */
	empty_lists(3000);
	unit_give_frames();
}

/* try_to_free_pages: nothing without WAIT; the right to the reserves ends with it (Q31). */
static void helpers_lose_their_rights(void)
{
	count_from_here();
	check(try_to_free_pages(GFP_ATOMIC) == 1 && slab_reaps == 0);
	current->flags |= PF_MEMALLOC;
	check(try_to_free_pages(GFP_BUFFER) == 1 && slab_reaps == 1);
	check(!(current->flags & PF_MEMALLOC));
}

/* Not waiting, who asks is no waiter; kswapd itself never waits (3.6). */
static void kswapd_is_not_woken_by_itself(void)
{
	unsigned long before = vm_counters[VM_kswapd_wake];

	current->flags |= PF_KSWAPD;
	wakeup_kswapd(true);
	current->flags &= ~PF_KSWAPD;
	check(vm_counters[VM_kswapd_wake] == before);
	wakeup_kswapd(false);
	check(vm_counters[VM_kswapd_wake] == before + 1);
	check(!wait_queue_active(&kswapd_done));
}

void unit_main(void)
{
	unit_boot(4096, 12288);
	nothing_reclaimable_kills_one();
	rounds_of_refill_inactive();
	nothing_short_reaps_slabs();
	one_shortage_is_enough_to_sleep();
	helpers_lose_their_rights();
	kswapd_is_not_woken_by_itself();
}
