/*
 * What os/mm asks of os/kernel and os/fs, as far as a machine without processes and
 * file systems has it: user memory is the host's, files have no names, inodes have no
 * disk record that could be stale, and no dentry or inode is cached (A14).
 */
#include <stdlib.h>

#include "arch/sim/sim.h"
#include "fs/fs.h"
#include "kernel/time.h"
#include "kernel/uaccess.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/cache/buffer_internal.h"

size_t copy_string(char *to, const char *from, size_t size)
{
	size_t length = strlen(from);
	size_t n = min(length, size - 1);

	memcpy(to, from, n);
	to[n] = '\0';
	return length;
}

int copy_from_user(void *to, const void *user, size_t bytes)
{
	memcpy(to, user, bytes);
	return 0;
}

int copy_to_user(void *user, const void *from, size_t bytes)
{
	memcpy(user, from, bytes);
	return 0;
}

u64 realtime_ns(void)
{
	return clock_ns();
}

u32 realtime_seconds(void)
{
	return (u32)(jiffies / HZ);
}

void cond_resched(void)
{
}

struct file *file_alloc(const struct file_operations *ops, unsigned flags)
{
	struct file *file = calloc(1, sizeof(*file));

	atomic_set(&file->count, 1);
	file->ops = ops;
	file->flags = flags;
	mutex_init(&file->sem, "file");
	return file;
}

void file_put(struct file *file)
{
	if (!atomic_dec_and_test(&file->count))
		return;
	if (file->ops->release)
		file->ops->release(file);
	free(file);
}

void mark_inode_dirty(struct inode *inode)
{
}

void mark_inode_dirty_pages(struct inode *inode)
{
}

void shrink_dcache_memory(int priority, gfp_t gfp)
{
}

void shrink_icache_memory(int priority, gfp_t gfp)
{
}

void write_inode_records(struct block_device *dev, unsigned age)
{
}

/* A scenario takes their turns, as it does bdflush's. */
void flushers_start(void)
{
}

void wake_forker(void)
{
}

/* bdflush alone: a scenario does kupdate's round itself, when it says so. */
void bdflush_start(void)
{
	if (!bdflush_thread_start())
		panic("no memory for bdflush");
}
