/*
 * Block devices as files: /dev/vda and its like, read and written through the cache that
 * file systems use for metadata. Under 2.4 that is the buffer cache, in blocks of the size
 * that a file system mounted there uses; under 2.6 the pages of the disk (facts 2.6, 16).
 * Owns nothing.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "fs/internal.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/cache/buffer.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/policy.h"

static struct block_device *device_of(const struct file *file)
{
	return block_device_by_number(file->inode->rdev >> 8, file->inode->rdev & 0xff);
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

static int copy(const struct transfer *t, size_t done, char *data, size_t bytes)
{
	char *memory = t->memory + done;

	if (t->write)
		return copy_from_user(data, memory, bytes);
	if (t->user)
		return copy_to_user(memory, data, bytes);
	memcpy(memory, data, bytes);
	return 0;
}

/* 2.4: what lies in one block, which begins at POS - OFFSET. */
static int transfer_block(const struct transfer *t, size_t done, struct block_device *dev,
			  u64 pos, unsigned offset, size_t bytes, unsigned size)
{
	struct buffer_head *bh = bread(dev, (unsigned long)(pos >> __builtin_ctz(size)), size);
	int error;

	if (!bh)
		return -EIO;
	error = copy(t, done, (char *)buffer_data(bh) + offset, bytes);
	if (t->write)
		mark_buffer_dirty(bh);
	brelse(bh);
	return error;
}

/*
 * 2.6: what lies in one page. The copy may fault, so the page is not locked meanwhile; the
 * reference keeps it where it is.
 */
static int transfer_page(const struct transfer *t, size_t done, struct block_device *dev,
			 u64 pos, unsigned offset, size_t bytes)
{
	struct page *page = read_cache_page(&dev->mapping, (pgoff_t)(pos >> PAGE_SHIFT));
	int error;

	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	policy->page_accessed(page);
	error = copy(t, done, (char *)page_address(page) + offset, bytes);
	if (t->write)
		blkdev_commit_write(page, offset, offset + (unsigned)bytes);
	put_page(page);
	if (t->write)
		policy->balance_pages(&dev->mapping);
	return error;
}

static long transfer(struct block_device *dev, const struct transfer *t, size_t bytes, u64 pos)
{
	unsigned size_of_part = policy->dirties_pages ? PAGE_SIZE : dev->block_size;
	u64 size = dev->nr_sectors << SECTOR_SHIFT;
	size_t done = 0;
	long error = 0;

	if (pos >= size)
		return t->write && bytes ? -ENOSPC : 0;
	bytes = bytes < size - pos ? bytes : (size_t)(size - pos);
	while (done < bytes && !error) {
		unsigned offset = (unsigned)(pos & (size_of_part - 1));
		size_t part = min(bytes - done, (size_t)(size_of_part - offset));

		if (policy->dirties_pages)
			error = transfer_page(t, done, dev, pos, offset, part);
		else
			error = transfer_block(t, done, dev, pos, offset, part,
					       size_of_part);
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
	long result = transfer(device_of(file), &t, bytes, *pos);

	if (result > 0)
		*pos += (u64)result;
	return result;
}

static long block_write(struct file *file, const char *user, size_t bytes, u64 *pos)
{
	struct transfer t = { (char *)user, true, true };
	long result = transfer(device_of(file), &t, bytes, *pos);

	if (result > 0)
		*pos += (u64)result;
	return result;
}

long kernel_read_device(struct block_device *dev, void *to, size_t bytes, u64 pos)
{
	struct transfer t = { to, false, false };

	return transfer(dev, &t, bytes, pos);
}

static long block_kernel_read(struct file *file, void *to, size_t bytes, u64 pos)
{
	return kernel_read_device(device_of(file), to, bytes, pos);
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
