/*
 * ext2: names made and removed. Each function changes a directory whose sem the caller
 * holds (of rename: both, and that of a file that is replaced), and undoes what it did
 * when it fails half way, so that a full disk loses and leaks nothing.
 */
#include "fs/ext2/ext2.h"
#include "lib/errno.h"
#include "lib/string.h"

static struct inode *ext2_lookup(struct inode *dir, const char *name, unsigned len)
{
	struct buffer_head *bh;
	int error;
	struct ext2_dirent *entry = ext2_find_entry(dir, name, len, &bh, &error);
	unsigned long ino;

	if (!entry)
		return error ? ERR_PTR(error) : NULL;
	ino = entry->inode;
	brelse(bh);
	return iget(dir->sb, ino);
}

/* An inode that got no name after all: its last link goes, and iput deletes it. */
static void discard(struct inode *inode)
{
	inode->nlink = 0;
	iput(inode);
}

/* Names a new inode, whose reference the dentry takes. After an error it is deleted. */
static int add_new(struct inode *dir, struct dentry *entry, struct inode *inode)
{
	int error = ext2_add_entry(dir, entry->name, entry->len, inode);

	if (error)
		discard(inode);
	else
		d_instantiate(entry, inode);
	return error;
}

static int ext2_create(struct inode *dir, struct dentry *entry, unsigned mode)
{
	struct inode *inode = ext2_new_inode(dir, S_IFREG | mode);

	return IS_ERR(inode) ? (int)PTR_ERR(inode) : add_new(dir, entry, inode);
}

static int ext2_mkdir(struct inode *dir, struct dentry *entry, unsigned mode)
{
	struct inode *inode;
	int error;

	if (dir->nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	inode = ext2_new_inode(dir, S_IFDIR | mode);
	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	error = ext2_make_empty(inode, dir);
	if (error) {
		discard(inode);
		return error;
	}
	inode->nlink = 2;	/* its name and its "." */
	mark_inode_dirty(inode);
	error = add_new(dir, entry, inode);
	if (!error) {
		dir->nlink++;	/* the new one's ".." */
		mark_inode_dirty(dir);
	}
	return error;
}

static int ext2_symlink(struct inode *dir, struct dentry *entry, const char *target)
{
	struct inode *inode;
	int error;

	if (strlen(target) >= dir->sb->block_size)
		return -ENAMETOOLONG;
	inode = ext2_new_inode(dir, S_IFLNK | 0777);
	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	error = ext2_set_link_target(inode, target);
	if (error) {
		discard(inode);
		return error;
	}
	return add_new(dir, entry, inode);
}

static void change_links(struct inode *inode, int by)
{
	inode->nlink += (unsigned)by;
	inode->ctime = fs_time();
	mark_inode_dirty(inode);
}

static int ext2_link(struct inode *dir, struct dentry *entry, struct inode *inode)
{
	int error;

	if (inode->nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	error = ext2_add_entry(dir, entry->name, entry->len, inode);
	if (error)
		return error;
	change_links(inode, 1);
	d_instantiate(entry, igrab(inode));
	return 0;
}

/* Takes the name off the disk: 0 or -errno. */
static int remove_name(struct inode *dir, const struct dentry *entry)
{
	struct buffer_head *bh;
	int error;
	struct ext2_dirent *record = ext2_find_entry(dir, entry->name, entry->len, &bh,
						     &error);

	if (!record)
		return error ? error : -ENOENT;
	return ext2_delete_entry(dir, record, bh);
}

static int ext2_unlink(struct inode *dir, struct dentry *entry)
{
	int error = remove_name(dir, entry);

	if (!error)
		change_links(entry->inode, -1);
	return error;
}

static int ext2_rmdir(struct inode *dir, struct dentry *entry)
{
	struct inode *inode = entry->inode;
	int empty = ext2_is_empty(inode);
	int error;

	if (empty <= 0)
		return empty ? empty : -ENOTEMPTY;
	error = remove_name(dir, entry);
	if (error)
		return error;
	inode->nlink = 0;
	mark_inode_dirty(inode);
	change_links(dir, -1);
	return 0;
}

/* What rename has found on disk before it changes anything. */
struct move {
	struct ext2_dirent *target;	/* the new name's record, if it exists */
	struct buffer_head *target_bh;
	struct ext2_dirent *dotdot;	/* of a directory that gets a new parent */
	struct buffer_head *dotdot_bh;
};

static int find_records(struct move *move, struct inode *old_dir, struct inode *inode,
			struct inode *new_dir, const struct dentry *new)
{
	int error = 0;

	if (new->inode) {
		move->target = ext2_find_entry(new_dir, new->name, new->len,
					       &move->target_bh, &error);
		if (!move->target)
			return error ? error : -ENOENT;
	}
	if (S_ISDIR(inode->mode) && old_dir != new_dir) {
		move->dotdot = ext2_find_entry(inode, "..", 2, &move->dotdot_bh, &error);
		if (!move->dotdot)
			return error ? error : -EIO;
	}
	return 0;
}

static int ext2_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		       struct dentry *new)
{
	struct inode *inode = old->inode, *replaced = new->inode;
	bool directory = S_ISDIR(inode->mode);
	struct move move = { 0 };
	int error;

	if (replaced && directory) {
		int empty = ext2_is_empty(replaced);

		if (empty <= 0)
			return empty ? empty : -ENOTEMPTY;
	}
	if (directory && old_dir != new_dir && !replaced && new_dir->nlink >= EXT2_LINK_MAX)
		return -EMLINK;
	error = find_records(&move, old_dir, inode, new_dir, new);
	if (!error && !move.target)
		error = ext2_add_entry(new_dir, new->name, new->len, inode);
	if (error) {
		if (move.target)
			brelse(move.target_bh);
		if (move.dotdot)
			brelse(move.dotdot_bh);
		return error;
	}

	/* From here on both names exist, and the file is never without one. */
	if (move.target)
		ext2_set_entry(new_dir, move.target, move.target_bh, inode);
	if (move.dotdot)
		ext2_set_entry(inode, move.dotdot, move.dotdot_bh, new_dir);
	error = remove_name(old_dir, old);
	if (error)
		ext2_error(old_dir->sb, "inode %lu keeps its old name in directory %lu",
			   inode->ino, old_dir->ino);

	inode->ctime = fs_time();
	mark_inode_dirty(inode);
	if (replaced) {
		replaced->nlink = directory ? 0 : replaced->nlink - 1;
		replaced->ctime = inode->ctime;
		mark_inode_dirty(replaced);
	}
	if (directory && (old_dir != new_dir || replaced))
		change_links(old_dir, -1);
	if (directory && old_dir != new_dir && !replaced)
		change_links(new_dir, 1);
	return 0;
}

const struct inode_operations ext2_dir_iops = {
	.lookup = ext2_lookup,
	.create = ext2_create,
	.mkdir = ext2_mkdir,
	.symlink = ext2_symlink,
	.link = ext2_link,
	.unlink = ext2_unlink,
	.rmdir = ext2_rmdir,
	.rename = ext2_rename,
};
