/*
 * Who is killed under 2.6 when memory is gone, and how (facts 2.6, section 13; E58).
 */
#include <setjmp.h>

#include "arch/sim/sim.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/oom_score.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/slab/shrinker.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"
#include "tests/units/units.h"

#define NR_PROCESSES	8
#define KILLED		(1ul << (SIGKILL - 1))

static struct mm_struct spaces[NR_PROCESSES];
static struct task processes[NR_PROCESSES];

/* A process of an ordinary user with so many pages, on the list, without parent. */
static struct task *process(unsigned n, unsigned long pages)
{
	struct task *task = &processes[n];

	spaces[n] = (struct mm_struct){ .anon_rss = pages };
	*task = (struct task){
		.mm = &spaces[n], .pid = 100 + (int)n, .uid = 1000, .euid = 1000,
		.state = TASK_RUNNABLE, .comm = "process",
	};
	list_init(&task->children);
	list_init(&task->sibling);
	list_add_tail(&task->link, &task_list);
	return task;
}

static void child_of(struct task *parent, struct task *child)
{
	child->parent = parent;
	list_add_tail(&child->sibling, &parent->children);
}

static void all_gone(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		list_del(&processes[i].link);
}

static void kill_somebody(void)
{
	out_of_memory(node_zonelist(0, GFP_KERNEL), GFP_KERNEL, 0);
}

/* Of so many one after the other the pid that is killed, alone; 0: none. */
static int killed(unsigned n)
{
	int pid = 0;

	for (unsigned i = 0; i < n; i++) {
		processes[i].memdie = false;
		processes[i].pending = 0;
	}
	kill_somebody();
	for (unsigned i = 0; i < n; i++)
		if (processes[i].pending & KILLED) {
			check(pid == 0 && processes[i].memdie);
			pid = processes[i].pid;
		} else {
			check(!processes[i].memdie);
		}
	return pid;
}

static void the_notes_scores(void)
{
	struct task *task = process(0, 50000);

	task->mm->nr_ptes = 200;
	task->mm->swapents = 10000;
	check(oom_badness(task, 300000) == 200);
	task->euid = 0;
	check(oom_badness(task, 300000) == 170);
	task->euid = 1000;
	task->oom_score_adj = -500;
	check(oom_badness(task, 300000) == 1);
	task->oom_score_adj = 900;
	check(oom_badness(task, 300000) == 1000);
	task->oom_score_adj = -1000;
	check(oom_badness(task, 300000) == 0);

	task->oom_score_adj = 0;
	*task->mm = (struct mm_struct){ .anon_rss = 60, .file_rss = 40, .nr_ptes = 2 };
	check(oom_badness(task, 300000) == 1);
	task->pid = 1;
	check(oom_badness(task, 300000) == 0);
	task->pid = 100;
	task->flags = PF_KTHREAD;
	check(oom_badness(task, 300000) == 0);
	task->flags = 0;
	task->mm = NULL;
	check(oom_badness(task, 300000) == 0);
	all_gone(1);
}

/* Each part counts once: tables of ptes, and what is in swap. */
static void every_page_counts(void)
{
	struct task *task = process(0, 0);

	task->mm->anon_rss = 1000;
	check(oom_badness(task, 10000) == 100);
	task->mm->nr_ptes = 1000;
	check(oom_badness(task, 10000) == 200);
	task->mm->swapents = 1000;
	check(oom_badness(task, 10000) == 300);
	check(oom_score(task) == 1000);		/* of this machine's 320 pages */
	all_gone(1);
}

static void the_first_of_the_worst(void)
{
	process(0, 50);
	process(1, 200)->pid = 1;
	process(2, 100);
	process(3, 100);
	process(4, 300)->state = TASK_ZOMBIE;
	process(5, 200)->flags = PF_KTHREAD;
	process(6, 200)->oom_score_adj = OOM_SCORE_ADJ_MIN;
	check(killed(7) == 102);
	processes[3].oom_score_adj = 1;
	check(killed(7) == 103);
	all_gone(7);
}

/* Whoever was chosen, or ends by himself, gives memory back soon: nobody else must go. */
static void one_death_at_a_time(void)
{
	struct task *dying;

	process(0, 100);
	dying = process(1, 10);
	check(killed(2) == 100);
	dying->memdie = true;
	processes[0].pending = 0;
	processes[0].memdie = false;
	kill_somebody();
	check(!processes[0].pending && !processes[0].memdie);
	dying->mm = NULL;		/* even when its memory has gone: it is not out yet */
	kill_somebody();
	check(!processes[0].pending);
	dying->state = TASK_ZOMBIE;
	kill_somebody();
	check(processes[0].pending == KILLED);

	dying->state = TASK_RUNNABLE;
	dying->mm = &spaces[1];
	dying->flags = PF_EXITING;
	check(killed(2) == 0);
	dying->mm = NULL;
	check(killed(2) == 100);
	all_gone(2);
}

