/*
 * Metadata under 2.6: blocks of a disk in pages of its mapping, how they are made, become
 * dirty, are written and go; and pages that truncation leaves to their buffers (facts 2.6,
 * 5.10, 9.3 and section 16).
 */
#include "arch/sim/sim.h"
#include "block/block.h"
#include "fs/fs.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/flusher.h"
#include "mm/cache/pagecache.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/policy.h"
#include "mm/reclaim/v26/v26.h"
#include "tests/units/one_file.h"
#include "tests/units/units.h"

static struct block_device *disk;
static unsigned long next_page = 100;	/* index; its blocks of 1 KiB are four times that */

static unsigned long dirty(void)
{
	return global_stat(STAT_nr_dirty);
}

/* The four buffers of a page that is nobody's yet, with a reference each. */
static struct page *four(struct buffer_head *bh[4])
{
	unsigned long first = 4 * next_page++;

	for (unsigned i = 0; i < 4; i++)
		bh[i] = getblk(disk, first + i, 1024);
	lru_add_drain();
	return bh[0]->page;
}

static void release(struct buffer_head *bh[4])
{
	for (unsigned i = 0; i < 4; i++)
		brelse(bh[i]);
}

/* The disk has its number in each byte of a block, or WITH. */
static void fill_disk(unsigned long block, int with)
{
	memset((char *)disk->driver + block * 1024, with, 1024);
}

static bool all_bytes(const void *data, int are, size_t bytes)
{
	const unsigned char *at = data;

	while (bytes--)
		if (*at++ != are)
			return false;
	return true;
}

/* ---- found and made ---- */

static void a_page_of_the_disk(void)
{
	unsigned long pages = nr_blockdev_pages(), cached = global_stat(STAT_nr_file_pages);
	struct buffer_head *bh[4];
	struct page *page = four(bh);

	check(page->mapping == &disk->mapping && page->index == bh[0]->block / 4);
	check(page_count(page) == 2 && !PageLocked(page) && buffermem_pages == 0);
	check(nr_blockdev_pages() == pages + 1);
	check(global_stat(STAT_nr_file_pages) == cached + 1);
	for (unsigned i = 0; i < 4; i++) {
		check(bh[i]->page == page && bh[i]->offset == i * 1024);
		check(buffer_test(bh[i], BH_Mapped) && !buffer_test(bh[i], BH_Uptodate));
	}
	/* Found again, it has been used: the page becomes active. */
	check(getblk(disk, bh[2]->block, 1024) == bh[2] && atomic_read(&bh[2]->count) == 2);
	brelse(bh[2]);
	lru_add_drain();
	check(!find_buffer(disk, bh[3]->block + 1, 1024));
	check(PageActive(page) && page->state == STATE_ACTIVE_FILE);
	release(bh);
	bh[0] = getblk(disk, 1, 1024);
	check(!find_buffer(disk, 1, 512));
	brelse(bh[0]);
}

/* Buffers of one size make way for those of another, the dirty ones with a write. */
static void blocks_of_another_size(void)
{
	struct buffer_head *bh[4], *whole;
	unsigned long writes = disk->writes;
	struct page *page = four(bh);
	unsigned long index = page->index;

	memset(buffer_data(bh[1]), 7, 1024);
	set_bit(BH_Uptodate, &bh[1]->state);
	mark_buffer_dirty(bh[1]);
	release(bh);
	whole = bread(disk, index, PAGE_SIZE);
	check(whole->page == page && page->buffers == whole && disk->writes == writes + 1);
	check(all_bytes((char *)buffer_data(whole) + 1024, 7, 1024));
	check(!PageDirty(page));
	brelse(whole);
}

/* ---- dirty, written ---- */

