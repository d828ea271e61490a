/*
 * ext2: mounting and unmounting, the super block and the group descriptors.
 *
 * The buffers of the super block and of the descriptor table stay in memory while the
 * file system is mounted. A user may write into them through the device, so what was found
 * sound at the mount, and is divided by, is a copy. Its counts are brought up to date when
 * it is written; the valid flag is off on disk as long as the file system may be written.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "fs/ext2/ext2.h"
#include "fs/internal.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/slab/slab.h"

void ext2_error(struct super_block *sb, const char *fmt, ...)
{
	char text[160];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	printk("ext2: %s: %s\n", sb->dev->name, text);
	ext2_sb(sb)->mounted_state |= EXT2_STATE_ERROR;
	sb->dirty = true;
}

struct ext2_group_disk *ext2_group(struct super_block *sb, unsigned group,
				   struct buffer_head **bh)
{
	struct ext2_sb *ext2 = ext2_sb(sb);
	unsigned per_block = (unsigned)(sb->block_size / sizeof(struct ext2_group_disk));
	struct buffer_head *block = ext2->group_bh[group / per_block];

	if (bh)
		*bh = block;
	return (struct ext2_group_disk *)buffer_data(block) + group % per_block;
}

static struct ext2_super_disk *super_in(const struct super_block *sb, struct buffer_head *bh)
{
	return (void *)((char *)buffer_data(bh) + EXT2_SUPER_OFFSET % sb->block_size);
}

static void write_super(struct super_block *sb)
{
	struct ext2_sb *ext2 = ext2_sb(sb);
	struct ext2_super_disk *disk = &ext2->disk;

	spin_lock(&ext2->lock);
	sb->dirty = false;
	disk->free_blocks = ext2->free_blocks;
	disk->free_inodes = ext2->free_inodes;
	disk->state = ext2->mounted_state;
	if (!sb->read_only)
		disk->state &= (u16)~EXT2_STATE_VALID;
	disk->write_time = fs_time();
	*super_in(sb, ext2->super_bh) = *disk;
	spin_unlock(&ext2->lock);
	mark_buffer_dirty(ext2->super_bh);
}

static void release_buffers(struct ext2_sb *ext2)
{
	for (unsigned i = 0; ext2->group_bh && i < ext2->nr_group_bh; i++)
		if (ext2->group_bh[i])
			brelse(ext2->group_bh[i]);
	kfree(ext2->group_bh);
	if (ext2->super_bh)
		brelse(ext2->super_bh);
	kfree(ext2);
}

static void put_super(struct super_block *sb)
{
	if (!sb->read_only) {
		sb->read_only = true;
		write_super(sb);
	}
	release_buffers(ext2_sb(sb));
	sb->fs = NULL;
}

static int statfs(struct super_block *sb, struct kstatfs *out)
{
	struct ext2_sb *ext2 = ext2_sb(sb);
	const struct ext2_super_disk *disk = &ext2->disk;
	u32 table = ext2->table_blocks + 2;	/* and the two bitmaps */

	spin_lock(&ext2->lock);
	out->type = EXT2_MAGIC;
	out->block_size = sb->block_size;
	out->blocks = disk->blocks_count - (u64)table * ext2->nr_groups;
	out->blocks_free = ext2->free_blocks;
	out->files = disk->inodes_count;
	out->files_free = ext2->free_inodes;
	out->name_max = NAME_MAX;
	spin_unlock(&ext2->lock);
	return 0;
}

static const struct super_operations ext2_super_ops = {
	.read_inode = ext2_read_inode,
	.write_inode = ext2_write_inode,
	.delete_inode = ext2_delete_inode,
	.write_super = write_super,
	.put_super = put_super,
	.statfs = statfs,
};

