/*
 * The system calls that change names or ask about them: each finds its directory, locks
 * it, checks what every file system would have to check, and calls the inode's operation.
 * Owns nothing.
 *
 * A directory's sem keeps its entries still. Renames are in rename.c.
 */
#include "fs/internal.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab/slab.h"

/* A name in a locked directory, as begin_change leaves it. */
struct place {
	struct walk walk;
	struct dentry *dir;	/* walk.at, its inode's sem held */
	struct dentry *entry;	/* the last name, perhaps negative */
};

int may_change(const struct inode *dir)
{
	if (!dir->nlink)
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/* Why rmdir refuses these: as in Linux "." is no name to remove, ".." is not empty. */
static int special_rmdir_error(const struct walk *walk)
{
	if (walk->last_len == 1)
		return -EINVAL;
	return walk->last_len == 2 ? -ENOTEMPTY : -EBUSY;
}

int find_directory(struct walk *walk, const char *path, int special)
{
	int error = walk_start(walk, path);

	if (!error)
		error = walk_parent(walk);
	if (!error && walk_is_special(walk))
		error = special ? special : special_rmdir_error(walk);
	if (!error && walk->last_len > NAME_MAX)
		error = -ENAMETOOLONG;
	return error;
}

static void end_change(struct place *place)
{
	if (place->entry)
		dput(place->entry);
	if (place->dir)
		mutex_unlock(&place->dir->inode->sem);
	walk_end(&place->walk);
}

/* Locks PATH's directory and looks its last name up. After an error all is undone. */
static int begin_change(struct place *place, const char *path, int special)
{
	int error;

	place->dir = place->entry = NULL;
	error = find_directory(&place->walk, path, special);
	if (!error) {
		place->dir = place->walk.at;
		mutex_lock(&place->dir->inode->sem);
		place->entry = lookup_locked(place->dir, place->walk.last,
					     place->walk.last_len);
		if (IS_ERR(place->entry)) {
			error = (int)PTR_ERR(place->entry);
			place->entry = NULL;
		}
	}
	if (error)
		end_change(place);
	return error;
}

/* The same for a name that is to be made: it must not exist yet. */
static int begin_create(struct place *place, const char *path, bool directory)
{
	int error = begin_change(place, path, -EEXIST);

	if (error)
		return error;
	if (place->entry->inode)
		error = -EEXIST;
	else if (place->walk.must_be_dir && !directory)
		error = -ENOENT;
	else
		error = may_change(place->dir->inode);
	if (error)
		end_change(place);
	return error;
}

int fs_mkdir(const char *path, unsigned mode)
{
	struct place place;
	int error = begin_create(&place, path, true);

	if (error)
		return error;
	error = -EPERM;
	if (place.dir->inode->iops->mkdir)
		error = place.dir->inode->iops->mkdir(place.dir->inode, place.entry,
						      mode & 07777);
	end_change(&place);
	return error;
}

int fs_symlink(const char *target, const char *path)
{
	struct place place;
	int error;

	if (!*target)
		return -ENOENT;
	error = begin_create(&place, path, false);
	if (error)
		return error;
	error = -EPERM;
	if (place.dir->inode->iops->symlink)
		error = place.dir->inode->iops->symlink(place.dir->inode, place.entry,
							target);
	end_change(&place);
	return error;
}

int fs_link(const char *old, const char *new)
{
	struct dentry *source = path_lookup(old, false);
	struct inode *inode;
	struct place place;
	int error;

	if (IS_ERR(source))
		return (int)PTR_ERR(source);
	inode = source->inode;
	error = begin_create(&place, new, false);
	if (!error) {
		struct inode *dir = place.dir->inode;

		if (S_ISDIR(inode->mode) || !dir->iops->link) {
			error = -EPERM;
		} else if (dir->sb != inode->sb) {
			error = -EXDEV;
		} else {
			mutex_lock(&inode->sem);
			error = inode->nlink ? dir->iops->link(dir, place.entry, inode)
					     : -ENOENT;
			mutex_unlock(&inode->sem);
		}
		end_change(&place);
	}
	dput(source);
	return error;
}

int may_delete(const struct dentry *dir, const struct dentry *victim, bool directory)
{
	if (!victim->inode)
		return -ENOENT;
	if (directory && !S_ISDIR(victim->inode->mode))
		return -ENOTDIR;
	if (!directory && S_ISDIR(victim->inode->mode))
		return -EISDIR;
	if (victim->mounted)
		return -EBUSY;
	if (victim->inode->swap_file)
		return -EPERM;
	return may_change(dir->inode);
}

int fs_unlink(const char *path)
{
	struct inode *inode = NULL;
	struct place place;
	int error = begin_change(&place, path, -EISDIR);

	if (error)
		return error;
	error = may_delete(place.dir, place.entry, false);
	if (!error && place.walk.must_be_dir)
		error = -ENOTDIR;
	if (!error && !place.dir->inode->iops->unlink)
		error = -EPERM;
	if (!error) {
		inode = igrab(place.entry->inode);
		mutex_lock(&inode->sem);
		error = place.dir->inode->iops->unlink(place.dir->inode, place.entry);
		mutex_unlock(&inode->sem);
		if (!error)
			d_delete(place.entry);
	}
	end_change(&place);
	if (inode)
		iput(inode);	/* its blocks are freed without the directory's lock */
	return error;
}

int fs_rmdir(const char *path)
{
	struct inode *inode = NULL;
	struct place place;
	int error = begin_change(&place, path, 0);

	if (error)
		return error;
	error = may_delete(place.dir, place.entry, true);
	if (!error && !place.dir->inode->iops->rmdir)
		error = -EPERM;
	if (!error) {
		inode = igrab(place.entry->inode);
		mutex_lock(&inode->sem);
		shrink_dcache_below(place.entry);
		error = place.dir->inode->iops->rmdir(place.dir->inode, place.entry);
		mutex_unlock(&inode->sem);
		if (!error)
			d_delete(place.entry);
	}
	end_change(&place);
	if (inode)
		iput(inode);
	return error;
}

int fs_chmod(const char *path, unsigned mode)
{
	struct dentry *entry = path_lookup(path, true);
	struct inode *inode;
	int error = 0;

	if (IS_ERR(entry))
		return (int)PTR_ERR(entry);
	inode = entry->inode;
	mutex_lock(&inode->sem);
	if (inode->sb->read_only)
		error = -EROFS;
	else if ((!inode->sb->ops->write_inode && !inode->sb->type->in_memory) ||
		 (current->euid && current->euid != inode->uid))
		error = -EPERM;
	if (!error) {
		inode->mode = (inode->mode & S_IFMT) | (mode & 07777);
		inode->ctime = fs_time();
		mark_inode_dirty(inode);
	}
	mutex_unlock(&inode->sem);
	dput(entry);
	return error;
}

int fs_truncate(const char *path, u64 size)
{
	struct file *file = file_open(path, O_WRONLY, 0);
	int error;

	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	error = file_truncate(file, size);
	file_put(file);
	return error;
}

int fs_access(const char *path, unsigned may)
{
	struct dentry *entry = path_lookup(path, true);
	int error;

	if (IS_ERR(entry))
		return (int)PTR_ERR(entry);
	error = inode_permission(entry->inode, may);
	dput(entry);
	return error;
}

int fs_stat(const char *path, bool follow, struct kstat *out)
{
	struct dentry *entry = path_lookup(path, follow);

	if (IS_ERR(entry))
		return (int)PTR_ERR(entry);
	inode_stat(entry->inode, out);
	dput(entry);
	return 0;
}

int fs_statfs(const char *path, struct kstatfs *out)
{
	struct dentry *entry = path_lookup(path, true);
	int error;

	if (IS_ERR(entry))
		return (int)PTR_ERR(entry);
	memset(out, 0, sizeof(*out));
	error = entry->inode->sb->ops->statfs(entry->inode->sb, out);
	dput(entry);
	return error;
}

int fs_chdir(const char *path)
{
	struct dentry *entry = path_lookup(path, true);
	int error = 0;

	if (IS_ERR(entry))
		return (int)PTR_ERR(entry);
	if (!S_ISDIR(entry->inode->mode))
		error = -ENOTDIR;
	else
		error = inode_permission(entry->inode, MAY_EXEC);
	if (error) {
		dput(entry);
		return error;
	}
	dput(current->cwd);
	current->cwd = entry;
	return 0;
}

long fs_getcwd(char *buf, size_t size)
{
	struct dentry *at = current->cwd ? current->cwd : fs_root;

	if (!at->inode->nlink)
		return -ENOENT;
	return dentry_path(at, buf, size);
}

long fs_readlink(const char *path, char *buf, size_t size)
{
	struct dentry *entry;
	long length = -EINVAL;

	if (!size)
		return -EINVAL;
	entry = path_lookup(path, false);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	if (S_ISLNK(entry->inode->mode))
		length = entry->inode->iops->readlink(entry->inode, buf, size);
	dput(entry);
	return length;
}
