/*
 * /proc: the tree. One table names all files; a process's directory is a copy of the
 * part below PROC_PID. Owns nothing.
 *
 * Inode numbers: pid << 8 | index in the table, plus 1 so that none is 0. A name that is
 * a pid is true as long as the process lives, which every lookup checks anew.
 */
#include "arch/machine.h"
#include "fs/internal.h"
#include "fs/proc/proc.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"

#define PROC_MAGIC	0x9fa0u
#define MAX_PID		(INT_MAX >> 8)

#define DIRECTORY	(S_IFDIR | 0555)
#define FILE_RO		(S_IFREG | 0444)
#define FILE_RW		(S_IFREG | 0644)
#define FILE_WO		(S_IFREG | 0200)
#define LINK		(S_IFLNK | 0777)

const struct proc_entry proc_entries[] = {
	[PROC_ROOT] = { "", PROC_ROOT, .mode = DIRECTORY },
	[PROC_SYS] = { "sys", PROC_ROOT, .mode = DIRECTORY },
	[PROC_SYS_VM] = { "vm", PROC_SYS, .mode = DIRECTORY },
	[PROC_SYS_FS] = { "fs", PROC_SYS, .mode = DIRECTORY },
	[PROC_PID] = { "", PROC_PID, .mode = DIRECTORY },
	{ "meminfo", PROC_ROOT, FILE_RO, .show = show_meminfo },
	{ "vmstat", PROC_ROOT, FILE_RO, .show = show_vmstat },
	{ "page_moves", PROC_ROOT, FILE_RO, .show = show_page_moves },
	{ "zoneinfo", PROC_ROOT, FILE_RO, .show = show_zoneinfo },
	{ "pagetypeinfo", PROC_ROOT, FILE_RO, .show = show_pagetypeinfo },
	{ "buddyinfo", PROC_ROOT, FILE_RO, .show = show_buddyinfo },
	{ "slabinfo", PROC_ROOT, FILE_RW, .show = show_slabinfo, .store = store_slabinfo },
	{ "swaps", PROC_ROOT, FILE_RO, .show = show_swaps },
	{ "uptime", PROC_ROOT, FILE_RO, .show = show_uptime },
	{ "loadavg", PROC_ROOT, FILE_RO, .show = show_loadavg },
	{ "stat", PROC_ROOT, FILE_RO, .show = show_stat },
	{ "version", PROC_ROOT, FILE_RO, .show = show_version },
	{ "cmdline", PROC_ROOT, FILE_RO, .show = show_cmdline },
	{ "filesystems", PROC_ROOT, FILE_RO, .show = show_filesystems },
	{ "mounts", PROC_ROOT, FILE_RO, .show = show_mounts },
	{ "self", PROC_ROOT, .mode = LINK },
	{ "page-cluster", PROC_SYS_VM, FILE_RW, .show = show_page_cluster,
	  .store = store_page_cluster },
	{ "freepages", PROC_SYS_VM, FILE_RO, .show = show_freepages },
	{ "swappiness", PROC_SYS_VM, FILE_RW, .show = show_swappiness,
	  .store = store_swappiness },
	{ "min_free_kbytes", PROC_SYS_VM, FILE_RW, .show = show_min_free_kbytes,
	  .store = store_min_free_kbytes },
	{ "percpu_pagelist_fraction", PROC_SYS_VM, FILE_RW, .show = show_percpu_pagelist_fraction,
	  .store = store_percpu_pagelist_fraction },
	{ "vfs_cache_pressure", PROC_SYS_VM, FILE_RW, .show = show_vfs_cache_pressure,
	  .store = store_vfs_cache_pressure },
	{ "dirty_ratio", PROC_SYS_VM, FILE_RW, .show = show_dirty_ratio,
	  .store = store_dirty_ratio },
	{ "dirty_background_ratio", PROC_SYS_VM, FILE_RW, .show = show_dirty_background_ratio,
	  .store = store_dirty_background_ratio },
	{ "dirty_bytes", PROC_SYS_VM, FILE_RW, .show = show_dirty_bytes,
	  .store = store_dirty_bytes },
	{ "dirty_background_bytes", PROC_SYS_VM, FILE_RW, .show = show_dirty_background_bytes,
	  .store = store_dirty_background_bytes },
	{ "dirty_writeback_centisecs", PROC_SYS_VM, FILE_RW,
	  .show = show_dirty_writeback_centisecs, .store = store_dirty_writeback_centisecs },
	{ "dirty_expire_centisecs", PROC_SYS_VM, FILE_RW, .show = show_dirty_expire_centisecs,
	  .store = store_dirty_expire_centisecs },
	{ "min_unmapped_ratio", PROC_SYS_VM, FILE_RW, .show = show_min_unmapped_ratio,
	  .store = store_min_unmapped_ratio },
	{ "min_slab_ratio", PROC_SYS_VM, FILE_RW, .show = show_min_slab_ratio,
	  .store = store_min_slab_ratio },
	{ "zone_reclaim_mode", PROC_SYS_VM, FILE_RW, .show = show_zone_reclaim_mode,
	  .store = store_zone_reclaim_mode },
	{ "numa_zonelist_order", PROC_SYS_VM, FILE_RW, .show = show_numa_zonelist_order,
	  .store = store_numa_zonelist_order },
	{ "laptop_mode", PROC_SYS_VM, FILE_RW, .show = show_laptop_mode,
	  .store = store_laptop_mode },
	{ "panic_on_oom", PROC_SYS_VM, FILE_RW, .show = show_panic_on_oom,
	  .store = store_panic_on_oom },
	{ "oom_kill_allocating_task", PROC_SYS_VM, FILE_RW, .show = show_oom_kill_allocating_task,
	  .store = store_oom_kill_allocating_task },
	{ "bdflush", PROC_SYS_VM, FILE_RW, .show = show_bdflush, .store = store_bdflush },
	{ "overcommit_memory", PROC_SYS_VM, FILE_RW, .show = show_overcommit_memory,
	  .store = store_overcommit_memory },
	{ "buffermem", PROC_SYS_VM, FILE_RW, .show = show_buffermem,
	  .store = store_buffermem },
	{ "pagecache", PROC_SYS_VM, FILE_RW, .show = show_pagecache,
	  .store = store_pagecache },
	{ "kswapd", PROC_SYS_VM, FILE_RW, .show = show_kswapd, .store = store_kswapd },
	{ "pagetable_cache", PROC_SYS_VM, FILE_RW, .show = show_pagetable_cache,
	  .store = store_pagetable_cache },
	{ "max_map_count", PROC_SYS_VM, FILE_RW, .show = show_max_map_count,
	  .store = store_max_map_count },
	{ "dentry-state", PROC_SYS_FS, FILE_RO, .show = show_dentry_state },
	{ "file-nr", PROC_SYS_FS, FILE_RO, .show = show_file_nr },
	{ "file-max", PROC_SYS_FS, FILE_RW, .show = show_file_max, .store = store_file_max },
	{ "inode-nr", PROC_SYS_FS, FILE_RO, .show = show_inode_nr },
	{ "inode-state", PROC_SYS_FS, FILE_RO, .show = show_inode_state },
	{ "drop_caches", PROC_SYS_VM, FILE_WO, .store = store_drop_caches },
	{ "status", PROC_PID, FILE_RO, .show = show_pid_status },
	{ "stat", PROC_PID, FILE_RO, .show = show_pid_stat },
	{ "statm", PROC_PID, FILE_RO, .show = show_pid_statm },
	{ "oom_score", PROC_PID, FILE_RO, .show = show_pid_oom_score },
	{ "oom_score_adj", PROC_PID, FILE_RW, .show = show_pid_oom_score_adj,
	  .store_pid = store_pid_oom_score_adj },
	{ "oom_adj", PROC_PID, FILE_RW, .show = show_pid_oom_adj,
	  .store_pid = store_pid_oom_adj },
	{ "maps", PROC_PID, FILE_RO, .show = show_pid_maps },
	{ "cmdline", PROC_PID, FILE_RO, .show = show_pid_cmdline },
};
const unsigned nr_proc_entries = ARRAY_SIZE(proc_entries);

