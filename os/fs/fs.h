/*
 * Files: inodes, names, open files, and what a file system implements.
 *
 * Locks: (i) inode->sem, (d) dcache_lock, (n) inode_lock, (a) atomic, (f) file->sem,
 * (!) constant. Lock order: a directory's sem before that of an inode in it.
 */
#ifndef FS_FS_H
#define FS_FS_H

#include "kernel/wait.h"
#include "lib/atomic.h"
#include "mm/cache/pagecache.h"

struct block_device;
struct dentry;
struct kstatfs;
struct file;
struct inode;
struct super_block;
struct vm_area;

#define NAME_MAX	255
#define PATH_MAX	4096

#define S_IFMT		0170000
#define S_IFLNK		0120000
#define S_IFREG		0100000
#define S_IFBLK		0060000
#define S_IFDIR		0040000
#define S_IFCHR		0020000
#define S_IFIFO		0010000
#define S_ISREG(m)	(((m) & S_IFMT) == S_IFREG)
#define S_ISDIR(m)	(((m) & S_IFMT) == S_IFDIR)
#define S_ISLNK(m)	(((m) & S_IFMT) == S_IFLNK)
#define S_ISBLK(m)	(((m) & S_IFMT) == S_IFBLK)

#define O_ACCMODE	3
#define O_RDONLY	0
#define O_WRONLY	1
#define O_RDWR		2
#define O_CREAT		0100
#define O_EXCL		0200
#define O_TRUNC		01000
#define O_APPEND	02000
#define O_NONBLOCK	04000
#define O_DIRECTORY	0200000
#define O_NOFOLLOW	0400000
#define O_CLOEXEC	02000000

/* inode.state */
#define I_DIRTY_INODE	1u	/* the record on disk is stale */
#define I_DIRTY_PAGES	2u	/* pages of its mapping are dirty */
#define I_LOCK		4u	/* being read or written; sleep on inode->wait */
#define I_FREEING	8u

struct inode_operations {
	/* Directories. NULL or an ERR_PTR says why not; a missing name is no error for lookup. */
	struct inode *(*lookup)(struct inode *dir, const char *name, unsigned len);
	int (*create)(struct inode *dir, struct dentry *entry, unsigned mode);
	int (*mkdir)(struct inode *dir, struct dentry *entry, unsigned mode);
	int (*symlink)(struct inode *dir, struct dentry *entry, const char *target);
	int (*link)(struct inode *dir, struct dentry *entry, struct inode *inode);
	int (*unlink)(struct inode *dir, struct dentry *entry);
	int (*rmdir)(struct inode *dir, struct dentry *entry);
	int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new);
	/* Symbolic links: the target into BUF, its length or -errno. */
	long (*readlink)(struct inode *inode, char *buf, size_t size);
	/* i_size has been set; drop blocks behind it. */
	int (*truncate)(struct inode *inode);
};

/* For readdir: takes one entry; false when the caller's buffer is full. */
typedef bool filldir_t(void *arg, const char *name, unsigned len, u64 next_pos,
		       unsigned long ino, unsigned char type);

struct file_operations {
	int (*open)(struct inode *inode, struct file *file);
	void (*release)(struct file *file);
	long (*read)(struct file *file, char *user, size_t bytes, u64 *pos);
	long (*write)(struct file *file, const char *user, size_t bytes, u64 *pos);
	int (*readdir)(struct file *file, filldir_t *fill, void *arg);
	long (*ioctl)(struct file *file, unsigned command, unsigned long argument);
	int (*mmap)(struct file *file, struct vm_area *area);
	int (*fsync)(struct file *file);
};

struct super_operations {
	int (*read_inode)(struct inode *inode);		/* fills it from disk; 0 or -errno */
	int (*write_inode)(struct inode *inode, bool wait);
	void (*delete_inode)(struct inode *inode);	/* last link and user are gone */
	void (*write_super)(struct super_block *sb);
	void (*put_super)(struct super_block *sb);
	int (*statfs)(struct super_block *sb, struct kstatfs *out);
};

struct kstatfs {
	unsigned long type, block_size;
	u64 blocks, blocks_free, files, files_free;
	unsigned name_max;
};

struct super_block {
	struct block_device *dev;	/* (!) NULL for proc */
	unsigned long block_size;	/* (!) bytes */
	bool read_only;
	bool dirty;			/* write_super has something to do */
	const struct super_operations *ops;	/* (!) */
	struct dentry *root;		/* (!) */
	struct list_head link;		/* in the list of mounted file systems */
	void *fs;			/* (!) the file system's own */
};

