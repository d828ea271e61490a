/*
 * Swap files: where on its disk each slot of one lies (facts 2.4, 5.1).
 *
 * The file system is asked once, at swapon; from then on pages go straight to the disk, as
 * on a device that is swap as a whole. So the file's blocks may not move meanwhile
 * (inode->swap_file). Slots that follow each other on the disk are one extent. A page whose
 * blocks do not lie together, as can be where blocks are smaller than pages, is a bad one.
 *
 * The extents belong to a swap_place, and with it to an area; constant while it is on.
 */
#include "block/block.h"
#include "fs/fs.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/slab/slab.h"
#include "mm/swap/swap.h"

/* The sector of a page of the file, 0 if its blocks are apart; or -EINVAL for a hole, -EIO. */
static int page_sector(struct inode *inode, unsigned long page, u64 *sector)
{
	unsigned block_size = (unsigned)inode->sb->block_size;
	unsigned long blocks = PAGE_SIZE / block_size, first = 0, block;
	bool together = true;
	int error;

	for (unsigned long i = 0; i < blocks; i++) {
		error = inode->mapping->ops->bmap(inode, page * blocks + i, &block);
		if (error || !block)
			return error ? error : -EINVAL;
		if (i == 0)
			first = block;
		else if (block != first + i)
			together = false;
	}
	*sector = together ? (u64)first * (block_size / SECTOR_SIZE) : 0;
	return 0;
}

/*
 * Goes through the file's first MAX pages, all but the header, and counts its extents. Fills
 * them in, if EXTENTS is not NULL, and marks pages whose blocks are apart.
 */
static int walk_file(struct inode *inode, u16 *map, unsigned long max,
		     struct swap_extent *extents, unsigned *nr)
{
	struct swap_extent last = { 0, 0, 0 };
	u64 sector;

	*nr = 0;
	for (unsigned long page = 1; page < max; page++) {
		int error = page_sector(inode, page, &sector);

		if (error)
			return error;
		if (!sector) {
			map[page] = SWAP_MAP_BAD;
			continue;
		}
		if (last.pages && page == last.first + last.pages &&
		    sector == last.sector + (u64)last.pages * (PAGE_SIZE / SECTOR_SIZE)) {
			last.pages++;
		} else {
			last = (struct swap_extent){ page, 1, sector };
			++*nr;
		}
		if (extents)
			extents[*nr - 1] = last;
	}
	return 0;
}

int swap_place_in_file(struct swap_place *place, struct inode *inode, u16 *map,
		       unsigned long max)
{
	unsigned nr;
	int error;

	*place = (struct swap_place){
		.dev = inode->sb->dev, .inode = inode,
		.block_size = (unsigned)inode->sb->block_size,
	};
	assert(place->block_size <= PAGE_SIZE);
	error = walk_file(inode, map, max, NULL, &nr);
	if (error || !nr)
		return error ? error : -EINVAL;
	place->extents = kmalloc(nr * sizeof(struct swap_extent), GFP_KERNEL);
	if (!place->extents)
		return -ENOMEM;
	error = walk_file(inode, map, max, place->extents, &place->nr_extents);
	if (error)
		kfree(place->extents);
	return error;
}

u64 swap_sector(const struct swap_place *place, unsigned long slot)
{
	const struct swap_extent *extents = place->extents;
	unsigned low = 0, high = place->nr_extents;

	if (!extents)
		return (u64)slot * (PAGE_SIZE / SECTOR_SIZE);
	while (high - low > 1) {
		unsigned middle = (low + high) / 2;

		if (extents[middle].first <= slot)
			low = middle;
		else
			high = middle;
	}
	assert(slot - extents[low].first < extents[low].pages);
	return extents[low].sector + (u64)(slot - extents[low].first) * (PAGE_SIZE / SECTOR_SIZE);
}
