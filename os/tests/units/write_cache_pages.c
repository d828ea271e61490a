/*
 * In which order the pages of a file are written, where a cyclic writer goes on, and that a
 * sync ends (facts 2.6, 9.3; E49).
 */
#include "arch/sim/sim.h"
#include "fs/fs.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/flusher.h"
#include "mm/cache/writeback.h"
#include "tests/units/units.h"

#define PAGES	5000ul	/* more than are marked in one go */

static struct block_device *disk;
static struct super_block sb;
static struct inode inode;
static struct address_space *const file = &inode.data;

static pgoff_t written[2 * PAGES];	/* in this order, since forget() */
static unsigned nr_written;
static unsigned long under_way;		/* pages that are not to end at once */
static struct page *in_flight[PAGES];
static void (*after_write)(pgoff_t index);
static int result;			/* of writepage */

static int writepage(struct page *page)
{
	if (result == AOP_WRITEPAGE_ACTIVATE)
		return result;
	check(nr_written < 2 * PAGES && !PageDirty(page));
	written[nr_written++] = page->index;
	set_page_writeback(page);
	unlock_page(page);
	if (under_way) {
		in_flight[page->index] = page;
		under_way--;
	} else {
		end_page_writeback(page);
	}
	if (after_write)
		after_write(page->index);
	return result;
}

static const struct address_space_operations ops = { .writepage = writepage };

static struct page *page_at(pgoff_t index)
{
	struct page *page = find_get_page(file, index);

	if (!page) {
		page = alloc_page(GFP_KERNEL);
		check(page && add_to_page_cache(page, file, index) == 0);
		SetPageUptodate(page);
		unlock_page(page);
	}
	put_page(page);		/* the cache keeps it */
	return page;
}

static void dirty(pgoff_t index)
{
	set_page_dirty(page_at(index));
}

static bool tagged(pgoff_t index, enum page_cache_tag tag)
{
	return radix_tree_tag_get(&file->pages, index, tag);
}

static void forget(void)
{
	nr_written = 0;
	after_write = NULL;
	result = 0;
}

static void empty_file(void)
{
	truncate_inode_pages(file, 0);
	check(file->nrpages == 0 && list_empty(&file->flush_link));
	file->writeback_index = 0;
	forget();
}

static void write_some(long nr, bool cyclic)
{
	struct writeback_control wbc = {
		.mode = WB_SYNC_NONE, .nr_to_write = nr, .range_cyclic = cyclic,
	};

	spin_lock(&pagecache_lock);
	write_cache_pages(file, &wbc);
	spin_unlock(&pagecache_lock);
}

/* As they lie in the file, not as they became dirty; as many as are wanted. */
static void in_order_of_index(void)
{
	static const pgoff_t order[] = { 70, 3, 4097, 0, 200, 2 };
	static const pgoff_t expected[] = { 0, 2, 3, 70, 200, 4097 };

	for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
		dirty(order[i]);
	page_at(1);
	write_some(4, false);
	check(nr_written == 4 && !list_empty(&file->flush_link));
	check(tagged(200, PAGECACHE_TAG_DIRTY) && !tagged(70, PAGECACHE_TAG_DIRTY));
	write_some(100, false);
	check(nr_written == 6 && list_empty(&file->flush_link));
	for (unsigned i = 0; i < 6; i++)
		check(written[i] == expected[i]);
	write_some(0, false);
	check(nr_written == 6);
}

/* From where the last call has ended to the end, and then what lies before, once. */
static void cyclic(void)
{
	for (pgoff_t i = 0; i < 100; i++)
		dirty(i);
	write_some(40, true);
	check(nr_written == 40 && file->writeback_index == 40);
	for (pgoff_t i = 0; i < 10; i++)
		dirty(i);
	write_some(20, true);
	check(nr_written == 60 && written[40] == 40 && file->writeback_index == 60);
	write_some(45, true);
	check(nr_written == 105 && written[60] == 60 && written[99] == 99);
	check(written[100] == 0 && written[104] == 4 && file->writeback_index == 5);
	/* Who is not cyclic begins at the start. */
	dirty(1);
	write_some(3, false);
	check(written[105] == 1 && written[106] == 5 && written[107] == 6);
	write_some(100, true);
	check(nr_written == 111 && list_empty(&file->flush_link));
}

static void dirty_again_and_the_next(pgoff_t index)
{
	dirty(index);
	if (index + 1 < PAGES)
		dirty(index + 1);
}

/* A round of a cyclic writer looks at each place twice at most. */
static void a_round_ends(void)
{
	for (pgoff_t i = 0; i < 50; i++)
		dirty(i);
	file->writeback_index = 20;
	after_write = dirty;
	write_some(1000000, true);
	check(nr_written == 50 && written[0] == 20 && written[30] == 0 && written[49] == 19);
}

