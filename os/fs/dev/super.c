/*
 * The file system at /dev: a directory of the devices that exist, block devices as the
 * drivers found them, and an empty directory, shm, to mount a tmpfs on. Names cannot be
 * made or removed.
 *
 * Owns a table of nodes, made at mount and constant afterwards. Inode numbers: 1 is the
 * directory, FIRST_INO + N the N-th node.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "fs/dev/dev.h"
#include "fs/internal.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab/slab.h"

#define ROOT_INO	1ul
#define FIRST_INO	2ul
#define DEV_MAGIC	0x1373u
#define MAX_NODES	32u
#define DIR_MODE	(S_IFDIR | 0755)

struct node {
	const char *name;
	unsigned mode;
	unsigned number;	/* major << 8 | minor */
};

struct nodes {
	unsigned nr;
	struct node node[MAX_NODES];
};

static void add_node(struct nodes *nodes, const char *name, unsigned mode, unsigned number)
{
	if (nodes->nr < MAX_NODES)
		nodes->node[nodes->nr++] = (struct node) { name, mode, number };
}

static struct nodes *find_devices(void)
{
	struct nodes *nodes = kzalloc(sizeof(*nodes), GFP_KERNEL);
	const struct char_device *device;
	struct block_device *dev = NULL;

	if (!nodes)
		return NULL;
	for (device = char_devices; device->name; device++)
		add_node(nodes, device->name, S_IFCHR | 0666, device->number);
	while ((dev = next_block_device(dev)))
		add_node(nodes, dev->name, S_IFBLK | 0600, DEVICE(dev->major, dev->minor));
	add_node(nodes, "shm", DIR_MODE, 0);
	return nodes;
}

static struct inode *dev_lookup(struct inode *dir, const char *name, unsigned len)
{
	const struct nodes *nodes = dir->sb->fs;
	unsigned nr = dir->ino == ROOT_INO ? nodes->nr : 0;

	for (unsigned i = 0; i < nr; i++)
		if (strlen(nodes->node[i].name) == len &&
		    !memcmp(nodes->node[i].name, name, len))
			return iget(dir->sb, FIRST_INO + i);
	return NULL;
}

static int dev_readdir(struct file *file, filldir_t *fill, void *arg)
{
	const struct nodes *nodes = file->inode->sb->fs;
	unsigned nr = file->inode->ino == ROOT_INO ? nodes->nr : 0;

	for (; file->pos < nr + 2u; file->pos++) {
		unsigned i = (unsigned)file->pos;
		const char *name = i == 0 ? "." : i == 1 ? ".." : nodes->node[i - 2].name;
		unsigned mode = i < 2 ? S_IFDIR : nodes->node[i - 2].mode;
		unsigned long ino = i < 2 ? ROOT_INO : FIRST_INO + i - 2;

		if (!fill(arg, name, (unsigned)strlen(name), i + 1, ino,
			  (unsigned char)((mode & S_IFMT) >> 12)))
			break;
	}
	return 0;
}

static const struct inode_operations dir_iops = { .lookup = dev_lookup };
static const struct file_operations dir_fops = { .readdir = dev_readdir };
static const struct inode_operations node_iops;

static int make_directory(struct inode *inode, unsigned mode)
{
	inode->mode = mode;
	inode->nlink = 2;
	inode->iops = &dir_iops;
	inode->fops = &dir_fops;
	return 0;
}

static int dev_read_inode(struct inode *inode)
{
	const struct nodes *nodes = inode->sb->fs;
	const struct node *node;

	inode->atime = inode->mtime = inode->ctime = fs_time();
	if (inode->ino == ROOT_INO)
		return make_directory(inode, DIR_MODE);
	if (inode->ino - FIRST_INO >= nodes->nr)
		return -ENOENT;
	node = &nodes->node[inode->ino - FIRST_INO];
	if (S_ISDIR(node->mode))
		return make_directory(inode, node->mode);
	inode->mode = node->mode;
	inode->nlink = 1;
	inode->rdev = node->number;
	inode->iops = &node_iops;
	inode->fops = device_fops(node->mode, node->number);
	return 0;
}

static void dev_put_super(struct super_block *sb)
{
	kfree(sb->fs);
}

static int dev_statfs(struct super_block *sb, struct kstatfs *out)
{
	out->type = DEV_MAGIC;
	out->block_size = PAGE_SIZE;
	out->name_max = NAME_MAX;
	return 0;
}

static const struct super_operations dev_super_ops = {
	.read_inode = dev_read_inode,
	.put_super = dev_put_super,
	.statfs = dev_statfs,
};

static int dev_read_super(struct super_block *sb)
{
	struct inode *root;

	sb->fs = find_devices();
	if (!sb->fs)
		return -ENOMEM;
	sb->ops = &dev_super_ops;
	sb->block_size = PAGE_SIZE;
	root = iget(sb, ROOT_INO);
	if (!IS_ERR(root)) {
		sb->root = d_alloc_root(root);
		if (sb->root)
			return 0;
		iput(root);
	}
	invalidate_inodes(sb);
	kfree(sb->fs);
	return -ENOMEM;
}

struct file_system dev_file_system = { .name = "dev", .read_super = dev_read_super };
