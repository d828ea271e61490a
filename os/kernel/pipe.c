/*
 * Pipes: 64 KiB of bytes between those who write and those who read.
 *
 * A ring of page slots. `written` and `taken` count bytes since the pipe was made, so that
 * the bytes in it are written - taken, and byte N is in slot N / PAGE_SIZE % NR_SLOTS. A
 * slot has a page while there are bytes in it; one spare page is kept, so that a pipe with
 * little in it does not go to the allocator for each message.
 *
 * pipe->mutex guards everything but the count of ends. Readers sleep on `readable`, writers
 * on `writable`; both look again under the mutex after each wake-up.
 */
#include "fs/fs.h"
#include "kernel/process.h"
#include "kernel/syscalls.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "mm/alloc/alloc.h"
#include "mm/slab/slab.h"

#define NR_SLOTS	16u
#define PIPE_SIZE	(NR_SLOTS * PAGE_SIZE)
#define PIPE_BUF	4096u	/* a write of no more than this is not torn apart */
#define FIONREAD	0x541b

struct pipe {
	struct mutex mutex;
	struct wait_queue readable, writable;
	char *pages[NR_SLOTS];
	char *spare;			/* a page for the next slot, or NULL */
	unsigned long written, taken;	/* bytes so far */
	unsigned readers, writers;	/* open files of either end: 0 or 1 */
	atomic_t ends;			/* (a) open files; the last one to go frees it */
};

static unsigned long bytes_inside(const struct pipe *pipe)
{
	return pipe->written - pipe->taken;
}

/* A slot that is not drained completely cannot be filled again. */
static unsigned long room_inside(const struct pipe *pipe)
{
	return PIPE_SIZE - (pipe->written - (pipe->taken & PAGE_MASK));
}

static char **slot_of(struct pipe *pipe, unsigned long position)
{
	return &pipe->pages[position / PAGE_SIZE % NR_SLOTS];
}

/* Gives a drained slot's page away. */
static void drop_slot(struct pipe *pipe, char **slot)
{
	if (pipe->spare)
		free_pages_virt(*slot, 0);
	else
		pipe->spare = *slot;
	*slot = NULL;
}

/* Moves up to BYTES out to the user: how many, or -EFAULT if none. */
static long take_bytes(struct pipe *pipe, char *user, size_t bytes)
{
	size_t done = 0;

	bytes = min(bytes, bytes_inside(pipe));
	while (done < bytes) {
		size_t offset = pipe->taken % PAGE_SIZE;
		size_t piece = min(bytes - done, PAGE_SIZE - offset);
		char **slot = slot_of(pipe, pipe->taken);

		if (copy_to_user(user + done, *slot + offset, piece))
			return done ? (long)done : -EFAULT;
		pipe->taken += piece;
		done += piece;
		if (pipe->taken % PAGE_SIZE == 0 || !bytes_inside(pipe)) {
			drop_slot(pipe, slot);
			/* An empty pipe starts again at a page, so one page serves it. */
			if (!bytes_inside(pipe))
				pipe->written = pipe->taken = 0;
		}
	}
	return (long)done;
}

/* Moves up to BYTES in, as many as fit: how many, or -EFAULT or -ENOMEM if none. */
static long put_bytes(struct pipe *pipe, const char *user, size_t bytes)
{
	size_t done = 0;

	bytes = min(bytes, room_inside(pipe));
	while (done < bytes) {
		size_t offset = pipe->written % PAGE_SIZE;
		size_t piece = min(bytes - done, PAGE_SIZE - offset);
		char **slot = slot_of(pipe, pipe->written);
		int error = 0;

		if (!*slot) {
			*slot = pipe->spare ? pipe->spare : __get_free_pages(GFP_KERNEL, 0);
			pipe->spare = NULL;
		}
		if (!*slot)
			error = -ENOMEM;
		else if (copy_from_user(*slot + offset, user + done, piece))
			error = -EFAULT;
		if (error) {
			if (*slot && offset == 0)
				drop_slot(pipe, slot);
			return done ? (long)done : error;
		}
		pipe->written += piece;
		done += piece;
	}
	return (long)done;
}

static long pipe_read(struct file *file, char *user, size_t bytes, u64 *pos)
{
	struct pipe *pipe = file->private;
	long result;

	if (bytes == 0)
		return 0;
	for (;;) {
		mutex_lock(&pipe->mutex);
		if (bytes_inside(pipe)) {
			result = take_bytes(pipe, user, bytes);
			break;
		}
		result = pipe->writers ? -EAGAIN : 0;
		if (!pipe->writers || file->flags & O_NONBLOCK)
			break;
		mutex_unlock(&pipe->mutex);
		if (wait_event_interruptible(&pipe->readable,
					     bytes_inside(pipe) || !pipe->writers))
			return -EINTR;
	}
	mutex_unlock(&pipe->mutex);
	if (result > 0)
		wake_up(&pipe->writable);
	return result;
}

/* May a writer of BYTES go on? A short write waits until all of it fits. */
static bool may_write(const struct pipe *pipe, size_t bytes)
{
	return !pipe->readers || room_inside(pipe) >= (bytes <= PIPE_BUF ? bytes : 1);
}

