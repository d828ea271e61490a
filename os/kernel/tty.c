/*
 * The terminal's device file: reads wait for the line discipline, writes go to the console.
 *
 * There are no process groups. The shell names with TIOCSPGRP the last process of a command,
 * or 0 when it has the terminal itself. ^C goes to that process, to those that its parent
 * has started since the terminal was last the shell's (the rest of a pipeline), and to all
 * descendants of them.
 *
 * foreground and free_since are guarded by task_list_lock.
 */
#include "kernel/tty.h"

#include "arch/machine.h"
#include "kernel/process.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"

#define TCGETS		0x5401u
#define TCSETS		0x5402u
#define TCSETSW		0x5403u
#define TCSETSF		0x5404u
#define TCFLSH		0x540bu
#define TIOCGPGRP	0x540fu
#define TIOCSPGRP	0x5410u
#define TIOCGWINSZ	0x5413u
#define TIOCSWINSZ	0x5414u
#define FIONREAD	0x541bu

/* The part of struct termios that these requests carry: 36 bytes. */
_Static_assert(sizeof(struct termios) == 36, "struct termios of Linux");

#define CHUNK	256u	/* bytes on their way between user and terminal */

struct winsize {
	u16 rows, columns, x_pixels, y_pixels;
};

static int foreground;			/* (t) pid, 0: the shell itself */
static unsigned long free_since;	/* (t) jiffies when it last became 0 */
static struct winsize window = { .rows = 24, .columns = 80 };
static struct mutex write_mutex = MUTEX_INIT(write_mutex);	/* one write at a time */

/* Does TASK belong to what the child of SHELL that is named as foreground stands for? */
static bool in_foreground(const struct task *task, const struct task *shell)
{
	for (; task && task->parent; task = task->parent)
		if (task->parent == shell)
			return task->pid == foreground ||
			       (long)(task->start_time - free_since) >= 0;
	return false;
}

void tty_signal(int sig)
{
	struct task *task, *leader;

	spin_lock(&task_list_lock);
	leader = foreground ? find_task(foreground) : NULL;
	if (leader && leader->parent)
		list_for_each(task, &task_list, link)
			if (in_foreground(task, leader->parent))
				send_signal(task, sig);
	spin_unlock(&task_list_lock);
}

/* 0 when there is something to read, else -EAGAIN or -EINTR. */
static long wait_for_input(const struct file *file)
{
	struct termios modes;
	struct waiter waiter;
	unsigned long ticks;

	if (file->flags & O_NONBLOCK)
		return -EAGAIN;
	line_get_modes(&modes);
	if (modes.lflag & ICANON || modes.cc[VMIN])
		return wait_event_interruptible(&line_readable, line_available());
	ticks = modes.cc[VTIME] * HZ / 10;
	if (!ticks)
		return -EAGAIN;
	wait_prepare(&line_readable, &waiter, true);
	if (!line_available() && !signal_pending(current))
		schedule_timeout(ticks);
	wait_finish(&line_readable, &waiter);
	return line_available() ? 0 : signal_pending(current) ? -EINTR : -EAGAIN;
}

/* With VMIN 0, nothing within the time is an end of file, not an error. */
static long nothing_read(const struct file *file, long error)
{
	return error == -EAGAIN && !(file->flags & O_NONBLOCK) ? 0 : error;
}

static long tty_read(struct file *file, char *user, size_t bytes, u64 *pos)
{
	char chunk[CHUNK];
	size_t done = 0;

	while (done < bytes) {
		long got = line_take(chunk, min(bytes - done, (size_t)CHUNK));

		if (got == -EAGAIN && !done) {
			long error = wait_for_input(file);

			if (error)
				return nothing_read(file, error);
			continue;
		}
		if (got <= 0)
			break;
		if (copy_to_user(user + done, chunk, (size_t)got))
			return -EFAULT;
		done += (size_t)got;
		if (chunk[got - 1] == '\n' || (size_t)got < CHUNK)
			break;
	}
	return (long)done;
}

static long tty_write(struct file *file, const char *user, size_t bytes, u64 *pos)
{
	char chunk[CHUNK];
	size_t done = 0;
	long error = 0;

	mutex_lock(&write_mutex);
	while (done < bytes && !error) {
		size_t piece = min(bytes - done, (size_t)CHUNK);

		if (signal_pending(current)) {
			error = -EINTR;
		} else if (copy_from_user(chunk, user + done, piece)) {
			error = -EFAULT;
		} else {
			console_write(chunk, piece);
			done += piece;
			cond_resched();
		}
	}
	mutex_unlock(&write_mutex);
	return done ? (long)done : error;
}

static long set_foreground(const int *user)
{
	int pid;

	if (get_user(pid, user))
		return -EFAULT;
	if (pid < 0)
		return -EINVAL;
	spin_lock(&task_list_lock);
	if (!pid)
		free_since = jiffies;
	foreground = pid;
	spin_unlock(&task_list_lock);
	return 0;
}

static long set_modes(unsigned command, const struct termios *user)
{
	struct termios modes;

	if (get_user(modes, user))
		return -EFAULT;
	if (command == TCSETSF)
		line_flush();
	line_set_modes(&modes);
	return 0;
}

static long get_modes(struct termios *user)
{
	struct termios modes;

	line_get_modes(&modes);
	return put_user(modes, user);
}

/* Output is never held back here, so TCSETSW has nothing to wait for. */
static long tty_ioctl(struct file *file, unsigned command, unsigned long argument)
{
	void *user = (void *)argument;
	int number;

	switch (command) {
	case TCGETS:
		return get_modes(user);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_modes(command, user);
	case TCFLSH:
		line_flush();
		return 0;
	case TIOCGPGRP:
		return copy_to_user(user, &foreground, sizeof(foreground));
	case TIOCSPGRP:
		return set_foreground(user);
	case TIOCGWINSZ:
		return copy_to_user(user, &window, sizeof(window));
	case TIOCSWINSZ:
		return copy_from_user(&window, user, sizeof(window));
	case FIONREAD:
		number = (int)line_available();
		return copy_to_user(user, &number, sizeof(number));
	default:
		return -ENOTTY;
	}
}

const struct file_operations tty_fops = {
	.read = tty_read,
	.write = tty_write,
	.ioctl = tty_ioctl,
};
