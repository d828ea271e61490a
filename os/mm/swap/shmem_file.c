/*
 * Shared memory as an open file: what a shared anonymous mapping maps (facts 2.4, 5.5).
 *
 * Such a file has no name and no inode; areas that map it hold it, and the last one to
 * go destroys the segment.
 */
#include "arch/machine.h"
#include "fs/fs.h"
#include "lib/errno.h"
#include "mm/slab/slab.h"
#include "mm/swap/shmem.h"
#include "mm/vm/vm.h"

static void shmem_release(struct file *file)
{
	shmem_destroy(file->private);
	kfree(file->private);
}

static int shmem_mmap(struct file *file, struct vm_area *area)
{
	area->ops = &shmem_vm_ops;
	return 0;
}

static const struct file_operations shmem_file_ops = {
	.release = shmem_release,
	.mmap = shmem_mmap,
};

struct address_space *shmem_file_mapping(const struct file *file)
{
	struct shmem *info = file->private;

	return file->ops == &shmem_file_ops ? &info->mapping : NULL;
}

struct file *shmem_file_setup(u64 size)
{
	struct shmem *info = kmalloc(sizeof(*info), GFP_KERNEL);
	struct file *file;
	int error;

	if (!info)
		return ERR_PTR(-ENOMEM);
	error = shmem_init(info, (unsigned long)(PAGE_ALIGN(size) >> PAGE_SHIFT), NULL,
			   NULL);
	if (error) {
		kfree(info);
		return ERR_PTR(error);
	}
	file = file_alloc(&shmem_file_ops, O_RDWR);
	if (IS_ERR(file)) {
		shmem_destroy(info);
		kfree(info);
		return file;
	}
	file->private = info;
	return file;
}
