/*
 * /proc: reading and writing its files.
 *
 * Owns the text of each open file, in file->private, under the file's sem. It is made
 * when a reader starts at byte 0, and every later read gets its part of the same text.
 */
#include "fs/proc/proc.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/slab/slab.h"

#define FIRST_SIZE	2000u		/* bytes; doubled until the text fits */
#define LAST_SIZE	(100u << 10)
#define MAX_WRITE	128u		/* bytes that one write may have */

void text_printf(struct text *text, const char *fmt, ...)
{
	size_t room = text->size - text->used;
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(text->data + text->used, room, fmt, args);
	va_end(args);
	if (length < 0)
		return;
	if ((size_t)length >= room)
		text->overflow = true;
	else
		text->used += (size_t)length;
}

static const struct proc_entry *entry_of(const struct file *file)
{
	return &proc_entries[(file->inode->ino - 1) & 0xff];
}

static int pid_of(const struct file *file)
{
	return (int)((file->inode->ino - 1) >> 8);
}

static void free_text(struct file *file)
{
	struct text *text = file->private;

	if (text)
		kfree(text->data);
	kfree(text);
	file->private = NULL;
}

/* Makes the text; one that is too long for any buffer ends where the buffer does. */
static int make_text(struct file *file)
{
	int pid = pid_of(file);
	struct text *text = kzalloc(sizeof(*text), GFP_KERNEL);
	int error;

	if (!text)
		return -ENOMEM;
	file->private = text;
	for (text->size = FIRST_SIZE; ; text->size *= 2) {
		text->data = kmalloc(text->size, GFP_KERNEL);
		if (!text->data)
			return -ENOMEM;
		text->used = 0;
		text->overflow = false;
		error = entry_of(file)->show(text, pid);
		if (error || !text->overflow || text->size * 2 > LAST_SIZE)
			return error;
		kfree(text->data);
	}
}

static long proc_read(struct file *file, char *user, size_t bytes, u64 *pos)
{
	struct text *text;
	int error;

	if (!entry_of(file)->show)
		return -EACCES;
	if (*pos == 0 || !file->private) {
		free_text(file);
		error = make_text(file);
		if (error) {
			free_text(file);
			return error;
		}
	}
	text = file->private;
	if (*pos >= text->used)
		return 0;
	bytes = min(bytes, text->used - (size_t)*pos);
	if (copy_to_user(user, text->data + (size_t)*pos, bytes))
		return -EFAULT;
	*pos += bytes;
	return (long)bytes;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\0';
}

static long proc_write(struct file *file, const char *user, size_t bytes, u64 *pos)
{
	const struct proc_entry *entry = entry_of(file);
	char buffer[MAX_WRITE + 1], *start = buffer;
	size_t length = bytes;
	int error;

	if (!entry->store && !entry->store_pid)
		return -EACCES;
	if (entry->store && current->euid != 0)
		return -EPERM;
	if (bytes > MAX_WRITE)
		return -EINVAL;
	if (copy_from_user(buffer, user, bytes))
		return -EFAULT;
	while (length && is_space(buffer[length - 1]))
		length--;
	buffer[length] = '\0';
	while (*start && is_space(*start))
		start++;
	error = entry->store ? entry->store(start) : entry->store_pid(pid_of(file), start);
	if (error)
		return error;
	*pos += bytes;
	return (long)bytes;
}

const struct file_operations proc_file_fops = {
	.release = free_text,
	.read = proc_read,
	.write = proc_write,
};
