/*
 * Open files: opening, reading and writing with a position, and closing.
 *
 * A file's sem guards its position and its driver's state; it is held over a whole read or
 * write of a file that has positions, so that two users of one open file do not get the same
 * bytes. Pipes and terminals have none: a reader that waits there must not keep a writer
 * out.
 */
#include "arch/machine.h"
#include "fs/internal.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab/slab.h"
#include "mm/vm/vm.h"

static bool can_read(const struct file *file)
{
	return (file->flags & O_ACCMODE) != O_WRONLY;
}

static bool can_write(const struct file *file)
{
	return (file->flags & O_ACCMODE) != O_RDONLY;
}

static bool has_position(const struct file *file)
{
	return file->inode && !S_ISCHR(file->inode->mode);
}

static unsigned rights_of(unsigned flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return MAY_READ;
	case O_WRONLY:
		return MAY_WRITE;
	default:
		return MAY_READ | MAY_WRITE;
	}
}

/* May ENTRY, which exists, be opened so? */
static int check_open(const struct inode *inode, unsigned flags)
{
	if (S_ISLNK(inode->mode))
		return -ELOOP;
	if (S_ISDIR(inode->mode) &&
	    ((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC))))
		return -EISDIR;
	if (!S_ISDIR(inode->mode) && (flags & O_DIRECTORY))
		return -ENOTDIR;
	return inode_permission(inode, rights_of(flags) | (flags & O_TRUNC ? MAY_WRITE : 0));
}

/* After walk_parent: the file, made if it was not there. *CREATED tells which. */
static int find_or_create(struct walk *walk, unsigned flags, unsigned mode, bool *created)
{
	for (;;) {
		struct inode *dir = walk->at->inode;
		struct dentry *entry;
		int error = 0;

		if (walk_is_special(walk))
			return walk_last(walk, true);
		if (walk->must_be_dir)
			return -EISDIR;
		if (walk->last_len > NAME_MAX)
			return -ENAMETOOLONG;

		mutex_lock(&dir->sem);
		entry = lookup_locked(walk->at, walk->last, walk->last_len);
		if (IS_ERR(entry)) {
			mutex_unlock(&dir->sem);
			return (int)PTR_ERR(entry);
		}
		if (!entry->inode) {
			error = !dir->nlink ? -ENOENT
			      : !dir->iops->create ? -EACCES
			      : inode_permission(dir, MAY_WRITE | MAY_EXEC);
			if (!error)
				error = dir->iops->create(dir, entry,
							  mode & 07777);
			*created = !error;
		} else if (flags & O_EXCL) {
			error = -EEXIST;
		}
		mutex_unlock(&dir->sem);
		if (error) {
			dput(entry);
			return error;
		}
		entry = follow_mounts(entry);
		if (!S_ISLNK(entry->inode->mode) || (flags & O_NOFOLLOW)) {
			dput(walk->at);
			walk->at = entry;
			return 0;
		}
		error = walk_link(walk, entry);
		if (!error)
			error = walk_parent(walk);
		if (error)
			return error;
	}
}

static int truncate_on_open(struct inode *inode)
{
	int error;

	if (!S_ISREG(inode->mode))
		return 0;
	mutex_lock(&inode->sem);
	error = truncate_inode(inode, 0);
	mutex_unlock(&inode->sem);
	return error;
}

static struct file *open_dentry(struct dentry *entry, unsigned flags)
{
	struct inode *inode = entry->inode;
	struct file *file;
	int error = 0;

	if (!inode->fops)
		return ERR_PTR(-ENXIO);
	file = file_alloc(inode->fops, flags & ~(O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC));
	if (IS_ERR(file))
		return file;
	file->inode = inode;
	file->wb_seen = errseq_sample(&inode->mapping->wb_err);
	if (file->ops->open)
		error = file->ops->open(inode, file);
	if (!error && (flags & O_TRUNC))
		error = truncate_on_open(inode);
	file->dentry = dget(entry);
	if (error) {
		file_put(file);
		return ERR_PTR(error);
	}
	return file;
}

struct file *file_open(const char *path, unsigned flags, unsigned mode)
{
	struct walk walk;
	struct file *file = NULL;
	bool created = false;
	int error = walk_start(&walk, path);

	if (!error)
		error = walk_parent(&walk);
	if (!error && (flags & O_CREAT))
		error = find_or_create(&walk, flags, mode, &created);
	else if (!error)
		error = walk_last(&walk, !(flags & O_NOFOLLOW));
	/* A file that this call made may be written even if its mode forbids it. */
	if (!error && !created)
		error = check_open(walk.at->inode, flags);
	if (!error)
		file = open_dentry(walk.at, flags);
	walk_end(&walk);
	return error ? ERR_PTR(error) : file;
}

static long read_at(struct file *file, char *user, size_t bytes, u64 *pos)
{
	if (!can_read(file))
		return -EBADF;
	if (file->inode && S_ISDIR(file->inode->mode))
		return -EISDIR;
	if (!file->ops->read)
		return -EINVAL;
	return file->ops->read(file, user, min(bytes, (size_t)LONG_MAX), pos);
}

static long write_at(struct file *file, const char *user, size_t bytes, u64 *pos)
{
	if (!can_write(file))
		return -EBADF;
	if (!file->ops->write)
		return -EINVAL;
	if (file->inode && S_ISREG(file->inode->mode) && file->inode->sb->read_only)
		return -EROFS;
	return file->ops->write(file, user, min(bytes, (size_t)LONG_MAX), pos);
}

