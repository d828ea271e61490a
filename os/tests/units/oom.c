/* Who is killed when memory is gone (facts 2.4, section 7). */
#include "kernel/task.h"
#include "mm/reclaim/oom.h"
#include "mm/vm/vm.h"
#include "tests/units/units.h"

#define NR_PROCESSES	6

static struct mm_struct spaces[NR_PROCESSES];
static struct task processes[NR_PROCESSES];

/* A process of an ordinary user, with so many pages, ticks of CPU and ticks of life. */
static struct task *process(unsigned n, unsigned long pages, unsigned long cpu,
			    unsigned long life)
{
	struct task *task = &processes[n];

	spaces[n].total_vm = pages;
	task->mm = &spaces[n];
	task->pid = 100 + (int)n;
	task->uid = task->euid = 1000;
	task->nice = 0;
	task->state = TASK_RUNNABLE;
	task->flags = 0;
	task->pending = 0;
	task->utime = cpu / 2;
	task->stime = cpu - cpu / 2;
	task->start_time = jiffies - life;
	return task;
}

/* The numbers that the original's function gave. */
static void badness_is_the_originals(void)
{
	struct task *task;

	check(badness(process(0, 10000, 0, 0)) == 10000);
	check(badness(process(0, 10000, 4096, 0)) == 5000);
	check(badness(process(0, 10000, 4096, 2097152)) == 5000);
	check(badness(process(0, 20000, 102400, 13107200)) == 1111);

	task = process(0, 10000, 4096, 33554432);
	task->nice = 5;
	check(badness(task) == 3332);

	task = process(0, 10000, 0, 0);
	task->uid = task->euid = 0;
	check(badness(task) == 625);

	task->mm = NULL;
	check(badness(task) == 0);
}

/* The root function, seen through a process of 1000 * 256 pages: its values by CPU time. */
static void the_root_is_crude(void)
{
	static const struct {
		unsigned long of, is;
	} roots[] = {
		{ 0, 1 }, { 3, 1 }, { 4, 2 }, { 5, 2 }, { 6, 3 }, { 7, 3 }, { 8, 2 }, { 9, 2 },
		{ 16, 3 }, { 25, 5 }, { 36, 4 }, { 63, 7 }, { 64, 6 }, { 100, 9 }, { 1024, 24 },
		{ 65535, 255 }, { 65536, 192 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(roots); i++) {
		unsigned long pages = 1000 * roots[i].is;

		check(badness(process(0, pages, roots[i].of << 10, 0)) == 1000);
	}
}

static void the_first_of_the_worst_is_killed(void)
{
	struct task *victim;

	process(0, 500, 0, 0);
	process(1, 900, 0, 0)->state = TASK_ZOMBIE;
	process(2, 800, 0, 0);
	process(3, 800, 0, 0);
	process(4, 900, 0, 0)->pid = 0;
	process(5, 7000, 0, 0)->uid = 0;
	for (unsigned i = 0; i < NR_PROCESSES; i++)
		list_add_tail(&processes[i].link, &task_list);

	victim = oom_kill();
	check(victim == &processes[2]);
	check(victim->flags & PF_MEMALLOC);

	/* It ends: its memory is on its way back, and nobody else has to go meanwhile. */
	victim->mm = NULL;
	victim->flags |= PF_EXITING;
	check(oom_kill() == NULL);
	victim->state = TASK_ZOMBIE;
	check(oom_kill() == &processes[3]);

	/* The superuser's process is the worst now: it is asked, not forced. */
	for (unsigned i = 0; i < 5; i++)
		list_del(&processes[i].link);
	check(oom_kill() == &processes[5]);
	list_del(&processes[5].link);
	check(oom_kill() == NULL);
}

void unit_main(void)
{
	unit_boot(64, 256);
	badness_is_the_originals();
	the_root_is_crude();
	the_first_of_the_worst_is_killed();
}
