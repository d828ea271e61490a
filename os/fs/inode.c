/*
 * The inode cache: files known to the kernel, whether somebody uses them or not
 * (facts 2.4, 3.8).
 *
 * Owns the inode hash and three lists: in use (count > 0 and clean), unused (count 0
 * and clean, the latest at the head), dirty (any count). An unused inode is also on a
 * list of its file system, in the same order: that is where 2.6 looks for it. inode_lock
 * guards them and inode->state; a count falls to zero, or leaves it, only under the lock.
 * While I_LOCK is set, one task reads or writes the inode, and others that need it whole
 * sleep on inode->wait. Nothing here sleeps for a page lock on behalf of the shrinker: a
 * caller that needs memory may hold one.
 *
 * How inodes are written: inode_writeback.c; which ones go when memory is short:
 * inode_prune.c; all those of one file system: inode_walk.c.
 */
#include "fs/inode_internal.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/cache/buffer.h"
#include "mm/slab/slab.h"
#include "mm/zone.h"

struct spinlock inode_lock = SPINLOCK_INIT("inode_lock", RANK_INODE);
LIST_HEAD(inode_in_use);
LIST_HEAD(inode_unused);
LIST_HEAD(inode_dirty);
static struct list_head *hash_table;	/* (!) */
static unsigned long hash_mask;		/* (!) buckets - 1 */
struct kmem_cache *inode_cache;
unsigned long nr_inodes, nr_unused_inodes;

void inode_init(void)
{
	unsigned long buckets = 64;

	while (buckets < num_physpages / 16 && buckets < 4096)
		buckets *= 2;
	hash_table = kmalloc(buckets * sizeof(*hash_table), GFP_KERNEL);
	if (!hash_table)
		panic("inodes: no memory for %lu hash buckets", buckets);
	for (unsigned long i = 0; i < buckets; i++)
		list_init(&hash_table[i]);
	hash_mask = buckets - 1;
	inode_cache = kmem_cache_create("inode_cache", sizeof(struct inode), 0, NULL);
	kmem_cache_set_reclaimable(inode_cache);
}

static struct list_head *bucket(const struct super_block *sb, unsigned long ino)
{
	unsigned long hash = ino ^ (unsigned long)sb / sizeof(*sb);

	return &hash_table[(hash ^ hash >> 10) & hash_mask];
}

void file_inode(struct inode *inode, struct list_head *list)
{
	struct super_block *sb = inode->sb;

	assert(spin_held(&inode_lock));
	list_move(&inode->list, list);
	if (!list_empty(&inode->unused)) {
		list_del(&inode->unused);
		sb->nr_unused_inodes--;
	}
	if (list == &inode_unused) {
		list_add(&inode->unused, &sb->unused_inodes);
		sb->nr_unused_inodes++;
	}
}

void refile_inode(struct inode *inode)
{
	struct list_head *list = &inode_in_use;

	if (inode->state & I_DIRTY)
		list = &inode_dirty;
	else if (!atomic_read(&inode->count))
		list = &inode_unused;
	file_inode(inode, list);
}

void hold_inode(struct inode *inode)
{
	if (atomic_add(&inode->count, 1) == 1) {
		nr_unused_inodes--;
		refile_inode(inode);
	}
}

void release_inode(struct inode *inode)
{
	nr_unused_inodes++;
	inode->referenced = true;
	refile_inode(inode);
}

void wait_on_inode(struct inode *inode)
{
	while (inode->state & I_LOCK) {
		struct waiter waiter;

		wait_prepare(&inode->wait, &waiter, false);
		spin_unlock(&inode_lock);
		schedule();
		wait_finish(&inode->wait, &waiter);
		spin_lock(&inode_lock);
	}
}

void unlock_inode(struct inode *inode)
{
	inode->state &= ~I_LOCK;
	wake_up(&inode->wait);
}

static struct inode *alloc_inode(struct super_block *sb)
{
	struct inode *inode = kmem_cache_alloc(inode_cache, GFP_KERNEL);

	if (!inode)
		return NULL;
	memset(inode, 0, sizeof(*inode));
	inode->sb = sb;
	inode->nlink = 1;
	atomic_set(&inode->count, 1);
	mutex_init(&inode->sem, "inode");
	wait_queue_init(&inode->wait, "inode");
	list_init(&inode->hash);
	list_init(&inode->list);
	list_init(&inode->unused);
	mapping_init(&inode->data, inode, NULL);
	inode->mapping = &inode->data;
	return inode;
}

struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode = alloc_inode(sb);

	if (!inode)
		return NULL;
	spin_lock(&inode_lock);
	nr_inodes++;
	list_add(&inode->list, &inode_in_use);
	spin_unlock(&inode_lock);
	return inode;
}

void insert_inode_hash(struct inode *inode)
{
	spin_lock(&inode_lock);
	list_add(&inode->hash, bucket(inode->sb, inode->ino));
	spin_unlock(&inode_lock);
}

/* inode_lock held. */
static struct inode *find_inode(struct super_block *sb, unsigned long ino)
{
	struct list_head *head = bucket(sb, ino);
	struct inode *inode;

	list_for_each(inode, head, hash)
		if (inode->ino == ino && inode->sb == sb)
			return inode;
	return NULL;
}

void destroy_inode(struct inode *inode)
{
	if (inode->data.nrpages)
		truncate_inode_pages(&inode->data, 0);
	invalidate_inode_buffers(inode);
	/* Whoever removed the last page may still be about to let go of the mapping. */
	spin_lock(&pagecache_lock);
	spin_unlock(&pagecache_lock);

	spin_lock(&inode_lock);
	wait_on_inode(inode);
	list_del(&inode->list);
	nr_inodes--;
	spin_unlock(&inode_lock);
	kmem_cache_free(inode_cache, inode);
}

/* The inode was found in the hash, inode_lock is held: waits until it is read. */
static struct inode *use_found(struct inode *inode)
{
	bool good;

	hold_inode(inode);
	wait_on_inode(inode);
	good = !list_empty(&inode->hash);	/* else reading it failed */
	spin_unlock(&inode_lock);
	if (good)
		return inode;
	iput(inode);
	return ERR_PTR(-EIO);
}

struct inode *iget(struct super_block *sb, unsigned long ino)
{
	struct inode *inode, *fresh;
	int error;

	spin_lock(&inode_lock);
	inode = find_inode(sb, ino);
	if (inode)
		return use_found(inode);
	spin_unlock(&inode_lock);

	fresh = alloc_inode(sb);
	if (!fresh)
		return ERR_PTR(-ENOMEM);
	fresh->ino = ino;
	fresh->state = I_LOCK;

	spin_lock(&inode_lock);
	inode = find_inode(sb, ino);
	if (inode) {
		inode = use_found(inode);
		kmem_cache_free(inode_cache, fresh);
		return inode;
	}
	nr_inodes++;
	list_add(&fresh->list, &inode_in_use);
	list_add(&fresh->hash, bucket(sb, ino));
	spin_unlock(&inode_lock);

	error = sb->ops->read_inode(fresh);

	spin_lock(&inode_lock);
	if (error)
		list_del(&fresh->hash);
	unlock_inode(fresh);
	spin_unlock(&inode_lock);
	if (!error)
		return fresh;
	fresh->nlink = 1;	/* whatever was read, it is not ours to delete */
	iput(fresh);
	return ERR_PTR(error);
}

struct inode *igrab(struct inode *inode)
{
	spin_lock(&inode_lock);
	if (inode->state & I_FREEING)
		inode = NULL;
	else
		hold_inode(inode);
	spin_unlock(&inode_lock);
	return inode;
}

void iput(struct inode *inode)
{
	bool purged;

	spin_lock(&inode_lock);
	assert(atomic_read(&inode->count) > 0);
	if (!atomic_dec_and_test(&inode->count)) {
		spin_unlock(&inode_lock);
		return;
	}
	if (inode->nlink && !list_empty(&inode->hash)) {
		release_inode(inode);
		spin_unlock(&inode_lock);
		return;
	}
	/* No name or no hash: nobody can come back for it. */
	purged = inode->state & I_PURGED;
	inode->state |= I_FREEING;
	list_del(&inode->hash);
	wait_on_inode(inode);
	inode->state &= ~I_DIRTY;
	file_inode(inode, &inode_in_use);
	spin_unlock(&inode_lock);

	truncate_inode_pages(&inode->data, 0);
	if (!inode->nlink && !purged && inode->sb->ops->delete_inode)
		inode->sb->ops->delete_inode(inode);
	destroy_inode(inode);
}
