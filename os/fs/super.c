/*
 * Mounted file systems: mounting, unmounting, and writing everything out.
 *
 * Owns the list of known types and the list of mounted file systems, both under
 * mount_sem. A mount holds a reference on the root of what it mounts and on the dentry
 * that is covered.
 */
#include "block/block.h"
#include "fs/internal.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/cache/buffer.h"
#include "mm/slab/slab.h"

struct dentry *fs_root;

static struct mutex mount_sem = MUTEX_INIT(mount_sem);
static LIST_HEAD(file_systems);
static LIST_HEAD(super_blocks);		/* in the order of mounting */
static unsigned next_anonymous_id = 1;	/* st_dev of file systems without a device */

void register_file_system(struct file_system *type)
{
	list_add_tail(&type->link, &file_systems);
}

void fs_init(void)
{
	dcache_init();
	inode_init();
	file_init();
	register_file_system(&ext2_file_system);
	register_file_system(&proc_file_system);
	register_file_system(&dev_file_system);
	register_file_system(&ramfs_file_system);
	register_file_system(&tmpfs_file_system);
}

static const struct file_system *find_file_system(const char *name)
{
	struct file_system *type;

	list_for_each(type, &file_systems, link)
		if (!strcmp(type->name, name))
			return type;
	return NULL;
}

void for_each_super(void (*show)(struct super_block *sb, void *arg), void *arg)
{
	struct super_block *sb;

	mutex_lock(&mount_sem);
	list_for_each(sb, &super_blocks, link)
		show(sb, arg);
	mutex_unlock(&mount_sem);
}

void for_each_file_system(void (*show)(const struct file_system *type, void *arg), void *arg)
{
	struct file_system *type;

	list_for_each(type, &file_systems, link)
		show(type, arg);
}

/* mount_sem held. The new super block, or an ERR_PTR. */
static struct super_block *read_super(const struct file_system *type, const char *name,
				      struct block_device *dev, bool read_only,
				      const char *options)
{
	struct super_block *sb, *other;
	int error;

	if (*options && !type->takes_options)
		return ERR_PTR(-EINVAL);
	list_for_each(other, &super_blocks, link)
		if (dev && other->dev == dev)
			return ERR_PTR(-EBUSY);
	sb = kzalloc(sizeof(*sb), GFP_KERNEL);
	if (!sb)
		return ERR_PTR(-ENOMEM);
	sb->type = type;
	sb->dev = dev;
	sb->id = dev ? dev->major << 8 | dev->minor : next_anonymous_id++;
	sb->read_only = read_only || (dev && dev->read_only);
	copy_string(sb->name, name, sizeof(sb->name));
	sb->options = options;
	super_caches_init(sb);
	error = type->read_super(sb);
	sb->options = NULL;
	if (!error) {
		register_shrinker(&sb->shrinker);
		return sb;
	}
	if (dev)
		invalidate_buffers(dev);
	kfree(sb);
	return ERR_PTR(error);
}

/* Gives up a super block that nobody uses. */
static void put_super(struct super_block *sb)
{
	if (sb->ops->put_super)
		sb->ops->put_super(sb);
	if (sb->dev) {
		sync_buffers(sb->dev, true);
		invalidate_buffers(sb->dev);
	}
	kfree(sb);
}

/*
 * Drops the root and all inodes of a new or idle file system that no list has any more.
 * mount_sem is held if it has a device, so that nobody mounts that meanwhile.
 */
static void drop_super(struct super_block *sb)
{
	unregister_shrinker(&sb->shrinker);
	if (sb->ops->drop_tree)
		sb->ops->drop_tree(sb);
	d_drop(sb->root);
	dput(sb->root);
	invalidate_inodes(sb);
	put_super(sb);
}

static struct block_device *device_at(const char *path)
{
	struct dentry *entry = path_lookup(path, true);
	struct block_device *dev = NULL;

	if (IS_ERR(entry))
		return ERR_PTR(PTR_ERR(entry));
	if (S_ISBLK(entry->inode->mode))
		dev = block_device_by_number(entry->inode->rdev >> 8,
					     entry->inode->rdev & 0xff);
	else
		dev = ERR_PTR(-EINVAL);
	dput(entry);
	return dev ? dev : ERR_PTR(-ENXIO);
}

/* mount_sem held: 0, or -errno. */
static int mount_on(struct dentry *where, const struct file_system *type, const char *name,
		    struct block_device *dev, bool read_only, const char *options)
{
	struct super_block *sb;

