/* Paths that system calls take from user memory. */
#include "kernel/paths.h"

#include "fs/fs.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "mm/slab/slab.h"

char *path_get(const char *user)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	long length;

	if (!path)
		return ERR_PTR(-ENOMEM);
	length = strncpy_from_user(path, user, PATH_MAX);
	if (length == 0)
		length = -ENOENT;
	if (length < 0) {
		kfree(path);
		return ERR_PTR(length);
	}
	return path;
}

void path_put(char *path)
{
	kfree(path);
}
