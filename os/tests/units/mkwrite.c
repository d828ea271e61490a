/*
 * The first write to a page of a file through a shared mapping: its blocks are there
 * afterwards, or the access fails (facts 2.6, 10.5).
 */
#include "arch/sim/sim.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/cache/buffer_internal.h"
#include "mm/vm/vm_internal.h"
#include "tests/units/one_file.h"
#include "tests/units/units.h"

#define BASE	0x10000000ul
#define PAGES	8u
#define BLOCK	1024u
#define BLOCKS	(PAGE_SIZE / BLOCK)	/* of a page */

static struct block_device *disk;
static struct mm_struct *mm;

static pte_t *slot_of(unsigned i)
{
	return page_table_find(mm->page_table, BASE + i * PAGE_SIZE);
}

/* The right of page I's pte: 'w', 'r' or, if there is no page, '-'. */
static char right(unsigned i)
{
	pte_t *slot = slot_of(i);

	if (!slot || !pte_present(pte_read(slot)))
		return '-';
	return pte_write(pte_read(slot)) ? 'w' : 'r';
}

static int fault(unsigned i, bool write)
{
	return do_page_fault(mm, BASE + i * PAGE_SIZE, write, false, 0);
}

/* An empty file of SIZE bytes, mapped from its start; everything before is forgotten. */
static void new_file(u64 size)
{
	if (mm)
		mm_put(mm);
	truncate_inode_pages(one_inode.mapping, 0);
	one_inode.size = 0;
	one_file_drop_blocks(&one_inode);
	one_inode.size = size;
	mm = mm_create();
	mutex_lock(&mm->mmap_sem);
	check(map_area(mm, BASE, PAGES * PAGE_SIZE, VM_READ | VM_WRITE | VM_SHARED, &one_file,
		       0, true) == (long)BASE);
	mutex_unlock(&mm->mmap_sem);
}

/* Runs a fault while the disk is full. */
static int fault_without_room(unsigned i, bool write)
{
	unsigned long room = one_file_blocks_left;
	int error;

	one_file_blocks_left = 0;
	error = fault(i, write);
	check(one_file_blocks_left == 0);
	one_file_blocks_left = room;
	return error;
}

static int fsync_without_room(void)
{
	unsigned long room = one_file_blocks_left;
	int error;

	for (unsigned i = 0; i < PAGES; i++)
		if (right(i) != '-' && pte_dirty(pte_read(slot_of(i))))
			set_page_dirty(pfn_to_page(pte_pfn(pte_read(slot_of(i)))));
	one_file_blocks_left = 0;
	filemap_fdatasync(one_inode.mapping);
	filemap_fdatawait(one_inode.mapping);
	error = file_check_and_advance_wb_err(&one_file);
	one_file_blocks_left = room;
	return error;
}

static void holes_get_blocks_at_the_fault(void)
{
	unsigned long room;

	new_file(PAGES * PAGE_SIZE);
	room = one_file_blocks_left;
	check(fault(0, false) == 0 && right(0) == 'r' && one_file_blocks_left == room);
	check(fault(0, true) == 0 && right(0) == 'w');
	check(one_file_blocks_left == room - BLOCKS);
	check(fault(1, true) == 0 && right(1) == 'w');
	check(one_file_blocks_left == room - 2 * BLOCKS);
	memset(page_address(pfn_to_page(pte_pfn(pte_read(slot_of(1))))), 42, PAGE_SIZE);
	/* So a disk that gets full afterwards does not matter. */
	check(fsync_without_room() == 0);
}

static void a_full_disk_is_an_error_of_the_access(void)
{
	new_file(PAGES * PAGE_SIZE);
	check(fault_without_room(0, true) == -EIO && right(0) == '-');
	check(fault_without_room(0, false) == 0 && right(0) == 'r');
	check(fault_without_room(0, true) == -EIO && right(0) == 'r');
	check(fault(0, true) == 0 && right(0) == 'w');
	check(fsync_without_room() == 0);
}

