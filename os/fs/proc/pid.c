/*
 * /proc/PID: the files about one process. The task is looked up anew for each text, and
 * read under task_list_lock, which it needs to go away; its memory is held by a reference
 * taken there. A process that has ended meanwhile gives -ESRCH.
 */
#include "arch/machine.h"
#include "fs/proc/proc.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab/slab.h"
#include "mm/vm/vm_internal.h"

#define KIB(pages)	((pages) << (PAGE_SHIFT - 10))

/* A copy of what the texts need. */
struct snapshot {
	char name[TASK_COMM_LEN];
	int pid, parent, nice;
	enum task_state state;
	bool running, stopped;
	unsigned uid, euid, flags;
	unsigned long utime, stime, child_utime, child_stime, start_time, min_flt, maj_flt;
	unsigned long pending;
	struct mm_struct *mm;		/* with a reference, or NULL */
};

bool pid_exists(int pid)
{
	bool found;

	spin_lock(&task_list_lock);
	found = find_task(pid) != NULL;
	spin_unlock(&task_list_lock);
	return found;
}

unsigned pid_owner(int pid)
{
	const struct task *task;
	unsigned owner;

	spin_lock(&task_list_lock);
	task = find_task(pid);
	owner = task ? task->euid : 0;
	spin_unlock(&task_list_lock);
	return owner;
}

int next_pid(int after)
{
	struct task *task;
	int next = 0;

	spin_lock(&task_list_lock);
	list_for_each(task, &task_list, link)
		if (task->pid > after && (!next || task->pid < next))
			next = task->pid;
	spin_unlock(&task_list_lock);
	return next;
}

static int take_snapshot(int pid, struct snapshot *s)
{
	struct task *task;

	spin_lock(&task_list_lock);
	task = find_task(pid);
	if (!task) {
		spin_unlock(&task_list_lock);
		return -ESRCH;
	}
	*s = (struct snapshot) {
		.pid = pid, .parent = task->parent ? task->parent->pid : 0,
		.nice = task->nice, .state = task->state,
		.stopped = task->flags & PF_STOPPED, .uid = task->uid, .euid = task->euid,
		.flags = task->flags, .utime = task->utime, .stime = task->stime,
		.child_utime = task->child_utime, .child_stime = task->child_stime,
		.start_time = task->start_time, .min_flt = task->min_flt,
		.maj_flt = task->maj_flt, .pending = task->pending, .mm = task->mm,
	};
	copy_string(s->name, task->comm, sizeof(s->name));
	if (s->mm)
		atomic_inc(&s->mm->users);
	spin_unlock(&task_list_lock);
	return 0;
}

static void drop_snapshot(struct snapshot *s)
{
	if (s->mm)
		mm_put(s->mm);
}

static char state_letter(const struct snapshot *s)
{
	static const char letters[] = {
		[TASK_RUNNABLE] = 'R', [TASK_INTERRUPTIBLE] = 'S',
		[TASK_UNINTERRUPTIBLE] = 'D', [TASK_ZOMBIE] = 'Z',
	};

	return s->stopped ? 'T' : letters[s->state];
}

static const char *state_name(char letter)
{
	switch (letter) {
	case 'R':
		return "running";
	case 'S':
		return "sleeping";
	case 'D':
		return "disk sleep";
	case 'T':
		return "stopped";
	default:
		return "zombie";
	}
}

/* Pages of an address space by what they are, from its areas and page tables. */
struct usage {
	unsigned long data, stack, text, swapped;
};

static unsigned long count_swapped(struct mm_struct *mm, const struct vm_area *area)
{
	unsigned long address = area->start, swapped = 0;

	for (;;) {
		pte_t *slot;

		address = page_table_skip(mm->page_table, address, area->end);
		if (address >= area->end)
			return swapped;
		slot = page_table_find(mm->page_table, address);
		do {
			pte_t entry = pte_read(slot++);

			swapped += !pte_none(entry) && !pte_present(entry) &&
				!pte_hidden(entry);
			address += PAGE_SIZE;
		} while (address < area->end && address % PTE_SPAN);
	}
}

static struct usage count_usage(struct mm_struct *mm)
{
	struct usage usage = { 0 };
	struct vm_area *area;

	spin_lock(&mm->page_table_lock);
	list_for_each(area, &mm->areas, link) {
		unsigned long pages = (area->end - area->start) >> PAGE_SHIFT;

		if (area->flags & VM_GROWSDOWN)
			usage.stack += pages;
		else if (area->flags & VM_EXEC)
			usage.text += pages;
		else if (area->flags & VM_WRITE)
			usage.data += pages;
		usage.swapped += count_swapped(mm, area);
	}
	spin_unlock(&mm->page_table_lock);
	return usage;
}

