/* System calls on paths: each copies its strings and calls the file system. */
#include "fs/fs.h"
#include "kernel/paths.h"
#include "kernel/process.h"
#include "kernel/syscalls.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab/slab.h"

#define MS_RDONLY	1ul

static long with_path(const char *user, int (*operation)(const char *path))
{
	char *path = path_get(user);
	int error;

	if (IS_ERR(path))
		return PTR_ERR(path);
	error = operation(path);
	path_put(path);
	return error;
}

static long with_path_mode(const char *user, unsigned mode,
			   int (*operation)(const char *path, unsigned mode))
{
	char *path = path_get(user);
	int error;

	if (IS_ERR(path))
		return PTR_ERR(path);
	error = operation(path, mode);
	path_put(path);
	return error;
}

static long with_two_paths(const char *user_first, const char *user_second,
			   int (*operation)(const char *first, const char *second))
{
	char *first = path_get(user_first);
	char *second;
	int error;

	if (IS_ERR(first))
		return PTR_ERR(first);
	second = path_get(user_second);
	if (IS_ERR(second)) {
		path_put(first);
		return PTR_ERR(second);
	}
	error = operation(first, second);
	path_put(second);
	path_put(first);
	return error;
}

long sys_link(const char *from, const char *to)
{
	return with_two_paths(from, to, fs_link);
}

long sys_symlink(const char *target, const char *path)
{
	return with_two_paths(target, path, fs_symlink);
}

long sys_rename(const char *from, const char *to)
{
	return with_two_paths(from, to, fs_rename);
}

long sys_unlink(const char *path)
{
	return with_path(path, fs_unlink);
}

long sys_rmdir(const char *path)
{
	return with_path(path, fs_rmdir);
}

long sys_chdir(const char *path)
{
	return with_path(path, fs_chdir);
}

long sys_mkdir(const char *path, unsigned mode)
{
	return with_path_mode(path, mode & 07777 & ~current->umask, fs_mkdir);
}

long sys_chmod(const char *path, unsigned mode)
{
	return with_path_mode(path, mode & 07777, fs_chmod);
}

long sys_access(const char *path, unsigned mode)
{
	return mode & ~7u ? -EINVAL : with_path_mode(path, mode, fs_access);
}

long sys_fchdir(unsigned fd)
{
	struct file *file = fd_file(fd);
	struct dentry *old = current->cwd;

	if (!file)
		return -EBADF;
	if (!file->inode || !S_ISDIR(file->inode->mode) || !file->dentry)
		return -ENOTDIR;
	current->cwd = dget(file->dentry);
	dput(old);
	return 0;
}

long sys_getcwd(char *user, size_t bytes)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	long length;

	if (!path)
		return -ENOMEM;
	length = fs_getcwd(path, PATH_MAX);
	if (length > 0 && (size_t)length > bytes)
		length = -ERANGE;
	else if (length > 0 && copy_to_user(user, path, (size_t)length))
		length = -EFAULT;
	kfree(path);
	return length;
}

long sys_readlink(const char *user_path, char *user, int bytes)
{
	char *path, *target;
	long length;

	if (bytes <= 0)
		return -EINVAL;
	path = path_get(user_path);
	if (IS_ERR(path))
		return PTR_ERR(path);
	target = kmalloc(PATH_MAX, GFP_KERNEL);
	length = target ? fs_readlink(path, target, PATH_MAX) : -ENOMEM;
	path_put(path);
	if (length > 0) {
		length = min(length, (long)bytes);
		if (copy_to_user(user, target, (size_t)length))
			length = -EFAULT;
	}
	kfree(target);
	return length;
}

/* As path_get, but NULL and the empty string are allowed and give an empty string. */
static char *optional_string(const char *user)
{
	char *string = user ? path_get(user) : ERR_PTR(-ENOENT);

	if (!IS_ERR(string) || PTR_ERR(string) != -ENOENT)
		return string;
	string = kzalloc(1, GFP_KERNEL);
	return string ? string : ERR_PTR(-ENOMEM);
}

long sys_mount(const char *user_device, const char *user_where, const char *user_type,
	       unsigned long flags, const void *data)
{
	char *strings[4] = { NULL };
	long error = 0;

	if (current->euid != 0)
		return -EPERM;
	strings[0] = optional_string(user_device);
	strings[1] = path_get(user_where);
	strings[2] = optional_string(user_type);
	strings[3] = optional_string(data);
	for (unsigned i = 0; i < ARRAY_SIZE(strings) && !error; i++)
		if (IS_ERR(strings[i]))
			error = PTR_ERR(strings[i]);
	if (!error)
		error = do_mount(strings[0], strings[1], strings[2], flags & MS_RDONLY,
				 strings[3]);
	for (unsigned i = 0; i < ARRAY_SIZE(strings); i++)
		if (!IS_ERR(strings[i]))
			path_put(strings[i]);
	return error;
}

long sys_umount2(const char *where, int flags)
{
	if (current->euid != 0)
		return -EPERM;
	return flags ? -EINVAL : with_path(where, do_umount);
}
