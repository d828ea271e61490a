/*
 * ext2: the second extended file system, in the format that mke2fs -t ext2 makes.
 *
 * The disk is cut into groups of blocks. Each has a bitmap of its blocks, a bitmap of
 * its inodes, and a part of the inode table; a table of group descriptors behind the
 * super block says where they are. All numbers are little endian, as our machines are.
 *
 * Locks: (s) ext2_sb.lock, (b) ext2_map_lock, (i) inode->sem, (!) constant after mount.
 * Both spinlocks are held for work in memory only. Nothing sleeps with a lock of this
 * file system but inode->sem, so that reclaim may call writepage at any time.
 */
#ifndef FS_EXT2_H
#define FS_EXT2_H

#include "fs/fs.h"
#include "mm/cache/buffer.h"

#define EXT2_MAGIC		0xef53u
#define EXT2_SUPER_OFFSET	1024u	/* bytes from the start of the disk */
#define EXT2_ROOT_INO		2ul
#define EXT2_NR_DIRECT		12u	/* block numbers in the inode itself */
#define EXT2_NR_SLOTS		15u	/* and one each of single, double, triple indirect */
#define EXT2_LINK_MAX		32000u

#define EXT2_STATE_VALID	1u	/* unmounted cleanly */
#define EXT2_STATE_ERROR	2u

#define EXT2_COMPAT_DIR_INDEX	0x20u
#define EXT2_INCOMPAT_FILETYPE	0x2u
#define EXT2_RO_SPARSE_SUPER	0x1u
#define EXT2_RO_LARGE_FILE	0x2u

#define EXT2_FLAG_INDEX		0x1000u	/* inode flag: a directory with a hash index */
#define EXT2_FLAGS_INHERITED	0x000000c9u	/* those a new inode gets from its directory */

struct ext2_super_disk {
	u32 inodes_count, blocks_count, reserved_blocks, free_blocks;
	u32 free_inodes, first_data_block, log_block_size, log_frag_size;
	u32 blocks_per_group, frags_per_group, inodes_per_group, mount_time;
	u32 write_time;
	u16 mount_count, max_mount_count, magic, state, errors, minor_revision;
	u32 last_check, check_interval, creator, revision;
	u16 reserved_uid, reserved_gid;
	u32 first_ino;
	u16 inode_size, this_group;
	u32 compat, incompat, ro_compat;
	u8 uuid[16];
	char volume[16];
	char last_mounted[64];
	u8 rest[824];
};
_Static_assert(sizeof(struct ext2_super_disk) == 1024, "super block");

struct ext2_group_disk {
	u32 block_bitmap, inode_bitmap, inode_table;	/* block numbers */
	u16 free_blocks, free_inodes, used_dirs;
	u16 flags;
	u32 reserved[3];
};
_Static_assert(sizeof(struct ext2_group_disk) == 32, "group descriptor");

struct ext2_inode_disk {
	u16 mode, uid;
	u32 size;
	u32 atime, ctime, mtime, dtime;
	u16 gid, links;
	u32 sectors;			/* 512-byte units, with indirect blocks */
	u32 flags, version;
	u32 block[EXT2_NR_SLOTS];
	u32 generation, file_acl;
	u32 size_high;			/* of a file; of a directory: an ACL block */
	u32 fragment;
	u8 frag[2];
	u16 pad, uid_high, gid_high;
	u32 author;
};
_Static_assert(sizeof(struct ext2_inode_disk) == 128, "inode");

struct ext2_dirent {
	u32 inode;			/* 0: the record is free */
	u16 rec_len;			/* bytes to the next record; a multiple of 4 */
	u8 name_len;
	u8 type;			/* EXT2_FT_…, with the filetype feature */
	char name[];
};

/* Bytes that a record with a name of LEN needs. */
#define EXT2_REC_LEN(len)	(((len) + 8u + 3u) & ~3u)

/* inode->fs_data and inode->fs_aux of an ext2 inode. */
struct ext2_map {
	u32 slot[EXT2_NR_SLOTS];	/* (b) block numbers, or a short link's target */
	u32 flags;			/* (i) */
};

struct ext2_more {
	u32 generation;			/* (!) */
	u32 file_acl;			/* (!) block of extended attributes, 0 none */
	u32 dir_acl;			/* (!) kept as it was found */
	u32 dtime;			/* when it was deleted */
	u32 next_file_block;		/* (b) the write that would go on where the last */
	u32 next_block;			/* (b) one ended, and the block it would like */
};
_Static_assert(sizeof(struct ext2_map) == sizeof(((struct inode *)0)->fs_data), "fs_data");
_Static_assert(sizeof(struct ext2_more) <= sizeof(((struct inode *)0)->fs_aux), "fs_aux");

