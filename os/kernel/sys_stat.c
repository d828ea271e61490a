/*
 * stat and statfs: what file systems tell, in the structures of Linux. Those of i386 are
 * the ones with 64-bit sizes (stat64, statfs64); they have no padding of their own.
 */
#include "fs/fs.h"
#include "kernel/paths.h"
#include "kernel/process.h"
#include "kernel/syscalls.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"

struct stat_i386 {
	u64 dev;
	u32 pad1;
	u32 ino_low;
	u32 mode, nlink, uid, gid;
	u64 rdev;
	u32 pad2;
	u64 size;
	u32 block_size;
	u64 blocks;
	u32 atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	u64 ino;
} __packed;
_Static_assert(sizeof(struct stat_i386) == 96, "stat64 of i386");

struct stat_x86_64 {
	u64 dev, ino, nlink;
	u32 mode, uid, gid, pad;
	u64 rdev, size, block_size, blocks;
	u64 atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
	u64 unused[3];
} __packed;
_Static_assert(sizeof(struct stat_x86_64) == 144, "stat of x86-64");

struct statfs_i386 {
	u32 type, block_size;
	u64 blocks, free, available, files, files_free;
	u32 id[2];
	u32 name_max, fragment_size, flags, spare[4];
} __packed;
_Static_assert(sizeof(struct statfs_i386) == 84, "statfs64 of i386");

struct statfs_x86_64 {
	u64 type, block_size, blocks, free, available, files, files_free;
	u32 id[2];
	u64 name_max, fragment_size, flags, spare[4];
} __packed;
_Static_assert(sizeof(struct statfs_x86_64) == 120, "statfs of x86-64");

#define WORD_64	(sizeof(long) == 8)

static int put_stat_i386(const struct kstat *stat, void *user)
{
	struct stat_i386 out = {
		.dev = stat->dev, .ino = stat->ino, .ino_low = (u32)stat->ino,
		.mode = stat->mode, .nlink = stat->nlink, .uid = stat->uid, .gid = stat->gid,
		.rdev = stat->rdev, .size = stat->size, .block_size = stat->block_size,
		.blocks = stat->blocks, .atime = stat->atime, .mtime = stat->mtime,
		.ctime = stat->ctime,
	};

	return copy_to_user(user, &out, sizeof(out));
}

static int put_stat_x86_64(const struct kstat *stat, void *user)
{
	struct stat_x86_64 out = {
		.dev = stat->dev, .ino = stat->ino, .mode = stat->mode, .nlink = stat->nlink,
		.uid = stat->uid, .gid = stat->gid, .rdev = stat->rdev, .size = stat->size,
		.block_size = stat->block_size, .blocks = stat->blocks, .atime = stat->atime,
		.mtime = stat->mtime, .ctime = stat->ctime,
	};

	return copy_to_user(user, &out, sizeof(out));
}

static int put_stat(const struct kstat *stat, struct user_stat *user)
{
	return WORD_64 ? put_stat_x86_64(stat, user) : put_stat_i386(stat, user);
}

static int put_statfs(const struct kstatfs *stat, struct user_statfs *user)
{
	if (WORD_64) {
		struct statfs_x86_64 out = {
			.type = stat->type, .block_size = stat->block_size,
			.blocks = stat->blocks, .free = stat->blocks_free,
			.available = stat->blocks_free, .files = stat->files,
			.files_free = stat->files_free, .name_max = stat->name_max,
			.fragment_size = stat->block_size,
		};

		return copy_to_user(user, &out, sizeof(out));
	} else {
		struct statfs_i386 out = {
			.type = (u32)stat->type, .block_size = (u32)stat->block_size,
			.blocks = stat->blocks, .free = stat->blocks_free,
			.available = stat->blocks_free, .files = stat->files,
			.files_free = stat->files_free, .name_max = stat->name_max,
			.fragment_size = (u32)stat->block_size,
		};

		return copy_to_user(user, &out, sizeof(out));
	}
}

static long stat_path(const char *user_path, bool follow, struct user_stat *user)
{
	char *path = path_get(user_path);
	struct kstat stat;
	int error;

	if (IS_ERR(path))
		return PTR_ERR(path);
	error = fs_stat(path, follow, &stat);
	path_put(path);
	return error ? error : put_stat(&stat, user);
}

long sys_stat(const char *path, struct user_stat *user)
{
	return stat_path(path, true, user);
}

long sys_lstat(const char *path, struct user_stat *user)
{
	return stat_path(path, false, user);
}

long sys_fstat(unsigned fd, struct user_stat *user)
{
	struct file *file = fd_file(fd);
	struct kstat stat;

	if (!file)
		return -EBADF;
	file_stat(file, &stat);
	return put_stat(&stat, user);
}

long sys_stat64(const char *path, struct user_stat *user)
{
	return sys_stat(path, user);
}

long sys_lstat64(const char *path, struct user_stat *user)
{
	return sys_lstat(path, user);
}

long sys_fstat64(unsigned fd, struct user_stat *user)
{
	return sys_fstat(fd, user);
}

long sys_statfs(const char *user_path, struct user_statfs *user)
{
	char *path = path_get(user_path);
	struct kstatfs stat;
	int error;

	if (IS_ERR(path))
		return PTR_ERR(path);
	error = fs_statfs(path, &stat);
	path_put(path);
	return error ? error : put_statfs(&stat, user);
}

long sys_fstatfs(unsigned fd, struct user_statfs *user)
{
	struct file *file = fd_file(fd);
	struct kstatfs stat;
	int error;

	if (!file)
		return -EBADF;
	error = file_statfs(file, &stat);
	return error ? error : put_statfs(&stat, user);
}

/* The caller says how large it believes the structure to be. */
long sys_statfs64(const char *path, size_t size, struct user_statfs *user)
{
	return size == sizeof(struct statfs_i386) ? sys_statfs(path, user) : -EINVAL;
}

long sys_fstatfs64(unsigned fd, size_t size, struct user_statfs *user)
{
	return size == sizeof(struct statfs_i386) ? sys_fstatfs(fd, user) : -EINVAL;
}
