/*
 * Character devices without hardware: null and zero, and which numbers mean what.
 */
#include "arch/machine.h"
#include "fs/dev/dev.h"
#include "fs/internal.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "mm/vm/vm.h"

static long null_read(struct file *file, char *user, size_t bytes, u64 *pos)
{
	return 0;
}

static long null_write(struct file *file, const char *user, size_t bytes, u64 *pos)
{
	return (long)bytes;
}

static long zero_read(struct file *file, char *user, size_t bytes, u64 *pos)
{
	return clear_user(user, bytes) ? -EFAULT : (long)bytes;
}

/* A private mapping of zeros is anonymous memory; a shared one has no object behind it. */
static int zero_mmap(struct file *file, struct vm_area *area)
{
	return area->flags & VM_SHARED ? -ENODEV : 0;
}

static const struct file_operations null_fops = { .read = null_read, .write = null_write };
static const struct file_operations zero_fops = {
	.read = zero_read, .write = null_write, .mmap = zero_mmap,
};

const struct char_device char_devices[] = {
	{ "null", DEVICE(1, 3), &null_fops },
	{ "zero", DEVICE(1, 5), &zero_fops },
	{ "tty", DEVICE(5, 0), &tty_fops },
	{ "console", DEVICE(5, 1), &tty_fops },
	{ "ttyS0", DEVICE(4, 64), &tty_fops },
	{ NULL, 0, NULL },
};

const struct file_operations *device_fops(unsigned mode, unsigned rdev)
{
	if (S_ISBLK(mode))
		return &block_fops;
	if (S_ISCHR(mode))
		for (const struct char_device *device = char_devices; device->name; device++)
			if (device->number == rdev)
				return device->fops;
	return NULL;
}
