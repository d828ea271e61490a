/*
 * Walks over all inodes in memory: those of a file system that goes, those with pages,
 * those that are deleted when the machine goes down. Owns nothing; inode.c has the lists
 * and the lock.
 */
#include "fs/inode_internal.h"
#include "kernel/task.h"
#include "mm/cache/pagecache.h"

/* inode_lock held: an inode of SB on one of the lists, the unused ones first; or NULL. */
static struct inode *inode_of(const struct super_block *sb)
{
	struct list_head *lists[] = { &inode_unused, &inode_dirty, &inode_in_use };
	struct inode *inode;

	for (unsigned i = 0; i < ARRAY_SIZE(lists); i++)
		list_for_each(inode, lists[i], list)
			if (inode->sb == sb)
				return inode;
	return NULL;
}

void invalidate_inodes(struct super_block *sb)
{
	struct inode *inode;

	spin_lock(&inode_lock);
	while ((inode = inode_of(sb))) {
		if (inode->state & I_LOCK) {
			wait_on_inode(inode);
		} else if (atomic_read(&inode->count) || (inode->state & I_FREEING)) {
			/* Someone is looking through all inodes, or is deleting this one. */
			spin_unlock(&inode_lock);
			yield();
			spin_lock(&inode_lock);
		} else {
			list_del(&inode->hash);
			file_inode(inode, &inode_in_use);
			inode->state = I_FREEING;
			nr_unused_inodes--;
			spin_unlock(&inode_lock);
			destroy_inode(inode);
			spin_lock(&inode_lock);
		}
	}
	spin_unlock(&inode_lock);
}

unsigned long inodes_with_pages(struct inode **inodes, unsigned long most)
{
	struct list_head *lists[] = { &inode_unused, &inode_in_use, &inode_dirty };
	struct inode *inode, *next;
	unsigned long nr = 0;

	spin_lock(&inode_lock);
	for (unsigned i = 0; i < ARRAY_SIZE(lists); i++)
		list_for_each_safe(inode, next, lists[i], list) {
			if (nr == most || !inode->data.nrpages ||
			    (inode->state & (I_FREEING | I_LOCK)))
				continue;
			hold_inode(inode);	/* an unused one moves to the list in use */
			inodes[nr++] = inode;
		}
	spin_unlock(&inode_lock);
	return nr;
}

void purge_unlinked(struct super_block *sb)
{
	struct list_head *lists[] = { &inode_in_use, &inode_dirty };
	struct inode *inode;

	for (unsigned i = 0; i < ARRAY_SIZE(lists); i++) {
again:
		spin_lock(&inode_lock);
		list_for_each(inode, lists[i], list) {
			if (inode->sb != sb || inode->nlink || (inode->state & I_PURGED))
				continue;
			if (inode->state & I_FREEING) {
				/* Its last user is deleting it: let that end. */
				spin_unlock(&inode_lock);
				yield();
				goto again;
			}
			inode->state |= I_FREEING | I_PURGED;
			wait_on_inode(inode);
			inode->state &= ~I_DIRTY;
			spin_unlock(&inode_lock);
			truncate_inode_pages(&inode->data, 0);
			sb->ops->delete_inode(inode);
			goto again;
		}
		spin_unlock(&inode_lock);
	}
}