long file_read(struct file *file, char *user, size_t bytes)
{
	long result;

	if (!has_position(file))
		return read_at(file, user, bytes, &file->pos);
	mutex_lock(&file->sem);
	result = read_at(file, user, bytes, &file->pos);
	mutex_unlock(&file->sem);
	return result;
}

long file_write(struct file *file, const char *user, size_t bytes)
{
	long result;

	if (!has_position(file))
		return write_at(file, user, bytes, &file->pos);
	mutex_lock(&file->sem);
	result = write_at(file, user, bytes, &file->pos);
	mutex_unlock(&file->sem);
	return result;
}

long file_pread(struct file *file, char *user, size_t bytes, u64 pos)
{
	long result;

	if (!has_position(file))
		return -ESPIPE;
	mutex_lock(&file->sem);
	result = read_at(file, user, bytes, &pos);
	mutex_unlock(&file->sem);
	return result;
}

long file_pwrite(struct file *file, const char *user, size_t bytes, u64 pos)
{
	long result;

	if (!has_position(file))
		return -ESPIPE;
	mutex_lock(&file->sem);
	result = write_at(file, user, bytes, &pos);
	mutex_unlock(&file->sem);
	return result;
}

s64 file_seek(struct file *file, s64 offset, int whence)
{
	s64 base, result = -EINVAL;

	if (!has_position(file))
		return -ESPIPE;
	mutex_lock(&file->sem);
	base = whence == SEEK_SET ? 0
	     : whence == SEEK_CUR ? (s64)file->pos
	     : whence == SEEK_END ? (s64)file->inode->size : -1;
	if (base >= 0 && !__builtin_add_overflow(base, offset, &result)) {
		if (result < 0)
			result = -EINVAL;
		else
			file->pos = (u64)result;
	} else if (base >= 0) {
		result = -EOVERFLOW;
	}
	mutex_unlock(&file->sem);
	return result;
}

int file_truncate(struct file *file, u64 size)
{
	struct inode *inode = file->inode;
	int error;

	if (!can_write(file) || !inode)
		return -EINVAL;
	if (!S_ISREG(inode->mode) || (size >> 63))
		return -EINVAL;
	if (inode->sb->read_only)
		return -EROFS;
	if (size > inode->sb->max_file_size)
		return -EFBIG;
	mutex_lock(&inode->sem);
	error = truncate_inode(inode, size);
	mutex_unlock(&inode->sem);
	return error;
}

int file_fsync(struct file *file)
{
	if (!file->ops->fsync)
		return -EINVAL;
	return file->ops->fsync(file);
}

int file_readdir(struct file *file, filldir_t *fill, void *arg)
{
	int error = -ENOENT;

	if (!file->inode || !S_ISDIR(file->inode->mode) || !file->ops->readdir)
		return -ENOTDIR;
	mutex_lock(&file->sem);
	mutex_lock(&file->inode->sem);
	if (file->inode->nlink)
		error = file->ops->readdir(file, fill, arg);
	mutex_unlock(&file->inode->sem);
	mutex_unlock(&file->sem);
	return error;
}

long file_ioctl(struct file *file, unsigned command, unsigned long argument)
{
	return file->ops->ioctl ? file->ops->ioctl(file, command, argument) : -ENOTTY;
}

void file_stat(struct file *file, struct kstat *out)
{
	if (file->inode)
		inode_stat(file->inode, out);
	else
		*out = (struct kstat) {
			.mode = S_IFIFO | 0600, .nlink = 1, .block_size = PAGE_SIZE,
		};
}

int file_statfs(struct file *file, struct kstatfs *out)
{
	memset(out, 0, sizeof(*out));
	if (!file->inode)
		return -ENOSYS;
	return file->inode->sb->ops->statfs(file->inode->sb, out);
}

static long read_pages(struct inode *inode, char *to, size_t bytes, u64 pos)
{
	size_t done = 0;

	while (done < bytes && pos < inode->size) {
		unsigned offset = (unsigned)(pos % PAGE_SIZE);
		size_t part = min(bytes - done, PAGE_SIZE - offset);
		struct page *page;
		char *data;

		if (part > inode->size - pos)
			part = (size_t)(inode->size - pos);
		page = read_cache_page(inode->mapping, (pgoff_t)(pos >> PAGE_SHIFT));
		if (IS_ERR(page))
			return done ? (long)done : PTR_ERR(page);
		data = kmap(page);
		memcpy(to + done, data + offset, part);
		kunmap(page);
		put_page(page);
		done += part;
		pos += part;
	}
	return (long)done;
}

long kernel_read(struct file *file, void *to, size_t bytes, u64 pos)
{
	struct inode *inode = file->inode;

	if (!inode)
		return -EINVAL;
	if (file->ops->kernel_read)
		return file->ops->kernel_read(file, to, bytes, pos);
	if (!S_ISREG(inode->mode) || !inode->mapping->ops)
		return -EINVAL;
	return read_pages(inode, to, bytes, pos);
}

static const struct vm_operations file_vm_ops = { .nopage = filemap_nopage };

int generic_file_mmap(struct file *file, struct vm_area *area)
{
	if ((area->flags & VM_SHARED) && (area->flags & VM_WRITE) && !can_write(file))
		return -EACCES;
	if (!can_read(file))
		return -EACCES;
	if ((area->flags & VM_SHARED) && file->inode->swap_file)
		return -ETXTBSY;
	file->inode->atime = fs_time();
	area->ops = &file_vm_ops;
	return 0;
}
