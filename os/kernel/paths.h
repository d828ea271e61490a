/* Paths that system calls take from user memory. */
#ifndef KERNEL_PATHS_H
#define KERNEL_PATHS_H

/*
 * A copy of the user's string in kernel memory, or an ERR_PTR: -EFAULT, -ENOENT for the
 * empty one, -ENAMETOOLONG, -ENOMEM. path_put gives it back.
 */
char *path_get(const char *user);
void path_put(char *path);

#endif
