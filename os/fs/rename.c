/*
 * Renaming: the one change that takes two directories.
 *
 * Both are locked, the one nearer to the root first. Owns rename_sem, which is held over
 * each rename between two directories and keeps the tree in shape meanwhile: what is
 * below what cannot change while it is asked.
 */
#include "fs/internal.h"
#include "lib/errno.h"

/* One rename between directories at a time: nobody else can make a loop. */
static struct mutex rename_sem = MUTEX_INIT(rename_sem);

/* Locks two directories of one file system, that nearer to the root first. */
static void lock_two(struct dentry *a, struct dentry *b)
{
	if (a == b) {
		mutex_lock(&a->inode->sem);
		return;
	}
	mutex_lock(&rename_sem);
	if (d_is_below(a, b) || (!d_is_below(b, a) && a->inode->ino > b->inode->ino)) {
		mutex_lock(&b->inode->sem);
		mutex_lock(&a->inode->sem);
	} else {
		mutex_lock(&a->inode->sem);
		mutex_lock(&b->inode->sem);
	}
}

static void unlock_two(struct dentry *a, struct dentry *b)
{
	mutex_unlock(&a->inode->sem);
	if (a == b)
		return;
	mutex_unlock(&b->inode->sem);
	mutex_unlock(&rename_sem);
}

/* Both directories are locked. Is the rename one that may be done? */
static int may_rename(struct dentry *old_dir, struct dentry *old, struct dentry *new_dir,
		      struct dentry *new)
{
	int error = may_delete(old_dir, old, old->inode && S_ISDIR(old->inode->mode));

	if (!error)
		error = may_change(new_dir->inode);
	if (error)
		return error;
	if (old == new_dir || d_is_below(new_dir, old))
		return -EINVAL;		/* a directory into itself */
	if (new == old_dir || d_is_below(old_dir, new))
		return -ENOTEMPTY;
	if (new->inode)
		return may_delete(new_dir, new, S_ISDIR(old->inode->mode));
	return 0;
}

static int do_rename(struct dentry *old_dir, struct dentry *old, struct dentry *new_dir,
		     struct dentry *new)
{
	struct inode *replaced = new->inode;
	int error = may_rename(old_dir, old, new_dir, new);

	if (error)
		return error;
	if (replaced == old->inode)
		return 0;		/* two names of one file: nothing to do */
	if (!old_dir->inode->iops->rename)
		return -EPERM;
	if (replaced) {
		mutex_lock(&replaced->sem);
		if (S_ISDIR(replaced->mode))
			shrink_dcache_below(new);
	}
	error = old_dir->inode->iops->rename(old_dir->inode, old, new_dir->inode, new);
	if (replaced)
		mutex_unlock(&replaced->sem);
	if (!error)
		d_move(old, new);
	return error;
}

int fs_rename(const char *old_path, const char *new_path)
{
	struct walk from = { 0 }, to = { 0 };
	struct dentry *old, *new;
	int error = find_directory(&from, old_path, -EBUSY);

	if (!error)
		error = find_directory(&to, new_path, -EBUSY);
	if (!error && from.at->inode->sb != to.at->inode->sb)
		error = -EXDEV;
	if (error)
		goto out;

	lock_two(from.at, to.at);
	old = lookup_locked(from.at, from.last, from.last_len);
	new = lookup_locked(to.at, to.last, to.last_len);
	if (IS_ERR(old))
		error = (int)PTR_ERR(old);
	else if (IS_ERR(new))
		error = (int)PTR_ERR(new);
	else if (old->inode && !S_ISDIR(old->inode->mode) &&
		 (from.must_be_dir || to.must_be_dir))
		error = -ENOTDIR;
	else
		error = do_rename(from.at, old, to.at, new);
	unlock_two(from.at, to.at);
	if (!IS_ERR(old))
		dput(old);
	if (!IS_ERR(new))
		dput(new);
out:
	walk_end(&from);
	walk_end(&to);
	return error;
}