int show_pid_status(struct text *text, int pid)
{
	struct snapshot s;
	int error = take_snapshot(pid, &s);
	char letter;

	if (error)
		return error;
	letter = state_letter(&s);
	text_printf(text, "Name:\t%s\nState:\t%c (%s)\nPid:\t%d\nPPid:\t%d\n", s.name, letter,
		    state_name(letter), s.pid, s.parent);
	text_printf(text, "Uid:\t%u\t%u\n", s.uid, s.euid);
	if (s.mm) {
		struct usage usage = count_usage(s.mm);

		text_printf(text, "VmSize:\t%8lu kB\nVmLck:\t%8lu kB\nVmRSS:\t%8lu kB\n",
			    KIB(s.mm->total_vm), KIB(s.mm->locked_vm), KIB(get_mm_rss(s.mm)));
		text_printf(text, "VmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\n",
			    KIB(usage.data), KIB(usage.stack), KIB(usage.text));
		text_printf(text, "VmSwap:\t%8lu kB\n", KIB(usage.swapped));
	}
	text_printf(text, "MinFlt:\t%lu\nMajFlt:\t%lu\nSigPnd:\t%08lx\n", s.min_flt, s.maj_flt,
		    s.pending);
	drop_snapshot(&s);
	return 0;
}

/* The fields of Linux's stat as far as `start_time`, vsize and rss; what we lack is 0. */
int show_pid_stat(struct text *text, int pid)
{
	struct snapshot s;
	int error = take_snapshot(pid, &s);

	if (error)
		return error;
	text_printf(text, "%d (%s) %c %d 0 0 0 -1 %u %lu 0 %lu 0 %lu %lu %lu %lu %d %d 1 0 ",
		    s.pid, s.name, state_letter(&s), s.parent, s.flags, s.min_flt, s.maj_flt,
		    s.utime, s.stime, s.child_utime, s.child_stime, 20 + s.nice, s.nice);
	text_printf(text, "%lu %lu %lu\n", s.start_time,
		    s.mm ? s.mm->total_vm << PAGE_SHIFT : 0, s.mm ? get_mm_rss(s.mm) : 0);
	drop_snapshot(&s);
	return 0;
}

/* In pages: size, resident, of these of files, text, 0, data with stack, 0. */
int show_pid_statm(struct text *text, int pid)
{
	struct usage usage = { 0 };
	struct snapshot s;
	int error = take_snapshot(pid, &s);

	if (error)
		return error;
	if (s.mm)
		usage = count_usage(s.mm);
	text_printf(text, "%lu %lu %lu %lu 0 %lu 0\n", s.mm ? s.mm->total_vm : 0,
		    s.mm ? get_mm_rss(s.mm) : 0, s.mm ? s.mm->file_rss : 0, usage.text,
		    usage.data + usage.stack);
	drop_snapshot(&s);
	return 0;
}

/* Where Linux puts the names in maps: right of the longest numbers it expects. */
#define NAME_COLUMN	(25 + 6 * (int)sizeof(long))

static void show_area(struct text *text, const struct mm_struct *mm,
		      const struct vm_area *area, char *path)
{
	const struct inode *inode = area->file ? area->file->inode : NULL;
	const char *name = "";
	size_t before;

	if (area->file && area->file->dentry &&
	    dentry_path(area->file->dentry, path, PATH_MAX) > 0)
		name = path;
	else if (area->flags & VM_GROWSDOWN)
		name = "[stack]";
	else if (area->start <= mm->start_brk && area->end >= mm->brk && mm->brk)
		name = "[heap]";
	before = text->used;
	text_printf(text, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu", area->start, area->end,
		    area->flags & VM_READ ? 'r' : '-', area->flags & VM_WRITE ? 'w' : '-',
		    area->flags & VM_EXEC ? 'x' : '-', area->flags & VM_SHARED ? 's' : 'p',
		    area->pgoff << PAGE_SHIFT, inode ? inode->sb->id >> 8 : 0,
		    inode ? inode->sb->id & 0xff : 0, inode ? inode->ino : 0);
	if (*name)
		text_printf(text, "%*s%s", max(NAME_COLUMN - (int)(text->used - before), 1), "",
			    name);
	text_printf(text, "\n");
}

int show_pid_maps(struct text *text, int pid)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	struct vm_area *area;
	struct snapshot s;
	int error;

	if (!path)
		return -ENOMEM;
	error = take_snapshot(pid, &s);
	if (!error && s.mm) {
		mutex_lock(&s.mm->mmap_sem);
		list_for_each(area, &s.mm->areas, link)
			show_area(text, s.mm, area, path);
		mutex_unlock(&s.mm->mmap_sem);
	}
	if (!error)
		drop_snapshot(&s);
	kfree(path);
	return error;
}

/* The arguments are in the process's own memory; its name must do. */
int show_pid_cmdline(struct text *text, int pid)
{
	struct snapshot s;
	int error = take_snapshot(pid, &s);

	if (error)
		return error;
	if (s.mm)
		text_printf(text, "%s%c", s.name, '\0');
	drop_snapshot(&s);
	return 0;
}
