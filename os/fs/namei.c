/*
 * From a path to a dentry: one component after the other, over mount points and
 * symbolic links. Owns nothing.
 *
 * A walk keeps the rest of its path in a buffer of its own; a symbolic link's target is
 * pasted in front of it, so that links in links need no recursion. A name is first
 * looked for in the dentry cache, without locks; only a name that is not there costs the
 * directory's sem and a call of its file system.
 */
#include "fs/internal.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/slab/slab.h"

#define MAX_LINKS	40

int inode_permission(const struct inode *inode, unsigned may)
{
	unsigned mode = inode->mode;

	if ((may & MAY_WRITE) && inode->sb->read_only &&
	    (S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode)))
		return -EROFS;
	if (current->euid == 0)
		/* The superuser needs one right to execute, as elsewhere. */
		return (may & MAY_EXEC) && !S_ISDIR(mode) && !(mode & 0111) ? -EACCES : 0;
	if (current->euid == inode->uid)
		mode >>= 6;
	return (mode & may) == may ? 0 : -EACCES;
}

struct dentry *follow_mounts(struct dentry *entry)
{
	for (;;) {
		struct dentry *root;

		spin_lock(&dcache_lock);
		root = entry->mounted;
		if (root)
			atomic_inc(&root->count);	/* the mount holds one: not 0 */
		spin_unlock(&dcache_lock);
		if (!root)
			return entry;
		dput(entry);
		entry = root;
	}
}

/* The parent of AT in the tree of mounts, with a reference; AT is dropped. */
static struct dentry *walk_up(struct dentry *at)
{
	struct dentry *parent;

	spin_lock(&dcache_lock);
	parent = at;
	while (parent != fs_root && parent->parent == parent && parent->covers)
		parent = parent->covers;
	if (parent != fs_root)
		parent = parent->parent;
	atomic_inc(&parent->count);	/* a child or a mount holds one: not 0 */
	spin_unlock(&dcache_lock);
	dput(at);
	return follow_mounts(parent);
}

/* The cached dentry of a name, unless the file system says that it is out of date. */
static struct dentry *cached_lookup(struct dentry *dir, const char *name, unsigned len)
{
	struct dentry *entry = d_lookup(dir, name, len);
	const struct inode_operations *iops = dir->inode->iops;

	if (!entry || !iops->is_current || iops->is_current(dir->inode, entry))
		return entry;
	d_drop(entry);
	dput(entry);
	return NULL;
}

struct dentry *lookup_locked(struct dentry *dir, const char *name, unsigned len)
{
	struct dentry *entry = cached_lookup(dir, name, len);
	struct inode *inode;

	if (entry)
		return entry;
	if (!dir->inode->nlink)
		return ERR_PTR(-ENOENT);	/* it has been removed */
	entry = d_alloc(dir, name, len);
	if (!entry)
		return ERR_PTR(-ENOMEM);
	inode = dir->inode->iops->lookup(dir->inode, entry->name, len);
	if (IS_ERR(inode)) {
		dput(entry);
		return ERR_PTR(PTR_ERR(inode));
	}
	d_add(entry, inode);
	return entry;
}

static struct dentry *lookup(struct dentry *dir, const char *name, unsigned len)
{
	struct dentry *entry;

	if (len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	entry = cached_lookup(dir, name, len);
	if (entry)
		return entry;
	mutex_lock(&dir->inode->sem);
	entry = lookup_locked(dir, name, len);
	mutex_unlock(&dir->inode->sem);
	return entry;
}

static struct dentry *start_of(const char *path)
{
	if (*path == '/' || !current->cwd)
		return follow_mounts(dget(fs_root));
	return dget(current->cwd);
}

int walk_start(struct walk *walk, const char *path)
{
	size_t length = strlen(path);

	*walk = (struct walk) { 0 };
	if (!length)
		return -ENOENT;
	if (length >= PATH_MAX)
		return -ENAMETOOLONG;
	if (!fs_root)
		return -ENOENT;
	walk->path = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!walk->path)
		return -ENOMEM;
	memcpy(walk->path, path, length + 1);
	walk->rest = walk->path;
	walk->at = start_of(path);
	return 0;
}

void walk_end(struct walk *walk)
{
	dput(walk->at);
	kfree(walk->path);
	*walk = (struct walk) { 0 };
}

/* Takes one name off the rest; what follows it is then at `rest`, without slashes. */
static void next_name(struct walk *walk)
{
	char *p = walk->rest;

	while (*p == '/')
		p++;
	walk->last = p;
	while (*p && *p != '/')
		p++;
	walk->last_len = (unsigned)(p - walk->last);
	walk->must_be_dir = *p == '/';
	while (*p == '/')
		p++;
	walk->rest = p;
}

