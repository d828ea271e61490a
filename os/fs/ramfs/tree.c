/*
 * Directories, links and inodes that are in memory only (tree.h).
 *
 * Owns the names: each directory has a list of them in the order in which they were
 * made, under the directory's sem. A name holds a reference on its inode, which therefore
 * stays in memory without any dentry; dentries come and go as on other file systems. The
 * inodes are not hashed: only a name leads to them, and iput frees the one that has lost
 * its last name and user.
 */
#include "fs/ramfs/tree.h"
#include "arch/machine.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab/slab.h"

#define FIRST_POSITION	2u	/* behind the dots */

struct ram_name {
	struct list_head link;	/* (i) in the directory's names */
	struct inode *inode;	/* (i) with a reference */
	u64 position;		/* (!) in readdir, never given twice in a directory */
	unsigned char len;	/* (!) */
	char text[];		/* (!) not ended by NUL */
};

_Static_assert(sizeof(struct ram_node) <= sizeof(((struct inode *)0)->fs_data) &&
	       offsetof(struct inode, fs_data) % _Alignof(struct ram_node) == 0,
	       "struct ram_node must fit in an inode");

static const struct inode_operations dir_iops, link_iops;
static const struct file_operations dir_fops;

/* ---- inodes ---- */

/* Counts an inode that is to be made; its number, or 0 if there are too many. */
static unsigned long take_inode(struct ram_tree *tree)
{
	unsigned long ino = 0;

	spin_lock(&tree->lock);
	if (!tree->max_inodes || tree->used_inodes < tree->max_inodes) {
		tree->used_inodes++;
		ino = ++tree->next_ino;
	}
	spin_unlock(&tree->lock);
	return ino;
}

static void give_inode(struct ram_tree *tree)
{
	spin_lock(&tree->lock);
	tree->used_inodes--;
	spin_unlock(&tree->lock);
}

static int set_operations(struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFDIR:
		inode->iops = &dir_iops;
		inode->fops = &dir_fops;
		inode->nlink = 2;
		list_init(&ram_node(inode)->names);
		ram_node(inode)->next_position = FIRST_POSITION;
		return 0;
	case S_IFLNK:
		inode->iops = &link_iops;
		return 0;
	default:
		return ram_tree(inode->sb)->make_file(inode);
	}
}

/* A new inode without a name, or an ERR_PTR. */
static struct inode *make_inode(struct super_block *sb, unsigned mode)
{
	unsigned long ino = take_inode(ram_tree(sb));
	struct inode *inode;
	int error;

	if (!ino)
		return ERR_PTR(-ENOSPC);
	inode = new_inode(sb);
	if (!inode) {
		give_inode(ram_tree(sb));
		return ERR_PTR(-ENOMEM);
	}
	inode->ino = ino;
	inode->mode = mode;
	inode->uid = current->euid;
	inode->atime = inode->mtime = inode->ctime = fs_time();
	error = set_operations(inode);
	if (!error)
		return inode;
	inode->nlink = 0;
	iput(inode);
	return ERR_PTR(error);
}

void ram_delete_inode(struct inode *inode)
{
	kfree(ram_node(inode)->target);
	give_inode(ram_tree(inode->sb));
}

int ram_tree_init(struct super_block *sb, unsigned mode)
{
	struct inode *root;

	spin_init(&ram_tree(sb)->lock, "names in memory", RANK_INODE);
	root = make_inode(sb, S_IFDIR | mode);
	if (IS_ERR(root))
		return (int)PTR_ERR(root);
	sb->root = d_alloc_root(root);
	if (sb->root)
		return 0;
	iput(root);
	return -ENOMEM;
}

/* ---- names; the directory's sem is held ---- */

static struct ram_name *find_name(struct inode *dir, const char *text, unsigned len)
{
	struct ram_name *name;

	list_for_each(name, &ram_node(dir)->names, link)
		if (name->len == len && !memcmp(name->text, text, len))
			return name;
	return NULL;
}

static void dir_changed(struct inode *dir)
{
	dir->mtime = dir->ctime = fs_time();
}

/* Gives INODE a name; the name takes the caller's reference. 0 or -ENOMEM. */
static int add_name(struct inode *dir, const struct dentry *entry, struct inode *inode)
{
	struct ram_name *name = kmalloc(sizeof(*name) + entry->len, GFP_KERNEL);

	if (!name)
		return -ENOMEM;
	name->inode = inode;
	name->position = ram_node(dir)->next_position++;
	name->len = entry->len;
	memcpy(name->text, entry->name, entry->len);
	list_add_tail(&name->link, &ram_node(dir)->names);
	dir_changed(dir);
	return 0;
}

/* The name goes; its reference on the inode is the caller's. */
static struct inode *remove_name(struct inode *dir, const struct dentry *entry)
{
	struct ram_name *name = find_name(dir, entry->name, entry->len);
	struct inode *inode = name->inode;

	list_del(&name->link);
	kfree(name);
	dir_changed(dir);
	return inode;
}

/* ---- inode operations ---- */

static struct inode *ram_lookup(struct inode *dir, const char *text, unsigned len)
{
	struct ram_name *name = find_name(dir, text, len);

	return name ? igrab(name->inode) : NULL;
}

/* Names a new inode and lets the dentry know it. After an error it is deleted. */
static int add_new(struct inode *dir, struct dentry *entry, struct inode *inode)
{
	int error;

	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	error = add_name(dir, entry, inode);
	if (error) {
		inode->nlink = 0;
		iput(inode);
		return error;
	}
	if (S_ISDIR(inode->mode))
		dir->nlink++;
	d_instantiate(entry, igrab(inode));
	return 0;
}

