/*
 * What the files of os/fs share among themselves and with the file systems below;
 * everybody else needs fs.h only.
 */
#ifndef FS_INTERNAL_H
#define FS_INTERNAL_H

#include "fs/fs.h"

/* dcache.c */
extern struct spinlock dcache_lock;	/* rank RANK_DCACHE */
extern unsigned long nr_unused_dentries;	/* (d) on the unused list */
extern unsigned long nr_dentries;	/* (d) that exist */

void dcache_init(void);
/* The cached dentry of a name, with a reference, negative ones too; or NULL. */
struct dentry *d_lookup(struct dentry *parent, const char *name, unsigned len);
/* A new negative one, not hashed, with a reference; NULL if no memory. */
struct dentry *d_alloc(struct dentry *parent, const char *name, unsigned len);
void d_add(struct dentry *entry, struct inode *inode);	/* hashes it; takes the reference */
void d_drop(struct dentry *entry);	/* no lookup finds it any more */
/* The name is gone from disk: negative if nobody else has it open, else dropped. */
void d_delete(struct dentry *entry);
void d_move(struct dentry *entry, struct dentry *target);	/* takes TARGET's name */
bool d_is_below(const struct dentry *entry, const struct dentry *ancestor);
void prune_dcache(int count);
void prune_dcache_sb(struct super_block *sb, unsigned long nr);
void shrink_dentry_slabs(void);		/* returns the free memory of names */
void shrink_dcache_below(struct dentry *ancestor);	/* frees all unused names there */

/* inode.c */
extern unsigned long nr_inodes, nr_unused_inodes;	/* inode_lock */

void inode_init(void);

/* inode_writeback.c */
int sync_inode(struct inode *inode);	/* writes its record and waits; 0 or -errno */

/* inode_prune.c */
void prune_icache(int goal);
void prune_icache_sb(struct super_block *sb, unsigned long nr);	/* looks at NR of them */
void shrink_inode_slabs(void);		/* returns the free memory of inodes */

/* inode_walk.c */
/*
 * Forgets all inodes of SB, which nobody uses any more. What could not be written because
 * of an error is lost.
 */
void invalidate_inodes(struct super_block *sb);
/* Up to MOST inodes that have pages, each with a reference; returns how many. */
unsigned long inodes_with_pages(struct inode **inodes, unsigned long most);
/* Deletes from disk what has no name and is still open: the machine is going down. */
void purge_unlinked(struct super_block *sb);

/* prune_super.c: prepares the lists of a new super block, and its shrinker. */
void super_caches_init(struct super_block *sb);

void file_init(void);		/* open.c */
void drop_clean_pages(void);	/* drop_caches.c */

/* namei.c: what path operations are made of. */

/*
 * A walk along a path. `at` has a reference. After walk_parent, `at` is the directory of
 * the last name; after walk_last, what the whole path leads to.
 */
struct walk {
	struct dentry *at;
	char *path;		/* PATH_MAX bytes: links are pasted in front of the rest */
	char *rest;		/* in path: what is still to go */
	unsigned links;		/* symbolic links followed */
	char *last;		/* in path: the last name, "" for a root */
	unsigned last_len;
	bool must_be_dir;	/* slashes follow the last name */
};

/* Each: 0, or -errno, and then only walk_end is left to do. */
int walk_start(struct walk *walk, const char *path);
int walk_parent(struct walk *walk);
int walk_last(struct walk *walk, bool follow);
void walk_end(struct walk *walk);
/* After walk_parent: is the last name "." or ".." or missing? */
bool walk_is_special(const struct walk *walk);
/* Follows the link ENTRY: its target is now in front of the rest. ENTRY is dropped. */
int walk_link(struct walk *walk, struct dentry *entry);
/* DIR's sem is held. The dentry, perhaps negative, or an ERR_PTR. */
struct dentry *lookup_locked(struct dentry *dir, const char *name, unsigned len);
/* The top of what is mounted on ENTRY, whose reference is traded in. */
struct dentry *follow_mounts(struct dentry *entry);

/* path_ops.c, for rename.c. Each 0 or -errno. */
/* Walks to PATH's directory; SPECIAL, or rmdir's if 0, for "/", "." and "..". */
int find_directory(struct walk *walk, const char *path, int special);
int may_change(const struct inode *dir);	/* its entries */
/* Can an existing name go? DIRECTORY: it has to be one. */
int may_delete(const struct dentry *dir, const struct dentry *victim, bool directory);

/* super.c */
void for_each_super(void (*show)(struct super_block *sb, void *arg), void *arg);
void register_file_system(struct file_system *type);
void for_each_file_system(void (*show)(const struct file_system *type, void *arg),
			  void *arg);

/* block_file.c: file_operations of block devices; device files of os/fs/dev. */
extern const struct file_operations block_fops;
/* What a device node's number means: its operations, or NULL. */
const struct file_operations *device_fops(unsigned mode, unsigned rdev);

/* The file systems that the kernel has. */
extern struct file_system ext2_file_system;
extern struct file_system proc_file_system;
extern struct file_system dev_file_system;
extern struct file_system ramfs_file_system;
extern struct file_system tmpfs_file_system;

#endif
