/*
 * How dirty buffers reach the disk: the balance, bdflush, ages, and who is asked to help
 * (facts 2.4, 3.9 and section 6).
 */
#include "arch/sim/sim.h"
#include "lib/errno.h"
#include "mm/cache/buffer_internal.h"
#include "mm/reclaim/v24/v24.h"
#include "tests/units/units.h"

static struct block_device *disk, *other_disk;
static unsigned long next_block;

/* The state of the balance if so many pages' worth of buffers were dirty. */
static int balance_with(unsigned long dirty_pages)
{
	unsigned long really = buffer_list_bytes[BUF_DIRTY];
	int state;

	buffer_list_bytes[BUF_DIRTY] = dirty_pages << PAGE_SHIFT;
	state = balance_dirty_state();
	buffer_list_bytes[BUF_DIRTY] = really;
	return state;
}

/* 30 % and 60 % of what buffers could have: free and inactive pages, a part of active. */
static void shares_of_memory(void)
{
	unit_leave_free(ZONE_DMA, 300);
	unit_leave_free(ZONE_NORMAL, 2000);
	unit_cached_pages(1600, STATE_ACTIVE);
	memory_pressure = 0;
	check(nr_free_pages() == 700);		/* 700 + 1600 / 16 */
	check(balance_with(240) == -1 && balance_with(241) == 0);
	check(balance_with(480) == 0 && balance_with(481) == 1);
	unit_drop_cached_pages();

	unit_leave_free(ZONE_NORMAL, 400);	/* 700 */
	memory_pressure = 0;
	check(balance_with(210) == -1 && balance_with(211) == 0);
	check(balance_with(420) == 0 && balance_with(421) == 1);

	unit_leave_free(ZONE_DMA, 0);
	unit_leave_free(ZONE_NORMAL, 100);	/* at least freepages.high, 672 */
	memory_pressure = 0;
	check(balance_with(403) == 0 && balance_with(404) == 1);
	memory_pressure = 6400;			/* and the target, 100, with it */
	check(balance_with(463) == 0 && balance_with(464) == 1);
	memory_pressure = 0;
	unit_give_frames();
}

/* Nothing is dirty, but bdflush could turn inactive pages into what is missing (Q37). */
static void help_for_a_shortage(void)
{
	unit_leave_free(ZONE_DMA, 200);
	unit_leave_free(ZONE_NORMAL, 400 + 672);
	unit_cached_pages(672, STATE_INACTIVE_DIRTY);
	memory_pressure = 0;
	check(free_shortage() == 72 && balance_with(0) == -1);
	unit_cached_pages(1, STATE_INACTIVE_DIRTY);
	check(free_shortage() == 73 && balance_with(0) == 0);
	/* bdflush's turn cleans them, and there is nothing more to do for it. */
	check(!bdflush_pass() && nr_inactive_clean_pages() == 673 && free_shortage() == 0);
	unit_drop_cached_pages();
	unit_give_frames();
}

static struct buffer_head *dirty_buffer(struct block_device *dev)
{
	struct buffer_head *bh = getblk(dev, ++next_block, PAGE_SIZE);

	set_bit(BH_Uptodate, &bh->state);
	mark_buffer_dirty(bh);
	brelse(bh);
	return bh;
}

static unsigned long dirty_buffers(void)
{
	return buffer_list_bytes[BUF_DIRTY] >> PAGE_SHIFT;
}

/* 64 at a time, which counts as 65 when there are more. */
static void portions_of_64(void)
{
	for (unsigned i = 0; i < 100; i++)
		dirty_buffer(disk);
	check(flush_dirty_buffers(false) == 65 && dirty_buffers() == 36);
	check(flush_dirty_buffers(false) == 36 && dirty_buffers() == 0);
	check(flush_dirty_buffers(false) == 0);

	/* Exactly a portion: there are no more. */
	for (unsigned i = 0; i < 64; i++)
		dirty_buffer(disk);
	check(flush_dirty_buffers(false) == 64 && dirty_buffers() == 0);
	disk_complete_all();
}

/* The oldest comes first; with ages, the first whose time has not come ends the search. */
static void ages(void)
{
	struct buffer_head *old = dirty_buffer(disk), *young;

	clock_tick(30 * HZ - 1);
	young = dirty_buffer(disk);
	check(flush_dirty_buffers(true) == 0 && dirty_buffers() == 2);
	clock_tick(1);
	check(flush_dirty_buffers(true) == 0 && dirty_buffers() == 1);
	check(buffer_test(old, BH_Lock) && buffer_test(young, BH_Dirty));
	clock_tick(30 * HZ - 1);
	check(flush_dirty_buffers(true) == 0 && dirty_buffers() == 0);
	disk_complete_all();
}

/* bdflush goes round again only if it wrote something and too much is still dirty. */
static void turns_of_bdflush(void)
{
	check(!bdflush_pass());
	dirty_buffer(disk);
	check(!bdflush_pass() && dirty_buffers() == 0);
	bdflush_params.nfract = 0;
	for (unsigned i = 0; i < 65; i++)
		dirty_buffer(disk);
	check(bdflush_pass() && dirty_buffers() == 1);
	check(!bdflush_pass() && dirty_buffers() == 0);
	bdflush_params.nfract = 30;
	disk_complete_all();
}

/* Whoever makes a buffer dirty when far too much is dirty already writes some himself. */
static void writers_help(void)
{
	struct buffer_head *bh = getblk(disk, ++next_block, PAGE_SIZE);

	for (unsigned i = 0; i < 70; i++)
		dirty_buffer(disk);
	bdflush_params.nfract = bdflush_params.nfract_sync = 0;
	mark_buffer_dirty(bh);
	brelse(bh);
	check(dirty_buffers() == 71 - 64);
	wakeup_bdflush(false);		/* without waiting: bdflush alone */
	check(dirty_buffers() == 71 - 64);
	wakeup_bdflush(true);
	check(dirty_buffers() == 0);
	bdflush_params.nfract = 30;
	bdflush_params.nfract_sync = 60;
	disk_complete_all();
}

/* sync of one device leaves the others alone, waits, and tells of errors. */
static void sync_one_device(void)
{
	struct buffer_head *here = dirty_buffer(disk), *there = dirty_buffer(other_disk);

	check(sync_buffers(disk, true) == 0);
	check(!buffer_test(here, BH_Dirty) && !buffer_test(here, BH_Lock));
	check(buffer_test(there, BH_Dirty));
	check(sync_buffers(NULL, false) == 0);
	check(buffer_test(there, BH_Lock) && !buffer_test(there, BH_Dirty));
	disk_complete_all();
	set_bit(BH_Error, &there->state);
	check(sync_buffers(other_disk, true) == -EIO);
	check(sync_buffers(other_disk, true) == 0);
}

void unit_main(void)
{
	unit_boot(4096, 12288);
	disk = disk_create("disk", MAJOR_VIRTIO, 1, 20000);
	other_disk = disk_create("other", MAJOR_VIRTIO, 2, 20000);
	disk_instant = false;
	shares_of_memory();
	help_for_a_shortage();
	portions_of_64();
	ages();
	turns_of_bdflush();
	writers_help();
	sync_one_device();
	lru_check();
}
