/*
 * Out of memory in 2.6: whom to kill, by the share of memory that would come free
 * (facts 2.6, section 13; lab 13).
 *
 * Owns zone->oom_locked, the notifier, the two tunables, and each task's oom_score_adj and
 * memdie. Walks the task list under task_list_lock.
 */
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/reclaim/oom_score.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"

#define POINTS_MOST	1000	/* all of memory and swap */
#define ROOT_BONUS	30

unsigned long (*oom_notifier)(void);
unsigned panic_on_oom;
unsigned oom_kill_allocating_task;

/* ---- one killer at a time for each zone ---- */

static bool try_lock(struct zone *zone)
{
	return !__atomic_exchange_n(&zone->oom_locked, true, __ATOMIC_ACQUIRE);
}

static void unlock(struct zone *zone)
{
	__atomic_store_n(&zone->oom_locked, false, __ATOMIC_RELEASE);
}

/* Unlocks the zones of the list in front of END; NULL: all. */
static void unlock_zones(const struct zonelist *zonelist, gfp_t gfp, const struct zoneref *end)
{
	for_each_zoneref(ref, zonelist, gfp_zone(gfp)) {
		if (ref == end)
			break;
		unlock(ref->zone);
	}
}

bool try_set_zonelist_oom(const struct zonelist *zonelist, gfp_t gfp)
{
	bool all = true;

	spin_lock(&zonelist_lock);
	for_each_zoneref(ref, zonelist, gfp_zone(gfp))
		if (!try_lock(ref->zone)) {
			unlock_zones(zonelist, gfp, ref);
			all = false;
			break;
		}
	spin_unlock(&zonelist_lock);
	return all;
}

void clear_zonelist_oom(const struct zonelist *zonelist, gfp_t gfp)
{
	spin_lock(&zonelist_lock);
	unlock_zones(zonelist, gfp, NULL);
	spin_unlock(&zonelist_lock);
}

/* All zones as far as END, which is not one of them. */
static void unlock_before(const struct zone *end)
{
	for_each_zone(zone) {
		if (zone == end)
			break;
		unlock(zone);
	}
}

/* A fault does not say what it wanted: all zones are locked for it, or none. */
static bool try_set_system_oom(void)
{
	bool all = true;

	spin_lock(&zonelist_lock);
	for_each_zone(zone)
		if (!try_lock(zone)) {
			unlock_before(zone);
			all = false;
			break;
		}
	spin_unlock(&zonelist_lock);
	return all;
}

static void clear_system_oom(void)
{
	spin_lock(&zonelist_lock);
	unlock_before(NULL);
	spin_unlock(&zonelist_lock);
}

/* ---- who ---- */

static bool oom_unkillable_task(const struct task *task)
{
	return task->pid == 1 || task->flags & PF_KTHREAD;
}

unsigned oom_badness(const struct task *task, unsigned long total_pages)
{
	const struct mm_struct *mm = task->mm;
	long points;

	if (oom_unkillable_task(task) || !mm || task->oom_score_adj == OOM_SCORE_ADJ_MIN)
		return 0;
	points = (long)((get_mm_rss(mm) + mm->nr_ptes + mm->swapents) * POINTS_MOST / total_pages);
	if (task->euid == 0)
		points -= ROOT_BONUS;
	points += task->oom_score_adj;
	return (unsigned)min(max(points, 1l), (long)POINTS_MOST);
}

/* What all scores are shares of. */
static unsigned long all_memory(void)
{
	return num_physpages + total_swap_pages;
}

unsigned oom_score(const struct task *task)
{
	return oom_badness(task, all_memory());
}

int test_set_oom_score_adj(int adj)
{
	return __atomic_exchange_n(&current->oom_score_adj, adj, __ATOMIC_RELAXED);
}

