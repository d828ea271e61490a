/*
 * Shared memory that ends or gets another length, and what its pages cost a file of
 * tmpfs (facts 2.4, 5.5).
 *
 * A page costs its file a block from when it is made until the file is cut before it,
 * wherever the page is meanwhile. Pages that nobody wrote are zeros, and reclaim may
 * drop them without a word: recount finds that out afterwards. Owns the blocks of
 * tmpfs inodes and the used pages of their limits; the file's sem is held.
 */
#include "arch/machine.h"
#include "fs/fs.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/swap/shmem_internal.h"

#define BLOCKS_PER_PAGE	(PAGE_SIZE / 512)

void shmem_give_blocks(struct shmem *info, u64 nr)
{
	if (!info->inode)
		return;
	spin_lock(&info->limits->lock);
	info->limits->used_pages -= nr;
	info->inode->blocks -= nr * BLOCKS_PER_PAGE;
	spin_unlock(&info->limits->lock);
}

/* Pages that have left memory without going to swap cost nothing any more. */
static void recount(struct shmem *info)
{
	u64 here, paid;

	if (!info->inode)
		return;
	/* A page on its way to swap is in one of the counts: both change under this lock. */
	spin_lock(&pagecache_lock);
	here = (u64)info->mapping.nrpages + info->swapped;
	spin_unlock(&pagecache_lock);
	paid = info->inode->blocks / BLOCKS_PER_PAGE;
	assert(here <= paid);
	shmem_give_blocks(info, paid - here);
}

static bool take(struct shmem *info)
{
	struct shmem_limits *limits = info->limits;
	bool taken;

	spin_lock(&limits->lock);
	taken = !limits->pages || limits->used_pages < limits->pages;
	if (taken) {
		limits->used_pages++;
		info->inode->blocks += BLOCKS_PER_PAGE;
	}
	spin_unlock(&limits->lock);
	return taken;
}

int shmem_take_block(struct shmem *info)
{
	if (!info->inode || take(info))
		return 0;
	recount(info);
	return take(info) ? 0 : -ENOSPC;
}

static unsigned long pages_of(u64 size)
{
	return (unsigned long)((size + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

void shmem_extend(struct shmem *info, u64 size)
{
	mutex_lock(&info->sem);
	info->pages = max(info->pages, pages_of(size));
	mutex_unlock(&info->sem);
}

/* sem held: everything from byte START on goes, but the last page must be here. */
static void cut(struct shmem *info, u64 start)
{
	/* page_launder may move a page to swap until the last one has left the cache. */
	truncate_inode_pages(&info->mapping, start);
	shmem_drop_entries(info, pages_of(start));
	recount(info);
}

int shmem_truncate(struct shmem *info, u64 size)
{
	struct page *last = NULL;
	bool major;

	/* While we hold it, the page in which the file ends cannot go to swap. */
	if (size % PAGE_SIZE)
		last = shmem_getpage(info, (pgoff_t)(size >> PAGE_SHIFT), SHMEM_READ, &major);
	if (IS_ERR(last))
		return (int)PTR_ERR(last);
	mutex_lock(&info->sem);
	info->pages = pages_of(size);
	cut(info, size);
	mutex_unlock(&info->sem);
	if (last) {
		set_page_dirty(last);
		put_page(last);
	}
	return 0;
}

void shmem_destroy(struct shmem *info)
{
	shmem_forget(info);
	mutex_lock(&info->sem);
	cut(info, 0);
	mutex_unlock(&info->sem);
}
