/* Mounting by the words that a table of file systems uses. */
#ifndef FSTAB_H
#define FSTAB_H

#define FSTAB	"/etc/fstab"

/*
 * Mounts what OPTIONS say: ro, rw and defaults are for everybody, the rest is the file
 * system's. OPTIONS (or NULL) is overwritten. 0, or -1 with errno.
 */
int mount_with(const char *device, const char *directory, const char *type,
	       unsigned long flags, char *options);

/*
 * Mounts all that a table lists, but for what is mounted already, swap, and lines with the
 * option noauto. Says what went wrong. How many could not be mounted; -1: no table.
 */
int mount_all(const char *table);

#endif
