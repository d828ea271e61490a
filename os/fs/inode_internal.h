/* What the files of the inode cache share: inode.c and the three named inode_*.c. */
#ifndef FS_INODE_INTERNAL_H
#define FS_INODE_INTERNAL_H

#include "fs/internal.h"

#define I_DIRTY	(I_DIRTY_INODE | I_DIRTY_PAGES)

/* inode.c */
extern struct spinlock inode_lock;	/* rank RANK_INODE */
extern struct list_head inode_in_use, inode_unused, inode_dirty;	/* inode.list */
extern struct kmem_cache *inode_cache;

/* inode_lock is held for all of these but the last. */
void file_inode(struct inode *inode, struct list_head *list);	/* on one of the three */
void refile_inode(struct inode *inode);		/* on the one of its count and state */
void hold_inode(struct inode *inode);	/* a reference where there may have been none */
void release_inode(struct inode *inode);	/* its count has become 0, and it stays */
void wait_on_inode(struct inode *inode);	/* lets the lock go: until I_LOCK is clear */
void unlock_inode(struct inode *inode);
/* An inode off the hash that nobody can find any more: out of memory with it. */
void destroy_inode(struct inode *inode);

/* inode_writeback.c: writes the records of all dirty inodes into their blocks. */
void write_dirty_records(void);

#endif