static unsigned long ino_of(int pid, unsigned index)
{
	return ((unsigned long)pid << 8 | index) + 1;
}

static int pid_of(const struct inode *inode)
{
	return (int)((inode->ino - 1) >> 8);
}

static unsigned index_of(const struct inode *inode)
{
	return (inode->ino - 1) & 0xff;
}

/* The pid that a name stands for, or 0. */
static int parse_pid(const char *name, unsigned len)
{
	int pid = 0;

	if (!len || name[0] == '0')
		return 0;
	for (unsigned i = 0; i < len; i++) {
		if (name[i] < '0' || name[i] > '9' || pid > MAX_PID / 10 - 1)
			return 0;
		pid = pid * 10 + name[i] - '0';
	}
	return pid;
}

static struct inode *proc_lookup(struct inode *dir, const char *name, unsigned len)
{
	int pid = pid_of(dir);

	for (unsigned i = PROC_SYS; i < nr_proc_entries; i++) {
		const struct proc_entry *entry = &proc_entries[i];

		if (entry->parent == index_of(dir) && i != PROC_PID &&
		    strlen(entry->name) == len && !memcmp(entry->name, name, len))
			return iget(dir->sb, ino_of(pid, i));
	}
	if (index_of(dir) != PROC_ROOT)
		return NULL;
	pid = parse_pid(name, len);
	return pid && pid_exists(pid) ? iget(dir->sb, ino_of(pid, PROC_PID)) : NULL;
}