struct ext2_sb {
	struct super_block *sb;		/* (!) */
	struct spinlock lock;		/* bitmaps, group descriptors, the two counts */
	struct buffer_head *super_bh;	/* (!) block with the super block */
	struct ext2_super_disk disk;	/* (!) a copy of it; counts, state, times (s) */
	struct buffer_head **group_bh;	/* (!) blocks of the descriptor table */
	unsigned nr_group_bh;		/* (!) */
	unsigned nr_groups;		/* (!) */
	unsigned block_bits;		/* (!) log2 of the block size */
	unsigned pointers;		/* (!) block numbers in an indirect block */
	unsigned inode_size;		/* (!) bytes of a record in the inode table */
	unsigned first_ino;		/* (!) lower ones are reserved */
	unsigned table_blocks;		/* (!) of one group's inode table */
	u32 free_blocks, free_inodes;	/* (s) in all groups */
	u16 mounted_state;		/* (!) what a clean unmount writes back */
};

extern struct spinlock ext2_map_lock;

static inline struct ext2_sb *ext2_sb(const struct super_block *sb)
{
	return sb->fs;
}

static inline struct ext2_map *ext2_map(struct inode *inode)
{
	return (struct ext2_map *)inode->fs_data;
}

static inline struct ext2_more *ext2_more(struct inode *inode)
{
	return (struct ext2_more *)inode->fs_aux;
}

/* Sectors in a block: what one more of them adds to inode->blocks. */
static inline unsigned ext2_sectors(const struct super_block *sb)
{
	return (unsigned)(sb->block_size / 512);
}

/* super.c */
/* The file system is damaged: says so, with the device's name, and remembers it. */
void ext2_error(struct super_block *sb, const char *fmt, ...) __printf(2, 3);
struct ext2_group_disk *ext2_group(struct super_block *sb, unsigned group,
				   struct buffer_head **bh);

/* balloc.c */
/* A free block near GOAL (0: anywhere near the inode): 0, -ENOSPC or -EIO. */
int ext2_new_block(struct inode *inode, u32 goal, u32 *block);
void ext2_free_blocks(struct super_block *sb, const u32 *blocks, unsigned nr);
bool ext2_valid_block(struct super_block *sb, u32 block);	/* may hold a file's data */
/* First bit of MAP that is 0, in [FROM, END), or END. */
unsigned ext2_find_zero(const void *map, unsigned from, unsigned end);
/* No write of this block may come any more: it is about to be freed. */
void ext2_forget_block(struct super_block *sb, u32 block);

/* ialloc.c */
struct inode *ext2_new_inode(struct inode *dir, unsigned mode);	/* or ERR_PTR */
void ext2_free_inode(struct inode *inode);

/* map.c: which block of the disk holds a block of a file. */
int ext2_get_block(struct inode *inode, unsigned long file_block,
		   struct buffer_head *result, bool create);
/* A block of a directory or link, through the buffer cache; NULL and *ERROR (0: hole). */
struct buffer_head *ext2_bread(struct inode *inode, u32 file_block, bool create, int *error);

/* truncate.c */
int ext2_truncate(struct inode *inode);

/* inode.c */
int ext2_read_inode(struct inode *inode);
int ext2_write_inode(struct inode *inode, bool wait);
int ext2_sync_record(struct inode *inode);	/* and waits; 0 or -EIO */
void ext2_delete_inode(struct inode *inode);
int ext2_clear_record(struct inode *inode);	/* what an earlier owner left there */
bool ext2_is_fast_link(struct inode *inode);
void ext2_set_operations(struct inode *inode);	/* by its mode */

/* file.c */
int ext2_set_link_target(struct inode *inode, const char *target);

/* dir.c. The directory's sem is held. */
/* The record of a name and the buffer that holds it; NULL and *ERROR (0: not there). */
struct ext2_dirent *ext2_find_entry(struct inode *dir, const char *name, unsigned len,
				    struct buffer_head **bh, int *error);
int ext2_add_entry(struct inode *dir, const char *name, unsigned len, struct inode *inode);
int ext2_delete_entry(struct inode *dir, struct ext2_dirent *entry, struct buffer_head *bh);
void ext2_set_entry(struct inode *dir, struct ext2_dirent *entry, struct buffer_head *bh,
		    struct inode *inode);
int ext2_make_empty(struct inode *dir, struct inode *parent);
int ext2_is_empty(struct inode *dir);		/* 1, 0 or -errno */

extern const struct address_space_operations ext2_aops;
extern const struct inode_operations ext2_dir_iops, ext2_file_iops, ext2_link_iops;
extern const struct inode_operations ext2_special_iops;
extern const struct file_operations ext2_dir_fops, ext2_file_fops;

#endif
