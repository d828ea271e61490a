/*
 * tmpfs: mounting and unmounting, limits and what statfs tells. Names are those of
 * fs/ramfs/tree.c, pages those of mm/swap/shmem.c.
 *
 * Owns a struct tmpfs for each mount. Unless told otherwise, its files may fill half of
 * the memory there is, and have one inode for each page of that.
 */
#include "arch/machine.h"
#include "fs/tmpfs/tmpfs.h"
#include "lib/errno.h"
#include "mm/slab/slab.h"
#include "mm/zone.h"

#define TMPFS_MAGIC	0x01021994u

static void put_super(struct super_block *sb)
{
	kfree(sb->fs);
}

static int statfs(struct super_block *sb, struct kstatfs *out)
{
	struct tmpfs *tmpfs = sb->fs;

	out->type = TMPFS_MAGIC;
	out->block_size = sb->block_size;
	out->name_max = NAME_MAX;
	if (tmpfs->limits.pages) {
		spin_lock(&tmpfs->limits.lock);
		out->blocks = tmpfs->limits.pages;
		out->blocks_free = tmpfs->limits.pages - tmpfs->limits.used_pages;
		spin_unlock(&tmpfs->limits.lock);
	}
	if (tmpfs->tree.max_inodes) {
		spin_lock(&tmpfs->tree.lock);
		out->files = tmpfs->tree.max_inodes;
		out->files_free = tmpfs->tree.max_inodes - tmpfs->tree.used_inodes;
		spin_unlock(&tmpfs->tree.lock);
	}
	return 0;
}

static const struct super_operations super_ops = {
	.delete_inode = tmpfs_delete_inode,
	.drop_tree = ram_drop_tree,
	.put_super = put_super,
	.statfs = statfs,
};

static int read_super(struct super_block *sb)
{
	struct tmpfs_options options = {
		.pages = num_physpages / 2, .inodes = num_physpages / 2, .mode = 01777,
	};
	int error = tmpfs_parse_options(sb->options, &options);
	struct tmpfs *tmpfs;

	if (error)
		return error;
	tmpfs = kzalloc(sizeof(*tmpfs), GFP_KERNEL);
	if (!tmpfs)
		return -ENOMEM;
	tmpfs->tree.make_file = tmpfs_make_file;
	tmpfs->tree.max_inodes = options.inodes;
	spin_init(&tmpfs->limits.lock, "tmpfs limits", RANK_SWAP_LIST);
	tmpfs->limits.pages = options.pages;
	sb->fs = tmpfs;
	sb->ops = &super_ops;
	sb->block_size = PAGE_SIZE;
	sb->max_file_size = (u64)SHMEM_MOST_PAGES << PAGE_SHIFT;
	error = ram_tree_init(sb, options.mode);
	if (error)
		kfree(tmpfs);
	return error;
}

struct file_system tmpfs_file_system = {
	.name = "tmpfs",
	.in_memory = true,
	.takes_options = true,
	.read_super = read_super,
};