void compare_swap_oom_score_adj(int now, int adj)
{
	__atomic_compare_exchange_n(&current->oom_score_adj, &now, adj, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

enum verdict { PASS, WEIGH, CHOSEN, WAIT };

/*
 * WAIT: its memory comes free without a new victim. Who exits himself, and asks for memory
 * to do so, is as good as any.
 */
static enum verdict judge(const struct task *task)
{
	if (task->state == TASK_ZOMBIE || oom_unkillable_task(task))
		return PASS;
	if (__atomic_load_n(&task->memdie, __ATOMIC_RELAXED))
		return WAIT;
	if (!task->mm)
		return PASS;
	if (task->flags & PF_EXITING)
		return task == current ? CHOSEN : WAIT;
	return WEIGH;
}

/*
 * The first of those with the highest score. NULL: nobody may be killed, or *WAIT_FOR_ONE:
 * somebody is dying already. task_list_lock held.
 */
static struct task *select_bad_process(unsigned *points, bool *wait_for_one)
{
	unsigned long total = all_memory();
	struct task *task, *worst = NULL;

	*points = 0;
	*wait_for_one = false;
	list_for_each(task, &task_list, link) {
		enum verdict verdict = judge(task);
		unsigned score = 0;

		if (verdict == WAIT) {
			*wait_for_one = true;
			return NULL;
		}
		if (verdict == CHOSEN)
			score = POINTS_MOST;
		else if (verdict == WEIGH)
			score = oom_badness(task, total);
		if (verdict == CHOSEN || score > *points) {
			*points = score;
			worst = task;
		}
	}
	return worst;
}

/* ---- how ---- */

/* A child with memory of its own is given up for its parent. */
static struct task *sacrifice_child(struct task *victim)
{
	struct task *child, *worst = victim;
	unsigned most = 0;

	list_for_each(child, &victim->children, sibling) {
		unsigned score = child->mm != victim->mm ? oom_score(child) : 0;

		if (score > most) {
			most = score;
			worst = child;
		}
	}
	return worst;
}

static void may_use_reserves(struct task *task)
{
	__atomic_store_n(&task->memdie, true, __ATOMIC_RELAXED);
}

/* The address space goes only with everybody who has it. */
static void kill_sharers(const struct task *victim)
{
	struct task *task;

	list_for_each(task, &task_list, link) {
		if (task == victim || task->mm != victim->mm || task->flags & PF_KTHREAD ||
		    task->oom_score_adj == OOM_SCORE_ADJ_MIN)
			continue;
		printk("Kill process %d (%s) sharing same memory\n", task->pid, task->comm);
		send_signal(task, SIGKILL);
	}
}

static void oom_kill_task(struct task *victim)
{
	const struct mm_struct *mm = victim->mm;

	printk("Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, file-rss:%lukB\n",
	       victim->pid, victim->comm, mm->total_vm << (PAGE_SHIFT - 10),
	       mm->anon_rss << (PAGE_SHIFT - 10), mm->file_rss << (PAGE_SHIFT - 10));
	kill_sharers(victim);
	may_use_reserves(victim);
	count_vm(VM_oom_kill);
	note(EV_OOM_KILL, (unsigned)victim->pid, BY_oom_kill);
	send_signal(victim, SIGKILL);
}

/* WHY: the message's beginning. task_list_lock held. */
static void oom_kill_process(struct task *victim, unsigned points, const char *why)
{
	if (victim->flags & PF_EXITING) {
		may_use_reserves(victim);
		return;
	}
	printk("%s: Kill process %d (%s) score %u or sacrifice child\n", why, victim->pid,
	       victim->comm, points);
	oom_kill_task(sacrifice_child(victim));
}

/* The tunable's 1 spares a request that could have had other nodes; none is so bound yet. */
static void check_panic_on_oom(void)
{
	if (panic_on_oom)
		panic("Out of memory: panic_on_oom is enabled");
}

static bool kill_current(void)
{
	return oom_kill_allocating_task && !oom_unkillable_task(current) && current->mm &&
		current->oom_score_adj != OOM_SCORE_ADJ_MIN;
}

/*
 * Nobody to kill: the original stops the machine. Here the request waits, and fails if it
 * may; what is freed next, by whom ever, lets the others go on.
 */
static void nobody_to_kill(void)
{
	static bool told;

	if (!told)
		printk("Out of memory and no killable processes...\n");
	told = true;
}

void out_of_memory(const struct zonelist *zonelist, gfp_t gfp, unsigned order)
{
	struct task *victim;
	bool wait_for_one;
	unsigned points;

	if (oom_notifier && oom_notifier() > 0)
		return;
	/* Who is dying already frees its memory as soon as it has what it asks for. */
	if (fatal_signal_pending(current)) {
		may_use_reserves(current);
		return;
	}
	check_panic_on_oom();
	spin_lock(&task_list_lock);
	if (kill_current()) {
		oom_kill_process(current, 0, "Out of memory (oom_kill_allocating_task)");
		spin_unlock(&task_list_lock);
		return;
	}
	victim = select_bad_process(&points, &wait_for_one);
	if (victim)
		oom_kill_process(victim, points, "Out of memory");
	spin_unlock(&task_list_lock);
	if (!victim && !wait_for_one)
		nobody_to_kill();
	if (!current->memdie)
		congestion_wait(1);
}

void pagefault_out_of_memory(void)
{
	if (try_set_system_oom()) {
		out_of_memory(NULL, 0, 0);
		clear_system_oom();
	}
	if (!current->memdie)
		congestion_wait(1);
}
