/*
 * The dentry cache: names of files that were looked up, and names known not to exist
 * (negative dentries, without an inode) (facts 2.4, 3.8, Q19).
 *
 * Owns the hash of names, the tree of parents and children, and the unused list: all
 * dentries that are hashed and have no user, the latest at the head. They are also on a
 * list of their file system, in the same order, for 2.6. dcache_lock guards it all; a
 * count falls to zero, or leaves it, only under the lock. A dentry holds a reference on
 * its parent and, unless negative, one on its inode. A dentry that is not hashed is freed
 * with its last reference.
 */
#include "fs/internal.h"
#include "kernel/lock.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/slab/slab.h"
#include "mm/zone.h"

struct spinlock dcache_lock = SPINLOCK_INIT("dcache_lock", RANK_DCACHE);
unsigned long nr_unused_dentries;
unsigned long nr_dentries;

static struct kmem_cache *dentry_cache;
static struct list_head *hash_table;	/* (!) */
static unsigned long hash_mask;		/* (!) buckets - 1 */
static LIST_HEAD(dentry_unused);	/* (d) */

void dcache_init(void)
{
	unsigned long buckets = 128;

	while (buckets < num_physpages / 8 && buckets < 4096)
		buckets *= 2;
	hash_table = kmalloc(buckets * sizeof(*hash_table), GFP_KERNEL);
	if (!hash_table)
		panic("dcache: no memory for %lu hash buckets", buckets);
	for (unsigned long i = 0; i < buckets; i++)
		list_init(&hash_table[i]);
	hash_mask = buckets - 1;
	dentry_cache = kmem_cache_create("dentry_cache", sizeof(struct dentry), 0, NULL);
	kmem_cache_set_reclaimable(dentry_cache);
}

static struct list_head *bucket(const struct dentry *parent, const char *name, unsigned len)
{
	unsigned long hash = (unsigned long)parent / sizeof(struct dentry);

	for (unsigned i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)name[i]) * 0x01000193ul;
	return &hash_table[(hash ^ hash >> 12) & hash_mask];
}

/* dcache_lock held: a name has lost its last user. */
static void add_unused(struct dentry *entry)
{
	list_add(&entry->lru, &dentry_unused);
	list_add(&entry->sb_lru, &entry->sb->unused_names);
	nr_unused_dentries++;
	entry->sb->nr_unused_names++;
}

/* dcache_lock held: off the lists, if it is there. */
static void del_unused(struct dentry *entry)
{
	if (list_empty(&entry->lru))
		return;
	list_del(&entry->lru);
	list_del(&entry->sb_lru);
	nr_unused_dentries--;
	entry->sb->nr_unused_names--;
}

/* dcache_lock held: a reference on a dentry that may have had none. */
static void dget_locked(struct dentry *entry)
{
	if (atomic_add(&entry->count, 1) == 1)
		del_unused(entry);
}

struct dentry *dget(struct dentry *entry)
{
	spin_lock(&dcache_lock);
	dget_locked(entry);
	spin_unlock(&dcache_lock);
	return entry;
}

struct dentry *d_lookup(struct dentry *parent, const char *name, unsigned len)
{
	struct list_head *head = bucket(parent, name, len);
	struct dentry *entry, *found = NULL;

	spin_lock(&dcache_lock);
	list_for_each(entry, head, hash) {
		if (entry->parent != parent || entry->len != len ||
		    memcmp(entry->name, name, len))
			continue;
		dget_locked(entry);
		entry->referenced = true;
		found = entry;
		break;
	}
	spin_unlock(&dcache_lock);
	return found;
}

static struct dentry *new_dentry(const char *name, unsigned len)
{
	struct dentry *entry = kmem_cache_alloc(dentry_cache, GFP_KERNEL);

	if (!entry)
		return NULL;
	memset(entry, 0, offsetof(struct dentry, name));
	atomic_set(&entry->count, 1);
	list_init(&entry->hash);
	list_init(&entry->lru);
	list_init(&entry->sb_lru);
	list_init(&entry->siblings);
	list_init(&entry->children);
	memcpy(entry->name, name, len);
	entry->name[len] = '\0';
	entry->len = (unsigned char)len;
	return entry;
}

struct dentry *d_alloc(struct dentry *parent, const char *name, unsigned len)
{
	struct dentry *entry = new_dentry(name, len);

	if (!entry)
		return NULL;
	spin_lock(&dcache_lock);
	dget_locked(parent);
	entry->parent = parent;
	entry->sb = parent->sb;
	list_add(&entry->siblings, &parent->children);
	nr_dentries++;
	spin_unlock(&dcache_lock);
	return entry;
}

struct dentry *d_alloc_root(struct inode *inode)
{
	struct dentry *root = new_dentry("/", 1);

	if (!root)
		return NULL;
	root->parent = root;
	root->inode = inode;
	root->sb = inode->sb;
	spin_lock(&dcache_lock);
	nr_dentries++;
	spin_unlock(&dcache_lock);
	return root;
}

void d_instantiate(struct dentry *entry, struct inode *inode)
{
	spin_lock(&dcache_lock);
	assert(!entry->inode);
	entry->inode = inode;
	spin_unlock(&dcache_lock);
}

void d_add(struct dentry *entry, struct inode *inode)
{
	spin_lock(&dcache_lock);
	entry->inode = inode;
	list_add(&entry->hash, bucket(entry->parent, entry->name, entry->len));
	spin_unlock(&dcache_lock);
}

