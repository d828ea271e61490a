/*
 * 2.6's stores to a shared file through a mapping: the first one makes the page dirty, as a
 * write would, and who makes too many dirty waits; a write of the page makes the next store
 * fault again, which waits for the disk (facts 2.6, 9.3, 10.5 and 10.7).
 */
#include "arch/sim/sim.h"
#include "lib/string.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/flusher.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/vm/vm_internal.h"
#include "tests/units/one_file.h"
#include "tests/units/units.h"

#define BASE	0x10000000ul
#define PAGES	64u

static struct block_device *disk;
static struct mm_struct *mm;

static pte_t pte_of(unsigned i)
{
	return pte_read(page_table_find(mm->page_table, BASE + i * PAGE_SIZE));
}

static struct page *page_of(unsigned i)
{
	return pfn_to_page(pte_pfn(pte_of(i)));
}

/* An access to page I; ticks that it took. */
static unsigned long access_page(unsigned i, bool write)
{
	unsigned long start = jiffies;

	check(do_page_fault(mm, BASE + i * PAGE_SIZE, write, false, 0) == 0);
	return jiffies - start;
}

static void map_file(void)
{
	one_inode.size = PAGES * PAGE_SIZE;
	mm = mm_create();
	mutex_lock(&mm->mmap_sem);
	check(map_area(mm, BASE, PAGES * PAGE_SIZE, VM_READ | VM_WRITE | VM_SHARED, &one_file,
		       0, true) == (long)BASE);
	mutex_unlock(&mm->mmap_sem);
}

static void the_first_store_makes_it_dirty(void)
{
	/* Of a page that was read, and of one that was not there. */
	for (unsigned i = 0; i < 2; i++) {
		if (i == 0) {
			access_page(i, false);
			check(!pte_write(pte_of(i)) && !PageDirty(page_of(i)));
		}
		access_page(i, true);
		check(pte_write(pte_of(i)) && PageDirty(page_of(i)) && !PageLocked(page_of(i)));
		check(global_stat(STAT_nr_dirty) == i + 1);
	}
	check(bdi_reclaimable(&disk->flusher) == 2 && wb_has_dirty_io(&disk->flusher));
}

/* Nobody has called msync: the flusher knows of them all the same. */
static void it_is_written_when_it_is_old(void)
{
	clock_tick(29 * HZ);
	wb_do_writeback(&disk->flusher);
	check(global_stat(STAT_nr_dirty) == 2);
	clock_tick(6 * HZ);
	wb_do_writeback(&disk->flusher);
	check(global_stat(STAT_nr_dirty) == 0 && global_stat(STAT_nr_writeback) == 2);
	check(PageWriteback(page_of(0)) && !pte_write(pte_of(0)) && !pte_dirty(pte_of(0)));
}

/* What the disk is reading does not change under it. */
static void a_store_waits_for_the_write(void)
{
	access_page(0, true);
	check(!PageWriteback(page_of(0)) && PageDirty(page_of(0)) && pte_write(pte_of(0)));
	check(PageWriteback(page_of(1)) && !PageDirty(page_of(1)));
	check(global_stat(STAT_nr_written) == 1 && global_stat(STAT_nr_dirty) == 1);
	access_page(1, false);
	check(PageWriteback(page_of(1)));
	disk_complete_all();
	check(global_stat(STAT_nr_written) == 2 && bdi_reclaimable(&disk->flusher) == 1);
	check(disk->flusher.nr_writeback == 0 && disk->flusher.writeouts == 2);
}

/* The limit is 32 pages, background writing begins at 16: from 24 on writers sleep. */
static void who_makes_too_many_dirty_waits(void)
{
	static struct task writer = { .pid = 2, .comm = "writer" };

	vm_dirty_bytes = 32 * PAGE_SIZE;
	dirty_background_bytes = 16 * PAGE_SIZE;
	sched_set_current(&writer);
	for (unsigned i = 1; i < 24; i++)
		check(access_page(i, true) == 0);
	check(global_stat(STAT_nr_dirty) == 24 && !disk->flusher.woken);
	writer.nr_dirtied_pause = 1;
	check(access_page(24, true) > 0 && disk->flusher.woken);
	/* And so does who was mapped for reading. */
	access_page(25, false);
	writer.nr_dirtied_pause = 1;
	check(access_page(25, true) > 0 && global_stat(STAT_nr_dirty) == 26);
	sched_set_current(NULL);
	vm_dirty_bytes = dirty_background_bytes = 0;
}

/* A page that does not want to be written is dirty as before, not once more. */
static void a_page_that_refuses(void)
{
	struct writeback_control wbc = { .mode = WB_SYNC_NONE };
	unsigned long dirtied = global_stat(STAT_nr_dirtied);
	struct page *page = page_of(0);

	lock_page(page);
	check(clear_page_dirty_for_io(page) && global_stat(STAT_nr_dirty) == 25);
	redirty_page_for_writepage(&wbc, page);
	check(PageDirty(page) && wbc.pages_skipped == 1);
	check(global_stat(STAT_nr_dirty) == 26 && global_stat(STAT_nr_dirtied) == dirtied);
	redirty_page_for_writepage(&wbc, page);
	check(wbc.pages_skipped == 2 && global_stat(STAT_nr_dirty) == 26);
	check(global_stat(STAT_nr_dirtied) == dirtied);
	unlock_page(page);
}

void unit_main(void)
{
	unit_boot_era("2.6", 512, 4096);
	disk = disk_create("disk", MAJOR_VIRTIO, 1, ONE_FILE_PAGES + 10);
	one_file_init(disk, PAGE_SIZE);
	one_file.ops = &one_file_fops;
	one_file.flags = O_RDWR;
	atomic_set(&one_file.count, 1);
	disk_instant = false;
	map_file();
	the_first_store_makes_it_dirty();
	it_is_written_when_it_is_old();
	a_store_waits_for_the_write();
	who_makes_too_many_dirty_waits();
	a_page_that_refuses();
	mm_put(mm);
	truncate_inode_pages(one_inode.mapping, 0);
	check(global_stat(STAT_nr_dirty) == 0 && !wb_has_dirty_io(&disk->flusher));
	check(bdi_reclaimable(&disk->flusher) == 0);
}
