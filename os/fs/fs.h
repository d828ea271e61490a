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
#include "mm/slab/shrinker.h"

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
#define S_ISCHR(m)	(((m) & S_IFMT) == S_IFCHR)

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

#define SEEK_SET	0
#define SEEK_CUR	1
#define SEEK_END	2

/* What a permission check asks for; access(2) uses the same bits. */
#define MAY_EXEC	1u
#define MAY_WRITE	2u
#define MAY_READ	4u

/* readdir's types */
#define DT_UNKNOWN	0
#define DT_FIFO		1
#define DT_CHR		2
#define DT_DIR		4
#define DT_BLK		6
#define DT_REG		8
#define DT_LNK		10

/* inode.state */
#define I_DIRTY_INODE	1u	/* the record on disk is stale */
#define I_DIRTY_PAGES	2u	/* pages of its mapping are dirty */
#define I_LOCK		4u	/* being read or written; sleep on inode->wait */
#define I_FREEING	8u
#define I_PURGED	16u	/* deleted at shutdown, though still open */

struct inode_operations {
	/* Directories. NULL or an ERR_PTR: why not; for lookup a missing name is no error. */
	struct inode *(*lookup)(struct inode *dir, const char *name, unsigned len);
	/* Is what the cache says of this name still true? NULL: always. No sleep. */
	bool (*is_current)(const struct inode *dir, const struct dentry *entry);
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
	/* As read, into kernel memory; NULL: pages of the mapping, which has a readpage. */
	long (*kernel_read)(struct file *file, void *to, size_t bytes, u64 pos);
};

struct super_operations {
	int (*read_inode)(struct inode *inode);		/* fills it from disk; 0 or -errno */
	int (*write_inode)(struct inode *inode, bool wait);
	void (*delete_inode)(struct inode *inode);	/* last link and user are gone */
	/* Of a file system that is read-only by now: marks it clean, too. */
	void (*write_super)(struct super_block *sb);
	/* Before the umount of names that are in memory only: they let their inodes go. */
	void (*drop_tree)(struct super_block *sb);
	void (*put_super)(struct super_block *sb);
	int (*statfs)(struct super_block *sb, struct kstatfs *out);
};

struct kstatfs {
	unsigned long type, block_size;
	u64 blocks, blocks_free, files, files_free;
	unsigned name_max;
};

/* What stat tells; the system-call layer turns it into Linux's structures. */
struct kstat {
	unsigned dev;			/* number of the file system: major << 8 | minor */
	unsigned long ino;
	unsigned mode, nlink, uid, gid, rdev;
	u64 size;			/* bytes */
	u64 blocks;			/* 512-byte units */
	unsigned block_size;		/* preferred bytes for one read */
	unsigned atime, mtime, ctime;	/* seconds since 1970 */
};

struct file_system {
	const char *name;		/* (!) "ext2" */
	bool needs_device;		/* (!) else DEV is NULL */
	bool in_memory;			/* (!) inodes can change, though nobody writes them */
	bool takes_options;		/* (!) else mount refuses any */
	/* Fills the super block: ops, block_size, root. 0 or -errno. */
	int (*read_super)(struct super_block *sb);
	struct list_head link;		/* in the list of known types */
};

struct super_block {
	const struct file_system *type;	/* (!) */
	char name[32];			/* (!) device as the user named it, for mounts */
	unsigned id;			/* (!) st_dev: major << 8 | minor */
	struct block_device *dev;	/* (!) NULL for proc */
	unsigned long block_size;	/* (!) bytes */
	u64 max_file_size;		/* (!) bytes */
	bool read_only;
	bool dirty;			/* write_super has something to do */
	const struct super_operations *ops;	/* (!) */
	struct dentry *root;		/* (!) */
	struct list_head link;		/* in the list of mounted file systems */
	struct list_head unused_names;	/* (d) dentry.sb_lru, the latest at the head */
	struct list_head unused_inodes;	/* (n) inode.unused, the latest at the head */
	unsigned long nr_unused_names;	/* (d) on that list; read without the lock */
	unsigned long nr_unused_inodes;	/* (n) on that list; read without the lock */
	struct shrinker shrinker;	/* 2.6's, of these two lists */
	const char *options;		/* mount's, "" if none; in read_super only */
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
	unsigned long dirtied_when;	/* (n) jiffies when it became dirty */
	struct mutex sem;		/* size, blocks, directory contents */
	struct wait_queue wait;		/* for I_LOCK */
	struct list_head hash;		/* (n) */
	struct list_head list;		/* (n) unused, in use or dirty list */
	struct list_head unused;	/* (n) in sb->unused_inodes, while it is unused */
	bool referenced;		/* (n) used since prune_icache_sb saw it */
	bool swap_file;			/* (i) swapped on: its blocks stay where they are */
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
	struct super_block *sb;		/* (!) */
	struct list_head lru;		/* (d) unused list, while count is 0 */
	struct list_head sb_lru;	/* (d) the same of its file system */
	struct list_head siblings;	/* (d) in parent's children */
	struct list_head children;	/* (d) */
	bool referenced;		/* (d) looked up since pruning saw it */
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
	u32 wb_seen;			/* (a) failed writes of the file that it was told of */
	void *private;			/* the driver's or pipe's */
};