static bool proc_is_current(const struct inode *dir, const struct dentry *entry)
{
	int pid = index_of(dir) == PROC_ROOT ? parse_pid(entry->name, entry->len) : 0;

	return !pid || pid_exists(pid) == (entry->inode != NULL);
}

static unsigned char type_of(unsigned mode)
{
	return (unsigned char)((mode & S_IFMT) >> 12);
}

/*
 * Positions: 0 and 1 are the dots, then come the entries of the table; in the root, the
 * process with pid P stands at FIRST_PID + P.
 */
#define FIRST_PID	1024

static int proc_readdir(struct file *file, filldir_t *fill, void *arg)
{
	struct inode *dir = file->inode;
	unsigned index = index_of(dir);
	int pid;

	for (; file->pos < nr_proc_entries + 2; file->pos++) {
		unsigned i = (unsigned)file->pos;
		const struct proc_entry *entry = i < 2 ? NULL : &proc_entries[i - 2];
		const char *name = i == 0 ? "." : i == 1 ? ".." : entry->name;
		unsigned mode = entry ? entry->mode : DIRECTORY;

		if (entry && (entry->parent != index || !*name))
			continue;
		if (!fill(arg, name, (unsigned)strlen(name), i + 1,
			  entry ? ino_of(pid_of(dir), i - 2) : dir->ino, type_of(mode)))
			return 0;
	}
	if (index != PROC_ROOT)
		return 0;
	if (file->pos < FIRST_PID)
		file->pos = FIRST_PID;
	while (file->pos - FIRST_PID < MAX_PID &&
	       (pid = next_pid((int)(file->pos - FIRST_PID))) != 0) {
		char name[16];
		int len = snprintf(name, sizeof(name), "%d", pid);

		if (!fill(arg, name, (unsigned)len, FIRST_PID + (u64)pid,
			  ino_of(pid, PROC_PID), DT_DIR))
			return 0;
		file->pos = FIRST_PID + (u64)pid;
	}
	return 0;
}

static long proc_readlink(struct inode *inode, char *buf, size_t size)
{
	return min((long)snprintf(buf, size, "%d", current->pid), (long)size);
}

static const struct inode_operations dir_iops = {
	.lookup = proc_lookup, .is_current = proc_is_current,
};
static const struct file_operations dir_fops = { .readdir = proc_readdir };
static const struct inode_operations link_iops = { .readlink = proc_readlink };
static const struct inode_operations file_iops;

static int proc_read_inode(struct inode *inode)
{
	const struct proc_entry *entry;

	if (index_of(inode) >= nr_proc_entries)
		return -ENOENT;
	entry = &proc_entries[index_of(inode)];
	inode->mode = entry->mode;
	inode->nlink = S_ISDIR(entry->mode) ? 2 : 1;
	inode->uid = pid_of(inode) ? pid_owner(pid_of(inode)) : 0;
	inode->atime = inode->mtime = inode->ctime = fs_time();
	switch (entry->mode & S_IFMT) {
	case S_IFDIR:
		inode->iops = &dir_iops;
		inode->fops = &dir_fops;
		break;
	case S_IFLNK:
		inode->iops = &link_iops;
		break;
	default:
		inode->iops = &file_iops;
		inode->fops = &proc_file_fops;
	}
	return 0;
}

static int proc_statfs(struct super_block *sb, struct kstatfs *out)
{
	out->type = PROC_MAGIC;
	out->block_size = sb->block_size;
	out->name_max = NAME_MAX;
	return 0;
}

static const struct super_operations proc_super_ops = {
	.read_inode = proc_read_inode,
	.statfs = proc_statfs,
};

static int proc_read_super(struct super_block *sb)
{
	struct inode *root;

	sb->ops = &proc_super_ops;
	sb->block_size = PAGE_SIZE;
	root = iget(sb, ino_of(0, PROC_ROOT));
	if (IS_ERR(root))
		return (int)PTR_ERR(root);
	sb->root = d_alloc_root(root);
	if (sb->root)
		return 0;
	iput(root);
	invalidate_inodes(sb);
	return -ENOMEM;
}

struct file_system proc_file_system = { .name = "proc", .read_super = proc_read_super };
