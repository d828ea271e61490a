/*
 * Out of memory in 2.6: whom to kill, by the share of memory that would come free
 * (facts 2.6, section 13; lab 13).
 *
 * Owns zone->oom_locked and the notifiers. Walks the task list under task_list_lock.
 */
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"

#define POINTS_MOST	1000	/* all of memory and swap */
#define ROOT_BONUS	30

unsigned long (*oom_notifier)(void);

/* Unlocks the zones of the list in front of END; NULL: all. */
static void unlock_zones(const struct zonelist *zonelist, gfp_t gfp, const struct zoneref *end)
{
	for_each_zoneref(ref, zonelist, gfp_zone(gfp)) {
		if (ref == end)
			break;
		__atomic_store_n(&ref->zone->oom_locked, false, __ATOMIC_RELEASE);
	}
}

bool try_set_zonelist_oom(const struct zonelist *zonelist, gfp_t gfp)
{
	bool all = true;

	spin_lock(&zonelist_lock);
	for_each_zoneref(ref, zonelist, gfp_zone(gfp))
		if (__atomic_exchange_n(&ref->zone->oom_locked, true, __ATOMIC_ACQUIRE)) {
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

static bool unkillable(const struct task *task)
{
	return task->pid == 1 || task->flags & PF_KTHREAD || !task->mm;
}

/* The task's share of memory and swap, page tables too, in thousandths; 0: never. */
static unsigned oom_badness(const struct task *task)
{
	unsigned long total = num_physpages + total_swap_pages;
	unsigned long pages;
	long points;

	if (unkillable(task))
		return 0;
	pages = get_mm_rss(task->mm) + task->mm->swapents + task->mm->nr_ptes;
	points = (long)(pages * POINTS_MOST / total);
	if (task->euid == 0)
		points -= ROOT_BONUS;
	return (unsigned)min(max(points, 1l), (long)POINTS_MOST);
}

/* The worst task; NULL if somebody is dying already, or nobody may be killed. */
static struct task *select_bad_process(unsigned *points)
{
	struct task *task, *worst = NULL;

	*points = 0;
	list_for_each(task, &task_list, link) {
		unsigned score;

		if (task->state == TASK_ZOMBIE)
			continue;
		if (task->flags & PF_MEMDIE)
			return NULL;
		score = oom_badness(task);
		if (score > *points) {
			*points = score;
			worst = task;
		}
	}
	return worst;
}

/* A child with memory of its own is given up for its parent. */
static struct task *sacrifice_child(struct task *victim)
{
	struct task *child, *worst = victim;
	unsigned most = 0;

	list_for_each(child, &victim->children, sibling)
		if (child->mm != victim->mm && oom_badness(child) > most) {
			most = oom_badness(child);
			worst = child;
		}
	return worst;
}

/* task_list_lock held. */
static void oom_kill_process(struct task *victim, unsigned points)
{
	printk("Out of memory: Kill process %d (%s) score %u or sacrifice child\n",
	       victim->pid, victim->comm, points);
	victim = sacrifice_child(victim);
	victim->flags |= PF_MEMDIE;
	count_vm(VM_oom_kill);
	note(EV_OOM_KILL, (unsigned)victim->pid, BY_oom_kill);
	send_signal(victim, SIGKILL);
	printk("Killed process %d (%s)\n", victim->pid, victim->comm);
}

void out_of_memory(const struct zonelist *zonelist, gfp_t gfp, unsigned order)
{
	struct task *victim;
	unsigned points;

	if (oom_notifier && oom_notifier() > 0)
		return;
	/* Who is dying already frees its memory as soon as it has what it asks for. */
	if (fatal_signal_pending(current)) {
		current->flags |= PF_MEMDIE;
		return;
	}
	spin_lock(&task_list_lock);
	victim = select_bad_process(&points);
	if (victim)
		oom_kill_process(victim, points);
	spin_unlock(&task_list_lock);
	if (!(current->flags & PF_MEMDIE))
		congestion_wait(1);
}

void pagefault_out_of_memory(void)
{
	const struct zonelist *zonelist = node_zonelist(numa_node_id(), GFP_HIGHUSER);

	if (try_set_zonelist_oom(zonelist, GFP_HIGHUSER)) {
		out_of_memory(zonelist, GFP_HIGHUSER, 0);
		clear_zonelist_oom(zonelist, GFP_HIGHUSER);
	} else {
		congestion_wait(1);
	}
}