/* Features that change the format: what we do not know we do not touch. */
static int check_features(struct super_block *sb, const struct ext2_super_disk *disk)
{
	u32 incompat, ro_compat;

	if (!disk->revision)
		return 0;
	incompat = disk->incompat & ~EXT2_INCOMPAT_FILETYPE;
	ro_compat = disk->ro_compat & ~(EXT2_RO_SPARSE_SUPER | EXT2_RO_LARGE_FILE);
	if (incompat) {
		printk("ext2: %s: unknown features 0x%x, not mounted\n", sb->dev->name,
		       incompat);
		return -EINVAL;
	}
	if (ro_compat && !sb->read_only) {
		printk("ext2: %s: features 0x%x allow read-only mounts alone, not mounted\n",
		       sb->dev->name, ro_compat);
		return -EINVAL;
	}
	return 0;
}

/* Are the numbers such that nothing below can divide by zero or run out of a block? */
static bool is_sound(struct super_block *sb, const struct ext2_super_disk *disk)
{
	unsigned bits = 10 + disk->log_block_size;
	unsigned inode_size = disk->revision ? disk->inode_size : 128;
	u32 block_size;
	u64 bytes;

	if (disk->log_block_size > 2)
		return false;
	block_size = 1u << bits;
	bytes = (u64)disk->blocks_count << bits;
	return bytes <= sb->dev->nr_sectors << SECTOR_SHIFT &&
		inode_size >= 128 && inode_size <= block_size &&
		!(inode_size & (inode_size - 1)) &&
		disk->first_data_block == (block_size == 1024) &&
		disk->blocks_count > disk->first_data_block &&
		disk->blocks_per_group >= 8 && disk->blocks_per_group <= 8 * block_size &&
		disk->inodes_per_group && disk->inodes_per_group <= 8 * block_size;
}

/* Copies the super block, read in units of 1 KiB as the block size is not known yet. */
static int read_super(struct super_block *sb)
{
	struct buffer_head *bh = bread(sb->dev, EXT2_SUPER_OFFSET / 1024, 1024);
	struct ext2_super_disk *disk = &ext2_sb(sb)->disk;
	int error = 0;

	if (!bh) {
		printk("ext2: %s: cannot read the super block\n", sb->dev->name);
		return -EIO;
	}
	*disk = *(struct ext2_super_disk *)buffer_data(bh);
	brelse(bh);
	if (disk->magic != EXT2_MAGIC) {
		printk("ext2: %s: no ext2 file system\n", sb->dev->name);
		error = -EINVAL;
	} else if (!is_sound(sb, disk)) {
		printk("ext2: %s: the super block makes no sense\n", sb->dev->name);
		error = -EINVAL;
	} else {
		error = check_features(sb, disk);
	}
	if (error)
		return error;
	sb->block_size = 1024ul << disk->log_block_size;
	set_blocksize(sb->dev, (unsigned)sb->block_size);
	return 0;
}

static u64 max_file_size(const struct ext2_sb *ext2)
{
	u64 pointers = ext2->pointers;
	u64 blocks = EXT2_NR_DIRECT + pointers + pointers * pointers +
		     pointers * pointers * pointers;
	u64 bytes = blocks << ext2->block_bits;

	if (!(ext2->disk.ro_compat & EXT2_RO_LARGE_FILE))
		return 0x7fffffffu;
	return min(bytes, (u64)1 << 40);	/* the count of sectors has 32 bits */
}

static int read_groups(struct super_block *sb)
{
	struct ext2_sb *ext2 = ext2_sb(sb);
	const struct ext2_super_disk *disk = &ext2->disk;
	unsigned per_block = (unsigned)(sb->block_size / sizeof(struct ext2_group_disk));

	ext2->nr_group_bh = (ext2->nr_groups + per_block - 1) / per_block;
	ext2->group_bh = kzalloc(ext2->nr_group_bh * sizeof(*ext2->group_bh), GFP_KERNEL);
	if (!ext2->group_bh)
		return -ENOMEM;
	for (unsigned i = 0; i < ext2->nr_group_bh; i++) {
		ext2->group_bh[i] = bread(sb->dev, disk->first_data_block + 1 + i,
					  (unsigned)sb->block_size);
		if (!ext2->group_bh[i])
			return -EIO;
	}
	for (unsigned i = 0; i < ext2->nr_groups; i++) {
		const struct ext2_group_disk *group = ext2_group(sb, i, NULL);
		u32 first = disk->first_data_block + i * disk->blocks_per_group;
		u32 end = min(first + disk->blocks_per_group, disk->blocks_count);

		if (group->block_bitmap < first || group->block_bitmap >= end ||
		    group->inode_bitmap < first || group->inode_bitmap >= end ||
		    group->inode_table < first || group->inode_table >= end ||
		    end - group->inode_table < ext2->table_blocks) {
			printk("ext2: %s: descriptor of group %u points outside of it\n",
			       sb->dev->name, i);
			return -EIO;
		}
		ext2->free_blocks += group->free_blocks;
		ext2->free_inodes += group->free_inodes;
	}
	return 0;
}