static void dirty_as_a_page_and_as_buffers(void)
{
	unsigned long before = dirty(), writes = disk->writes;
	struct buffer_head *bh[4];
	struct page *page = four(bh);

	mark_buffer_dirty(bh[1]);
	check(PageDirty(page) && dirty() == before + 1 && bh[1]->list == BUF_CLEAN);
	mark_buffer_dirty(bh[2]);
	mark_buffer_dirty(bh[2]);
	check(dirty() == before + 1 && !list_empty(&disk->mapping.flush_link));

	/* The flusher writes the page, which is to say its dirty blocks. */
	disk_instant = false;
	check(writeback_inodes_wb(&disk->flusher, 10, 1024, false, false) == 1);
	check(PageWriteback(page) && !PageLocked(page) && dirty() == before);
	check(buffer_test(bh[1], BH_Lock) && !buffer_test(bh[0], BH_Lock));
	/* Changed meanwhile, it is dirty again. */
	mark_buffer_dirty(bh[2]);
	check(PageDirty(page) && dirty() == before + 1);
	disk_complete_all();
	check(disk->writes == writes + 2 && !PageWriteback(page));
	disk_instant = true;
	check(sync_buffers(disk, true) == 0);
	check(disk->writes == writes + 3 && !PageDirty(page) && dirty() == before);
	check(!radix_tree_tagged(&disk->mapping.pages, PAGECACHE_TAG_DIRTY));
	check(!radix_tree_tagged(&disk->mapping.pages, PAGECACHE_TAG_WRITEBACK));
	release(bh);
}

/* Written for itself, a buffer leaves its page dirty, until somebody looks. */
static void clean_buffers_of_a_dirty_page(void)
{
	unsigned long before = dirty(), writes = disk->writes;
	struct buffer_head *bh[4];
	struct page *page = four(bh);

	mark_buffer_dirty(bh[0]);
	check(write_buffer_now(bh[0]) == 0 && PageDirty(page) && dirty() == before + 1);
	lock_page(page);
	check(try_to_free_buffers(page, 0) == 0 && PageDirty(page));	/* in use */
	release(bh);
	set_page_writeback(page);	/* its last buffer has ended, and it has not yet */
	check(try_to_free_buffers(page, 0) == 0);
	end_page_writeback(page);
	check(try_to_free_buffers(page, 0) == 1);
	check(!PageDirty(page) && dirty() == before && page_count(page) == 1);
	unlock_page(page);
	check(sync_buffers(disk, true) == 0 && disk->writes == writes + 1);
}

/* What is forgotten is not written, whoever else looks at it. */
static void forgotten(void)
{
	unsigned long writes = disk->writes;
	struct buffer_head *bh[4];

	four(bh);
	mark_buffer_dirty_inode(bh[0], &one_inode);
	check(inode_has_buffers(&one_inode));
	atomic_inc(&bh[0]->count);
	bforget(bh[0]);
	check(!buffer_test(bh[0], BH_Dirty) && !inode_has_buffers(&one_inode));
	check(sync_buffers(disk, true) == 0 && disk->writes == writes);
	release(bh);
}

/* ---- the disk read and written as a file ---- */

static void one_cache_for_both(void)
{
	unsigned long reads, writes;
	struct buffer_head *bh[4];
	struct page *page = four(bh), *raw;
	unsigned long first = bh[0]->block;

	for (unsigned i = 0; i < 4; i++)
		fill_disk(first + i, (int)i);
	/* One block has been changed in memory: it must not be read over. */
	memset(buffer_data(bh[1]), 0x51, 1024);
	set_bit(BH_Uptodate, &bh[1]->state);
	mark_buffer_dirty(bh[1]);
	reads = disk->reads;
	raw = read_cache_page(&disk->mapping, page->index);
	check(raw == page && PageUptodate(page) && disk->reads == reads + 3);
	check(all_bytes(page_address(page), 0, 1024));
	check(all_bytes((char *)page_address(page) + 1024, 0x51, 1024));
	check(all_bytes((char *)page_address(page) + 3072, 3, 1024));
	check(bread(disk, first + 3, 1024) == bh[3] && disk->reads == reads + 3);
	brelse(bh[3]);

	/* A write from there makes the blocks dirty that it reaches, and no others. */
	check(sync_buffers(disk, true) == 0);
	writes = disk->writes;
	memset((char *)page_address(page) + 1000, 0x52, 1000);
	blkdev_commit_write(page, 1000, 2000);
	check(buffer_test(bh[0], BH_Dirty) && buffer_test(bh[1], BH_Dirty));
	check(!buffer_test(bh[2], BH_Dirty) && PageDirty(page));
	check(sync_buffers(disk, true) == 0 && disk->writes == writes + 2);
	check(all_bytes((char *)disk->driver + first * 1024 + 1000, 0x52, 1000));
	put_page(raw);
	release(bh);
}

