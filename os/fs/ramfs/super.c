/*
 * ramfs: mounting, and its regular files: the generic ones over pages.c. There are no
 * limits and no fsync. Names are in tree.c.
 */
#include "fs/ramfs/ramfs.h"
#include "arch/machine.h"
#include "fs/ramfs/tree.h"
#include "lib/errno.h"
#include "mm/slab/slab.h"

#define RAMFS_MAGIC	0x858458f6u

static long ramfs_write(struct file *file, const char *user, size_t bytes, u64 *pos)
{
	long limited = ram_write_limit(file, bytes, pos);

	return limited < 0 ? limited : generic_file_write(file, user, (size_t)limited, pos);
}

static const struct inode_operations file_iops;

static const struct file_operations file_fops = {
	.read = generic_file_read,
	.write = ramfs_write,
	.mmap = generic_file_mmap,
};

static int make_file(struct inode *inode)
{
	inode->iops = &file_iops;
	inode->fops = &file_fops;
	inode->mapping->ops = &ramfs_aops;
	return 0;
}

static void put_super(struct super_block *sb)
{
	kfree(sb->fs);
}

static int statfs(struct super_block *sb, struct kstatfs *out)
{
	out->type = RAMFS_MAGIC;
	out->block_size = sb->block_size;
	out->name_max = NAME_MAX;
	return 0;
}

static const struct super_operations super_ops = {
	.delete_inode = ram_delete_inode,
	.drop_tree = ram_drop_tree,
	.put_super = put_super,
	.statfs = statfs,
};

static int read_super(struct super_block *sb)
{
	struct ram_tree *tree = kzalloc(sizeof(*tree), GFP_KERNEL);
	int error;

	if (!tree)
		return -ENOMEM;
	tree->make_file = make_file;
	sb->fs = tree;
	sb->ops = &super_ops;
	sb->block_size = PAGE_SIZE;
	sb->max_file_size = LONG_MAX;
	error = ram_tree_init(sb, 0755);
	if (error)
		kfree(tree);
	return error;
}

struct file_system ramfs_file_system = {
	.name = "ramfs",
	.in_memory = true,
	.read_super = read_super,
};
