/* tmpfs: a file system in memory and swap. What its files share. */
#ifndef FS_TMPFS_TMPFS_H
#define FS_TMPFS_TMPFS_H

#include "fs/ramfs/tree.h"
#include "mm/swap/shmem.h"

/* One that is mounted, at sb->fs. */
struct tmpfs {
	struct ram_tree tree;		/* first: tree.c finds it there */
	struct shmem_limits limits;	/* of its pages */
};

/* What mount's options ask for. */
struct tmpfs_options {
	u64 pages;			/* 0: no limit */
	unsigned long inodes;		/* 0: no limit */
	unsigned mode;			/* permissions of the root */
};

/* options.c. Changes what TEXT names, as in "size=8m,mode=700": 0 or -EINVAL. */
int tmpfs_parse_options(const char *text, struct tmpfs_options *options);

/* file.c */
int tmpfs_make_file(struct inode *inode);	/* a new inode becomes a file; 0 or -ENOMEM */
void tmpfs_delete_inode(struct inode *inode);

#endif
