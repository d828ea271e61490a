/*
 * Writes of files that fail: each open file is told of them, once, whoever has made the
 * write and whoever else has asked (facts 2.4, section 6; Q33).
 */
#include "arch/sim/sim.h"
#include "lib/errno.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/v24/v24.h"
#include "tests/units/one_file.h"
#include "tests/units/units.h"

static struct block_device *disk;
static void (*working_submit)(struct block_device *dev, struct bio *bio);
static unsigned writes_to_fail;
static unsigned long next_block = 30000;

static void failing_submit(struct block_device *dev, struct bio *bio)
{
	if (bio->write && writes_to_fail) {
		writes_to_fail--;
		bio_end(bio, -EIO);
		return;
	}
	working_submit(dev, bio);
}

static struct file opened(void)
{
	return (struct file){
		.inode = &one_inode, .wb_seen = errseq_sample(&one_inode.mapping->wb_err),
	};
}

static int asked(struct file *file)
{
	return file_check_and_advance_wb_err(file);
}

/* As a file system without metadata does it. */
static int fsync(struct file *file)
{
	filemap_fdatasync(file->inode->mapping);
	fsync_inode_buffers(file->inode);
	filemap_fdatawait(file->inode->mapping);
	return asked(file);
}

static void write_page(struct file *file, pgoff_t index)
{
	static const char bytes[PAGE_SIZE] = "written";
	u64 pos = (u64)index << PAGE_SHIFT;

	check(generic_file_write(file, bytes, PAGE_SIZE, &pos) == (long)PAGE_SIZE);
}

static void everybody_is_told_once(void)
{
	struct file writer = opened(), other = opened();

	write_page(&writer, 0);
	check(fsync(&writer) == 0 && fsync(&other) == 0);
	write_page(&writer, 0);
	writes_to_fail = 1;
	check(fsync(&writer) == -EIO && writes_to_fail == 0);
	check(fsync(&writer) == 0);
	check(fsync(&other) == -EIO && fsync(&other) == 0);
}

/* bdflush's writes, sync's, and those of reclaim: nobody waits for them. */
static void nobody_swallows_an_error(void)
{
	struct file reader = opened();

	write_page(&reader, 0);
	writes_to_fail = 1;
	flush_dirty_buffers(false);
	check(writes_to_fail == 0);
	sync_buffers(disk, true);
	filemap_fdatawait(one_inode.mapping);
	check(fsync(&reader) == -EIO && fsync(&reader) == 0);

	write_page(&reader, 1);
	writes_to_fail = 1;
	check(sync_buffers(disk, true) == -EIO && writes_to_fail == 0);
	check(fsync(&reader) == -EIO && fsync(&reader) == 0);
}

/* Several errors between two questions are one answer; one after it is news. */
static void errors_between_questions(void)
{
	struct file reader = opened();

	for (pgoff_t i = 0; i < 3; i++)
		write_page(&reader, i);
	writes_to_fail = 3;
	check(fsync(&reader) == -EIO && writes_to_fail == 0 && fsync(&reader) == 0);
	write_page(&reader, 0);
	writes_to_fail = 1;
	check(fsync(&reader) == -EIO && fsync(&reader) == 0);
}

/* Who opens the file after the error hears of it only if nobody has, or data were lost unseen. */
static void opened_after_the_error(void)
{
	struct file early = opened(), late, later;

	write_page(&early, 0);
	writes_to_fail = 1;
	flush_dirty_buffers(false);
	late = opened();
	check(fsync(&late) == -EIO && fsync(&late) == 0);
	later = opened();
	check(fsync(&later) == 0);
	check(fsync(&early) == -EIO);
}

/* The block that leads to the data fails; sync finds its buffer first, or fsync does. */
static void metadata_too(void)
{
	struct file one = opened(), two = opened();

	for (unsigned sync = 0; sync < 2; sync++) {
		struct buffer_head *bh = getblk(disk, next_block++, 1024);

		set_bit(BH_Uptodate, &bh->state);
		mark_buffer_dirty_inode(bh, &one_inode);
		brelse(bh);
		writes_to_fail = 1;
		if (sync)
			check(sync_buffers(disk, true) == -EIO);
		check(fsync(&one) == -EIO && fsync(&one) == 0);
		check(fsync(&two) == -EIO && fsync(&two) == 0);
		check(list_empty(&one_inode.data.metadata));
	}
}

/* What writepage itself says, of a page that a process has changed through a mapping. */
static void no_room_for_a_page(void)
{
	struct file one = opened(), two = opened();
	unsigned long room = one_file_blocks_left;
	struct page *page;

	one_inode.size += PAGE_SIZE;
	page = grab_cache_page(one_inode.mapping, (pgoff_t)(one_inode.size >> PAGE_SHIFT) - 1);
	SetPageUptodate(page);
	set_page_dirty(page);
	unlock_page(page);
	put_page(page);
	one_file_blocks_left = 0;
	check(filemap_fdatasync(one_inode.mapping) == -ENOSPC);	/* as sync does it */
	one_file_blocks_left = room;
	check(fsync(&one) == -ENOSPC && fsync(&one) == 0);
	check(fsync(&two) == -ENOSPC && fsync(&two) == 0);
}

/* Two threads ask for one descriptor: the error is for one of them. */
static void counts(void)
{
	struct errseq seq = { .happened = 0xffffffff, .told = 0xffffffff };
	u32 since = errseq_sample(&seq), other = since;

	errseq_set(&seq, -EIO);
	check(seq.happened == 0);
	errseq_set(&seq, -ENOSPC);
	check(errseq_check_and_advance(&seq, &since) == -ENOSPC);
	check(errseq_check_and_advance(&seq, &since) == 0);
	check(errseq_check_and_advance(&seq, &other) == -ENOSPC);
	check(errseq_sample(&seq) == since && since == other);
}

void unit_main(void)
{
	unit_boot(512, 4096);
	disk = disk_create("disk", MAJOR_VIRTIO, 1, 20000);
	working_submit = disk->submit;
	disk->submit = failing_submit;
	one_file_init(disk, 1024);
	everybody_is_told_once();
	nobody_swallows_an_error();
	errors_between_questions();
	opened_after_the_error();
	metadata_too();
	no_room_for_a_page();
	counts();
}