/* Somebody who exits, and needs memory to do so, gets it and no signal. */
static void who_exits_may_use_the_reserves(void)
{
	struct task *self = process(0, 1);

	process(1, 200);
	self->flags = PF_EXITING;
	sched_set_current(self);
	kill_somebody();
	check(self->memdie && !self->pending && !processes[1].pending);

	/* Nobody's score keeps it from that, not even the highest that there is. */
	self->memdie = false;
	list_move(&processes[1].link, &task_list);
	processes[1].oom_score_adj = OOM_SCORE_ADJ_MAX;
	kill_somebody();
	check(self->memdie && !processes[1].pending);

	self->flags = 0;
	self->memdie = false;
	self->pending = KILLED;
	kill_somebody();
	check(self->memdie && !processes[1].pending);
	sched_set_current(NULL);
	all_gone(2);
}

static void a_child_goes_for_its_parent(void)
{
	struct task *parent = process(0, 200), *child;

	child_of(parent, process(1, 20));
	child = process(2, 30);
	child_of(parent, child);
	child_of(parent, process(3, 100));
	processes[3].oom_score_adj = OOM_SCORE_ADJ_MIN;
	check(killed(4) == 102);
	processes[1].mm = processes[2].mm = parent->mm;	/* nothing would come free */
	processes[2].memdie = false;
	kill_somebody();
	check(parent->memdie && !processes[1].memdie && !processes[2].memdie);
	all_gone(4);
}

/* An address space goes with the last who has it. */
static void all_sharers_go(void)
{
	process(0, 100);
	process(1, 0)->mm = &spaces[0];
	process(2, 0)->mm = &spaces[0];
	process(3, 50);
	processes[2].oom_score_adj = OOM_SCORE_ADJ_MIN;
	kill_somebody();
	check(processes[0].pending == KILLED && processes[1].pending == KILLED);
	check(processes[0].memdie && !processes[1].memdie);
	check(!processes[2].pending && !processes[3].pending);
	all_gone(4);
}

static void who_asks_is_killed(void)
{
	struct task *self = process(0, 1);

	process(1, 200);
	oom_kill_allocating_task = 1;
	sched_set_current(self);
	check(killed(2) == 100);
	self->oom_score_adj = OOM_SCORE_ADJ_MIN;
	check(killed(2) == 101);
	sched_set_current(NULL);
	oom_kill_allocating_task = 0;
	all_gone(2);
}

static jmp_buf panicked;

static void jump(const char *message) __noreturn;
static void jump(const char *message)
{
	longjmp(panicked, 1);
}

static void the_machine_stops_if_that_is_wanted(void)
{
	__typeof__(panic_hook) before = panic_hook;
	volatile bool stopped = false;

	process(0, 100);
	panic_hook = jump;
	panic_on_oom = 1;
	if (setjmp(panicked) == 0)
		kill_somebody();
	else
		stopped = true;
	check(stopped && !processes[0].pending);
	panic_on_oom = 0;
	panic_hook = before;
	all_gone(1);
}

static unsigned long found;

static unsigned long find_some(void)
{
	return found;
}

/* Somebody may have had some to give. */
static void the_notifier_is_asked_first(void)
{
	process(0, 100);
	oom_notifier = find_some;
	found = 1;
	check(killed(1) == 0);
	found = 0;
	check(killed(1) == 100);
	oom_notifier = NULL;
	all_gone(1);
}

/* A fault kills only if nobody does so for any of the zones. */
static void faults_lock_all_zones(void)
{
	const struct zonelist *dma = node_zonelist(0, GFP_KERNEL | __GFP_DMA);

	process(0, 100);
	check(try_set_zonelist_oom(dma, GFP_KERNEL | __GFP_DMA));
	check(!try_set_zonelist_oom(node_zonelist(0, GFP_KERNEL), GFP_KERNEL));
	pagefault_out_of_memory();
	check(!processes[0].pending);
	check(!zones[ZONE_NORMAL].oom_locked && zones[ZONE_DMA].oom_locked);
	clear_zonelist_oom(dma, GFP_KERNEL | __GFP_DMA);
	zones[ZONE_NORMAL].oom_locked = true;
	pagefault_out_of_memory();
	check(!processes[0].pending);
	check(zones[ZONE_NORMAL].oom_locked && !zones[ZONE_DMA].oom_locked);
	zones[ZONE_NORMAL].oom_locked = false;
	pagefault_out_of_memory();
	check(processes[0].pending == KILLED);
	check(!zones[ZONE_NORMAL].oom_locked && !zones[ZONE_DMA].oom_locked);
	all_gone(1);
}

