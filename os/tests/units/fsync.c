/*
 * fsync: the file's own pages and the metadata that leads to it, and nothing else
 * (facts 2.4, 3.8 and section 6).
 */
#include "arch/sim/sim.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/v24/v24.h"
#include "tests/units/one_file.h"
#include "tests/units/units.h"

static struct block_device *disk;
static struct inode mine, yours;
static unsigned long next_block = 30000;

static struct buffer_head *metadata_of(struct inode *inode)
{
	struct buffer_head *bh = getblk(disk, next_block++, 1024);

	set_bit(BH_Uptodate, &bh->state);
	mark_buffer_dirty_inode(bh, inode);
	brelse(bh);
	return bh;
}

static bool is_on_disk(const struct buffer_head *bh)
{
	return !buffer_test(bh, BH_Dirty) && !buffer_test(bh, BH_Lock);
}

static struct file my_file = { .inode = &mine }, your_file = { .inode = &yours };

static bool told(struct file *file)
{
	int error = file_check_and_advance_wb_err(file);

	check(error == 0 || error == -EIO);
	return error != 0;
}

static void only_the_files_own(void)
{
	struct buffer_head *a = metadata_of(&mine), *b = metadata_of(&mine);
	struct buffer_head *c = metadata_of(&yours), *nobodys = getblk(disk, 1, 1024);

	set_bit(BH_Uptodate, &nobodys->state);
	mark_buffer_dirty(nobodys);
	check(inode_has_buffers(&mine) && inode_has_buffers(&yours));
	fsync_inode_buffers(&mine);
	check(is_on_disk(a) && is_on_disk(b) && disk->writes == 2);
	check(buffer_test(c, BH_Dirty) && buffer_test(nobodys, BH_Dirty));
	check(!inode_has_buffers(&mine) && inode_has_buffers(&yours));
	fsync_inode_buffers(&mine);
	check(disk->writes == 2);
	fsync_inode_buffers(&yours);
	check(is_on_disk(c) && disk->writes == 3 && buffer_test(nobodys, BH_Dirty));
	take_buffer_dirty(nobodys);
	brelse(nobodys);
}

/* A write under way has the old contents: another one must follow it. */
static void changed_while_it_is_written(void)
{
	struct buffer_head *bh = metadata_of(&mine);
	unsigned long writes = disk->writes;

	ll_rw_block(true, 1, &bh);
	mark_buffer_dirty_inode(bh, &mine);
	check(buffer_test(bh, BH_Lock) && buffer_test(bh, BH_Dirty));
	fsync_inode_buffers(&mine);
	check(is_on_disk(bh) && disk->writes == writes + 2);

	mark_buffer_dirty(bh);
	ll_rw_block(true, 1, &bh);
	mark_buffer_dirty(bh);
	check(write_buffer_now(bh) == 0 && is_on_disk(bh) && disk->writes == writes + 4);
}

/* A block that now leads to another file is written for that one. */
static void the_last_owner_counts(void)
{
	struct buffer_head *bh = metadata_of(&mine);

	mark_buffer_dirty_inode(bh, &yours);
	fsync_inode_buffers(&mine);
	check(buffer_test(bh, BH_Dirty) && !inode_has_buffers(&mine));
	fsync_inode_buffers(&yours);
	check(is_on_disk(bh));
}

/* Written by bdflush, freed, forgotten, or without its file: it is nobody's. */
static void ends_of_ownership(void)
{
	struct buffer_head *bh = metadata_of(&mine);

	flush_dirty_buffers(false);
	check(inode_has_buffers(&mine));	/* in flight: fsync has to wait */
	disk_complete_all();
	check(!inode_has_buffers(&mine) && list_empty(&mine.data.metadata));

	metadata_of(&mine);
	sync_buffers(disk, true);
	check(list_empty(&mine.data.metadata));

	bh = metadata_of(&mine);
	atomic_inc(&bh->count);
	bforget(bh);
	check(list_empty(&mine.data.metadata));

	bh = metadata_of(&mine);
	invalidate_inode_buffers(&mine);
	check(list_empty(&mine.data.metadata) && buffer_test(bh, BH_Dirty) && !bh->owner);
	sync_buffers(disk, true);

	bh = metadata_of(&mine);
	take_buffer_dirty(bh);
	invalidate_buffers(disk);
	check(list_empty(&mine.data.metadata));
}

/* Whoever notices the failed write, the file hears of it, once. */
static void errors_are_told_once(void)
{
	struct buffer_head *bh = metadata_of(&mine);

	set_bit(BH_Error, &bh->state);		/* as a write of bdflush left it */
	take_buffer_dirty(bh);
	check(list_empty(&mine.data.metadata));
	check(told(&my_file) && !told(&my_file) && !told(&your_file));

	bh = metadata_of(&mine);
	ll_rw_block(true, 1, &bh);
	disk_complete_all();
	set_bit(BH_Error, &bh->state);
	fsync_inode_buffers(&mine);
	check(told(&my_file) && !told(&my_file));
	check(!buffer_test(bh, BH_Error));
}

/* Data: pages written by write(), and pages that a process changed through a mapping. */
static void data_of_the_file(void)
{
	static char bytes[PAGE_SIZE];
	struct page *written, *mapped;
	u64 pos = 0;

	check(generic_file_write(&one_file, bytes, PAGE_SIZE, &pos) == (long)PAGE_SIZE);
	check(generic_file_write(&one_file, bytes, PAGE_SIZE, &pos) == (long)PAGE_SIZE);
	written = find_get_page(&one_inode.data, 0);
	mapped = find_get_page(&one_inode.data, 1);
	set_page_dirty(mapped);
	check(!PageDirty(written) && PageDirty(mapped));
	check(filemap_fdatasync(&one_inode.data) == 0);
	check(list_empty(&one_inode.data.dirty_pages));
	check(buffer_test(written->buffers, BH_Lock) && PageLocked(mapped));
	filemap_fdatawait(&one_inode.data);
	check(is_on_disk(written->buffers) && is_on_disk(mapped->buffers));
	check(list_empty(&one_inode.data.locked_pages) && !PageDirty(mapped));
	put_page(written);
	put_page(mapped);
}

/* A page that somebody else has cleaned stays on the list of dirty ones until now (Q34). */
static void clean_pages_on_the_dirty_list(void)
{
	struct page *page = find_get_page(&one_inode.data, 1);
	unsigned long writes = disk->writes;

	set_page_dirty(page);
	ClearPageDirty(page);
	check(list_first(&one_inode.data.dirty_pages, struct page, list) == page);
	check(filemap_fdatasync(&one_inode.data) == 0);
	filemap_fdatawait(&one_inode.data);
	check(list_empty(&one_inode.data.dirty_pages) && disk->writes == writes);
	/* And a bit that is set behind the mapping's back is not seen. */
	SetPageDirty(page);
	check(filemap_fdatasync(&one_inode.data) == 0 && disk->writes == writes);
	ClearPageDirty(page);
	put_page(page);
}

void unit_main(void)
{
	unit_boot(512, 4096);
	disk = disk_create("disk", MAJOR_VIRTIO, 1, 20000);
	one_file_init(disk, 1024);
	mapping_init(&mine.data, &mine, NULL);
	mapping_init(&yours.data, &yours, NULL);
	mine.mapping = &mine.data;
	yours.mapping = &yours.data;
	disk_instant = false;
	only_the_files_own();
	changed_while_it_is_written();
	the_last_owner_counts();
	ends_of_ownership();
	errors_are_told_once();
	data_of_the_file();
	clean_pages_on_the_dirty_list();
}
