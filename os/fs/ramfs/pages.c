/*
 * ramfs's pages, which have no other place: not on disk, not in swap (facts 2.4, 2.5 and
 * Q10). Owns nothing; pages come locked.
 *
 * A page that was written stays dirty for ever. Reclaim does not know that and has it
 * written: ramfs makes it dirty again, says that all is well, and leaves it locked, as
 * if a transfer were to unlock it at its end. None does. Reading the page goes on, but
 * who wants its lock, to write, truncate or unmount, sleeps until the machine is
 * switched off: the original's mistake, kept. tmpfs is what a program should use.
 */
#include "fs/ramfs/ramfs.h"
#include "arch/machine.h"
#include "fs/fs.h"
#include "lib/string.h"

/* Dirty without a note in the mapping's lists: no sync shall look for the page. */
static int ramfs_writepage(struct page *page)
{
	SetPageDirty(page);
	return 0;
}

static void make_zero(struct page *page)
{
	clear_page(kmap(page));
	kunmap(page);
	SetPageUptodate(page);
}

static int ramfs_readpage(struct page *page)
{
	make_zero(page);
	unlock_page(page);
	return 0;
}

static int ramfs_prepare_write(struct page *page, unsigned from, unsigned to)
{
	if (!PageUptodate(page))
		make_zero(page);
	SetPageDirty(page);
	return 0;
}

static int ramfs_commit_write(struct page *page, unsigned from, unsigned to)
{
	struct inode *inode = page->mapping->host;

	inode->size = max(inode->size, (u64)page->index * PAGE_SIZE + to);
	return 0;
}

const struct address_space_operations ramfs_aops = {
	.readpage = ramfs_readpage,
	.writepage = ramfs_writepage,
	.prepare_write = ramfs_prepare_write,
	.commit_write = ramfs_commit_write,
};
