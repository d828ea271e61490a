/*
 * ext2: inodes on disk. A record is read once, when the inode enters the cache, and
 * written from the cached inode; what we do not understand in it stays as it was.
 */
#include "fs/ext2/ext2.h"
#include "fs/internal.h"
#include "lib/errno.h"
#include "lib/string.h"

/* The block of the inode table that holds a record, and the record; or NULL. */
static struct buffer_head *read_record(struct super_block *sb, unsigned long ino,
				       struct ext2_inode_disk **record)
{
	struct ext2_sb *ext2 = ext2_sb(sb);
	unsigned per_group = ext2->disk.inodes_per_group;
	unsigned group = (unsigned)((ino - 1) / per_group);
	unsigned offset = (unsigned)((ino - 1) % per_group) * ext2->inode_size;
	u32 block = ext2_group(sb, group, NULL)->inode_table + (offset >> ext2->block_bits);
	struct buffer_head *bh = bread(sb->dev, block, (unsigned)sb->block_size);

	if (!bh) {
		ext2_error(sb, "cannot read block %u with inode %lu", block, ino);
		return NULL;
	}
	*record = (void *)((char *)buffer_data(bh) + (offset & (sb->block_size - 1)));
	return bh;
}

bool ext2_is_fast_link(struct inode *inode)
{
	unsigned acl = ext2_more(inode)->file_acl ? ext2_sectors(inode->sb) : 0;

	return S_ISLNK(inode->mode) && inode->blocks <= acl;
}

void ext2_set_operations(struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		inode->iops = &ext2_file_iops;
		inode->fops = &ext2_file_fops;
		inode->mapping->ops = &ext2_aops;
		break;
	case S_IFDIR:
		inode->iops = &ext2_dir_iops;
		inode->fops = &ext2_dir_fops;
		break;
	case S_IFLNK:
		inode->iops = &ext2_link_iops;
		break;
	default:
		inode->iops = &ext2_special_iops;
		inode->fops = device_fops(inode->mode, inode->rdev);
	}
}

static u64 size_on_disk(const struct ext2_inode_disk *record)
{
	if ((record->mode & S_IFMT) == S_IFREG)
		return (u64)record->size_high << 32 | record->size;
	return record->size;
}

static void unpack(struct inode *inode, const struct ext2_inode_disk *record)
{
	struct ext2_map *map = ext2_map(inode);
	struct ext2_more *more = ext2_more(inode);

	inode->mode = record->mode;
	inode->nlink = record->links;
	inode->uid = record->uid | (unsigned)record->uid_high << 16;
	inode->gid = record->gid | (unsigned)record->gid_high << 16;
	inode->size = size_on_disk(record);
	inode->blocks = record->sectors;
	inode->atime = record->atime;
	inode->mtime = record->mtime;
	inode->ctime = record->ctime;
	memcpy(map->slot, record->block, sizeof(map->slot));
	map->flags = record->flags;
	more->generation = record->generation;
	more->file_acl = record->file_acl;
	more->dir_acl = record->size_high;
	more->dtime = record->dtime;
	/* Old numbers of devices stand in the first slot, new ones in the second. */
	if (S_ISBLK(inode->mode) || S_ISCHR(inode->mode))
		inode->rdev = map->slot[0] ? map->slot[0] : map->slot[1];
}

int ext2_read_inode(struct inode *inode)
{
	struct super_block *sb = inode->sb;
	struct ext2_sb *ext2 = ext2_sb(sb);
	struct ext2_inode_disk *record;
	struct buffer_head *bh;

	if ((inode->ino < ext2->first_ino && inode->ino != EXT2_ROOT_INO) ||
	    inode->ino > ext2->disk.inodes_count) {
		ext2_error(sb, "there is no inode %lu for a file", inode->ino);
		return -EIO;
	}
	bh = read_record(sb, inode->ino, &record);
	if (!bh)
		return -EIO;
	unpack(inode, record);
	brelse(bh);
	if (!inode->nlink || !inode->mode) {
		ext2_error(sb, "inode %lu has a name but is not in use", inode->ino);
		return -EIO;
	}
	if (inode->size > max(sb->max_file_size, (u64)0x7fffffff) ||
	    (S_ISDIR(inode->mode) && (inode->size & (sb->block_size - 1)))) {
		ext2_error(sb, "inode %lu: a size of %llu bytes is impossible", inode->ino,
			   (unsigned long long)inode->size);
		return -EIO;
	}
	ext2_set_operations(inode);
	return 0;
}