/* file_table.c: records of open files, of which there may be so many. ERR_PTR: no more. */
extern atomic_t nr_files;
extern unsigned max_files;
struct file *file_alloc(const struct file_operations *ops, unsigned flags);
void file_put(struct file *file);

/* One more reference to FILE, of which the caller has one; returns it. */
static inline struct file *file_get(struct file *file)
{
	atomic_inc(&file->count);
	return file;
}

/*
 * open.c: open files. FILE is held by the caller; user memory is checked. A long is a
 * number of bytes or -errno, an int 0 or -errno.
 */
struct file *file_open(const char *path, unsigned flags, unsigned mode);	/* or ERR_PTR */
long file_read(struct file *file, char *user, size_t bytes);
long file_write(struct file *file, const char *user, size_t bytes);
/* The same at POS, which is not the file's; -ESPIPE for pipes and terminals. */
long file_pread(struct file *file, char *user, size_t bytes, u64 pos);
long file_pwrite(struct file *file, const char *user, size_t bytes, u64 pos);
s64 file_seek(struct file *file, s64 offset, int whence);	/* the new position */
int file_truncate(struct file *file, u64 size);
int file_fsync(struct file *file);		/* data, inode and blocks on disk */
int file_readdir(struct file *file, filldir_t *fill, void *arg);
long file_ioctl(struct file *file, unsigned command, unsigned long argument);
void file_stat(struct file *file, struct kstat *out);
int file_statfs(struct file *file, struct kstatfs *out);
/* Kernel memory instead of user memory, at POS: exec and swapon read with it. */
long kernel_read(struct file *file, void *to, size_t bytes, u64 pos);
/* The same for a disk itself, as what has been written to it is cached. */
long kernel_read_device(struct block_device *dev, void *to, size_t bytes, u64 pos);
/* file_operations.mmap of files in the page cache. */
int generic_file_mmap(struct file *file, struct vm_area *area);

/* namei.c: from paths to names. PATH is kernel memory. */
struct dentry *path_lookup(const char *path, bool follow);	/* or ERR_PTR */
/* The absolute path into BUF; its length with the NUL, or -ERANGE. */
long dentry_path(struct dentry *entry, char *buf, size_t size);
int inode_permission(const struct inode *inode, unsigned may);	/* 0 or -EACCES */

/* path_ops.c, rename.c: the system calls that change or ask about names. 0 or -errno. */
int fs_mkdir(const char *path, unsigned mode);
int fs_rmdir(const char *path);
int fs_unlink(const char *path);
int fs_link(const char *old, const char *new);
int fs_symlink(const char *target, const char *path);
int fs_rename(const char *old, const char *new);
int fs_chmod(const char *path, unsigned mode);
int fs_truncate(const char *path, u64 size);
int fs_access(const char *path, unsigned may);
int fs_stat(const char *path, bool follow, struct kstat *out);
int fs_statfs(const char *path, struct kstatfs *out);
int fs_chdir(const char *path);			/* of the current process */
long fs_getcwd(char *buf, size_t size);		/* length with the NUL */
long fs_readlink(const char *path, char *buf, size_t size);	/* length, no NUL */

/* dcache.c: names that are known. */
struct dentry *dget(struct dentry *entry);
void dput(struct dentry *entry);		/* NULL is allowed */
struct dentry *d_alloc_root(struct inode *inode);	/* takes the reference; or NULL */
void d_instantiate(struct dentry *entry, struct inode *inode);	/* takes the reference */

/* inode.c */
struct inode *iget(struct super_block *sb, unsigned long ino);	/* or ERR_PTR */
struct inode *new_inode(struct super_block *sb);		/* or NULL */
void insert_inode_hash(struct inode *inode);
struct inode *igrab(struct inode *inode);
void iput(struct inode *inode);
void mark_inode_dirty(struct inode *inode);
void mark_inode_dirty_pages(struct inode *inode);	/* from set_page_dirty; no sleep */
void sync_inodes(struct super_block *sb, bool wait);	/* NULL: all */
/* Records of inodes on DEV that are dirty for AGE ticks go into their blocks. */
void write_inode_records(struct block_device *dev, unsigned age);
bool inode_records_dirty(const struct block_device *dev);

/* attr.c */
int truncate_inode(struct inode *inode, u64 size);	/* ftruncate's work; sem is held */
void inode_stat(struct inode *inode, struct kstat *out);
unsigned fs_time(void);				/* now, in seconds since 1970 */
/* A time stamp found on disk: a clock that is behind it is corrected for file times. */
void fs_time_seen(unsigned seconds);

/* super.c */
int mount_root(struct block_device *dev);
int do_mount(const char *device, const char *where, const char *type, bool read_only,
	     const char *options);
int do_umount(const char *where);
void sync_supers(struct super_block *sb);
long do_sync(void);		/* everything that is dirty, and waits */
void fs_init(void);		/* caches; before the first mount */
void fs_shutdown(void);		/* all written, file systems marked clean, read-only */
extern struct dentry *fs_root;	/* (!) where absolute paths start, NULL before mount_root */

/* dcache.c, inode.c: the shrinkers that kswapd calls (facts 2.4, 3.8). */
void shrink_dcache_memory(int priority, gfp_t gfp);
void shrink_icache_memory(int priority, gfp_t gfp);

#endif