static int fill_super(struct super_block *sb)
{
	struct ext2_sb *ext2 = ext2_sb(sb);
	unsigned block_size = (unsigned)sb->block_size;
	const struct ext2_super_disk *disk = &ext2->disk;
	unsigned inodes_per_block;

	ext2->sb = sb;
	spin_init(&ext2->lock, "ext2 bitmaps", RANK_INODE);
	ext2->block_bits = (unsigned)__builtin_ctz(block_size);
	ext2->super_bh = bread(sb->dev, EXT2_SUPER_OFFSET / block_size, block_size);
	if (!ext2->super_bh)
		return -EIO;
	ext2->inode_size = disk->revision ? disk->inode_size : 128;
	ext2->first_ino = disk->revision ? disk->first_ino : 11;
	ext2->pointers = block_size / 4;
	inodes_per_block = block_size / ext2->inode_size;
	ext2->table_blocks = (disk->inodes_per_group + inodes_per_block - 1) / inodes_per_block;
	ext2->nr_groups = (disk->blocks_count - disk->first_data_block +
			   disk->blocks_per_group - 1) / disk->blocks_per_group;
	if (disk->inodes_count != ext2->nr_groups * disk->inodes_per_group) {
		printk("ext2: %s: %u inodes do not fill %u groups\n", sb->dev->name,
		       disk->inodes_count, ext2->nr_groups);
		return -EIO;
	}
	sb->max_file_size = max_file_size(ext2);
	ext2->mounted_state = disk->state;
	return read_groups(sb);
}

static void begin_writing(struct super_block *sb)
{
	struct ext2_super_disk *disk = &ext2_sb(sb)->disk;

	if (!(disk->state & EXT2_STATE_VALID) || (disk->state & EXT2_STATE_ERROR))
		printk("ext2: %s: not cleanly unmounted, e2fsck is advised\n", sb->dev->name);
	disk->mount_count++;
	disk->mount_time = fs_time();
	write_super(sb);
}

static int ext2_read_super(struct super_block *sb)
{
	struct inode *root;
	int error;

	sb->ops = &ext2_super_ops;
	sb->fs = kzalloc(sizeof(struct ext2_sb), GFP_KERNEL);
	if (!sb->fs)
		return -ENOMEM;
	error = read_super(sb);
	if (!error)
		error = fill_super(sb);
	if (error)
		goto fail;
	fs_time_seen(max(ext2_sb(sb)->disk.write_time, ext2_sb(sb)->disk.mount_time));

	root = iget(sb, EXT2_ROOT_INO);
	error = IS_ERR(root) ? (int)PTR_ERR(root) : S_ISDIR(root->mode) ? 0 : -ENOTDIR;
	if (!error) {
		sb->root = d_alloc_root(root);
		error = sb->root ? 0 : -ENOMEM;
	}
	if (error) {
		if (!IS_ERR(root))
			iput(root);
		printk("ext2: %s: no root directory: error %d\n", sb->dev->name, -error);
		invalidate_inodes(sb);
		goto fail;
	}
	if (!sb->read_only)
		begin_writing(sb);
	return 0;
fail:
	release_buffers(ext2_sb(sb));
	sb->fs = NULL;
	return error;
}

struct file_system ext2_file_system = {
	.name = "ext2", .needs_device = true, .read_super = ext2_read_super,
};
