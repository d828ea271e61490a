/*
 * Buffers: where they come from, the lists that they are on, and when a page may lose them
 * (facts 2.4, section 6). Transfers end when the test says so, or when somebody waits.
 */
#include "arch/sim/sim.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/v24/v24.h"
#include "tests/units/one_file.h"
#include "tests/units/units.h"

static struct block_device *disk, *ramdisk;
static unsigned long next_block = 1;

/* A buffer of a new page for metadata, which has no other user than the caller. */
static struct buffer_head *metadata(void)
{
	struct buffer_head *bh = getblk(disk, next_block++, PAGE_SIZE);

	set_bit(BH_Uptodate, &bh->state);
	return bh;
}

/* The page of a released buffer goes; nothing of it is left. */
static void discard(struct buffer_head *bh)
{
	struct page *page = bh->page;
	unsigned long pages = buffermem_pages;

	disk_complete_all();
	atomic_set(&bh->count, 0);
	clear_bit(BH_Protected, &bh->state);
	take_buffer_dirty(bh);
	ClearPageReferenced(page);
	deactivate_page(page);
	if (page_ramdisk_buffer(page))	/* stays active: by hand */
		bh->dev = disk;
	deactivate_page(page);
	check(PageInactiveDirty(page));
	page_launder(0, false);
	check(buffermem_pages == pages - 1);
}

/* ---- getblk and grow_buffers ---- */

static void a_new_page_of_buffers(void)
{
	unsigned long free = nr_free_pages(), pages = buffermem_pages;
	struct buffer_head *first = getblk(disk, 1000, 1024), *bh[3];
	struct page *page = first->page;

	check(buffermem_pages == pages + 1 && nr_free_pages() == free - 1);
	check(PageActive(page) && page->age == 2 && page_count(page) == 1);
	check(!page->mapping && !PageLocked(page));
	check(PageReferenced(page));	/* by getblk alone: grow_buffers clears it (Q21) */
	/* The rest of the page waits on the free list of its size, and of no other. */
	for (unsigned i = 0; i < 3; i++) {
		bh[i] = getblk(disk, 1001 + i, 1024);
		check(bh[i]->page == page && bh[i]->list == BUF_CLEAN);
	}
	check(buffermem_pages == pages + 1);
	check(getblk(disk, 2000, 512)->page != page);
	check(buffermem_pages == pages + 2);
	brelse(getblk(disk, 2000, 512));

	/* A hit: one more user of the same buffer, and its page is touched again. */
	ClearPageReferenced(page);
	check(getblk(disk, 1000, 1024) == first && atomic_read(&first->count) == 2);
	check(PageReferenced(page));
	brelse(first);

	/* Forgotten, it is free again for any other block. */
	bforget(bh[1]);
	check(getblk(disk, 3000, 1024) == bh[1]);
	bforget(bh[1]);
	brelse(first);
	brelse(bh[0]);
	brelse(bh[2]);
	invalidate_buffers(disk);
	check(first->list == NR_BUF_LISTS && bh[0]->list == NR_BUF_LISTS);
}

/* refill_freelist: with a shortage, page_launder gets its chance before a page is taken. */
static void a_shortage_is_laundered_first(void)
{
	unsigned long clean;

	unit_cached_pages(5, STATE_INACTIVE_DIRTY);
	unit_leave_free(ZONE_DMA, 0);
	unit_leave_free(ZONE_NORMAL, 300);
	clean = nr_inactive_clean_pages();
	brelse(metadata());
	check(nr_inactive_clean_pages() == clean + 5);
	unit_drop_cached_pages();
	unit_give_frames();
}

/* ---- the four lists ---- */

static void filing(void)
{
	unsigned long dirty = buffer_list_bytes[BUF_DIRTY];
	struct buffer_head *bh = metadata();

	check(bh->list == BUF_CLEAN);
	mark_buffer_dirty(bh);
	check(bh->list == BUF_DIRTY && buffer_list_bytes[BUF_DIRTY] == dirty + PAGE_SIZE);
	check(bh->flush_time == jiffies + 30 * HZ);
	clock_tick(7);
	mark_buffer_dirty(bh);		/* dirty already: its time does not change */
	check(bh->flush_time == jiffies - 7 + 30 * HZ);

	ll_rw_block(true, 1, &bh);
	check(bh->list == BUF_LOCKED && buffer_test(bh, BH_Lock));
	check(!buffer_test(bh, BH_Dirty) && buffer_test(bh, BH_Req));
	check(buffer_list_bytes[BUF_DIRTY] == dirty);
	mark_buffer_dirty(bh);		/* dirty comes before locked */
	check(bh->list == BUF_DIRTY);
	ll_rw_block(true, 1, &bh);	/* under way already: that write goes on alone */
	check(buffer_test(bh, BH_Dirty));
	disk_complete_all();
	check(!buffer_test(bh, BH_Lock) && buffer_test(bh, BH_Dirty));
	ll_rw_block(true, 1, &bh);
	disk_complete_all();
	check(bh->list == BUF_LOCKED);	/* until somebody looks */
	refile_buffer(bh);
	check(bh->list == BUF_CLEAN);
	ll_rw_block(true, 1, &bh);	/* clean: nothing to do */
	check(!buffer_test(bh, BH_Lock));

	set_bit(BH_Protected, &bh->state);
	mark_buffer_dirty(bh);
	check(bh->list == BUF_PROTECTED);
	check(buffer_list_bytes[BUF_DIRTY] == dirty);
	discard(bh);
}

