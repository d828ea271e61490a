/*
 * File descriptors of the current process. The table belongs to the process alone, so it
 * needs no lock; the open files in it may be shared, and are counted.
 */
#include "fs/fs.h"
#include "kernel/process.h"
#include "lib/errno.h"
#include "lib/string.h"

int fd_alloc(struct file *file, unsigned from)
{
	struct task *task = current;

	for (unsigned fd = from; fd < NR_OPEN; fd++) {
		if (!task->files[fd]) {
			task->files[fd] = file;
			fd_set_cloexec(fd, false);
			return (int)fd;
		}
	}
	return -EMFILE;
}

struct file *fd_file(unsigned fd)
{
	return fd < NR_OPEN ? current->files[fd] : NULL;
}

int fd_close(unsigned fd)
{
	struct file *file = fd_file(fd);

	if (!file)
		return -EBADF;
	current->files[fd] = NULL;
	file_put(file);
	return 0;
}

void fd_set_cloexec(unsigned fd, bool on)
{
	unsigned *word = &current->close_on_exec[fd / 32];

	*word = on ? *word | 1u << fd % 32 : *word & ~(1u << fd % 32);
}

bool fd_cloexec(unsigned fd)
{
	return current->close_on_exec[fd / 32] >> fd % 32 & 1;
}

void files_fork(struct task *child)
{
	struct task *parent = current;

	for (unsigned fd = 0; fd < NR_OPEN; fd++)
		if (parent->files[fd])
			child->files[fd] = file_get(parent->files[fd]);
	memcpy(child->close_on_exec, parent->close_on_exec, sizeof(child->close_on_exec));
}

void files_exit(void)
{
	for (unsigned fd = 0; fd < NR_OPEN; fd++)
		fd_close(fd);
}

void files_exec(void)
{
	for (unsigned fd = 0; fd < NR_OPEN; fd++)
		if (fd_cloexec(fd)) {
			fd_set_cloexec(fd, false);
			fd_close(fd);
		}
}
