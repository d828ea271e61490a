/*
 * Drops clean pages of files that nobody uses, and under 2.6 of the disks themselves, for
 * /proc/sys/vm/drop_caches: so that a measurement can start from the disk. Owns nothing.
 * Dirty, mapped and locked pages stay; so does the swap cache.
 */
#include "block/block.h"
#include "fs/internal.h"
#include "mm/slab/slab.h"

#define MAX_INODES	4096ul	/* files of one call; there are seldom so many with pages */

void drop_clean_pages(void)
{
	struct inode **inodes = kmalloc(MAX_INODES * sizeof(*inodes), GFP_KERNEL);
	struct block_device *dev = NULL;
	unsigned long nr;

	if (!inodes)
		return;
	nr = inodes_with_pages(inodes, MAX_INODES);
	for (unsigned long i = 0; i < nr; i++) {
		invalidate_mapping_pages(inodes[i]->mapping);
		iput(inodes[i]);
	}
	kfree(inodes);
	while ((dev = next_block_device(dev)))
		invalidate_mapping_pages(&dev->mapping);
}