void d_drop(struct dentry *entry)
{
	spin_lock(&dcache_lock);
	list_del(&entry->hash);
	spin_unlock(&dcache_lock);
}

/*
 * dcache_lock held, count 0: frees a dentry and lets go of the lock. Returns its
 * parent, whose reference is now the caller's, or NULL for a root.
 */
static struct dentry *free_dentry_unlock(struct dentry *entry)
{
	struct dentry *parent = entry->parent == entry ? NULL : entry->parent;
	struct inode *inode = entry->inode;

	del_unused(entry);
	list_del(&entry->hash);
	list_del(&entry->siblings);
	nr_dentries--;
	spin_unlock(&dcache_lock);

	if (inode)
		iput(inode);
	kmem_cache_free(dentry_cache, entry);
	return parent;
}

void dput(struct dentry *entry)
{
	while (entry) {
		spin_lock(&dcache_lock);
		assert(atomic_read(&entry->count) > 0);
		if (!atomic_dec_and_test(&entry->count)) {
			spin_unlock(&dcache_lock);
			return;
		}
		if (!list_empty(&entry->hash)) {
			add_unused(entry);
			spin_unlock(&dcache_lock);
			return;
		}
		entry = free_dentry_unlock(entry);
	}
}

void d_delete(struct dentry *entry)
{
	struct inode *inode = NULL;

	spin_lock(&dcache_lock);
	if (atomic_read(&entry->count) == 1) {
		inode = entry->inode;
		entry->inode = NULL;
	} else {
		list_del(&entry->hash);
	}
	spin_unlock(&dcache_lock);
	if (inode)
		iput(inode);
}

/*
 * ENTRY takes over the place and name of TARGET, which is unhashed. Both directories
 * are locked.
 */
void d_move(struct dentry *entry, struct dentry *target)
{
	struct dentry *old_parent = NULL;

	spin_lock(&dcache_lock);
	list_del(&target->hash);
	list_del(&entry->hash);
	if (entry->parent != target->parent) {
		old_parent = entry->parent;
		dget_locked(target->parent);
		entry->parent = target->parent;
		list_move(&entry->siblings, &target->parent->children);
	}
	memcpy(entry->name, target->name, target->len + 1u);
	entry->len = target->len;
	list_add(&entry->hash, bucket(entry->parent, entry->name, entry->len));
	spin_unlock(&dcache_lock);
	dput(old_parent);
}

/*
 * Frees unused names from the old end of the list. Names that were looked up since the
 * last time get a second round at the head. COUNT is tested for being exactly 0, and
 * only after a name was freed: a referenced name that uses up the count, or a count of 0
 * to begin with, lets the whole list go (Q19).
 */
void prune_dcache(int count)
{
	spin_lock(&dcache_lock);
	while (!list_empty(&dentry_unused)) {
		struct dentry *entry = list_last(&dentry_unused, struct dentry, lru);
		struct dentry *parent;

		if (entry->referenced) {
			entry->referenced = false;
			list_move(&entry->lru, &dentry_unused);
			count--;
			continue;
		}
		parent = free_dentry_unlock(entry);
		dput(parent);
		spin_lock(&dcache_lock);
		if (--count == 0)
			break;
	}
	spin_unlock(&dcache_lock);
}

void shrink_dcache_memory(int priority, gfp_t gfp)
{
	if (!(gfp & __GFP_IO))
		return;
	prune_dcache(priority ? (int)(nr_unused_dentries / (unsigned)priority) : 0);
	shrink_dentry_slabs();
}

void shrink_dentry_slabs(void)
{
	kmem_cache_shrink(dentry_cache);
}

/*
 * 2.6: frees NR unused names of SB from the old end. Names looked up since the last time
 * get a second round, which costs nothing of NR here; no name is looked at twice.
 */
void prune_dcache_sb(struct super_block *sb, unsigned long nr)
{
	unsigned long most;

	spin_lock(&dcache_lock);
	for (most = sb->nr_unused_names; nr && most && sb->nr_unused_names; most--) {
		struct dentry *entry = list_last(&sb->unused_names, struct dentry, sb_lru);

		if (entry->referenced) {
			entry->referenced = false;
			list_move(&entry->sb_lru, &sb->unused_names);
			continue;
		}
		nr--;
		dput(free_dentry_unlock(entry));
		spin_lock(&dcache_lock);
	}
	spin_unlock(&dcache_lock);
}

/* dcache_lock held. */
static bool is_below(const struct dentry *entry, const struct dentry *ancestor)
{
	while (entry->parent != entry && entry->parent != ancestor)
		entry = entry->parent;
	return entry->parent == ancestor;
}

bool d_is_below(const struct dentry *entry, const struct dentry *ancestor)
{
	bool result;

	spin_lock(&dcache_lock);
	result = entry != ancestor && is_below(entry, ancestor);
	spin_unlock(&dcache_lock);
	return result;
}

void shrink_dcache_below(struct dentry *ancestor)
{
	struct dentry *entry;

again:
	spin_lock(&dcache_lock);
	list_for_each(entry, &dentry_unused, lru) {
		if (list_empty(&ancestor->children))
			break;
		if (entry == ancestor || !is_below(entry, ancestor))
			continue;
		dput(free_dentry_unlock(entry));
		goto again;
	}
	spin_unlock(&dcache_lock);
}