static void pack(struct inode *inode, struct ext2_inode_disk *record)
{
	const struct ext2_map *map = ext2_map(inode);
	const struct ext2_more *more = ext2_more(inode);

	record->mode = (u16)inode->mode;
	record->links = (u16)inode->nlink;
	record->uid = (u16)inode->uid;
	record->uid_high = (u16)(inode->uid >> 16);
	record->gid = (u16)inode->gid;
	record->gid_high = (u16)(inode->gid >> 16);
	record->size = (u32)inode->size;
	record->size_high = S_ISREG(inode->mode) ? (u32)(inode->size >> 32) : more->dir_acl;
	record->atime = inode->atime;
	record->mtime = inode->mtime;
	record->ctime = inode->ctime;
	record->dtime = more->dtime;
	record->flags = map->flags;
	record->generation = more->generation;
	record->file_acl = more->file_acl;

	spin_lock(&ext2_map_lock);
	record->sectors = (u32)inode->blocks;
	memcpy(record->block, map->slot, sizeof(map->slot));
	spin_unlock(&ext2_map_lock);
}

int ext2_write_inode(struct inode *inode, bool wait)
{
	struct ext2_inode_disk *record;
	struct buffer_head *bh = read_record(inode->sb, inode->ino, &record);
	int error = 0;

	if (!bh)
		return -EIO;
	pack(inode, record);
	mark_buffer_dirty(bh);
	if (wait)
		error = write_buffer_now(bh);
	brelse(bh);
	return error;
}

/*
 * The record as it was written last, perhaps only to the buffer, reaches the disk. Its block
 * has other inodes, too: after a failed write it is dirty, so that their fsyncs do not find
 * it clean and believe that all is well.
 */
int ext2_sync_record(struct inode *inode)
{
	struct ext2_inode_disk *record;
	struct buffer_head *bh = read_record(inode->sb, inode->ino, &record);
	int error;

	if (!bh)
		return -EIO;
	if (buffer_test(bh, BH_Error))
		mark_buffer_dirty(bh);
	error = write_buffer_now(bh);
	if (error)
		mark_buffer_dirty(bh);
	brelse(bh);
	return error;
}

int ext2_clear_record(struct inode *inode)
{
	struct ext2_inode_disk *record;
	struct buffer_head *bh = read_record(inode->sb, inode->ino, &record);

	if (!bh)
		return -EIO;
	memset(record, 0, ext2_sb(inode->sb)->inode_size);
	mark_buffer_dirty(bh);
	brelse(bh);
	return 0;
}

/* Extended attributes may share their block: the count of sharers is its second word. */
static void drop_attributes(struct inode *inode)
{
	struct super_block *sb = inode->sb;
	u32 block = ext2_more(inode)->file_acl;
	struct buffer_head *bh;
	u32 *users;

	if (!block || !ext2_valid_block(sb, block))
		return;
	bh = bread(sb->dev, block, (unsigned)sb->block_size);
	if (!bh)
		return;
	users = (u32 *)buffer_data(bh) + 1;
	ext2_more(inode)->file_acl = 0;
	inode->blocks -= min(inode->blocks, (u64)ext2_sectors(sb));
	spin_lock(&ext2_map_lock);
	if (*users)
		--*users;
	spin_unlock(&ext2_map_lock);
	if (*users) {
		mark_buffer_dirty(bh);
		brelse(bh);
		return;
	}
	wait_on_buffer(bh);
	bforget(bh);
	ext2_free_blocks(sb, &block, 1);
}

void ext2_delete_inode(struct inode *inode)
{
	bool fast_link = ext2_is_fast_link(inode);

	if (inode->sb->read_only)
		return;
	ext2_more(inode)->dtime = fs_time();
	inode->size = 0;
	if (fast_link)
		memset(ext2_map(inode)->slot, 0, sizeof(ext2_map(inode)->slot));
	else
		ext2_truncate(inode);
	drop_attributes(inode);
	ext2_write_inode(inode, false);
	ext2_free_inode(inode);
}