	if (!S_ISDIR(where->inode->mode))
		return -ENOTDIR;
	sb = read_super(type, name, dev, read_only, options);
	if (IS_ERR(sb))
		return (int)PTR_ERR(sb);
	spin_lock(&dcache_lock);
	if (where->mounted) {
		spin_unlock(&dcache_lock);
		drop_super(sb);
		return -EBUSY;
	}
	where->mounted = sb->root;
	sb->root->covers = where;
	spin_unlock(&dcache_lock);
	dget(where);
	list_add_tail(&sb->link, &super_blocks);
	return 0;
}

int do_mount(const char *device, const char *where, const char *type_name, bool read_only,
	     const char *options)
{
	const struct file_system *type = find_file_system(type_name);
	struct block_device *dev = NULL;
	struct dentry *entry;
	int error;

	if (!type)
		return -ENODEV;
	if (type->needs_device) {
		dev = device_at(device);
		if (IS_ERR(dev))
			return (int)PTR_ERR(dev);
	}
	entry = path_lookup(where, true);
	if (IS_ERR(entry))
		return (int)PTR_ERR(entry);
	mutex_lock(&mount_sem);
	error = mount_on(entry, type, device, dev, read_only, options);
	mutex_unlock(&mount_sem);
	dput(entry);
	return error;
}

/*
 * The root file system, then /dev and /proc, if it has directories for them. Their
 * absence is told, not fatal: a program then does not find its files.
 */
int mount_root(struct block_device *dev)
{
	static const char *const automatic[][2] = { { "dev", "/dev" }, { "proc", "/proc" } };
	struct super_block *sb;

	mutex_lock(&mount_sem);
	sb = read_super(&ext2_file_system, dev->name, dev, false, "");
	if (!IS_ERR(sb)) {
		list_add_tail(&sb->link, &super_blocks);
		fs_root = sb->root;
	}
	mutex_unlock(&mount_sem);
	if (IS_ERR(sb))
		return (int)PTR_ERR(sb);

	for (unsigned i = 0; i < ARRAY_SIZE(automatic); i++) {
		const char *type = automatic[i][0], *where = automatic[i][1];
		int error = do_mount(type, where, type, false, "");

		if (error)
			printk("fs: cannot mount %s on %s: error %d\n", type, where, -error);
	}
	return 0;
}

/* mount_sem held. All of SB on disk. */
static void sync_one(struct super_block *sb)
{
	if (sb->dirty && sb->ops->write_super && !sb->read_only)
		sb->ops->write_super(sb);
}

void sync_supers(struct super_block *only)
{
	struct super_block *sb;

	mutex_lock(&mount_sem);
	list_for_each(sb, &super_blocks, link)
		if (!only || sb == only)
			sync_one(sb);
	mutex_unlock(&mount_sem);
}

long do_sync(void)
{
	/* Inodes first: writing their pages may allocate blocks, which dirties the rest. */
	sync_inodes(NULL, true);
	sync_inodes(NULL, true);
	sync_supers(NULL);
	return sync_buffers(NULL, true);
}

/* mount_sem held: the file system mounted as ROOT goes, if nobody uses it. */
static int umount_root(struct dentry *root)
{
	struct super_block *sb = root->inode->sb;
	struct dentry *where = root->covers;

	if (!where || sb->root != root)
		return where ? -EINVAL : -EBUSY;	/* no mount point; "/" */
	shrink_dcache_below(root);
	sync_inodes(sb, true);
	spin_lock(&dcache_lock);
	/* Two users: the mount, and the caller who looked it up. */
	if (atomic_read(&root->count) != 2 || root->mounted) {
		spin_unlock(&dcache_lock);
		return -EBUSY;
	}
	where->mounted = NULL;
	root->covers = NULL;
	spin_unlock(&dcache_lock);
	list_del(&sb->link);
	dput(where);
	return 0;
}

int do_umount(const char *path)
{
	struct dentry *root = path_lookup(path, true);
	struct super_block *sb;
	int error;

	if (IS_ERR(root))
		return (int)PTR_ERR(root);
	sb = root->inode->sb;
	mutex_lock(&mount_sem);
	error = root == sb->root ? umount_root(root) : -EINVAL;
	dput(root);
	if (!error && sb->dev) {
		sync_inodes(sb, true);
		drop_super(sb);
	}
	mutex_unlock(&mount_sem);
	/* Nobody but us waits should a page of ramfs be locked for ever (Q10). */
	if (!error && !sb->dev)
		drop_super(sb);
	return error;
}

void fs_shutdown(void)
{
	struct super_block *sb;

	do_sync();
	mutex_lock(&mount_sem);
	list_for_each(sb, &super_blocks, link) {
		if (!sb->dev || sb->read_only)
			continue;
		purge_unlinked(sb);
		sync_inodes(sb, true);
		sb->read_only = true;
		if (sb->ops->write_super)
			sb->ops->write_super(sb);
		sync_buffers(sb->dev, true);
	}
	mutex_unlock(&mount_sem);
}
