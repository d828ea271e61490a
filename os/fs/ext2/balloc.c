/*
 * ext2: free blocks. Each group has a bitmap, a set bit for a block in use, and a count
 * in its descriptor; ext2_sb.lock guards both. The bitmap is read before the lock is
 * taken, so that nothing sleeps with it.
 */
#include "fs/ext2/ext2.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"

static bool get_bit(const u8 *map, unsigned bit)
{
	return map[bit / 8] & 1u << bit % 8;
}

unsigned ext2_find_zero(const void *bitmap, unsigned from, unsigned end)
{
	const u8 *map = bitmap;

	while (from < end) {
		if (from % 8 == 0 && map[from / 8] == 0xff)
			from += 8;
		else if (get_bit(map, from))
			from++;
		else
			return from;
	}
	return end;
}

static u32 group_start(struct super_block *sb, unsigned group)
{
	const struct ext2_super_disk *disk = &ext2_sb(sb)->disk;

	return disk->first_data_block + group * disk->blocks_per_group;
}

/* Blocks that a group has; the last one may be short. */
static unsigned group_length(struct super_block *sb, unsigned group)
{
	const struct ext2_super_disk *disk = &ext2_sb(sb)->disk;

	return min(disk->blocks_per_group, disk->blocks_count - group_start(sb, group));
}

/* Does the block belong to the bitmaps or the inode table of its group? */
static bool is_metadata(struct super_block *sb, u32 block)
{
	struct ext2_sb *ext2 = ext2_sb(sb);
	unsigned group = (block - ext2->disk.first_data_block) / ext2->disk.blocks_per_group;
	const struct ext2_group_disk *desc = ext2_group(sb, group, NULL);

	return block == desc->block_bitmap || block == desc->inode_bitmap ||
		block - desc->inode_table < ext2->table_blocks;
}

bool ext2_valid_block(struct super_block *sb, u32 block)
{
	const struct ext2_super_disk *disk = &ext2_sb(sb)->disk;

	return block > disk->first_data_block && block < disk->blocks_count &&
		!is_metadata(sb, block);
}

static struct buffer_head *read_bitmap(struct super_block *sb, unsigned group)
{
	u32 block = ext2_group(sb, group, NULL)->block_bitmap;
	struct buffer_head *bh = bread(sb->dev, block, (unsigned)sb->block_size);

	if (!bh)
		ext2_error(sb, "group %u: cannot read block bitmap %u", group, block);
	return bh;
}

/* The superuser may use the blocks that are kept back for him. */
static bool may_allocate(const struct ext2_sb *ext2)
{
	return ext2->free_blocks > (current->euid ? ext2->disk.reserved_blocks : 0);
}

/*
 * Takes a block of GROUP, from bit FIRST on if there is one, else from the start. 0 if
 * the group is full, or if the disk is for this user.
 */
static u32 take_block(struct super_block *sb, unsigned group, unsigned first,
		      struct buffer_head *bitmap)
{
	struct ext2_sb *ext2 = ext2_sb(sb);
	unsigned end = group_length(sb, group);
	struct buffer_head *desc_bh;
	struct ext2_group_disk *desc = ext2_group(sb, group, &desc_bh);
	u8 *map = buffer_data(bitmap);
	u32 block = 0;
	unsigned bit;

	spin_lock(&ext2->lock);
	bit = ext2_find_zero(map, first, end);
	if (bit == end)
		bit = ext2_find_zero(map, 0, end);
	if (bit < end && desc->free_blocks && may_allocate(ext2)) {
		map[bit / 8] |= (u8)(1u << bit % 8);
		desc->free_blocks--;
		ext2->free_blocks--;
		sb->dirty = true;
		block = group_start(sb, group) + bit;
	}
	spin_unlock(&ext2->lock);
	if (block) {
		mark_buffer_dirty(bitmap);
		mark_buffer_dirty(desc_bh);
	}
	return block;
}

int ext2_new_block(struct inode *inode, u32 goal, u32 *block)
{
	struct super_block *sb = inode->sb;
	struct ext2_sb *ext2 = ext2_sb(sb);
	const struct ext2_super_disk *disk = &ext2->disk;
	unsigned group, first;
	int error = -ENOSPC;

	if (goal < disk->first_data_block || goal >= disk->blocks_count)
		goal = group_start(sb, (unsigned)((inode->ino - 1) / disk->inodes_per_group));
	group = (goal - disk->first_data_block) / disk->blocks_per_group;
	first = (goal - disk->first_data_block) % disk->blocks_per_group;

	for (unsigned i = 0; i < ext2->nr_groups; i++) {
		struct buffer_head *bitmap = NULL;

		if (ext2_group(sb, group, NULL)->free_blocks) {
			bitmap = read_bitmap(sb, group);
			if (!bitmap)
				error = -EIO;
		}
		if (bitmap) {
			*block = take_block(sb, group, first, bitmap);
			brelse(bitmap);
		}
		if (bitmap && *block) {
			if (ext2_valid_block(sb, *block))
				return 0;
			/* It stays marked, and the search goes on behind it. */
			ext2_error(sb, "group %u: bitmap calls its own block %u free",
				   group, *block);
			error = -EIO;
		}
		group = (group + 1) % ext2->nr_groups;
		first = 0;
	}
	return error;
}

static void free_one(struct super_block *sb, u32 block)
{
	struct ext2_sb *ext2 = ext2_sb(sb);
	u32 relative = block - ext2->disk.first_data_block;
	unsigned group = relative / ext2->disk.blocks_per_group;
	unsigned bit = relative % ext2->disk.blocks_per_group;
	struct buffer_head *desc_bh, *bitmap = read_bitmap(sb, group);
	struct ext2_group_disk *desc = ext2_group(sb, group, &desc_bh);
	bool was_free;
	u8 *map;

	if (!bitmap)
		return;
	map = buffer_data(bitmap);
	spin_lock(&ext2->lock);
	was_free = !get_bit(map, bit);
	if (!was_free) {
		map[bit / 8] &= (u8)~(1u << bit % 8);
		desc->free_blocks++;
		ext2->free_blocks++;
		sb->dirty = true;
	}
	spin_unlock(&ext2->lock);
	if (was_free)
		ext2_error(sb, "block %u freed twice", block);
	mark_buffer_dirty(bitmap);
	mark_buffer_dirty(desc_bh);
	brelse(bitmap);
}

void ext2_free_blocks(struct super_block *sb, const u32 *blocks, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		if (ext2_valid_block(sb, blocks[i]))
			free_one(sb, blocks[i]);
		else
			ext2_error(sb, "block %u, which is no data block, is not freed",
				   blocks[i]);
	}
}

void ext2_forget_block(struct super_block *sb, u32 block)
{
	struct buffer_head *bh = getblk(sb->dev, block, (unsigned)sb->block_size);

	wait_on_buffer(bh);
	bforget(bh);
}
