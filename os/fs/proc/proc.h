/*
 * /proc: what the kernel knows, as text.
 *
 * Each file has a function that writes its whole text into a buffer; a reader gets
 * pieces of one such text, so that lines never tear. Reading from the start makes a new
 * one.
 */
#ifndef FS_PROC_H
#define FS_PROC_H

#include "fs/fs.h"

/* A text that grows. Once it does not fit, the rest is only counted out. */
struct text {
	char *data;
	size_t size;		/* bytes that data has room for */
	size_t used;
	bool overflow;		/* some of it did not fit */
};

void text_printf(struct text *text, const char *fmt, ...) __printf(2, 3);

/* PID is 0 for files that are about no process. 0 or -errno. */
typedef int proc_show_t(struct text *text, int pid);

/* What was written, without white space around it. 0 or -errno; -EINVAL if malformed. */
typedef int proc_store_t(const char *words);

/* The same for a file about a process; whether the writer may is for it to say. */
typedef int proc_store_pid_t(int pid, const char *words);

struct proc_entry {
	const char *name;
	unsigned parent;	/* index of its directory */
	unsigned mode;
	proc_show_t *show;	/* of a file */
	proc_store_t *store;	/* of a file that root can write, else NULL */
	proc_store_pid_t *store_pid;	/* of one that a process's owner can write, else NULL */
};

/* Indexes of the directories in the table; the rest only counts. */
enum { PROC_ROOT, PROC_SYS, PROC_SYS_VM, PROC_SYS_FS, PROC_PID, PROC_FIRST_FILE };

extern const struct proc_entry proc_entries[];
extern const unsigned nr_proc_entries;
extern const struct file_operations proc_file_fops;	/* file.c */

/* memory.c */
proc_show_t show_meminfo, show_vmstat, show_zoneinfo, show_buddyinfo, show_swaps;
proc_show_t show_page_moves;

/* slab.c */
proc_show_t show_slabinfo;
proc_store_t store_slabinfo;

/* machine.c */
proc_show_t show_uptime, show_loadavg, show_stat, show_version, show_cmdline;
proc_show_t show_filesystems, show_mounts;

/* pid.c */
proc_show_t show_pid_status, show_pid_stat, show_pid_statm, show_pid_maps, show_pid_cmdline;
bool pid_exists(int pid);
unsigned pid_owner(int pid);	/* whose rights it has; 0 if it is gone */
int next_pid(int after);	/* the lowest pid above AFTER, 0 if there is none */

/* oom.c */
proc_show_t show_pid_oom_score, show_pid_oom_score_adj, show_pid_oom_adj;
proc_store_pid_t store_pid_oom_score_adj, store_pid_oom_adj;
proc_show_t show_panic_on_oom, show_oom_kill_allocating_task;
proc_store_t store_panic_on_oom, store_oom_kill_allocating_task;

/* sysctl.c */
/* Up to MOST numbers of at most eight digits, and nothing else: how many, or -EINVAL. */
int parse_numbers(const char *words, unsigned values[], int most);
/* One number up to MOST: 0, or -EINVAL, which leaves VALUE alone. */
int parse_number(const char *words, unsigned most, unsigned *value);
proc_show_t show_page_cluster, show_freepages, show_bdflush, show_overcommit_memory;
proc_show_t show_buffermem, show_pagecache, show_kswapd, show_pagetable_cache;
proc_show_t show_max_map_count;
proc_store_t store_page_cluster, store_drop_caches, store_bdflush, store_overcommit_memory;
proc_store_t store_buffermem, store_pagecache, store_kswapd, store_pagetable_cache;
proc_store_t store_max_map_count;

/* memory26.c, sysctl26.c */
proc_show_t show_meminfo26, show_vmstat26, show_zoneinfo26, show_pagetypeinfo;
proc_show_t show_swappiness, show_min_free_kbytes, show_vfs_cache_pressure;
proc_show_t show_dirty_ratio, show_dirty_background_ratio, show_zone_reclaim_mode;
proc_show_t show_dirty_bytes, show_dirty_background_bytes;
proc_show_t show_dirty_writeback_centisecs, show_dirty_expire_centisecs;
proc_show_t show_laptop_mode, show_percpu_pagelist_fraction;
proc_show_t show_numa_zonelist_order, show_min_unmapped_ratio, show_min_slab_ratio;
proc_store_t store_numa_zonelist_order, store_min_unmapped_ratio, store_min_slab_ratio;
proc_store_t store_swappiness, store_min_free_kbytes, store_vfs_cache_pressure;
proc_store_t store_dirty_ratio, store_dirty_background_ratio, store_zone_reclaim_mode;
proc_store_t store_dirty_bytes, store_dirty_background_bytes;
proc_store_t store_dirty_writeback_centisecs, store_dirty_expire_centisecs;
proc_store_t store_laptop_mode, store_percpu_pagelist_fraction;

/* sysctl_fs.c */
proc_show_t show_dentry_state, show_inode_nr, show_inode_state, show_file_nr, show_file_max;
proc_store_t store_file_max;

#endif