static void reading(void)
{
	struct buffer_head *bh = getblk(disk, next_block++, PAGE_SIZE);

	check(!buffer_test(bh, BH_Uptodate));
	ll_rw_block(false, 1, &bh);
	check(buffer_test(bh, BH_Lock));
	disk_complete_all();
	check(buffer_test(bh, BH_Uptodate) && !buffer_test(bh, BH_Lock));
	ll_rw_block(false, 1, &bh);	/* valid: nothing to do */
	check(!buffer_test(bh, BH_Lock));
	discard(bh);
}

/* ---- try_to_free_buffers ---- */

enum state { CLEAN, DIRTY, LOCKED, USED, PROTECTED, DIRTY_AND_LOCKED };

static struct buffer_head *buffer_in(enum state state)
{
	struct buffer_head *bh = metadata();

	if (state == LOCKED || state == DIRTY_AND_LOCKED) {
		mark_buffer_dirty(bh);
		ll_rw_block(true, 1, &bh);
	}
	if (state == DIRTY || state == DIRTY_AND_LOCKED)
		mark_buffer_dirty(bh);
	if (state == PROTECTED)
		set_bit(BH_Protected, &bh->state);
	if (state != USED)
		brelse(bh);
	return bh;
}

/* The matrix: the result, and what became of the buffer if it is still there. */
static void freeing(void)
{
	static const struct {
		enum state state;
		int wait, result;
		bool dirty, locked;
	} cases[] = {
		{ CLEAN, 0, 1, 0, 0 }, { CLEAN, 1, 1, 0, 0 }, { CLEAN, 2, 1, 0, 0 },
		{ DIRTY, 0, 0, 1, 0 }, { DIRTY, 1, 0, 0, 1 }, { DIRTY, 2, 0, 0, 0 },
		{ LOCKED, 0, 0, 0, 1 }, { LOCKED, 1, 0, 0, 1 }, { LOCKED, 2, 1, 0, 0 },
		{ USED, 0, 0, 0, 0 }, { USED, 1, 0, 0, 0 }, { USED, 2, 0, 0, 0 },
		{ PROTECTED, 0, 0, 0, 0 }, { PROTECTED, 1, 0, 0, 0 },
		{ PROTECTED, 2, 0, 0, 0 },
		{ DIRTY_AND_LOCKED, 0, 0, 1, 1 }, { DIRTY_AND_LOCKED, 1, 0, 1, 1 },
		{ DIRTY_AND_LOCKED, 2, 0, 0, 1 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buffer_head *bh = buffer_in(cases[i].state);
		struct page *page = bh->page;

		get_page(page);
		lock_page(page);
		check(try_to_free_buffers(page, cases[i].wait) == cases[i].result);
		check((page->buffers == NULL) == cases[i].result);
		check(page_count(page) == (cases[i].result ? 1 : 2));
		if (cases[i].result) {
			lru_cache_del(page);
			buffermem_pages--;	/* page_launder's part */
		} else {
			check(buffer_test(bh, BH_Dirty) == cases[i].dirty);
			check(buffer_test(bh, BH_Lock) == cases[i].locked);
		}
		unlock_page(page);
		put_page(page);
		if (!cases[i].result)
			discard(bh);
	}
}

/* One busy buffer keeps all the buffers of its page. */
static void one_for_all(void)
{
	struct buffer_head *bh[4];
	struct page *page;

	for (unsigned i = 0; i < 4; i++)
		bh[i] = getblk(disk, 5000 + i, 1024);
	page = bh[0]->page;
	for (unsigned i = 0; i < 4; i++) {
		check(bh[i]->page == page);
		brelse(bh[i]);
	}
	mark_buffer_dirty(bh[2]);
	lock_page(page);
	check(try_to_free_buffers(page, 0) == 0);
	check(try_to_free_buffers(page, 1) == 0 && !buffer_test(bh[2], BH_Dirty));
	check(buffer_test(bh[2], BH_Lock) && page->buffers);
	disk_complete_all();
	get_page(page);
	check(try_to_free_buffers(page, 0) == 1);
	lru_cache_del(page);
	buffermem_pages--;
	unlock_page(page);
	put_page(page);
}

/* ---- pages that only their buffers keep ---- */

static struct page *page_of_file(pgoff_t index)
{
	return find_get_page(one_inode.mapping, index);
}

static void write_page_of_file(pgoff_t index)
{
	static char bytes[PAGE_SIZE];
	u64 pos = (u64)index << PAGE_SHIFT;

	check(generic_file_write(&one_file, bytes, PAGE_SIZE, &pos) == (long)PAGE_SIZE);
}

/* Somebody uses a buffer of a page that is truncated: row 7b of page_launder frees it. */
static void truncated_under_a_busy_buffer(void)
{
	unsigned long pages = buffermem_pages;
	struct buffer_head *bh;
	struct page *page;

	write_page_of_file(3);
	page = page_of_file(3);
	put_page(page);
	bh = page->buffers;
	check(page_count(page) == 2 && buffer_test(bh, BH_Dirty));
	atomic_inc(&bh->count);
	truncate_inode_pages(one_inode.mapping, 0);
	check(!page->mapping && page->buffers && page_count(page) == 1);
	check(PageInactiveDirty(page) || PageActive(page));
	check(buffermem_pages == pages + 1);
	check(!buffer_test(bh, BH_Dirty) && !buffer_test(bh, BH_Mapped));

	deactivate_page(page);
	page_launder(0, false);
	check(page->buffers && PageInactiveDirty(page));
	atomic_dec(&bh->count);
	/* It counts as freed even if somebody, such as a pte, still has it (Q36). */
	get_page(page);
	check(page_launder(0, false) == 1);
	check(!page->buffers && page->state == STATE_KERNEL && page_count(page) == 1);
	put_page(page);
	check(page->state == STATE_FREE && buffermem_pages == pages);
}

/* Without anybody in the way the page is gone at once, its writes in flight awaited. */
static void truncated_in_flight(void)
{
	unsigned long pages = buffermem_pages;
	struct page *page;

	write_page_of_file(4);
	page = page_of_file(4);
	put_page(page);
	check(filemap_fdatasync(one_inode.mapping) == 0);
	check(buffer_test(page->buffers, BH_Lock));
	truncate_inode_pages(one_inode.mapping, 0);
	check(!disk_complete_oldest() && page->state == STATE_FREE && buffermem_pages == pages);
}

/* Only the buffers behind the new end lose their blocks. */
static void flushed_in_part(void)
{
	struct page *page;

	write_page_of_file(5);
	page = page_of_file(5);
	lock_page(page);
	check(page->buffers->size == 1024);
	check(block_flushpage(page, 2048) == 1);
	for_each_buffer(bh, page->buffers) {
		check(buffer_test(bh, BH_Mapped) == (bh->offset < 2048));
		check(buffer_test(bh, BH_Dirty) == (bh->offset < 2048));
	}
	unlock_page(page);
	put_page(page);
	truncate_inode_pages(one_inode.mapping, 0);
}

/* ---- transfers of whole pages ---- */

static void page_transfer(void)
{
	unsigned long blocks[4] = { 40, 30, 20, 10 };
	struct page *page = alloc_page(GFP_KERNEL);

	lock_page(page);
	SetPageUptodate(page);
	brw_page(true, page, disk, blocks, 1024);
	check(page->buffers && page_count(page) == 2 && PageLocked(page));
	for (unsigned i = 0; i < 3; i++)
		check(disk_complete_oldest() && PageLocked(page));
	check(disk_complete_oldest() && !PageLocked(page) && PageUptodate(page));
	/* The heads stay, clean. */
	lock_page(page);
	check(page->buffers && try_to_free_buffers(page, 0) == 1 && page_count(page) == 1);
	unlock_page(page);
	put_page(page);
}

/* The RAM disk's pages are the disk: nothing deactivates them. */
static void pages_of_the_ram_disk(void)
{
	struct buffer_head *bh = getblk(ramdisk, 1, PAGE_SIZE);
	struct page *page = bh->page;

	brelse(bh);
	check(page_ramdisk_buffer(page));
	ClearPageReferenced(page);
	deactivate_page(page);
	check(PageActive(page) && page->age == 0);
	check(refill_inactive_scan(0, false) == 0 && PageActive(page));
	discard(bh);
}

void unit_main(void)
{
	unsigned long free;

	unit_boot(512, 4096);
	disk = disk_create("disk", MAJOR_VIRTIO, 1, 20000);
	ramdisk = disk_create("ram", MAJOR_RAMDISK, 1, 100);
	one_file_init(disk, 1024);
	disk_instant = false;
	a_new_page_of_buffers();
	a_shortage_is_laundered_first();
	free = nr_free_pages() + buffermem_pages;
	filing();
	reading();
	freeing();
	one_for_all();
	truncated_under_a_busy_buffer();
	truncated_in_flight();
	flushed_in_part();
	page_transfer();
	pages_of_the_ram_disk();
	check(nr_free_pages() + buffermem_pages == free);
	lru_check();
}
