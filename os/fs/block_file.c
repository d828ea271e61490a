/*
 * Block devices as files: /dev/vda and its like, read and written through the buffer
 * cache, in blocks of the size that a file system mounted there uses. Owns nothing.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "fs/internal.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/cache/buffer.h"

struct search {
	struct block_device *dev;
	unsigned block_size;
};

static void use_block_size(struct super_block *sb, void *arg)
{
	struct search *search = arg;

	if (sb->dev == search->dev)
		search->block_size = (unsigned)sb->block_size;
}

static struct block_device *device_of(const struct file *file)
{
	return block_device_by_number(file->inode->rdev >> 8, file->inode->rdev & 0xff);
}

static unsigned block_size_of(struct block_device *dev)
{
	struct search search = { dev, 1024 };

	for_each_super(use_block_size, &search);
	return search.block_size;
}

static int block_open(struct inode *inode, struct file *file)
{
	struct block_device *dev = device_of(file);

	if (!dev)
		return -ENXIO;
	if (dev->read_only && (file->flags & O_ACCMODE) != O_RDONLY)
		return -EROFS;
	mutex_lock(&inode->sem);
	inode->size = dev->nr_sectors << SECTOR_SHIFT;
	mutex_unlock(&inode->sem);
	return 0;
}

/* Where the bytes of a transfer come from or go to. */
struct transfer {
	char *memory;
	bool user;		/* memory is the user's */
	bool write;		/* to the device */
};

static int transfer_block(const struct transfer *t, size_t done, struct buffer_head *bh,
			  unsigned offset, size_t bytes)
{
	char *data = (char *)buffer_data(bh) + offset;
	char *memory = t->memory + done;
	int error = 0;

	if (t->write)
		error = copy_from_user(data, memory, bytes);
	else if (t->user)
		error = copy_to_user(memory, data, bytes);
	else
		memcpy(memory, data, bytes);
	if (t->write)
		mark_buffer_dirty(bh);
	return error;
}

static long transfer(struct file *file, const struct transfer *t, size_t bytes, u64 pos)
{
	struct block_device *dev = device_of(file);
	u64 size = dev->nr_sectors << SECTOR_SHIFT;
	unsigned block_size = block_size_of(dev);
	size_t done = 0;
	long error = 0;

	if (pos >= size)
		return t->write && bytes ? -ENOSPC : 0;
	bytes = bytes < size - pos ? bytes : (size_t)(size - pos);
	while (done < bytes && !error) {
		unsigned offset = (unsigned)(pos & (block_size - 1));
		size_t part = min(bytes - done, (size_t)(block_size - offset));
		struct buffer_head *bh;

		bh = bread(dev, (unsigned long)(pos >> __builtin_ctz(block_size)),
			   block_size);
		if (!bh) {
			error = -EIO;
			break;
		}
		error = transfer_block(t, done, bh, offset, part);
		brelse(bh);
		if (!error) {
			done += part;
			pos += part;
		}
	}
	return done ? (long)done : error;
}

static long block_read(struct file *file, char *user, size_t bytes, u64 *pos)
{
	struct transfer t = { user, true, false };
	long result = transfer(file, &t, bytes, *pos);

	if (result > 0)
		*pos += (u64)result;
	return result;
}

static long block_write(struct file *file, const char *user, size_t bytes, u64 *pos)
{
	struct transfer t = { (char *)user, true, true };
	long result = transfer(file, &t, bytes, *pos);

	if (result > 0)
		*pos += (u64)result;
	return result;
}

static long block_kernel_read(struct file *file, void *to, size_t bytes, u64 pos)
{
	struct transfer t = { to, false, false };

	return transfer(file, &t, bytes, pos);
}

static int block_fsync(struct file *file)
{
	return sync_buffers(device_of(file), true);
}

const struct file_operations block_fops = {
	.open = block_open,
	.read = block_read,
	.write = block_write,
	.fsync = block_fsync,
	.kernel_read = block_kernel_read,
};
