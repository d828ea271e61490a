/*
 * The inode cache: files known to the kernel, whether somebody uses them or not
 * (facts 2.4, 3.8).
 *
 * Owns the inode hash and three lists: in use (count > 0 and clean), unused (count 0
 * and clean, the latest at the head), dirty (any count). inode_lock guards them and
 * inode->state; a count falls to zero, or leaves it, only under the lock. While I_LOCK
 * is set, one task reads or writes the inode, and others that need it whole sleep on
 * inode->wait. Nothing here sleeps for a page lock on behalf of the shrinker: a caller
 * that needs memory may hold one.
 */
#include "fs/internal.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/cache/buffer.h"
#include "mm/slab/slab.h"
#include "mm/zone.h"

static struct spinlock inode_lock = SPINLOCK_INIT("inode_lock", RANK_INODE);
static LIST_HEAD(inode_in_use);
static LIST_HEAD(inode_unused);
static LIST_HEAD(inode_dirty);
static struct list_head *hash_table;	/* (!) */
static unsigned long hash_mask;		/* (!) buckets - 1 */
static struct kmem_cache *inode_cache;
unsigned long nr_inodes, nr_unused_inodes;

#define I_DIRTY	(I_DIRTY_INODE | I_DIRTY_PAGES)

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
}

static struct list_head *bucket(const struct super_block *sb, unsigned long ino)
{
	unsigned long hash = ino ^ (unsigned long)sb / sizeof(*sb);

	return &hash_table[(hash ^ hash >> 10) & hash_mask];
}

/* inode_lock held: puts an inode on the list where its count and state belong. */
static void refile(struct inode *inode)
{
	struct list_head *list = &inode_in_use;

	if (inode->state & I_DIRTY)
		list = &inode_dirty;
	else if (!atomic_read(&inode->count))
		list = &inode_unused;
	list_move(&inode->list, list);
}

/* inode_lock held: a reference on an inode that may have had none. */
static void hold(struct inode *inode)
{
	if (atomic_add(&inode->count, 1) == 1) {
		nr_unused_inodes--;
		refile(inode);
	}
}

/* inode_lock held, and again when this returns: sleeps while somebody has I_LOCK. */
static void wait_on_inode(struct inode *inode)
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

static void unlock_inode(struct inode *inode)
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

/* An inode off the hash that nobody can find any more: out of memory with it. */
static void destroy_inode(struct inode *inode)
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

	hold(inode);
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
		hold(inode);
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
		nr_unused_inodes++;
		refile(inode);
		spin_unlock(&inode_lock);
		return;
	}
	/* No name or no hash: nobody can come back for it. */
	purged = inode->state & I_PURGED;
	inode->state |= I_FREEING;
	list_del(&inode->hash);
	wait_on_inode(inode);
	inode->state &= ~I_DIRTY;
	list_move(&inode->list, &inode_in_use);
	spin_unlock(&inode_lock);

	truncate_inode_pages(&inode->data, 0);
	if (!inode->nlink && !purged && inode->sb->ops->delete_inode)
		inode->sb->ops->delete_inode(inode);
	destroy_inode(inode);
}

static void mark_dirty(struct inode *inode, unsigned flag)
{
	spin_lock(&inode_lock);
	if (!(inode->state & (flag | I_FREEING)) && inode->sb->ops->write_inode) {
		inode->state |= flag;
		/* An inode that is being written is filed when that ends. */
		if (!(inode->state & I_LOCK))
			list_move(&inode->list, &inode_dirty);
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
	refile(inode);
	return error;
}

/*
 * Writes the dirty inodes of SB or of all. The dirty list is taken from its old end, and
 * not for longer than it was at the start: what becomes dirty meanwhile waits its turn.
 */
static void sync_list(struct super_block *sb, bool pages, bool wait)
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
		if (sb && inode->sb != sb)
			continue;
		if (!pages && !(inode->state & I_DIRTY_INODE))
			continue;
		if ((inode->state & I_LOCK) && !wait)
			continue;
		budget--;
		if (inode->state & I_LOCK)
			wait_on_inode(inode);
		else
			write_one(inode, pages, wait);
		goto again;
	}
	spin_unlock(&inode_lock);
}

void sync_inodes(struct super_block *sb, bool wait)
{
	sync_list(sb, true, wait);
}

/* Writes one inode's record now, for fsync. 0 or -errno. */
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

/* inode_lock held: nothing would be lost. */
static bool can_unuse(struct inode *inode)
{
	return !inode->state && !inode->data.nrpages && !inode_has_buffers(inode);
}

static void dispose(struct list_head *freeable)
{
	while (!list_empty(freeable))
		destroy_inode(list_first(freeable, struct inode, list));
}

/*
 * Frees unused inodes from the old end. Inodes in motion, dirty ones and those with
 * pages or dirty buffers are passed over. GOAL is tested for being exactly 0 after each one, so that a
 * goal of 0 lets all of them go (Q19).
 *
 * The original writes out pages of dirty inodes here as well. That sleeps on page locks,
 * one of which our caller may hold; only the records are written, which frees the same
 * inodes, since those with pages stay in any case.
 */
void prune_icache(int goal)
{
	struct inode *inode, *before;
	LIST_HEAD(freeable);

	sync_list(NULL, false, false);
	spin_lock(&inode_lock);
	for (inode = list_last(&inode_unused, struct inode, list);
	     &inode->list != &inode_unused; inode = before) {
		before = list_entry(inode->list.prev, struct inode, list);
		if (!can_unuse(inode))
			continue;
		list_del(&inode->hash);
		list_move(&inode->list, &freeable);
		inode->state |= I_FREEING;
		nr_unused_inodes--;
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
	kmem_cache_shrink(inode_cache);
}

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
			list_move(&inode->list, &inode_in_use);
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
			hold(inode);	/* an unused one moves to the list in use */
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
