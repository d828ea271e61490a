/*
 * ext2: the contents of directories. A directory is a list of records that fills its
 * blocks exactly; a record's length reaches to the next one, so a record in use may have
 * room behind its name, which a new entry takes. A free record has inode 0.
 *
 *	| inode | rec_len | len | type | name ... (room) | inode | ...
 *
 * The caller holds the directory's sem. Blocks come through the buffer cache, and each is
 * checked before it is used: a damaged one gives -EIO and a message.
 */
#include "fs/ext2/ext2.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Types in records: those of a mode, in ext2's own numbers. */
static const u8 type_by_mode[16] = {
	[S_IFREG >> 12] = 1, [S_IFDIR >> 12] = 2, [S_IFCHR >> 12] = 3, [S_IFBLK >> 12] = 4,
	[S_IFIFO >> 12] = 5, [0140000 >> 12] = 6, [S_IFLNK >> 12] = 7,
};

/* readdir's types, by ext2's. */
static const u8 readdir_type[8] = {
	DT_UNKNOWN, DT_REG, DT_DIR, DT_CHR, DT_BLK, DT_FIFO, DT_UNKNOWN, DT_LNK,
};

static bool has_types(const struct super_block *sb)
{
	return ext2_sb(sb)->disk.revision &&
		(ext2_sb(sb)->disk.incompat & EXT2_INCOMPAT_FILETYPE);
}

static struct ext2_dirent *at(struct buffer_head *bh, unsigned offset)
{
	return (struct ext2_dirent *)((char *)buffer_data(bh) + offset);
}

/* Can the records of this block be walked? */
static bool is_sound(struct inode *dir, u32 file_block, struct buffer_head *bh)
{
	unsigned size = (unsigned)dir->sb->block_size;
	unsigned offset = 0;

	while (offset < size) {
		const struct ext2_dirent *entry = at(bh, offset);
		unsigned left = size - offset;

		if (left < EXT2_REC_LEN(1) || entry->rec_len < EXT2_REC_LEN(1) ||
		    entry->rec_len % 4 || entry->rec_len > left ||
		    EXT2_REC_LEN(entry->name_len) > entry->rec_len ||
		    entry->inode > ext2_sb(dir->sb)->disk.inodes_count) {
			ext2_error(dir->sb, "directory %lu: bad records in block %lu, its %u.",
				   dir->ino, bh->block, file_block);
			return false;
		}
		offset += entry->rec_len;
	}
	return true;
}

static u32 nr_blocks(const struct inode *dir)
{
	return (u32)(dir->size >> ext2_sb(dir->sb)->block_bits);
}

/* A block of the directory, checked; NULL and *ERROR, which is 0 for a hole. */
static struct buffer_head *read_block(struct inode *dir, u32 file_block, int *error)
{
	struct buffer_head *bh = ext2_bread(dir, file_block, false, error);

	if (bh && !is_sound(dir, file_block, bh)) {
		brelse(bh);
		*error = -EIO;
		return NULL;
	}
	return bh;
}

struct ext2_dirent *ext2_find_entry(struct inode *dir, const char *name, unsigned len,
				    struct buffer_head **bh, int *error)
{
	unsigned size = (unsigned)dir->sb->block_size;

	*error = 0;
	for (u32 block = 0; block < nr_blocks(dir); block++) {
		struct ext2_dirent *entry;

		*bh = read_block(dir, block, error);
		if (*error)
			return NULL;
		if (!*bh)
			continue;
		for (unsigned offset = 0; offset < size; offset += entry->rec_len) {
			entry = at(*bh, offset);
			if (entry->inode && entry->name_len == len &&
			    !memcmp(entry->name, name, len))
				return entry;
		}
		brelse(*bh);
	}
	*bh = NULL;
	return NULL;
}

static void changed(struct inode *dir)
{
	dir->mtime = dir->ctime = fs_time();
	/* A hash index does not know of the change: the directory is a plain list now. */
	ext2_map(dir)->flags &= ~EXT2_FLAG_INDEX;
	mark_inode_dirty(dir);
}

static void fill_entry(struct inode *dir, struct ext2_dirent *entry, const char *name,
		       unsigned len, const struct inode *inode)
{
	entry->inode = (u32)inode->ino;
	entry->name_len = (u8)len;
	entry->type = has_types(dir->sb) ? type_by_mode[inode->mode >> 12 & 15] : 0;
	memcpy(entry->name, name, len);
}

/* A record of the block that has room for LEN bytes of name, or NULL. */
static struct ext2_dirent *find_room(struct inode *dir, struct buffer_head *bh, unsigned len)
{
	unsigned size = (unsigned)dir->sb->block_size;
	struct ext2_dirent *entry;

	for (unsigned offset = 0; offset < size; offset += entry->rec_len) {
		unsigned used;

		entry = at(bh, offset);
		used = entry->inode ? EXT2_REC_LEN(entry->name_len) : 0;
		if (entry->rec_len >= used + EXT2_REC_LEN(len))
			return entry;
	}
	return NULL;
}

/* A new block at the end of the directory, with one free record. */
static struct buffer_head *append_block(struct inode *dir, int *error)
{
	u32 block = nr_blocks(dir);
	struct buffer_head *bh;

	if (dir->size + dir->sb->block_size > 0x7fffffff) {
		*error = -EFBIG;
		return NULL;
	}
	bh = ext2_bread(dir, block, true, error);
	if (!bh)
		return NULL;
	memset(buffer_data(bh), 0, dir->sb->block_size);
	at(bh, 0)->rec_len = (u16)dir->sb->block_size;
	dir->size += dir->sb->block_size;
	mark_buffer_dirty_inode(bh, dir);
	mark_inode_dirty(dir);
	return bh;
}

