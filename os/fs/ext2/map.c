/*
 * ext2: from a block of a file to a block of the disk. Twelve numbers stand in the
 * inode; behind them stand trees of one, two and three levels of indirect blocks.
 *
 *	slot[0..11] -> data
 *	slot[12] -> indirect -> data
 *	slot[13] -> indirect -> indirect -> data
 *	slot[14] -> indirect -> indirect -> indirect -> data
 *
 * ext2_map_lock guards every number while it changes, and inode->blocks. Readers take no
 * lock: a number only turns from 0 into a block, or, behind the end of the file, into 0.
 * A reader that could have seen a block which truncate has freed looks at the size
 * again; it is set before the first block goes. New blocks are made ready first and
 * then hung into the tree in one step, if the way there is still what it was.
 */
#include "fs/ext2/ext2.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"

#define MAX_DEPTH	4

struct spinlock ext2_map_lock = SPINLOCK_INIT("ext2_map_lock", RANK_INODE);

/* One number on the way from the inode down to a block. */
struct hop {
	u32 *slot;		/* where it stands */
	u32 block;		/* what it was when we looked; 0 none */
	struct buffer_head *bh;	/* the indirect block with the slot; NULL: the inode */
};

/* Indexes on the way to FILE_BLOCK, from the inode down; their count, 0 if too far. */
static unsigned path_to(const struct ext2_sb *ext2, unsigned long file_block,
			unsigned index[MAX_DEPTH])
{
	u64 rest = file_block;
	u64 span = 1;		/* blocks below one slot of the inode */
	unsigned mask = ext2->pointers - 1, bits = ext2->block_bits - 2;
	unsigned depth;

	if (rest < EXT2_NR_DIRECT) {
		index[0] = (unsigned)rest;
		return 1;
	}
	rest -= EXT2_NR_DIRECT;
	for (depth = 2; depth <= MAX_DEPTH; depth++) {
		span <<= bits;
		if (rest < span)
			break;
		rest -= span;
	}
	if (depth > MAX_DEPTH)
		return 0;
	index[0] = EXT2_NR_DIRECT + depth - 2;
	for (unsigned i = 1; i < depth; i++)
		index[i] = (unsigned)(rest >> bits * (depth - 1 - i)) & mask;
	return depth;
}

static void release(struct hop *hops, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (hops[i].bh)
			brelse(hops[i].bh);
}