/* However fast pages become dirty, a sync writes those that were so when it began. */
static void a_sync_ends(void)
{
	for (pgoff_t i = 0; i < PAGES; i += 7)
		dirty(i);
	after_write = dirty_again_and_the_next;
	check(filemap_fdatasync(file) == 0);
	check(nr_written == (PAGES + 6) / 7);
	for (unsigned i = 0; i < nr_written; i++)
		check(written[i] == 7 * i);
	check(!radix_tree_tagged(&file->pages, PAGECACHE_TAG_TOWRITE));
	check(tagged(0, PAGECACHE_TAG_DIRTY) && tagged(1, PAGECACHE_TAG_DIRTY));
}

/* More than one go of marks: none is forgotten. */
static void all_are_marked(void)
{
	struct writeback_control wbc = { .mode = WB_SYNC_ALL };

	for (pgoff_t i = 0; i < PAGES; i++)
		dirty(i);
	spin_lock(&pagecache_lock);
	tag_pages_for_writeback(file, &wbc);
	spin_unlock(&pagecache_lock);
	for (pgoff_t i = 0; i < PAGES; i++)
		check(tagged(i, PAGECACHE_TAG_TOWRITE));
	check(filemap_fdatasync(file) == 0 && nr_written == PAGES);
}

/* What is under writeback is passed by, or awaited; a fdatawait waits for it, too. */
static void under_writeback(void)
{
	struct page *page;

	dirty(5);
	under_way = 1;
	write_some(1, false);
	page = in_flight[5];
	check(PageWriteback(page) && tagged(5, PAGECACHE_TAG_WRITEBACK));
	check(!tagged(5, PAGECACHE_TAG_DIRTY));
	dirty(5);
	check(tagged(5, PAGECACHE_TAG_DIRTY));
	write_some(10, false);
	check(nr_written == 1 && tagged(5, PAGECACHE_TAG_DIRTY));
	end_page_writeback(page);
	check(!tagged(5, PAGECACHE_TAG_WRITEBACK) && PageDirty(page));
	filemap_fdatawait(file);
	check(filemap_fdatasync(file) == 0 && nr_written == 2 && !PageDirty(page));
}

static void cut_off_behind(pgoff_t index)
{
	if (index == 2)
		truncate_inode_pages(file, 4u << PAGE_SHIFT);
}

/* A page that leaves the file before its turn comes is no longer its affair. */
static void truncated_meanwhile(void)
{
	for (pgoff_t i = 0; i < 8; i++)
		dirty(i);
	after_write = cut_off_behind;
	check(filemap_fdatasync(file) == 0);
	check(nr_written == 4 && written[3] == 3 && file->nrpages == 4);
}


/* The file may be gone altogether: the flusher, which holds nothing of it, looks away. */
static void drop_the_file(pgoff_t index)
{
	truncate_inode_pages(file, 0);
}

static void gone_meanwhile(void)
{
	for (pgoff_t i = 0; i < 40; i++)
		dirty(i);
	after_write = drop_the_file;
	check(writeback_inodes_wb(&disk->flusher, 100, 1024, false, false) == 1);
	check(nr_written == 1 && file->nrpages == 0);
	check(!wb_has_dirty_io(&disk->flusher));
}

/* A refusal leaves the page as it was, and the next one has its turn. */
static void refused(void)
{
	dirty(1);
	dirty(2);
	result = AOP_WRITEPAGE_ACTIVATE;
	check(filemap_fdatasync(file) == 0 && nr_written == 0);
	check(tagged(1, PAGECACHE_TAG_DIRTY) && tagged(2, PAGECACHE_TAG_DIRTY));
	result = -5;
	check(filemap_fdatasync(file) == -5 && nr_written == 2);
	check(!radix_tree_tagged(&file->pages, PAGECACHE_TAG_DIRTY));
	check(!radix_tree_tagged(&file->pages, PAGECACHE_TAG_TOWRITE));
}

/* Taken for a write by somebody else, a page is still found, and its lock awaited. */
static void taken_for_a_write(void)
{
	struct page *page;

	dirty(9);
	page = page_at(9);
	lock_page(page);
	check(clear_page_dirty_for_io(page) && tagged(9, PAGECACHE_TAG_DIRTY));
	unlock_unwritten_page(page);
	check(!tagged(9, PAGECACHE_TAG_DIRTY) && !PageWriteback(page));
	write_some(10, false);
	check(nr_written == 0 && list_empty(&file->flush_link));
}

void unit_main(void)
{
	static void (*const tests[])(void) = {
		in_order_of_index, cyclic, a_round_ends, a_sync_ends, all_are_marked,
		under_writeback, truncated_meanwhile, gone_meanwhile, refused,
		taken_for_a_write,
	};

	unit_boot_era("2.6", 512, 8192);
	disk = disk_create("disk", MAJOR_VIRTIO, 1, 20000);
	sb = (struct super_block){ .dev = disk, .block_size = PAGE_SIZE };
	inode = (struct inode){ .sb = &sb, .mode = S_IFREG, .mapping = file };
	mapping_init(file, &inode, &ops);
	for (unsigned i = 0; i < ARRAY_SIZE(tests); i++) {
		tests[i]();
		empty_file();
	}
}