static struct page *held[400];
static unsigned nr_held;

/* The test has all frames, as only a task that the killer chose can have them. */
static void take_all_frames(void)
{
	struct page *page;

	processes[0].memdie = true;
	sched_set_current(&processes[0]);
	while ((page = alloc_page(GFP_ATOMIC)) != NULL)
		held[nr_held++] = page;
	check(nr_free_pages() == 0 && nr_held > 200);
	for_each_zone(zone)
		zone->all_unreclaimable = true;	/* as kswapd has found */
	processes[0].memdie = false;
}

static void give_all_frames(void)
{
	while (nr_held)
		put_page(held[--nr_held]);
	sched_set_current(NULL);
}

/* The dead task's requests go below all marks, and fail without reclaim if that is in vain. */
static void who_is_chosen_may_use_the_reserves(void)
{
	struct task *self = process(0, 1);
	struct page *page;

	take_all_frames();
	put_page(held[--nr_held]);
	check(!alloc_page(GFP_ATOMIC));
	self->memdie = true;
	check(!alloc_page(GFP_ATOMIC | __GFP_NOMEMALLOC));
	page = alloc_page(GFP_KERNEL);
	check(page != NULL);
	check(!alloc_page(GFP_KERNEL) && !self->pending);
	put_page(page);
	give_all_frames();
	all_gone(1);
}

static unsigned times_asked;

static void give_many(void)
{
	while (nr_held > 100)
		put_page(held[--nr_held]);
}

/* The killer and the last shrinker that is asked: either ends the shortage. */
static unsigned long somebody_is_killed(void)
{
	times_asked++;
	give_many();
	return 1;
}

static long give_at_last(struct shrinker *self, unsigned long nr, gfp_t gfp)
{
	if (++self->deferred == 100)
		give_many();
	return 0;
}

/* A node that is full is no reason to kill, unless its memory must not fail. */
static void who_wants_his_own_node_waits(void)
{
	struct shrinker shrinker = { .name = "last", .shrink = give_at_last };
	struct task *self = process(0, 1);
	struct page *page;

	take_all_frames();
	oom_notifier = somebody_is_killed;
	page = alloc_page(GFP_KERNEL | __GFP_THISNODE | __GFP_NOFAIL);
	check(page != NULL && times_asked > 0);
	held[nr_held++] = page;

	times_asked = 0;
	take_all_frames();
	register_shrinker(&shrinker);
	page = alloc_page(GFP_KERNEL | __GFP_THISNODE);
	check(page != NULL && times_asked == 0 && !self->pending);
	unregister_shrinker(&shrinker);
	oom_notifier = NULL;
	put_page(page);
	give_all_frames();
	all_gone(1);
}

static int adj_of_asker;

static unsigned long look(void)
{
	adj_of_asker = current->oom_score_adj;
	current->pending |= KILLED;
	return 0;
}

/* swapoff wants memory for all that is in swap: it goes before those who have it. */
static void swapoff_is_to_blame(void)
{
	struct task *self = process(0, 1);
	swp_entry_t entry;

	unit_swap(8, 1);
	entry = get_swap_page();
	check(entry.val && swap_duplicate(entry) == 0);
	swapcache_free(entry);
	take_all_frames();
	oom_notifier = look;
	self->oom_score_adj = 7;
	check(swap_area_remove(swp_type(entry)) == -ENOMEM);
	check(adj_of_asker == OOM_SCORE_ADJ_MAX && self->memdie);
	check(self->oom_score_adj == 7);
	check(total_swap_pages == 8);		/* it is on again */
	check(swap_area_remove(swp_type(entry)) == -EINTR);
	check(self->oom_score_adj == 7);

	/* Who changes it meanwhile has his way. */
	check(test_set_oom_score_adj(OOM_SCORE_ADJ_MAX) == 7);
	self->oom_score_adj = -3;
	compare_swap_oom_score_adj(OOM_SCORE_ADJ_MAX, 7);
	check(self->oom_score_adj == -3);

	oom_notifier = NULL;
	give_all_frames();
	swap_free(entry);
	check(swap_area_remove(swp_type(entry)) == 0);
	all_gone(1);
}

void unit_main(void)
{
	unit_boot_era("2.6", 64, 256);
	the_notes_scores();
	every_page_counts();
	the_first_of_the_worst();
	one_death_at_a_time();
	who_exits_may_use_the_reserves();
	a_child_goes_for_its_parent();
	all_sharers_go();
	who_asks_is_killed();
	the_machine_stops_if_that_is_wanted();
	the_notifier_is_asked_first();
	faults_lock_all_zones();
	who_is_chosen_may_use_the_reserves();
	who_wants_his_own_node_waits();
	swapoff_is_to_blame();
}
