/* /proc: the files about the machine, its processors and its file systems. */
#include "arch/boot.h"
#include "arch/machine.h"
#include "fs/internal.h"
#include "fs/proc/proc.h"
#include "kernel/sched.h"
#include "kernel/time.h"
#include "lib/div64.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"

/* Tasks by what they do now. */
struct census {
	unsigned all, running, blocked;
	unsigned long user_ticks, system_ticks;
	int last_pid;
};

static struct census count_tasks(void)
{
	struct census census = { 0 };
	struct task *task;

	spin_lock(&task_list_lock);
	list_for_each(task, &task_list, link) {
		census.all++;
		census.running += task->state == TASK_RUNNABLE;
		census.blocked += task->state == TASK_UNINTERRUPTIBLE;
		census.user_ticks += task->utime;
		census.system_ticks += task->stime;
		if (task->pid > census.last_pid)
			census.last_pid = task->pid;
	}
	spin_unlock(&task_list_lock);
	return census;
}

int show_uptime(struct text *text, int pid)
{
	u32 rest;
	u64 hundredths = div64_u32(clock_ns(), 10000000, NULL);
	u64 seconds = div64_u32(hundredths, 100, &rest);

	/* Idle time is counted per processor, in ticks, as what no task has used. */
	struct census census = count_tasks();
	u64 idle = (u64)jiffies * nr_cpus;
	u64 busy = census.user_ticks + census.system_ticks;
	u32 idle_rest;

	idle = div64_u32(idle > busy ? idle - busy : 0, HZ, &idle_rest);
	text_printf(text, "%llu.%02u %llu.%02u\n", (unsigned long long)seconds, rest,
		    (unsigned long long)idle, idle_rest * (100 / HZ));
	return 0;
}

int show_loadavg(struct text *text, int pid)
{
	struct census census = count_tasks();

	for (unsigned i = 0; i < 3; i++) {
		unsigned long load = load_averages[i] + 10;	/* rounds to hundredths */

		text_printf(text, "%lu.%02lu ", load >> 11, (load & 2047) * 100 >> 11);
	}
	text_printf(text, "%u/%u %d\n", census.running, census.all, census.last_pid);
	return 0;
}

/*
 * Processor time is known of living tasks and of those that were waited for: init, who
 * inherits orphans, has the rest.
 */
int show_stat(struct text *text, int pid)
{
	struct census census = count_tasks();
	u64 user = census.user_ticks, system = census.system_ticks;
	u64 all = (u64)jiffies * nr_cpus;
	struct task *task;

	spin_lock(&task_list_lock);
	list_for_each(task, &task_list, link) {
		user += task->child_utime;
		system += task->child_stime;
	}
	spin_unlock(&task_list_lock);
	text_printf(text, "cpu  %llu 0 %llu %llu\n", (unsigned long long)user,
		    (unsigned long long)system,
		    (unsigned long long)(all > user + system ? all - user - system : 0));
	text_printf(text, "page %lu %lu\n", vm_counters[VM_pgpgin], vm_counters[VM_pgpgout]);
	text_printf(text, "swap %lu %lu\n", vm_counters[VM_pswpin], vm_counters[VM_pswpout]);
	text_printf(text, "intr %lu\nctxt %lu\n", nr_interrupts, nr_switches);
	text_printf(text, "btime %u\n",
		    realtime_seconds() - (u32)div64_u32(clock_ns(), 1000000000u, NULL));
	text_printf(text, "procs_running %u\nprocs_blocked %u\n", census.running,
		    census.blocked);
	return 0;
}

int show_version(struct text *text, int pid)
{
	text_printf(text, "Highwater version %s.0 (" __VERSION__ ") #1 SMP\n", policy->name);
	return 0;
}

int show_cmdline(struct text *text, int pid)
{
	text_printf(text, "%s\n", boot_info.cmdline);
	return 0;
}

static void show_type(const struct file_system *type, void *arg)
{
	text_printf(arg, "%s\t%s\n", type->needs_device ? "" : "nodev", type->name);
}

int show_filesystems(struct text *text, int pid)
{
	for_each_file_system(show_type, text);
	return 0;
}

static void show_mount(struct super_block *sb, void *arg)
{
	static char path[PATH_MAX];	/* for_each_super lets one caller in at a time */

	if (dentry_path(sb->root, path, sizeof(path)) > 0)
		text_printf(arg, "%s%s %s %s %s 0 0\n", sb->dev && sb->name[0] != '/' ? "/dev/"
			    : "", sb->name, path, sb->type->name,
			    sb->read_only ? "ro" : "rw");
}

int show_mounts(struct text *text, int pid)
{
	for_each_super(show_mount, text);
	return 0;
}