static u32 read_slot(const u32 *slot)
{
	return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

/*
 * Walks down. Sets *FOUND to the hops that have a block; hop *FOUND, if it is not the
 * end of the path, has its empty slot. The caller releases all of them. 0 or -EIO.
 */
static int walk_down(struct inode *inode, const unsigned *index, unsigned depth,
		     struct hop hops[MAX_DEPTH], unsigned *found)
{
	struct super_block *sb = inode->sb;
	u32 *table = ext2_map(inode)->slot;
	struct buffer_head *bh = NULL;

	memset(hops, 0, sizeof(*hops) * MAX_DEPTH);
	for (*found = 0; *found < depth; ++*found) {
		struct hop *hop = &hops[*found];

		hop->bh = bh;
		hop->slot = table + index[*found];
		hop->block = read_slot(hop->slot);
		if (!hop->block)
			return 0;
		if (!ext2_valid_block(sb, hop->block)) {
			ext2_error(sb, "inode %lu: block number %u at level %u is no block",
				   inode->ino, hop->block, *found);
			return -EIO;
		}
		if (*found + 1 == depth)
			continue;
		bh = bread(sb->dev, hop->block, (unsigned)sb->block_size);
		if (!bh) {
			ext2_error(sb, "inode %lu: cannot read indirect block %u", inode->ino,
				   hop->block);
			return -EIO;
		}
		table = buffer_data(bh);
	}
	return 0;
}

/* Where a new block for FILE_BLOCK had best be: behind the one before it. */
static u32 goal_for(struct inode *inode, unsigned long file_block, const struct hop *hop,
		    const u32 *table)
{
	const struct ext2_more *more = ext2_more(inode);

	if (more->next_block && more->next_file_block == (u32)file_block)
		return more->next_block;
	for (const u32 *slot = hop->slot; slot-- > table;)
		if (*slot)
			return *slot + 1;
	return hop->bh ? (u32)hop->bh->block + 1 : 0;
}

/* An indirect block with BELOW at INDEX and zeros elsewhere. */
static void fill_indirect(struct inode *inode, u32 block, unsigned index, u32 below)
{
	struct super_block *sb = inode->sb;
	struct buffer_head *bh = getblk(sb->dev, block, (unsigned)sb->block_size);
	u32 *table = buffer_data(bh);

	lock_buffer(bh);	/* who reads the disk itself may be reading it */
	memset(table, 0, sb->block_size);
	table[index] = below;
	set_bit(BH_Uptodate, &bh->state);
	unlock_buffer(bh);
	mark_buffer_dirty_inode(bh, inode);
	brelse(bh);
}

/* ext2_map_lock held: do all slots still hold what walk_down saw? */
static bool is_unchanged(const struct hop *hops, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (*hops[i].slot != hops[i].block)
			return false;
	return true;
}

/*
 * Allocates what is missing from hop FOUND on and hangs it in. *BLOCK is the data block.
 * 0; -EAGAIN if somebody changed the way meanwhile; -ENOSPC or -EIO. After an error
 * nothing is left allocated.
 */
static int grow(struct inode *inode, unsigned long file_block, const unsigned *index,
		unsigned depth, struct hop *hops, unsigned found, u32 *block)
{
	struct super_block *sb = inode->sb;
	struct ext2_more *more = ext2_more(inode);
	struct hop *last = &hops[found];
	u32 *table = last->bh ? buffer_data(last->bh) : ext2_map(inode)->slot;
	u32 goal = goal_for(inode, file_block, last, table);
	u32 fresh[MAX_DEPTH];
	unsigned nr = depth - found;
	int error = 0;

	for (unsigned i = 0; i < nr; i++) {
		error = ext2_new_block(inode, goal, &fresh[i]);
		if (error) {
			ext2_free_blocks(sb, fresh, i);
			return error;
		}
		goal = fresh[i] + 1;
	}
	for (unsigned i = 0; i + 1 < nr; i++)
		fill_indirect(inode, fresh[i], index[found + 1 + i], fresh[i + 1]);

	spin_lock(&ext2_map_lock);
	if (is_unchanged(hops, found + 1)) {
		__atomic_store_n(last->slot, fresh[0], __ATOMIC_RELEASE);
		inode->blocks += (u64)nr * ext2_sectors(sb);
		more->next_file_block = (u32)file_block + 1;
		more->next_block = goal;
	} else {
		error = -EAGAIN;
	}
	spin_unlock(&ext2_map_lock);

	if (error) {
		for (unsigned i = 0; i + 1 < nr; i++)
			ext2_forget_block(sb, fresh[i]);
		ext2_free_blocks(sb, fresh, nr);
		return error;
	}
	if (last->bh)
		mark_buffer_dirty_inode(last->bh, inode);
	mark_inode_dirty(inode);
	*block = fresh[nr - 1];
	return 0;
}

/*
 * The block of FILE_BLOCK into *BLOCK, 0 for a hole. With CREATE a hole gets a block and
 * *FRESH is set.
 */
static int find_block(struct inode *inode, unsigned long file_block, bool create,
		      u32 *block, bool *fresh)
{
	struct super_block *sb = inode->sb;
	unsigned index[MAX_DEPTH], found;
	struct hop hops[MAX_DEPTH];
	unsigned depth = path_to(ext2_sb(sb), file_block, index);
	int error;

	*fresh = false;
	*block = 0;
	if (!depth)
		return create ? -EFBIG : 0;
	do {
		error = walk_down(inode, index, depth, hops, &found);
		if (!error && found == depth) {
			*block = hops[depth - 1].block;
		} else if (!error && create) {
			error = sb->read_only ? -EROFS
			      : grow(inode, file_block, index, depth, hops, found, block);
			*fresh = !error;
		}
		release(hops, depth);
	} while (error == -EAGAIN);
	return error;
}

int ext2_get_block(struct inode *inode, unsigned long file_block,
		   struct buffer_head *result, bool create)
{
	u32 block;
	bool fresh;
	int error = find_block(inode, file_block, create, &block, &fresh);

	if (error || !block)
		return error;
	if (!create && (u64)file_block << ext2_sb(inode->sb)->block_bits >= inode->size)
		return 0;	/* a truncate may have freed it by now */
	result->dev = inode->sb->dev;
	result->block = block;
	set_bit(BH_Mapped, &result->state);
	if (fresh)
		set_bit(BH_New, &result->state);
	return 0;
}

struct buffer_head *ext2_bread(struct inode *inode, u32 file_block, bool create, int *error)
{
	struct super_block *sb = inode->sb;
	struct buffer_head *bh;
	bool fresh;
	u32 block;

	*error = find_block(inode, file_block, create, &block, &fresh);
	if (*error || !block)
		return NULL;
	if (!fresh) {
		bh = bread(sb->dev, block, (unsigned)sb->block_size);
		if (!bh) {
			ext2_error(sb, "inode %lu: cannot read block %u", inode->ino, block);
			*error = -EIO;
		}
		return bh;
	}
	bh = getblk(sb->dev, block, (unsigned)sb->block_size);
	lock_buffer(bh);
	memset(buffer_data(bh), 0, sb->block_size);
	set_bit(BH_Uptodate, &bh->state);
	unlock_buffer(bh);
	mark_buffer_dirty_inode(bh, inode);
	return bh;
}