/* A page whose blocks are there: nothing is written because somebody might write to it. */
static void blocks_that_are_there(void)
{
	static const char bytes[PAGE_SIZE];
	struct page *page;
	u64 pos = 0;

	new_file(0);
	check(generic_file_write(&one_file, bytes, PAGE_SIZE, &pos) == (long)PAGE_SIZE);
	check(fsync_without_room() == 0);
	page = find_get_page(one_inode.mapping, 0);
	lock_page(page);
	check(try_to_free_buffers(page, 0) == 1);	/* as reclaim may */
	unlock_page(page);
	put_page(page);
	check(fault_without_room(0, true) == 0 && right(0) == 'w');
	for_each_buffer(bh, page->buffers)
		check(buffer_test(bh, BH_Mapped) && !buffer_test(bh, BH_Dirty));
}

/* Blocks that have been allocated so show zeros, even if the page is never written. */
static void a_new_block_shows_nothing_old(void)
{
	struct page *page;

	new_file(PAGE_SIZE);
	check(fault(0, true) == 0);
	page = pfn_to_page(pte_pfn(pte_read(slot_of(0))));
	for_each_buffer(bh, page->buffers)
		check(buffer_test(bh, BH_Dirty) && buffer_test(bh, BH_Uptodate) &&
		      !buffer_test(bh, BH_New));
}

/* A page at the file's end has blocks up to there only; they grow with the file. */
static void files_that_grow(void)
{
	unsigned long room;
	char byte = 1;
	u64 pos = 3 * BLOCK;

	for (unsigned by_write = 0; by_write < 2; by_write++) {
		new_file(BLOCK);
		room = one_file_blocks_left;
		check(fault(0, true) == 0 && right(0) == 'w');
		check(one_file_blocks_left == room - 1);
		if (by_write) {
			check(generic_file_write(&one_file, &byte, 1, &pos) == 1);
			check(one_file_blocks_left == room - 2);
		} else {
			one_inode.size = PAGE_SIZE;
			pagecache_isize_extended(&one_inode, BLOCK);
		}
		check(right(0) == 'r');
		check(fault_without_room(0, true) == -EIO && right(0) == 'r');
		check(fault(0, true) == 0 && one_file_blocks_left == room - BLOCKS);
		check(fsync_without_room() == 0);
	}
}

/* One that was cut off between the look and the question. */
static void a_page_that_is_gone(void)
{
	struct vm_area *area;
	struct page *page;

	new_file(PAGES * PAGE_SIZE);
	area = find_area(mm, BASE);
	check(fault(1, false) == 0);
	page = pfn_to_page(pte_pfn(pte_read(slot_of(1))));
	get_page(page);
	one_inode.size = PAGE_SIZE;
	check(block_page_mkwrite(area, page, one_file_get_block) == -EAGAIN);
	check(!PageLocked(page));
	zap_mapping(one_inode.mapping, 1);
	truncate_inode_pages(one_inode.mapping, PAGE_SIZE);
	check(block_page_mkwrite(area, page, one_file_get_block) == -EAGAIN);
	check(!PageLocked(page));
	put_page(page);
	check(fault(1, true) == -EIO && right(1) == '-');
}

void unit_main(void)
{
	unit_boot(512, 4096);
	disk = disk_create("disk", MAJOR_VIRTIO, 1, ONE_FILE_PAGES + 10);
	one_file_init(disk, BLOCK);
	one_file.ops = &one_file_fops;
	one_file.flags = O_RDWR;
	atomic_set(&one_file.count, 1);
	holes_get_blocks_at_the_fault();
	a_full_disk_is_an_error_of_the_access();
	blocks_that_are_there();
	a_new_block_shows_nothing_old();
	files_that_grow();
	a_page_that_is_gone();
	mm_put(mm);
}
