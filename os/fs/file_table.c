/*
 * The records of open files, and how many there may be in all.
 *
 * A record lives as long as somebody refers to it: descriptors, of any number of processes,
 * and mappings.
 *
 * Owns the count of records, atomic, and the limit, which /proc/sys/fs/file-max changes
 * and which the superuser may exceed: else nobody could raise it any more.
 */
#include "arch/machine.h"
#include "fs/internal.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/slab/slab.h"
#include "mm/zone.h"

#define LEAST_MAX_FILES	8192u

atomic_t nr_files;
unsigned max_files = LEAST_MAX_FILES;

static struct kmem_cache *file_cache;

/* A file costs about a KiB with its inode and name: they may take a tenth of memory. */
void file_init(void)
{
	unsigned fit = (unsigned)(num_physpages / 10 * (PAGE_SIZE / 1024));

	file_cache = kmem_cache_create("filp", sizeof(struct file), 0, NULL);
	max_files = max(fit, LEAST_MAX_FILES);
}

struct file *file_alloc(const struct file_operations *ops, unsigned flags)
{
	struct file *file;

	if ((unsigned)atomic_read(&nr_files) >= max_files && current->euid != 0)
		return ERR_PTR(-ENFILE);
	file = kmem_cache_alloc(file_cache, GFP_KERNEL);
	if (!file)
		return ERR_PTR(-ENOMEM);
	atomic_inc(&nr_files);
	memset(file, 0, sizeof(*file));
	atomic_set(&file->count, 1);
	mutex_init(&file->sem, "file position");
	file->ops = ops;
	file->flags = flags;
	return file;
}

void file_put(struct file *file)
{
	if (!atomic_dec_and_test(&file->count))
		return;
	if (file->ops->release)
		file->ops->release(file);
	dput(file->dentry);
	kmem_cache_free(file_cache, file);
	atomic_dec(&nr_files);
}