static long pipe_write(struct file *file, const char *user, size_t bytes, u64 *pos)
{
	struct pipe *pipe = file->private;
	size_t done = 0;
	long result = 0;

	while (done < bytes) {
		size_t left = bytes - done;

		mutex_lock(&pipe->mutex);
		if (!pipe->readers)
			result = -EPIPE;
		else if (!may_write(pipe, bytes <= PIPE_BUF ? bytes : left))
			result = -EAGAIN;
		else
			result = put_bytes(pipe, user + done, left);
		mutex_unlock(&pipe->mutex);
		if (result > 0) {
			done += (size_t)result;
			wake_up(&pipe->readable);
			continue;
		}
		if (result != -EAGAIN || file->flags & O_NONBLOCK)
			break;
		result = wait_event_interruptible(&pipe->writable, may_write(pipe, left));
		if (result)
			break;
	}
	if (result == -EPIPE)
		send_signal(current, SIGPIPE);
	return done ? (long)done : result;
}

static long pipe_ioctl(struct file *file, unsigned command, unsigned long argument)
{
	struct pipe *pipe = file->private;
	int bytes;

	if (command != FIONREAD)
		return -ENOTTY;
	mutex_lock(&pipe->mutex);
	bytes = (int)bytes_inside(pipe);
	mutex_unlock(&pipe->mutex);
	return put_user(bytes, (int *)argument);
}

static void pipe_free(struct pipe *pipe)
{
	for (unsigned i = 0; i < NR_SLOTS; i++)
		if (pipe->pages[i])
			free_pages_virt(pipe->pages[i], 0);
	if (pipe->spare)
		free_pages_virt(pipe->spare, 0);
	kfree(pipe);
}

static void pipe_release(struct file *file)
{
	struct pipe *pipe = file->private;

	mutex_lock(&pipe->mutex);
	if ((file->flags & O_ACCMODE) == O_RDONLY)
		pipe->readers--;
	else
		pipe->writers--;
	mutex_unlock(&pipe->mutex);
	wake_up(&pipe->readable);
	wake_up(&pipe->writable);
	if (atomic_dec_and_test(&pipe->ends))
		pipe_free(pipe);
}

/* One set for both ends: file_read and file_write look at the open mode first. */
static const struct file_operations pipe_fops = {
	.release = pipe_release,
	.read = pipe_read,
	.write = pipe_write,
	.ioctl = pipe_ioctl,
};

static struct pipe *pipe_create(void)
{
	struct pipe *pipe = kzalloc(sizeof(*pipe), GFP_KERNEL);

	if (!pipe)
		return NULL;
	mutex_init(&pipe->mutex, "pipe");
	wait_queue_init(&pipe->readable, "pipe readable");
	wait_queue_init(&pipe->writable, "pipe writable");
	return pipe;
}

/* An open file for one end, which is counted, or an ERR_PTR. */
static struct file *open_end(struct pipe *pipe, unsigned flags)
{
	struct file *file = file_alloc(&pipe_fops, flags);

	if (IS_ERR(file))
		return file;
	file->private = pipe;
	atomic_inc(&pipe->ends);
	if ((flags & O_ACCMODE) == O_RDONLY)
		pipe->readers = 1;
	else
		pipe->writers = 1;
	return file;
}

/* Both ends as files; 0, -ENOMEM or -ENFILE. */
static int open_pipe(struct file *ends[2], unsigned flags)
{
	struct pipe *pipe = pipe_create();

	if (!pipe)
		return -ENOMEM;
	ends[0] = open_end(pipe, O_RDONLY | flags);
	if (IS_ERR(ends[0])) {
		pipe_free(pipe);
		return (int)PTR_ERR(ends[0]);
	}
	ends[1] = open_end(pipe, O_WRONLY | flags);
	if (IS_ERR(ends[1])) {
		file_put(ends[0]);
		return (int)PTR_ERR(ends[1]);
	}
	return 0;
}

long sys_pipe2(int *user, unsigned flags)
{
	struct file *ends[2] = { NULL, NULL };
	int fds[2], error;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	error = open_pipe(ends, flags & O_NONBLOCK);
	if (error)
		return error;
	fds[0] = fd_alloc(ends[0], 0);
	if (fds[0] < 0) {
		file_put(ends[0]);
		file_put(ends[1]);
		return fds[0];
	}
	fds[1] = fd_alloc(ends[1], 0);
	if (fds[1] < 0) {
		fd_close((unsigned)fds[0]);
		file_put(ends[1]);
		return fds[1];
	}
	for (unsigned i = 0; i < 2; i++)
		fd_set_cloexec((unsigned)fds[i], flags & O_CLOEXEC);
	if (copy_to_user(user, fds, sizeof(fds))) {
		fd_close((unsigned)fds[0]);
		fd_close((unsigned)fds[1]);
		return -EFAULT;
	}
	return 0;
}

long sys_pipe(int *user)
{
	return sys_pipe2(user, 0);
}
