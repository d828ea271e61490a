/*
 * ext2: regular files, whose data goes through the page cache, and symbolic links: a
 * short target stands in the inode where block numbers would, a longer one has a block.
 */
#include "fs/ext2/ext2.h"
#include "fs/internal.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/vm/vm.h"

#define DAY	(24u * 60 * 60)

static int ext2_readpage(struct page *page)
{
	return block_read_full_page(page, ext2_get_block);
}

static int ext2_writepage(struct page *page)
{
	return block_write_full_page(page, ext2_get_block);
}

static int ext2_prepare_write(struct page *page, unsigned from, unsigned to)
{
	return block_prepare_write(page, from, to, ext2_get_block);
}

static int ext2_bmap(struct inode *inode, unsigned long file_block, unsigned long *block)
{
	struct buffer_head found = { .block = 0 };
	int error = ext2_get_block(inode, file_block, &found, false);

	*block = found.block;
	return error;
}

const struct address_space_operations ext2_aops = {
	.readpage = ext2_readpage,
	.writepage = ext2_writepage,
	.prepare_write = ext2_prepare_write,
	.commit_write = block_commit_write,
	.bmap = ext2_bmap,
	.writes_dirty_buffers = true,
};

/* Reads are dated once a day, or after a write: else each would cost a write. */
static void touch_atime(struct inode *inode)
{
	unsigned now = fs_time();

	if (inode->sb->read_only ||
	    (inode->atime > inode->mtime && now - inode->atime < DAY))
		return;
	inode->atime = now;
	mark_inode_dirty(inode);
}

static long ext2_read(struct file *file, char *user, size_t bytes, u64 *pos)
{
	touch_atime(file->inode);
	return generic_file_read(file, user, bytes, pos);
}

static long ext2_write(struct file *file, const char *user, size_t bytes, u64 *pos)
{
	u64 most = file->inode->sb->max_file_size;

	if (file->flags & O_APPEND)
		*pos = file->inode->size;
	if (bytes && *pos >= most)
		return -EFBIG;
	return generic_file_write(file, user, bytes < most - *pos ? bytes
				  : (size_t)(most - *pos), pos);
}

/*
 * What the file needs: its pages, the blocks that lead to them, its record. Bitmaps and
 * other files' blocks are not written; e2fsck would find the bitmaps out after a crash.
 */
static int ext2_fsync(struct file *file)
{
	struct inode *inode = file->inode;
	int error, next;

	filemap_fdatasync(inode->mapping);
	fsync_inode_buffers(inode);
	error = sync_inode(inode);
	next = ext2_sync_record(inode);
	error = error ? error : next;
	filemap_fdatawait(inode->mapping);
	next = file_check_and_advance_wb_err(file);
	error = error ? error : next;
	next = blk_flush(inode->sb->dev);
	return error ? error : next;
}

static int ext2_page_mkwrite(struct vm_area *area, struct page *page)
{
	return block_page_mkwrite(area, page, ext2_get_block);
}

static const struct vm_operations ext2_vm_ops = {
	.nopage = filemap_nopage,
	.page_mkwrite = ext2_page_mkwrite,
};

static int ext2_mmap(struct file *file, struct vm_area *area)
{
	int error = generic_file_mmap(file, area);

	if (!error)
		area->ops = &ext2_vm_ops;
	return error;
}

const struct file_operations ext2_file_fops = {
	.read = ext2_read,
	.write = ext2_write,
	.mmap = ext2_mmap,
	.fsync = ext2_fsync,
};

const struct inode_operations ext2_file_iops = { .truncate = ext2_truncate };
const struct inode_operations ext2_special_iops;

static long ext2_readlink(struct inode *inode, char *buf, size_t size)
{
	size_t length = (size_t)min((u64)size, inode->size);
	struct buffer_head *bh;
	int error;

	if (ext2_is_fast_link(inode)) {
		length = min(length, sizeof(ext2_map(inode)->slot));
		memcpy(buf, ext2_map(inode)->slot, length);
		return (long)length;
	}
	bh = ext2_bread(inode, 0, false, &error);
	if (!bh)
		return error ? error : -EIO;
	length = min(length, (size_t)inode->sb->block_size);
	memcpy(buf, buffer_data(bh), length);
	brelse(bh);
	return (long)length;
}

const struct inode_operations ext2_link_iops = { .readlink = ext2_readlink };

int ext2_set_link_target(struct inode *inode, const char *target)
{
	size_t length = strlen(target);
	struct buffer_head *bh;
	int error;

	inode->size = length;
	if (length < sizeof(ext2_map(inode)->slot)) {
		memcpy(ext2_map(inode)->slot, target, length + 1);
	} else {
		bh = ext2_bread(inode, 0, true, &error);
		if (!bh)
			return error;
		memcpy(buffer_data(bh), target, length);
		mark_buffer_dirty_inode(bh, inode);
		brelse(bh);
	}
	mark_inode_dirty(inode);
	return 0;
}
