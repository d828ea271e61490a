/*
 * ext2: giving back the blocks behind the end of a file (the trees are drawn in map.c).
 *
 * The caller holds inode->sem, has set the size, and has taken the pages behind it out
 * of the cache. Numbers are taken out of the trees under ext2_map_lock, a handful at a
 * time, and freed after it is released: freeing reads bitmaps, and may sleep.
 */
#include "arch/machine.h"
#include "fs/ext2/ext2.h"
#include "lib/errno.h"

#define HANDFUL	32

/* A table of block numbers: in an indirect block, or in the inode (bh NULL). */
struct table {
	struct inode *inode;
	struct buffer_head *bh;
	u32 *slot;
};

static void mark_table_dirty(const struct table *table)
{
	if (table->bh)
		mark_buffer_dirty_inode(table->bh, table->inode);
	else
		mark_inode_dirty(table->inode);
}

static void free_handful(struct inode *inode, const u32 *blocks, unsigned nr)
{
	/* Contents of directories and links are in the buffer cache. */
	if (!S_ISREG(inode->mode))
		for (unsigned i = 0; i < nr; i++)
			if (ext2_valid_block(inode->sb, blocks[i]))
				ext2_forget_block(inode->sb, blocks[i]);
	ext2_free_blocks(inode->sb, blocks, nr);
}

/* Frees the data blocks in slots FROM … END-1. */
static void free_data(const struct table *table, unsigned from, unsigned end)
{
	struct inode *inode = table->inode;
	u32 blocks[HANDFUL];

	while (from < end) {
		unsigned nr = 0;

		spin_lock(&ext2_map_lock);
		for (; from < end && nr < HANDFUL; from++) {
			if (!table->slot[from])
				continue;
			blocks[nr++] = table->slot[from];
			table->slot[from] = 0;
		}
		inode->blocks -= min(inode->blocks, (u64)nr * ext2_sectors(inode->sb));
		spin_unlock(&ext2_map_lock);
		if (nr) {
			mark_table_dirty(table);
			free_handful(inode, blocks, nr);
		}
	}
}

/* Takes an indirect block with no numbers left out of slot INDEX of its parent. */
static bool unhang(const struct table *parent, unsigned index, const struct table *empty,
		   unsigned pointers)
{
	struct inode *inode = parent->inode;
	bool gone = true;

	spin_lock(&ext2_map_lock);
	for (unsigned i = 0; i < pointers; i++)
		if (empty->slot[i])
			gone = false;
	if (gone) {
		parent->slot[index] = 0;
		inode->blocks -= min(inode->blocks, (u64)ext2_sectors(inode->sb));
	}
	spin_unlock(&ext2_map_lock);
	return gone;
}

/*
 * The tree in slot INDEX, of LEVEL levels of indirect blocks, keeps its first KEEP data
 * blocks. A tree that keeps none goes with its root.
 */
static void trim_tree(const struct table *parent, unsigned index, unsigned level, u64 keep)
{
	struct inode *inode = parent->inode;
	struct super_block *sb = inode->sb;
	struct ext2_sb *ext2 = ext2_sb(sb);
	unsigned bits = (level - 1) * (ext2->block_bits - 2);	/* of blocks below a slot */
	unsigned first = (unsigned)(keep >> bits);
	u64 kept_below_first = keep & (((u64)1 << bits) - 1);
	u32 block = parent->slot[index];
	struct table table = { .inode = inode };

	if (!block)
		return;
	if (!ext2_valid_block(sb, block)) {
		ext2_error(sb, "inode %lu: indirect block number %u is no block", inode->ino,
			   block);
		return;
	}
	table.bh = bread(sb->dev, block, (unsigned)sb->block_size);
	if (!table.bh) {
		ext2_error(sb, "inode %lu: cannot read indirect block %u", inode->ino, block);
		return;
	}
	table.slot = buffer_data(table.bh);

	if (level == 1) {
		free_data(&table, first, ext2->pointers);
	} else {
		for (unsigned i = first; i < ext2->pointers; i++)
			trim_tree(&table, i, level - 1, i == first ? kept_below_first : 0);
	}
	if (keep || !unhang(parent, index, &table, ext2->pointers)) {
		brelse(table.bh);
		return;
	}
	mark_table_dirty(parent);
	wait_on_buffer(table.bh);
	bforget(table.bh);
	ext2_free_blocks(sb, &block, 1);
}

int ext2_truncate(struct inode *inode)
{
	struct super_block *sb = inode->sb;
	struct ext2_sb *ext2 = ext2_sb(sb);
	struct table top = { .inode = inode, .slot = ext2_map(inode)->slot };
	u64 keep = (inode->size + sb->block_size - 1) >> ext2->block_bits;
	u64 span = 1;
	int error = 0;

	if (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode) &&
	    (!S_ISLNK(inode->mode) || ext2_is_fast_link(inode)))
		return 0;
	/* What stands behind the end in the last block must not come back. */
	if (S_ISREG(inode->mode) && (inode->size & (sb->block_size - 1)))
		error = block_truncate_page(inode->mapping, inode->size, ext2_get_block);
	ext2_more(inode)->next_block = 0;

	if (keep < EXT2_NR_DIRECT)
		free_data(&top, (unsigned)keep, EXT2_NR_DIRECT);
	keep -= min(keep, (u64)EXT2_NR_DIRECT);
	for (unsigned level = 1; level <= 3; level++) {
		span <<= ext2->block_bits - 2;
		if (keep < span)
			trim_tree(&top, EXT2_NR_DIRECT + level - 1, level, keep);
		keep -= min(keep, span);
	}
	return error;
}
