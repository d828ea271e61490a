/*
 * Which unused inodes go when memory is short: 2.4's way, over all file systems (facts
 * 2.4, 3.8), and 2.6's, one file system at a time (facts 2.6, 7).
 *
 * The two differ in what they think of an inode with cached pages. 2.4 passes it over
 * until its pages have gone of themselves; 2.6 gives it a second round if it was used,
 * and then drops the clean pages with it. Owns nothing; inode.c has the lists and the
 * lock.
 */
#include "fs/inode_internal.h"
#include "kernel/task.h"
#include "mm/cache/buffer.h"
#include "mm/slab/slab.h"
#include "mm/trace/events.h"

/* inode_lock held: nothing would be lost. */
static bool can_unuse(struct inode *inode)
{
	return !inode->state && !inode->data.nrpages && !inode_has_buffers(inode);
}

/* inode_lock held: nobody finds an unused inode from here on. */
static void take_unused(struct inode *inode, struct list_head *freeable)
{
	list_del(&inode->hash);
	file_inode(inode, freeable);
	inode->state |= I_FREEING;
	nr_unused_inodes--;
}

static void dispose(struct list_head *freeable)
{
	while (!list_empty(freeable))
		destroy_inode(list_first(freeable, struct inode, list));
}

/*
 * Frees unused inodes from the old end. Inodes in motion, dirty ones and those with
 * pages or dirty buffers are passed over. GOAL is tested for being exactly 0 after each
 * one, so that a goal of 0 lets all of them go (Q19).
 *
 * The original writes out pages of dirty inodes here as well. That sleeps on page locks,
 * one of which our caller may hold; only the records are written, which frees the same
 * inodes, since those with pages stay in any case.
 */
void prune_icache(int goal)
{
	struct inode *inode, *before;
	LIST_HEAD(freeable);

	write_dirty_records();
	spin_lock(&inode_lock);
	for (inode = list_last(&inode_unused, struct inode, list);
	     &inode->list != &inode_unused; inode = before) {
		before = list_entry(inode->list.prev, struct inode, list);
		if (!can_unuse(inode))
			continue;
		take_unused(inode, &freeable);
		if (--goal == 0)
			break;
	}
	spin_unlock(&inode_lock);
	dispose(&freeable);
}

void shrink_icache_memory(int priority, gfp_t gfp)
{
	if (!(gfp & __GFP_IO))
		return;
	prune_icache(priority ? (int)(nr_unused_inodes / (unsigned)priority) : 0);
	shrink_inode_slabs();
}

void shrink_inode_slabs(void)
{
	kmem_cache_shrink(inode_cache);
}

/*
 * inode_lock held, dropped and retaken: throws away the clean pages of an unused inode.
 * Can the inode itself go now? If not, it may be gone already.
 */
static bool drop_contents(struct inode *inode)
{
	unsigned long dropped;

	hold_inode(inode);
	spin_unlock(&inode_lock);
	dropped = invalidate_mapping_pages(&inode->data);
	count_vm_many(current->flags & PF_KSWAPD ? VM_kswapd_inodesteal : VM_pginodesteal,
		      dropped);
	spin_lock(&inode_lock);
	if (inode->nlink && atomic_read(&inode->count) == 1) {
		atomic_set(&inode->count, 0);
		release_inode(inode);
		return can_unuse(inode);
	}
	spin_unlock(&inode_lock);
	iput(inode);
	spin_lock(&inode_lock);
	return false;
}

void prune_icache_sb(struct super_block *sb, unsigned long nr)
{
	LIST_HEAD(freeable);

	spin_lock(&inode_lock);
	while (nr-- && !list_empty(&sb->unused_inodes)) {
		struct inode *inode = list_last(&sb->unused_inodes, struct inode, unused);

		if (inode->referenced || inode->state) {
			inode->referenced = false;
			list_move(&inode->unused, &sb->unused_inodes);
		} else if (can_unuse(inode) || drop_contents(inode)) {
			take_unused(inode, &freeable);
		}
	}
	spin_unlock(&inode_lock);
	dispose(&freeable);
}