int ext2_add_entry(struct inode *dir, const char *name, unsigned len, struct inode *inode)
{
	struct ext2_dirent *room = NULL;
	struct buffer_head *bh = NULL;
	int error = 0;

	for (u32 block = 0; block < nr_blocks(dir) && !room; block++) {
		bh = read_block(dir, block, &error);
		if (error)
			return error;
		if (!bh)
			continue;
		room = find_room(dir, bh, len);
		if (!room)
			brelse(bh);
	}
	if (!room) {
		bh = append_block(dir, &error);
		if (!bh)
			return error;
		room = at(bh, 0);
	}
	if (room->inode) {
		unsigned used = EXT2_REC_LEN(room->name_len);
		struct ext2_dirent *fresh = (void *)((char *)room + used);

		fresh->rec_len = (u16)(room->rec_len - used);
		room->rec_len = (u16)used;
		room = fresh;
	}
	fill_entry(dir, room, name, len, inode);
	mark_buffer_dirty_inode(bh, dir);
	brelse(bh);
	changed(dir);
	return 0;
}

/* Frees a record; the one before it in the block takes its room. Releases the buffer. */
int ext2_delete_entry(struct inode *dir, struct ext2_dirent *entry, struct buffer_head *bh)
{
	struct ext2_dirent *before = NULL, *scan = at(bh, 0);

	while (scan < entry) {
		before = scan;
		scan = (void *)((char *)scan + scan->rec_len);
	}
	if (before)
		before->rec_len = (u16)(before->rec_len + entry->rec_len);
	entry->inode = 0;
	mark_buffer_dirty_inode(bh, dir);
	brelse(bh);
	changed(dir);
	return 0;
}

/* The name now means INODE. Releases the buffer. */
void ext2_set_entry(struct inode *dir, struct ext2_dirent *entry, struct buffer_head *bh,
		    struct inode *inode)
{
	entry->inode = (u32)inode->ino;
	entry->type = has_types(dir->sb) ? type_by_mode[inode->mode >> 12 & 15] : 0;
	mark_buffer_dirty_inode(bh, dir);
	brelse(bh);
	changed(dir);
}

int ext2_make_empty(struct inode *dir, struct inode *parent)
{
	struct ext2_dirent *entry;
	struct buffer_head *bh;
	int error;

	bh = append_block(dir, &error);
	if (!bh)
		return error;
	entry = at(bh, 0);
	entry->rec_len = EXT2_REC_LEN(1);
	fill_entry(dir, entry, ".", 1, dir);
	entry = at(bh, EXT2_REC_LEN(1));
	entry->rec_len = (u16)(dir->sb->block_size - EXT2_REC_LEN(1));
	fill_entry(dir, entry, "..", 2, parent);
	mark_buffer_dirty_inode(bh, dir);
	brelse(bh);
	return 0;
}

static bool is_dots(const struct ext2_dirent *entry)
{
	return entry->name[0] == '.' &&
		(entry->name_len == 1 || (entry->name_len == 2 && entry->name[1] == '.'));
}

int ext2_is_empty(struct inode *dir)
{
	unsigned size = (unsigned)dir->sb->block_size;
	int empty = 1, error;

	for (u32 block = 0; block < nr_blocks(dir) && empty; block++) {
		struct buffer_head *bh = read_block(dir, block, &error);
		struct ext2_dirent *entry;

		if (error)
			return error;
		if (!bh)
			continue;
		for (unsigned offset = 0; offset < size; offset += entry->rec_len) {
			entry = at(bh, offset);
			if (entry->inode && !is_dots(entry))
				empty = 0;
		}
		brelse(bh);
	}
	return empty;
}

/*
 * The records of a block from the file's position on. True: go on with the next block.
 * A position inside a record, which a change of the directory may have left, moves on to
 * the next one.
 */
static bool fill_from_block(struct file *file, struct buffer_head *bh, u64 start,
			    filldir_t *fill, void *arg)
{
	unsigned size = (unsigned)file->inode->sb->block_size;
	struct ext2_dirent *entry;

	for (unsigned offset = 0; offset < size; offset += entry->rec_len) {
		u64 next;

		entry = at(bh, offset);
		next = start + offset + entry->rec_len;
		if (start + offset < file->pos)
			continue;
		if (entry->inode &&
		    !fill(arg, entry->name, entry->name_len, next, entry->inode,
			  has_types(file->inode->sb) ? readdir_type[entry->type & 7]
						     : DT_UNKNOWN))
			return false;
		file->pos = next;
	}
	return true;
}

static int ext2_readdir(struct file *file, filldir_t *fill, void *arg)
{
	struct inode *dir = file->inode;
	unsigned bits = ext2_sb(dir->sb)->block_bits;
	bool more = true;

	while (more && file->pos < dir->size) {
		u32 block = (u32)(file->pos >> bits);
		int error;
		struct buffer_head *bh = read_block(dir, block, &error);

		if (error)
			return error;
		if (bh) {
			more = fill_from_block(file, bh, (u64)block << bits, fill, arg);
			brelse(bh);
		}
		if (more)
			file->pos = (u64)(block + 1) << bits;
	}
	return 0;
}

static int ext2_fsync_dir(struct file *file)
{
	return ext2_file_fops.fsync(file);
}

const struct file_operations ext2_dir_fops = {
	.readdir = ext2_readdir,
	.fsync = ext2_fsync_dir,
};
