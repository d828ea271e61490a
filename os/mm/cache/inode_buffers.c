/*
 * Which buffers of metadata lead to a file: its indirect blocks, the blocks of a directory
 * (facts 2.4, 3.8 and section 6). fsync writes these and no others.
 *
 * Owns the list `metadata` of each mapping, and buffer_head.owner and owner_link, under
 * buffer_lru_lock. A buffer is on the list from its change until somebody finds it clean,
 * frees it, or gives it to another file. Whoever takes it off leaves the failure of its
 * write in the mapping's wb_err, of which fsync tells.
 */
#include "fs/fs.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/policy.h"

void __disown_buffer(struct buffer_head *bh)
{
	assert(spin_held(&buffer_lru_lock));
	if (!bh->owner)
		return;
	if (test_and_clear_bit(BH_Error, &bh->state))
		errseq_set(&bh->owner->wb_err, -EIO);
	bh->owner = NULL;
	list_del(&bh->owner_link);
}

void mark_buffer_dirty_inode(struct buffer_head *bh, struct inode *inode)
{
	struct address_space *mapping = &inode->data;
	bool dirtied = __mark_buffer_dirty(bh);

	spin_lock(&buffer_lru_lock);
	if (bh->owner != mapping) {
		__disown_buffer(bh);
		bh->owner = mapping;
		list_add(&bh->owner_link, &mapping->metadata);
	}
	spin_unlock(&buffer_lru_lock);
	if (dirtied)
		policy->balance_buffers();
}

static struct buffer_head *first_of(struct list_head *list)
{
	struct buffer_head *bh = list_first(list, struct buffer_head, owner_link);

	atomic_inc(&bh->count);
	return bh;
}

/* All writes are started before the first one is awaited. */
void fsync_inode_buffers(struct inode *inode)
{
	struct address_space *mapping = &inode->data;
	struct buffer_head *bh;
	LIST_HEAD(started);

	spin_lock(&buffer_lru_lock);
	while (!list_empty(&mapping->metadata)) {
		bh = first_of(&mapping->metadata);
		list_move(&bh->owner_link, &started);
		spin_unlock(&buffer_lru_lock);
		wait_on_buffer(bh);	/* a write that began before the last change */
		ll_rw_block(true, 1, &bh);
		brelse(bh);
		spin_lock(&buffer_lru_lock);
	}
	while (!list_empty(&started)) {
		bh = first_of(&started);
		spin_unlock(&buffer_lru_lock);
		wait_on_buffer(bh);
		spin_lock(&buffer_lru_lock);
		if (bh->owner == mapping && buffer_test(bh, BH_Dirty))
			list_move(&bh->owner_link, &mapping->metadata);	/* changed again */
		else if (bh->owner == mapping)
			__disown_buffer(bh);
		brelse(bh);
	}
	spin_unlock(&buffer_lru_lock);
}

/* Those whose writes have ended unnoticed do not count. */
bool inode_has_buffers(struct inode *inode)
{
	struct buffer_head *bh, *next;
	bool has_buffers;

	spin_lock(&buffer_lru_lock);
	list_for_each_safe(bh, next, &inode->data.metadata, owner_link)
		if (!buffer_test(bh, BH_Dirty) && !buffer_test(bh, BH_Lock))
			__disown_buffer(bh);
	has_buffers = !list_empty(&inode->data.metadata);
	spin_unlock(&buffer_lru_lock);
	return has_buffers;
}

void invalidate_inode_buffers(struct inode *inode)
{
	spin_lock(&buffer_lru_lock);
	while (!list_empty(&inode->data.metadata))
		__disown_buffer(list_first(&inode->data.metadata, struct buffer_head,
					   owner_link));
	spin_unlock(&buffer_lru_lock);
}
