/* The devices that have files in /dev. */
#ifndef FS_DEV_H
#define FS_DEV_H

#include "fs/fs.h"

#define DEVICE(major, minor)	((major) << 8 | (minor))

struct char_device {
	const char *name;	/* NULL ends the table */
	unsigned number;	/* major << 8 | minor */
	const struct file_operations *fops;
};

extern const struct char_device char_devices[];

/* The console's, in kernel/. */
extern const struct file_operations tty_fops;

#endif
