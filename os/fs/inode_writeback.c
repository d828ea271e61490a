/*
 * Inodes on their way to disk: the list of dirty ones, its writers, and fsync's share
 * (facts 2.4, 3.8). Owns the dirty list's order; inode.c has the lists and the lock.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "fs/inode_internal.h"
#include "mm/cache/flusher.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/policy.h"

static void mark_dirty(struct inode *inode, unsigned flag)
{
	spin_lock(&inode_lock);
	if (!(inode->state & (flag | I_FREEING)) && inode->sb->ops->write_inode) {
		if (!(inode->state & I_DIRTY))
			inode->dirtied_when = jiffies;
		inode->state |= flag;
		/* An inode that is being written is filed when that ends. */
		if (!(inode->state & I_LOCK))
			file_inode(inode, &inode_dirty);
	}
	spin_unlock(&inode_lock);
}

void mark_inode_dirty(struct inode *inode)
{
	mark_dirty(inode, I_DIRTY_INODE);
}

void mark_inode_dirty_pages(struct inode *inode)
{
	mark_dirty(inode, I_DIRTY_PAGES);
}

/*
 * inode_lock held, I_LOCK clear; drops and retakes the lock. Writes the record, and
 * with PAGES the pages before it. An error leaves the inode dirty.
 */
static int write_one(struct inode *inode, bool pages, bool wait)
{
	unsigned what = inode->state & (pages ? I_DIRTY : I_DIRTY_INODE);
	int error = 0;

	inode->state = (inode->state & ~what) | I_LOCK;
	spin_unlock(&inode_lock);
	if (what & I_DIRTY_PAGES)
		error = filemap_fdatasync(inode->mapping);
	if (what & I_DIRTY_INODE) {
		int record = inode->sb->ops->write_inode(inode, wait);

		error = error ? error : record;
	}
	spin_lock(&inode_lock);
	if (error)
		inode->state |= what;
	unlock_inode(inode);
	refile_inode(inode);
	return error;
}

/* Which of the dirty inodes are to be written, and how. */
struct choice {
	const struct super_block *sb;	/* those of this one; NULL: of all */
	const struct block_device *dev;	/* of a file system on this disk; NULL: any */
	unsigned age;			/* dirty for so many ticks at least */
	bool pages;			/* with what they cache, else the records alone */
	bool wait;
};

static bool chosen(const struct inode *inode, const struct choice *choice)
{
	if ((choice->sb && inode->sb != choice->sb) ||
	    (choice->dev && inode->sb->dev != choice->dev))
		return false;
	if (jiffies - inode->dirtied_when < choice->age)
		return false;
	if (!choice->pages && !(inode->state & I_DIRTY_INODE))
		return false;
	return choice->wait || !(inode->state & I_LOCK);
}

/*
 * The dirty list is taken from its old end, and not for longer than it was at the start:
 * what becomes dirty meanwhile waits its turn.
 */
static void write_chosen(const struct choice *choice)
{
	unsigned long budget = 0;
	struct inode *inode, *next;

	spin_lock(&inode_lock);
	list_for_each(inode, &inode_dirty, list)
		budget++;
again:
	for (inode = list_last(&inode_dirty, struct inode, list);
	     &inode->list != &inode_dirty && budget; inode = next) {
		next = list_entry(inode->list.prev, struct inode, list);
		if (!chosen(inode, choice))
			continue;
		budget--;
		if (inode->state & I_LOCK)
			wait_on_inode(inode);
		else
			write_one(inode, choice->pages, choice->wait);
		goto again;
	}
	spin_unlock(&inode_lock);
}

void write_dirty_records(void)
{
	write_chosen(&(struct choice){ .pages = false });
}

void write_inode_records(struct block_device *dev, unsigned age)
{
	write_chosen(&(struct choice){ .dev = dev, .age = age });
}

bool inode_records_dirty(const struct block_device *dev)
{
	struct inode *inode;
	bool dirty = false;

	spin_lock(&inode_lock);
	list_for_each(inode, &inode_dirty, list)
		dirty |= inode->sb->dev == dev && inode->state & I_DIRTY_INODE;
	spin_unlock(&inode_lock);
	return dirty;
}

/* 2.6's dirty pages are the flusher's; writing them may give records something to say. */
static void write_pages(struct super_block *sb)
{
	struct block_device *dev = NULL;

	while ((dev = next_block_device(dev)))
		if (!sb || sb->dev == dev)
			flush_all_mappings(&dev->flusher);
}

void sync_inodes(struct super_block *sb, bool wait)
{
	if (policy->dirties_pages)
		write_pages(sb);
	write_chosen(&(struct choice){ .sb = sb, .pages = true, .wait = wait });
}

int sync_inode(struct inode *inode)
{
	int error = 0;

	spin_lock(&inode_lock);
	wait_on_inode(inode);
	if (inode->state & I_DIRTY_INODE)
		error = write_one(inode, false, true);
	spin_unlock(&inode_lock);
	return error;
}