static int ram_create(struct inode *dir, struct dentry *entry, unsigned mode)
{
	return add_new(dir, entry, make_inode(dir->sb, S_IFREG | mode));
}

static int ram_mkdir(struct inode *dir, struct dentry *entry, unsigned mode)
{
	return add_new(dir, entry, make_inode(dir->sb, S_IFDIR | mode));
}

static int ram_symlink(struct inode *dir, struct dentry *entry, const char *target)
{
	size_t length = strlen(target);
	struct inode *inode = make_inode(dir->sb, S_IFLNK | 0777);
	char *copy;

	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	copy = kmalloc(length + 1, GFP_KERNEL);
	if (!copy) {
		inode->nlink = 0;
		iput(inode);
		return -ENOMEM;
	}
	memcpy(copy, target, length + 1);
	ram_node(inode)->target = copy;
	inode->size = length;
	return add_new(dir, entry, inode);
}

static long ram_readlink(struct inode *inode, char *buf, size_t size)
{
	size_t length = (size_t)min((u64)size, inode->size);

	memcpy(buf, ram_node(inode)->target, length);
	return (long)length;
}

static int ram_link(struct inode *dir, struct dentry *entry, struct inode *inode)
{
	int error = add_name(dir, entry, inode);

	if (error)
		return error;
	igrab(inode);		/* the name's reference */
	inode->nlink++;
	inode->ctime = fs_time();
	d_instantiate(entry, igrab(inode));
	return 0;
}

/* A name's inode has lost it, and with it a link, or all of a directory's. */
static void drop_link(struct inode *inode)
{
	inode->nlink = S_ISDIR(inode->mode) ? 0 : inode->nlink - 1;
	inode->ctime = fs_time();
	iput(inode);		/* the dentry has a reference, too */
}

static int ram_unlink(struct inode *dir, struct dentry *entry)
{
	drop_link(remove_name(dir, entry));
	return 0;
}

static int ram_rmdir(struct inode *dir, struct dentry *entry)
{
	if (!list_empty(&ram_node(entry->inode)->names))
		return -ENOTEMPTY;
	drop_link(remove_name(dir, entry));
	dir->nlink--;
	return 0;
}

static int ram_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new)
{
	struct inode *inode = old->inode, *replaced = new->inode;
	int error;

	if (replaced && S_ISDIR(replaced->mode) && !list_empty(&ram_node(replaced)->names))
		return -ENOTEMPTY;
	/* For a moment the new directory may have the name twice; nobody can look. */
	error = add_name(new_dir, new, inode);
	if (error)
		return error;
	if (replaced)
		drop_link(remove_name(new_dir, new));	/* finds the older one */
	remove_name(old_dir, old);	/* its reference went on to the new name */
	if (S_ISDIR(inode->mode)) {
		old_dir->nlink--;
		if (!replaced)
			new_dir->nlink++;
	}
	inode->ctime = fs_time();
	return 0;
}

static const struct inode_operations dir_iops = {
	.lookup = ram_lookup,
	.create = ram_create,
	.mkdir = ram_mkdir,
	.symlink = ram_symlink,
	.link = ram_link,
	.unlink = ram_unlink,
	.rmdir = ram_rmdir,
	.rename = ram_rename,
};

static const struct inode_operations link_iops = { .readlink = ram_readlink };

/* ---- files and directories that are open, and umount ---- */

long ram_write_limit(struct file *file, size_t bytes, u64 *pos)
{
	u64 most = file->inode->sb->max_file_size;

	if (file->flags & O_APPEND)
		*pos = file->inode->size;
	if (bytes && *pos >= most)
		return -EFBIG;
	return (long)min((u64)bytes, most - *pos);
}

static unsigned long parent_ino(const struct dentry *dir)
{
	unsigned long ino;

	spin_lock(&dcache_lock);
	ino = dir->parent->inode->ino;
	spin_unlock(&dcache_lock);
	return ino;
}

static int ram_readdir(struct file *file, filldir_t *fill, void *arg)
{
	struct ram_name *name;

	if (file->pos == 0) {
		if (!fill(arg, ".", 1, 1, file->inode->ino, DT_DIR))
			return 0;
		file->pos = 1;
	}
	if (file->pos == 1) {
		if (!fill(arg, "..", 2, FIRST_POSITION, parent_ino(file->dentry), DT_DIR))
			return 0;
		file->pos = FIRST_POSITION;
	}
	list_for_each(name, &ram_node(file->inode)->names, link) {
		unsigned type = (name->inode->mode & S_IFMT) >> 12;

		if (name->position < file->pos)
			continue;
		if (!fill(arg, name->text, name->len, name->position + 1, name->inode->ino,
			  (unsigned char)type))
			return 0;
		file->pos = name->position + 1;
	}
	return 0;
}

static int ram_fsync(struct file *file)
{
	return 0;
}

static const struct file_operations dir_fops = {
	.readdir = ram_readdir,
	.fsync = ram_fsync,
};

/* Nobody uses the tree any more. Not by recursion: a tree may be deeper than our stack. */
void ram_drop_tree(struct super_block *sb)
{
	struct list_head *names = &ram_node(sb->root->inode)->names;

	while (!list_empty(names)) {
		struct ram_name *name = list_first(names, struct ram_name, link);
		struct inode *inode = name->inode;

		if (S_ISDIR(inode->mode)) {
			struct list_head *below = &ram_node(inode)->names;

			while (!list_empty(below))
				list_move_tail(below->next, names);
		}
		list_del(&name->link);
		kfree(name);
		inode->nlink -= S_ISDIR(inode->mode) ? inode->nlink : 1;
		iput(inode);
	}
}
