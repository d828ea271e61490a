/*
 * What is written about a file: times, size, and what stat tells. inode->sem guards it.
 */
#include "arch/machine.h"
#include "fs/fs.h"
#include "kernel/time.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/vm/vm.h"

static unsigned time_correction;	/* seconds that the clock is known to be behind */

unsigned fs_time(void)
{
	return realtime_seconds() + time_correction;
}

void fs_time_seen(unsigned seconds)
{
	if (fs_time() < seconds)
		time_correction += seconds - fs_time();
}

int truncate_inode(struct inode *inode, u64 size)
{
	u64 old = inode->size;
	int error = 0;

	assert(mutex_held(&inode->sem));
	if (inode->swap_file)
		return -ETXTBSY;
	inode->size = size;
	if (size < old) {
		zap_mapping(inode->mapping, (pgoff_t)((size + PAGE_SIZE - 1) >> PAGE_SHIFT));
		truncate_inode_pages(inode->mapping, size);
	} else if (size > old) {
		pagecache_isize_extended(inode, old);
	}
	if (inode->iops && inode->iops->truncate)
		error = inode->iops->truncate(inode);
	inode->mtime = inode->ctime = fs_time();
	mark_inode_dirty(inode);
	return error;
}

void inode_stat(struct inode *inode, struct kstat *out)
{
	*out = (struct kstat) {
		.dev = inode->sb->id, .ino = inode->ino, .mode = inode->mode,
		.nlink = inode->nlink, .uid = inode->uid, .gid = inode->gid,
		.rdev = inode->rdev, .size = inode->size, .blocks = inode->blocks,
		.block_size = PAGE_SIZE, .atime = inode->atime, .mtime = inode->mtime,
		.ctime = inode->ctime,
	};
}
