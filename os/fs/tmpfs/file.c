/*
 * tmpfs's regular files: read, write and mmap of a segment of shared memory (facts 2.4,
 * 5.5; in the original only mmap).
 *
 * Owns nothing; inode->sem keeps writers and truncation of one file apart. Bytes are
 * copied without any page lock: a page to which one has a reference stays in the
 * segment, and the copy may fault, even on the same file.
 */
#include "arch/machine.h"
#include "fs/tmpfs/tmpfs.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab/slab.h"
#include "mm/vm/vm.h"

static struct shmem *segment_of(struct inode *inode)
{
	return ram_node(inode)->file;
}

/* Where bytes of a file go: to a user or to the kernel. 0 or -EFAULT. */
typedef int copy_out_t(char *to, const void *from, size_t bytes);

/* FROM is NULL for a hole. */
static int to_user(char *to, const void *from, size_t bytes)
{
	return from ? copy_to_user(to, from, bytes) : clear_user(to, bytes);
}

static int to_kernel(char *to, const void *from, size_t bytes)
{
	if (from)
		memcpy(to, from, bytes);
	else
		memset(to, 0, bytes);
	return 0;
}

/* Bytes that lie in one page: 0 or -errno. */
static int read_part(struct inode *inode, copy_out_t *copy, char *to, u64 pos, size_t bytes)
{
	bool major;
	struct page *page = shmem_getpage(segment_of(inode), (pgoff_t)(pos >> PAGE_SHIFT),
					  SHMEM_READ, &major);
	int error;

	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	if (!page)
		return copy(to, NULL, bytes);
	error = copy(to, (char *)kmap(page) + pos % PAGE_SIZE, bytes);
	kunmap(page);
	put_page(page);
	return error;
}

/* Bytes read, fewer at the end of the file or after an error in the middle; or -errno. */
static long read_all(struct inode *inode, copy_out_t *copy, char *to, size_t bytes, u64 *pos)
{
	size_t done = 0;
	int error = 0;

	while (done < bytes && *pos < inode->size) {
		size_t part = min(bytes - done, PAGE_SIZE - *pos % PAGE_SIZE);

		part = (size_t)min((u64)part, inode->size - *pos);
		error = read_part(inode, copy, to + done, *pos, part);
		if (error)
			break;
		done += part;
		*pos += part;
		cond_resched();
	}
	return done ? (long)done : error;
}

static long tmpfs_read(struct file *file, char *user, size_t bytes, u64 *pos)
{
	file->inode->atime = fs_time();
	return read_all(file->inode, to_user, user, bytes, pos);
}

static long tmpfs_kernel_read(struct file *file, void *to, size_t bytes, u64 pos)
{
	return read_all(file->inode, to_kernel, to, bytes, &pos);
}

/* inode->sem held. */
static void grow(struct inode *inode, u64 size)
{
	if (size <= inode->size)
		return;
	shmem_extend(segment_of(inode), size);
	inode->size = size;
}

/* Bytes that lie in one page: 0 or -errno. */
static int write_part(struct inode *inode, const char *user, u64 pos, size_t bytes)
{
	bool major;
	struct page *page = shmem_getpage(segment_of(inode), (pgoff_t)(pos >> PAGE_SHIFT),
					  SHMEM_WRITE, &major);
	int error;

	if (IS_ERR(page))
		return (int)PTR_ERR(page);
	error = copy_from_user((char *)kmap(page) + pos % PAGE_SIZE, user, bytes);
	kunmap(page);
	set_page_dirty(page);	/* part of the bytes may have come, too */
	if (!error)
		grow(inode, pos + bytes);	/* before the page may leave us */
	put_page(page);
	return error;
}

static long write_all(struct inode *inode, const char *user, size_t bytes, u64 *pos)
{
	size_t done = 0;
	int error = 0;

	while (done < bytes) {
		size_t part = min(bytes - done, PAGE_SIZE - *pos % PAGE_SIZE);

		error = write_part(inode, user + done, *pos, part);
		if (error)
			break;
		done += part;
		*pos += part;
		cond_resched();
	}
	/* What the failed part made behind the end goes again. */
	if (error && *pos >= inode->size)
		shmem_truncate(segment_of(inode), inode->size);
	return done ? (long)done : error;
}

static long tmpfs_write(struct file *file, const char *user, size_t bytes, u64 *pos)
{
	struct inode *inode = file->inode;
	long result;

	mutex_lock(&inode->sem);
	result = ram_write_limit(file, bytes, pos);
	if (result > 0)
		result = write_all(inode, user, (size_t)result, pos);
	if (result > 0)
		inode->mtime = inode->ctime = fs_time();
	mutex_unlock(&inode->sem);
	return result;
}

static int tmpfs_mmap(struct file *file, struct vm_area *area)
{
	int error = generic_file_mmap(file, area);

	if (!error)
		area->ops = &shmem_vm_ops;
	return error;
}

/* There is no other place to which the file could be brought. */
static int tmpfs_fsync(struct file *file)
{
	return 0;
}

static int tmpfs_truncate(struct inode *inode)
{
	return shmem_truncate(segment_of(inode), inode->size);
}

static const struct inode_operations file_iops = { .truncate = tmpfs_truncate };

static const struct file_operations file_fops = {
	.read = tmpfs_read,
	.write = tmpfs_write,
	.mmap = tmpfs_mmap,
	.fsync = tmpfs_fsync,
	.kernel_read = tmpfs_kernel_read,
};

int tmpfs_make_file(struct inode *inode)
{
	struct tmpfs *tmpfs = inode->sb->fs;
	struct shmem *segment = kmalloc(sizeof(*segment), GFP_KERNEL);

	if (!segment)
		return -ENOMEM;
	shmem_init(segment, 0, inode, &tmpfs->limits);
	ram_node(inode)->file = segment;
	inode->mapping = &segment->mapping;
	inode->iops = &file_iops;
	inode->fops = &file_fops;
	return 0;
}

void tmpfs_delete_inode(struct inode *inode)
{
	struct shmem *segment = segment_of(inode);

	if (segment) {
		shmem_destroy(segment);
		kfree(segment);
	}
	ram_delete_inode(inode);
}
