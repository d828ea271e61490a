/* System calls that work on descriptors, and reading directories. */
#include "fs/fs.h"
#include "kernel/process.h"
#include "kernel/syscalls.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/string.h"

#define F_DUPFD		0
#define F_GETFD		1
#define F_SETFD		2
#define F_GETFL		3
#define F_SETFL		4
#define F_DUPFD_CLOEXEC	1030
#define FD_CLOEXEC	1

#define SETTABLE_FLAGS	(O_APPEND | O_NONBLOCK)

static long duplicate(struct file *file, unsigned from, bool cloexec)
{
	int fd = fd_alloc(file_get(file), from);

	if (fd < 0)
		file_put(file);
	else
		fd_set_cloexec((unsigned)fd, cloexec);
	return fd;
}

long sys_dup(unsigned fd)
{
	struct file *file = fd_file(fd);

	return file ? duplicate(file, 0, false) : -EBADF;
}

long sys_dup2(unsigned from, unsigned to)
{
	struct file *file = fd_file(from);

	if (!file || to >= NR_OPEN)
		return -EBADF;
	if (from == to)
		return to;
	file_get(file);
	fd_close(to);
	current->files[to] = file;
	fd_set_cloexec(to, false);
	return to;
}

long sys_fcntl(unsigned fd, unsigned command, unsigned long argument)
{
	struct file *file = fd_file(fd);

	if (!file)
		return -EBADF;
	switch (command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (argument >= NR_OPEN)
			return -EINVAL;
		return duplicate(file, (unsigned)argument, command == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return fd_cloexec(fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		fd_set_cloexec(fd, argument & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return (long)file->flags;
	case F_SETFL:
		file->flags = (file->flags & ~SETTABLE_FLAGS) |
			      ((unsigned)argument & SETTABLE_FLAGS);
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_fcntl64(unsigned fd, unsigned command, unsigned long argument)
{
	return sys_fcntl(fd, command, argument);
}

/* Linux's struct linux_dirent64; the name with its NUL follows, then padding. */
struct dirent_head {
	u64 ino;
	s64 next;		/* position of the following entry */
	u16 length;		/* bytes of the whole record */
	u8 type;
} __packed;

struct dirent_buffer {
	char *user;		/* where the next record goes */
	size_t left;		/* bytes */
	int error;
};

static bool put_dirent(void *arg, const char *name, unsigned len, u64 next_pos,
		       unsigned long ino, unsigned char type)
{
	struct dirent_buffer *buffer = arg;
	size_t length = (sizeof(struct dirent_head) + len + 1 + 7) & ~(size_t)7;
	struct dirent_head head = { ino, (s64)next_pos, (u16)length, type };
	char *user_name = buffer->user + sizeof(head);

	if (length > buffer->left) {
		buffer->error = -EINVAL;	/* what is returned if it was the first */
		return false;
	}
	if (copy_to_user(buffer->user, &head, sizeof(head)) ||
	    copy_to_user(user_name, name, len) ||
	    clear_user(user_name + len, length - sizeof(head) - len)) {
		buffer->error = -EFAULT;
		return false;
	}
	buffer->user += length;
	buffer->left -= length;
	return true;
}

long sys_getdents64(unsigned fd, void *user, unsigned bytes)
{
	struct dirent_buffer buffer = { user, bytes, 0 };
	struct file *file = fd_file(fd);
	int error;

	if (!file)
		return -EBADF;
	error = file_readdir(file, put_dirent, &buffer);
	if (buffer.user != (char *)user)
		return buffer.user - (char *)user;
	return error ? error : buffer.error;
}