/* A block that is being read, and changed before the page is read, is not read again. */
static void read_at_the_same_time(void)
{
	unsigned long reads = disk->reads;
	struct buffer_head *bh[4];
	struct page *page = four(bh);

	disk_instant = false;
	ll_rw_block(false, 1, &bh[2]);
	page = read_cache_page(&disk->mapping, page->index);	/* waits for it */
	check(PageUptodate(page) && disk->reads == reads + 4);
	disk_complete_all();
	disk_instant = true;
	put_page(page);
	release(bh);
}

/* A file gets the block: neither the buffer nor the page has it any more. */
static void given_to_a_file(void)
{
	struct buffer_head *bh[4];
	struct page *page = four(bh);

	page = read_cache_page(&disk->mapping, page->index);
	mark_buffer_dirty(bh[3]);
	unmap_underlying_metadata(disk, bh[3]->block, 1024);
	check(!buffer_test(bh[3], BH_Dirty) && !buffer_test(bh[3], BH_Uptodate));
	check(buffer_test(bh[2], BH_Uptodate) && !PageUptodate(page));
	fill_disk(bh[3]->block, 0x61);
	put_page(page);
	page = read_cache_page(&disk->mapping, page->index);
	check(all_bytes(buffer_data(bh[3]), 0x61, 1024));
	put_page(page);
	release(bh);
}

/* ---- the end of a page ---- */

static unsigned long shrink(struct page *page)
{
	struct scan_control sc = { .gfp = GFP_KERNEL, .may_writepage = true, .may_unmap = true,
				   .may_swap = true };
	struct list_head pages = LIST_HEAD_INIT(pages);
	struct zone *zone = &zones[page->zone];
	unsigned long freed;

	lru_add_drain();
	check(isolate_lru_page(page) == 0);
	ClearPageActive(page);
	ClearPageReferenced(page);
	list_add(&page->lru, &pages);
	page_stat_add(page, STAT_nr_isolated_file, 1);
	freed = shrink_page_list(&pages, zone, &sc, DEF_PRIORITY);
	if (freed)
		page_stat_add(page, STAT_nr_isolated_file, -1);
	putback_inactive_pages(zone, &pages);
	lru_add_drain();
	return freed;
}

/* Facts 2.6, 5.8, rows 19 and 22: as any page of a file. */
static void reclaimed(void)
{
	unsigned long pages = nr_blockdev_pages();
	struct buffer_head *bh[4];
	struct page *page = four(bh);

	brelse(bh[0]);
	brelse(bh[1]);
	brelse(bh[2]);
	check(shrink(page) == 0 && PageActive(page) && page->buffers);	/* one is in use */
	mark_buffer_dirty(bh[3]);
	brelse(bh[3]);
	check(shrink(page) == 0 && PageReclaim(page));			/* the flusher's */
	check(sync_buffers(disk, true) == 0);
	check(shrink(page) == 1 && page->state != STATE_ACTIVE_FILE && !page->buffers);
	check(nr_blockdev_pages() == pages);
}

/* Unused and clean pages go, the others stay. */
static void the_disk_is_forgotten(void)
{
	struct buffer_head *bh[4], *used[4];
	struct page *page;

	four(bh);
	release(bh);
	page = four(used);
	four(bh);
	mark_buffer_dirty(bh[0]);
	release(bh);
	invalidate_buffers(disk);
	check(nr_blockdev_pages() == 2 && page->buffers == used[0]);
	release(used);
	check(sync_buffers(disk, true) == 0);
	lru_add_drain();	/* it is to be freed soon, and that queue holds it */
	set_blocksize(disk, 4096);
	check(nr_blockdev_pages() == 0 && dirty() == 0 && disk->block_size == 4096);
	set_blocksize(disk, 1024);
}

/*
 * Truncation of a page whose buffer is in use leaves it on its list, with one reference, the
 * buffers'. When the buffer is idle the next scan frees it.
 */