static bool last_is(const struct walk *walk, const char *name)
{
	return walk->last_len == strlen(name) && !memcmp(walk->last, name, walk->last_len);
}

bool walk_is_special(const struct walk *walk)
{
	return last_is(walk, "") || last_is(walk, ".") || last_is(walk, "..");
}

/* May names be looked up in `at`? */
static int check_directory(const struct walk *walk)
{
	if (!S_ISDIR(walk->at->inode->mode))
		return -ENOTDIR;
	return inode_permission(walk->at->inode, MAY_EXEC);
}

int walk_link(struct walk *walk, struct dentry *entry)
{
	size_t rest = strlen(walk->rest);
	char *target = NULL;
	long length;

	if (++walk->links > MAX_LINKS) {
		length = -ELOOP;
		goto out;
	}
	target = kmalloc(PATH_MAX, GFP_KERNEL);
	if (!target) {
		length = -ENOMEM;
		goto out;
	}
	length = entry->inode->iops->readlink(entry->inode, target, PATH_MAX);
	if (length < 0)
		goto out;
	if ((size_t)length + rest + 2 > PATH_MAX) {
		length = -ENAMETOOLONG;
		goto out;
	}
	if (!length) {
		length = -ENOENT;
		goto out;
	}
	if (rest || walk->must_be_dir)
		target[length++] = '/';
	memcpy(target + length, walk->rest, rest + 1);
	kfree(walk->path);
	walk->path = walk->rest = target;
	target = NULL;
	if (walk->path[0] == '/') {
		dput(walk->at);
		walk->at = start_of("/");
	}
	length = 0;
out:
	kfree(target);
	dput(entry);
	return (int)length;
}

/* `at` moves on to the name that was taken off, following a link if FOLLOW. */
static int step(struct walk *walk, bool follow)
{
	struct dentry *entry;

	if (last_is(walk, "") || last_is(walk, "."))
		return 0;
	if (last_is(walk, "..")) {
		walk->at = walk_up(walk->at);
		return 0;
	}
	entry = lookup(walk->at, walk->last, walk->last_len);
	if (IS_ERR(entry))
		return (int)PTR_ERR(entry);
	entry = follow_mounts(entry);
	if (!entry->inode) {
		dput(entry);
		return -ENOENT;
	}
	if (S_ISLNK(entry->inode->mode) && follow)
		return walk_link(walk, entry);
	dput(walk->at);
	walk->at = entry;
	return 0;
}

int walk_parent(struct walk *walk)
{
	int error;

	for (;;) {
		error = check_directory(walk);
		if (error)
			return error;
		next_name(walk);
		if (!*walk->rest)
			return 0;
		error = step(walk, true);
		if (error)
			return error;
	}
}

int walk_last(struct walk *walk, bool follow)
{
	for (;;) {
		char *path = walk->path;
		int error = step(walk, follow || walk->must_be_dir);

		if (error)
			return error;
		if (walk->path == path)
			break;
		error = walk_parent(walk);	/* a link was pasted in */
		if (error)
			return error;
	}
	if (walk->must_be_dir && !S_ISDIR(walk->at->inode->mode))
		return -ENOTDIR;
	return 0;
}

struct dentry *path_lookup(const char *path, bool follow)
{
	struct walk walk;
	struct dentry *entry = NULL;
	int error = walk_start(&walk, path);

	if (!error)
		error = walk_parent(&walk);
	if (!error)
		error = walk_last(&walk, follow);
	if (!error)
		entry = dget(walk.at);
	walk_end(&walk);
	return error ? ERR_PTR(error) : entry;
}

long dentry_path(struct dentry *entry, char *buf, size_t size)
{
	char *p = buf + size;
	long length = -ERANGE;

	if (!size)
		return -ERANGE;
	*--p = '\0';
	spin_lock(&dcache_lock);
	while (entry != fs_root) {
		if (entry->parent == entry) {
			if (!entry->covers)
				break;
			entry = entry->covers;
			continue;
		}
		if ((size_t)(p - buf) < entry->len + 1u)
			goto out;
		p -= entry->len;
		memcpy(p, entry->name, entry->len);
		*--p = '/';
		entry = entry->parent;
	}
	if (!*p) {
		if (p == buf)
			goto out;
		*--p = '/';
	}
	length = buf + size - p;
	memmove(buf, p, (size_t)length);
out:
	spin_unlock(&dcache_lock);
	return length;
}
