/*
 * Names in memory: the directories and links of file systems that have no disk, ramfs
 * and tmpfs. What their regular files are made of is their own affair.
 *
 * Locks: (i) the inode's sem, (t) the tree's lock, (!) constant.
 */
#ifndef FS_RAMFS_TREE_H
#define FS_RAMFS_TREE_H

#include "fs/internal.h"

/* One file system's tree; the first thing at sb->fs. */
struct ram_tree {
	struct spinlock lock;		/* rank RANK_INODE */
	unsigned long next_ino;		/* (t) */
	unsigned long max_inodes;	/* (!) 0: no limit */
	unsigned long used_inodes;	/* (t) */
	/* Makes a new inode a regular file: 0 or -ENOMEM. */
	int (*make_file)(struct inode *inode);
};

/* In inode->fs_data. */
struct ram_node {
	struct list_head names;		/* (i) a directory's, oldest first */
	u64 next_position;		/* (i) of the next name there, for readdir */
	char *target;			/* (!) a symbolic link's, else NULL */
	void *file;			/* (!) of a regular file: tmpfs's segment */
};

static inline struct ram_node *ram_node(struct inode *inode)
{
	return (struct ram_node *)inode->fs_data;
}

static inline struct ram_tree *ram_tree(const struct super_block *sb)
{
	return sb->fs;
}

/*
 * Makes the root, of the given permissions; sb->ops and sb->fs are set, the tree is
 * zeros but for its limit and make_file. 0 or -ENOMEM.
 */
int ram_tree_init(struct super_block *sb, unsigned mode);

/*
 * The start of a write: sets *POS for O_APPEND. Returns how many of the BYTES the
 * largest file has room for, or -EFBIG.
 */
long ram_write_limit(struct file *file, size_t bytes, u64 *pos);

/* For super_operations: the tree's part of deleting an inode, and of the umount. */
void ram_delete_inode(struct inode *inode);
void ram_drop_tree(struct super_block *sb);

#endif
