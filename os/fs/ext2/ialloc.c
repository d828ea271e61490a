/*
 * ext2: free inodes. Each group has a bitmap and counts in its descriptor, guarded by
 * ext2_sb.lock; the bitmap is read before the lock is taken.
 *
 * A file goes into its directory's group. A directory goes where many inodes and the
 * most blocks are free, so that trees spread over the disk.
 */
#include "fs/ext2/ext2.h"
#include "kernel/task.h"
#include "lib/errno.h"

static struct buffer_head *read_bitmap(struct super_block *sb, unsigned group)
{
	u32 block = ext2_group(sb, group, NULL)->inode_bitmap;
	struct buffer_head *bh = bread(sb->dev, block, (unsigned)sb->block_size);

	if (!bh)
		ext2_error(sb, "group %u: cannot read inode bitmap %u", group, block);
	return bh;
}

static unsigned group_for_directory(struct super_block *sb)
{
	struct ext2_sb *ext2 = ext2_sb(sb);
	u32 average = ext2->free_inodes / ext2->nr_groups;
	unsigned best = 0, most = 0;

	for (unsigned i = 0; i < ext2->nr_groups; i++) {
		const struct ext2_group_disk *desc = ext2_group(sb, i, NULL);

		if (desc->free_inodes && desc->free_inodes >= average &&
		    desc->free_blocks >= most) {
			if (desc->free_blocks == most && most)
				continue;
			best = i;
			most = desc->free_blocks;
		}
	}
	return best;
}

/* Takes an inode of GROUP: its number, or 0 if none is free. */
static unsigned long take_inode(struct super_block *sb, unsigned group, bool directory,
				struct buffer_head *bitmap)
{
	struct ext2_sb *ext2 = ext2_sb(sb);
	unsigned per_group = ext2->disk.inodes_per_group;
	unsigned first = group == 0 ? ext2->first_ino - 1 : 0;
	struct buffer_head *desc_bh;
	struct ext2_group_disk *desc = ext2_group(sb, group, &desc_bh);
	u8 *map = buffer_data(bitmap);
	unsigned bit;
	bool found;

	spin_lock(&ext2->lock);
	bit = ext2_find_zero(map, first, per_group);
	found = bit < per_group && desc->free_inodes;
	if (found) {
		map[bit / 8] |= (u8)(1u << bit % 8);
		desc->free_inodes--;
		ext2->free_inodes--;
		if (directory)
			desc->used_dirs++;
		sb->dirty = true;
	}
	spin_unlock(&ext2->lock);
	if (!found)
		return 0;
	mark_buffer_dirty(bitmap);
	mark_buffer_dirty(desc_bh);
	return (unsigned long)group * per_group + bit + 1;
}

/* The number of a free inode into *INO: 0, -ENOSPC or -EIO. */
static int find_inode(struct inode *dir, bool directory, unsigned long *ino)
{
	struct super_block *sb = dir->sb;
	struct ext2_sb *ext2 = ext2_sb(sb);
	unsigned group = directory ? group_for_directory(sb)
				   : (unsigned)((dir->ino - 1) / ext2->disk.inodes_per_group);
	int error = -ENOSPC;

	for (unsigned i = 0; i < ext2->nr_groups; i++) {
		struct buffer_head *bitmap;

		if (ext2_group(sb, group, NULL)->free_inodes) {
			bitmap = read_bitmap(sb, group);
			*ino = 0;
			if (bitmap) {
				*ino = take_inode(sb, group, directory, bitmap);
				brelse(bitmap);
			} else {
				error = -EIO;
			}
			if (*ino)
				return 0;
		}
		group = (group + 1) % ext2->nr_groups;
	}
	return error;
}

struct inode *ext2_new_inode(struct inode *dir, unsigned mode)
{
	static unsigned generation;
	struct inode *inode = new_inode(dir->sb);
	unsigned long ino;
	int error;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	error = find_inode(dir, S_ISDIR(mode), &ino);
	if (error) {
		iput(inode);	/* without a number it has nothing to delete */
		return ERR_PTR(error);
	}
	inode->ino = ino;
	inode->mode = mode;
	inode->uid = current->euid;
	inode->gid = 0;
	inode->atime = inode->mtime = inode->ctime = fs_time();
	ext2_map(inode)->flags = ext2_map(dir)->flags & EXT2_FLAGS_INHERITED;
	ext2_more(inode)->generation =
		__atomic_add_fetch(&generation, 1, __ATOMIC_RELAXED) + inode->ctime;
	ext2_set_operations(inode);
	insert_inode_hash(inode);
	error = ext2_clear_record(inode);
	if (error) {
		inode->nlink = 0;
		iput(inode);
		return ERR_PTR(error);
	}
	mark_inode_dirty(inode);
	return inode;
}

void ext2_free_inode(struct inode *inode)
{
	struct super_block *sb = inode->sb;
	struct ext2_sb *ext2 = ext2_sb(sb);
	unsigned group = (unsigned)((inode->ino - 1) / ext2->disk.inodes_per_group);
	unsigned bit = (unsigned)((inode->ino - 1) % ext2->disk.inodes_per_group);
	struct buffer_head *desc_bh, *bitmap = read_bitmap(sb, group);
	struct ext2_group_disk *desc = ext2_group(sb, group, &desc_bh);
	bool was_used;
	u8 *map;

	if (!bitmap)
		return;
	map = buffer_data(bitmap);
	spin_lock(&ext2->lock);
	was_used = map[bit / 8] & 1u << bit % 8;
	if (was_used) {
		map[bit / 8] &= (u8)~(1u << bit % 8);
		desc->free_inodes++;
		ext2->free_inodes++;
		if (S_ISDIR(inode->mode))
			desc->used_dirs--;
		sb->dirty = true;
	}
	spin_unlock(&ext2->lock);
	if (!was_used)
		ext2_error(sb, "inode %lu freed twice", inode->ino);
	mark_buffer_dirty(bitmap);
	mark_buffer_dirty(desc_bh);
	brelse(bitmap);
}
