/*
 * System calls that work on open files: reading, writing, positions.
 *
 * A descriptor's file needs no reference here: only its own process can close it, and that
 * is busy in the call. Offsets of 64 bits come in two registers on i386.
 */
#include "fs/fs.h"
#include "kernel/paths.h"
#include "kernel/process.h"
#include "kernel/syscalls.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"

#define MAX_BYTES	(INT_MAX & PAGE_MASK)	/* most that one call moves, as on Linux */
#define MAX_VECTORS	1024u

struct user_iovec {
	char *base;
	size_t bytes;
};

long sys_open(const char *user_path, unsigned flags, unsigned mode)
{
	char *path = path_get(user_path);
	struct file *file;
	int fd;

	if (IS_ERR(path))
		return PTR_ERR(path);
	file = file_open(path, flags, mode & 07777 & ~current->umask);
	path_put(path);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd = fd_alloc(file, 0);
	if (fd < 0)
		file_put(file);
	else
		fd_set_cloexec((unsigned)fd, flags & O_CLOEXEC);
	return fd;
}

long sys_creat(const char *path, unsigned mode)
{
	return sys_open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

long sys_close(unsigned fd)
{
	return fd_close(fd);
}

long sys_read(unsigned fd, char *buffer, size_t bytes)
{
	struct file *file = fd_file(fd);

	return file ? file_read(file, buffer, min(bytes, MAX_BYTES)) : -EBADF;
}

long sys_write(unsigned fd, const char *buffer, size_t bytes)
{
	struct file *file = fd_file(fd);

	return file ? file_write(file, buffer, min(bytes, MAX_BYTES)) : -EBADF;
}

/* Two registers of an i386 call, or one that holds it all. */
static u64 join_offset(unsigned long low, unsigned long high)
{
	return sizeof(long) == 8 ? low : (u64)high << 32 | low;
}

long sys_pread64(unsigned fd, char *buffer, size_t bytes, unsigned long low,
		 unsigned long high)
{
	struct file *file = fd_file(fd);
	u64 pos = join_offset(low, high);

	if (!file)
		return -EBADF;
	return (s64)pos < 0 ? -EINVAL : file_pread(file, buffer, min(bytes, MAX_BYTES), pos);
}

long sys_pwrite64(unsigned fd, const char *buffer, size_t bytes, unsigned long low,
		  unsigned long high)
{
	struct file *file = fd_file(fd);
	u64 pos = join_offset(low, high);

	if (!file)
		return -EBADF;
	return (s64)pos < 0 ? -EINVAL : file_pwrite(file, buffer, min(bytes, MAX_BYTES), pos);
}

/* Moves each piece of the vector in turn, until one is not moved completely. */
static long for_each_vector(unsigned fd, const struct user_iovec *user, unsigned count,
			    long (*move)(struct file *file, char *buffer, size_t bytes))
{
	struct file *file = fd_file(fd);
	long total = 0;

	if (!file)
		return -EBADF;
	if (count > MAX_VECTORS)
		return -EINVAL;
	for (unsigned i = 0; i < count; i++) {
		struct user_iovec piece;
		long moved;

		if (get_user(piece, &user[i]))
			return total ? total : -EFAULT;
		if ((long)piece.bytes < 0)
			return total ? total : -EINVAL;
		if (piece.bytes == 0)
			continue;
		moved = move(file, piece.base, min(piece.bytes, MAX_BYTES - (size_t)total));
		if (moved < 0)
			return total ? total : moved;
		total += moved;
		if ((size_t)moved < piece.bytes)
			break;
	}
	return total;
}

long sys_readv(unsigned fd, const struct user_iovec *vector, unsigned count)
{
	return for_each_vector(fd, vector, count, file_read);
}

static long write_piece(struct file *file, char *buffer, size_t bytes)
{
	return file_write(file, buffer, bytes);
}

long sys_writev(unsigned fd, const struct user_iovec *vector, unsigned count)
{
	return for_each_vector(fd, vector, count, write_piece);
}

long sys_lseek(unsigned fd, long offset, unsigned whence)
{
	struct file *file = fd_file(fd);
	s64 pos;

	if (!file)
		return -EBADF;
	pos = file_seek(file, offset, (int)whence);
	return pos > LONG_MAX ? -EOVERFLOW : (long)pos;
}

long sys__llseek(unsigned fd, unsigned long high, unsigned long low, s64 *result,
		 unsigned whence)
{
	struct file *file = fd_file(fd);
	s64 pos;

	if (!file)
		return -EBADF;
	pos = file_seek(file, (s64)((u64)high << 32 | (u32)low), (int)whence);
	return pos < 0 ? (long)pos : put_user(pos, result);
}

long sys_ioctl(unsigned fd, unsigned command, unsigned long argument)
{
	struct file *file = fd_file(fd);

	return file ? file_ioctl(file, command, argument) : -EBADF;
}

long sys_fsync(unsigned fd)
{
	struct file *file = fd_file(fd);

	return file ? file_fsync(file) : -EBADF;
}

/* The inode goes to disk with the data: more than was asked for. */
long sys_fdatasync(unsigned fd)
{
	return sys_fsync(fd);
}

long sys_sync(void)
{
	return do_sync();
}

static long truncate_file(unsigned fd, u64 size)
{
	struct file *file = fd_file(fd);

	if (!file)
		return -EBADF;
	return (s64)size < 0 ? -EINVAL : file_truncate(file, size);
}

static long truncate_path(const char *user_path, u64 size)
{
	char *path;
	int error;

	if ((s64)size < 0)
		return -EINVAL;
	path = path_get(user_path);
	if (IS_ERR(path))
		return PTR_ERR(path);
	error = fs_truncate(path, size);
	path_put(path);
	return error;
}

long sys_ftruncate(unsigned fd, long size)
{
	return truncate_file(fd, (u64)(s64)size);
}

long sys_truncate(const char *path, long size)
{
	return truncate_path(path, (u64)(s64)size);
}

long sys_ftruncate64(unsigned fd, unsigned long low, unsigned long high)
{
	return truncate_file(fd, join_offset(low, high));
}

long sys_truncate64(const char *path, unsigned long low, unsigned long high)
{
	return truncate_path(path, join_offset(low, high));
}