static void an_orphan(void)
{
	static char bytes[PAGE_SIZE];
	unsigned long free, cached;
	struct buffer_head *bh;
	struct page *page;
	u64 pos = 0;

	check(generic_file_write(&one_file, bytes, PAGE_SIZE, &pos) == (long)PAGE_SIZE);
	lru_add_drain();
	cached = global_stat(STAT_nr_file_pages);
	page = find_get_page(one_inode.mapping, 0);
	bh = page->buffers;
	put_page(page);
	check(PageDirty(page) && page_count(page) == 2 && buffer_test(bh, BH_Dirty));
	atomic_inc(&bh->count);
	truncate_inode_pages(one_inode.mapping, 0);
	check(!page->mapping && page->buffers == bh && page_count(page) == 1);
	check(!PageDirty(page) && dirty() == 0 && PageLRU(page) && buffermem_pages == 1);
	check(!buffer_test(bh, BH_Dirty) && !buffer_test(bh, BH_Mapped));
	check(global_stat(STAT_nr_file_pages) == cached - 1);

	check(shrink(page) == 0 && PageActive(page));
	atomic_dec(&bh->count);
	free = nr_free_pages() + zones[page->zone].pcp[0].count;
	check(shrink(page) == 1 && buffermem_pages == 0 && !page->buffers);
	check(nr_free_pages() + zones[page->zone].pcp[0].count == free + 1);
}

/* ---- no memory ---- */

static struct page *taken[8192];
static unsigned nr_taken;
static unsigned long asked_to_write;

void __wrap_wakeup_flusher_threads(unsigned long nr);

/* Somebody else gives pages back while we wait. */
void __wrap_wakeup_flusher_threads(unsigned long nr)
{
	asked_to_write += nr;
	for (unsigned n = 0; n < 32 && nr_taken; n++)
		free_pages(taken[--nr_taken], 0);
}

/* Who may use the reserves, and finds them empty, waits for others: there is no error. */
static void no_memory_at_all(void)
{
	struct buffer_head *bh;

	current->flags |= PF_MEMALLOC;
	while ((taken[nr_taken] = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 0)))
		nr_taken++;
	check(nr_taken > 1000);
	asked_to_write = 0;
	bh = getblk(disk, 4 * next_page++, 1024);
	current->flags &= ~PF_MEMALLOC;
	check(bh && bh->page->mapping == &disk->mapping && asked_to_write == 1024);
	brelse(bh);
	while (nr_taken)
		free_pages(taken[--nr_taken], 0);
}

/* ---- heads ---- */

/* The flag follows the count, with a look every 4096 heads that come or go. */
static void too_many_heads(void)
{
	unsigned long kept = zones[ZONE_NORMAL].present_pages;
	unsigned turn;

	check(!buffer_heads_over_limit);
	zones[ZONE_NORMAL].present_pages = zones[ZONE_NORMAL].pages_high + 20;
	for (turn = 0; turn < 520 && !buffer_heads_over_limit; turn++)
		brelse(getblk(disk, 8 * next_page++, 512));
	check(buffer_heads_over_limit);
	/* The pages go, each with its heads; others come and go. */
	for (turn = 0; turn < 520 && buffer_heads_over_limit; turn++) {
		brelse(getblk(disk, 8 * next_page++, 512));
		lru_add_drain();
		set_blocksize(disk, 512);
	}
	check(!buffer_heads_over_limit);
	zones[ZONE_NORMAL].present_pages = kept;
	set_blocksize(disk, 1024);
}

void unit_main(void)
{
	unit_boot_era("2.6", 512, 4096);
	disk = disk_create("disk", MAJOR_VIRTIO, 1, 20000);
	one_file_init(disk, 1024);
	a_page_of_the_disk();
	blocks_of_another_size();
	dirty_as_a_page_and_as_buffers();
	clean_buffers_of_a_dirty_page();
	forgotten();
	one_cache_for_both();
	read_at_the_same_time();
	given_to_a_file();
	reclaimed();
	the_disk_is_forgotten();
	an_orphan();
	no_memory_at_all();
	too_many_heads();
}