struct inode {
	unsigned long ino;		/* (!) number in its file system */
	struct super_block *sb;		/* (!) */
	unsigned mode;			/* (i) type and permissions */
	unsigned nlink;			/* (i) */
	unsigned uid, gid;		/* (i) */
	u64 size;			/* (i) bytes; read without the lock */
	u64 blocks;			/* (i) 512-byte units on disk */
	unsigned atime, mtime, ctime;	/* (i) seconds since 1970 */
	unsigned rdev;			/* (!) major << 8 | minor of a device node */
	atomic_t count;			/* (a) users */
	unsigned state;			/* (n) I_… */
	struct mutex sem;		/* size, blocks, directory contents */
	struct wait_queue wait;		/* for I_LOCK */
	struct list_head hash;		/* (n) */
	struct list_head list;		/* (n) unused, in use or dirty list */
	struct address_space *mapping;	/* (!) normally &data */
	struct address_space data;	/* its pages */
	const struct inode_operations *iops;	/* (!) after read_inode */
	const struct file_operations *fops;	/* (!) after read_inode */
	u32 fs_data[16];		/* (i) the file system's own: ext2's block numbers */
	u32 fs_aux[8];			/* (i) more of it */
};

struct dentry {
	atomic_t count;			/* (a) users; children count, too */
	struct inode *inode;		/* (d) NULL: the name is known not to exist */
	struct dentry *parent;		/* (d) itself for a root */
	struct dentry *mounted;		/* (d) root of a file system mounted here */
	struct dentry *covers;		/* (d) of a mounted root: where it is mounted */
	struct list_head hash;		/* (d) */
	struct list_head lru;		/* (d) unused list, while count is 0 */
	struct list_head siblings;	/* (d) in parent's children */
	struct list_head children;	/* (d) */
	bool referenced;		/* (d) looked up since prune_dcache saw it */
	unsigned char len;		/* (d) of name */
	char name[NAME_MAX + 1];	/* (d) NUL-terminated */
};

struct file {
	atomic_t count;			/* (a) descriptors and areas */
	struct inode *inode;		/* (!) NULL for pipes without one */
	struct dentry *dentry;		/* (!) NULL for pipes */
	const struct file_operations *ops;	/* (!) */
	unsigned flags;			/* O_… */
	u64 pos;			/* (f) */
	struct mutex sem;		/* pos */
	/* read-ahead window, in pages (facts 2.4, 2.3) */
	pgoff_t ra_end, ra_length, ra_max, ra_window;
	pgoff_t ra_index;		/* drop-behind: pages to drop, from here down */
	void *private;			/* the driver's or pipe's */
};

/* open.c */
struct file *file_open(const char *path, unsigned flags, unsigned mode);	/* or ERR_PTR */
struct file *file_alloc(const struct file_operations *ops, unsigned flags);	/* NULL */
struct file *file_get(struct file *file);
void file_put(struct file *file);
long file_read(struct file *file, char *user, size_t bytes);
long file_write(struct file *file, const char *user, size_t bytes);
/* Kernel memory instead of user memory, at POS: exec and swapon read with it. */
long kernel_read(struct file *file, void *to, size_t bytes, u64 pos);

/* namei.c: paths. PATH is kernel memory. */
struct dentry *path_lookup(const char *path, bool follow);	/* or ERR_PTR */
struct dentry *dget(struct dentry *entry);
void dput(struct dentry *entry);
/* The absolute path into BUF; its length with the NUL, or -ERANGE. */
long dentry_path(struct dentry *entry, char *buf, size_t size);

/* inode.c */
struct inode *iget(struct super_block *sb, unsigned long ino);	/* or ERR_PTR */
struct inode *new_inode(struct super_block *sb);		/* or NULL */
void insert_inode_hash(struct inode *inode);
struct inode *igrab(struct inode *inode);
void iput(struct inode *inode);
void mark_inode_dirty(struct inode *inode);
void mark_inode_dirty_pages(struct inode *inode);	/* from set_page_dirty; no sleep */
void sync_inodes(struct super_block *sb, bool wait);	/* NULL: all */
int truncate_inode(struct inode *inode, u64 size);	/* ftruncate's work */

/* super.c */
int mount_root(struct block_device *dev);
int do_mount(const char *device, const char *where, const char *type, bool read_only);
int do_umount(const char *where);
void sync_supers(struct super_block *sb);
long do_sync(void);		/* everything that is dirty, and waits */
void fs_init(void);		/* caches; before the first mount */

/* dcache.c, inode.c: the shrinkers that kswapd calls (facts 2.4, 3.8). */
void shrink_dcache_memory(int priority, gfp_t gfp);
void shrink_icache_memory(int priority, gfp_t gfp);

#endif
