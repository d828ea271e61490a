/*
 * How pages of a file enter the cache, and how reading and writing in order treats them
 * (facts 2.4, 1.1, 2.2 and 2.3; E1, E41).
 */
#include "arch/sim/sim.h"
#include "lib/errno.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/filemap.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"
#include "tests/units/one_file.h"
#include "tests/units/units.h"

static struct address_space *mapping = &one_inode.data;
static char bytes[64 * PAGE_SIZE];

/* The page at INDEX without a look-up's side effects, or NULL. */
static struct page *peek(pgoff_t index)
{
	struct page *page;

	spin_lock(&pagecache_lock);
	page = __find_page_quiet(mapping, index);
	spin_unlock(&pagecache_lock);
	return page;
}

static void write_at(unsigned long pos, size_t length)
{
	u64 at = pos;

	check(generic_file_write(&one_file, bytes, length, &at) == (long)length);
}

static void read_at(unsigned long pos, size_t length)
{
	u64 at = pos;

	check(generic_file_read(&one_file, bytes, length, &at) == (long)length);
}

/* The file has so many pages, none of them cached, and nobody has read it yet. */
static void uncached_file(unsigned long pages)
{
	disk_complete_all();
	truncate_inode_pages(mapping, 0);
	one_inode.size = 0;
	one_file_drop_blocks(&one_inode);
	for (unsigned long i = 0; i < pages; i++)
		write_at(i << PAGE_SHIFT, PAGE_SIZE);
	check(filemap_fdatasync(mapping) == 0);
	filemap_fdatawait(mapping);
	check(file_check_and_advance_wb_err(&one_file) == 0);
	truncate_inode_pages(mapping, 0);
	check(mapping->nrpages == 0);
	one_file.ra_end = one_file.ra_length = one_file.ra_max = one_file.ra_window = 0;
}

/* ---- entering the cache ---- */

static void a_new_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL), *behind;
	unsigned long active = nr_active_pages, pages = page_cache_size;

	page->flags |= 1ul << PG_uptodate | 1ul << PG_error | 1ul << PG_dirty |
		1ul << PG_referenced;
	check(add_to_page_cache(page, mapping, 7) == 0);
	check(PageLocked(page) && PageActive(page) && page->age == 2);
	check(!PageUptodate(page) && !PageError(page) && !PageDirty(page));
	check(!PageReferenced(page));
	check(page_count(page) == 2 && nr_active_pages == active + 1);
	check(mapping->nrpages == 1 && page_cache_size == pages + 1);
	check(list_first(&mapping->clean_pages, struct page, list) == page);
	check(list_first(&active_list, struct page, lru) == page);

	/* The index is taken: nothing changes. Another one goes in front. */
	behind = alloc_page(GFP_KERNEL);
	check(add_to_page_cache(behind, mapping, 7) == -EEXIST);
	check(page_count(behind) == 1 && !PageLocked(behind) && !PageActive(behind));
	/* Already locked: its flags stay. */
	lock_page(behind);
	SetPageUptodate(behind);
	check(add_to_page_cache_locked(behind, mapping, 8) == 0);
	check(PageUptodate(behind) && mapping->nrpages == 2);
	check(list_first(&mapping->clean_pages, struct page, list) == behind);

	/* Dirty, it changes its list, and its file has dirty pages. */
	set_page_dirty(page);
	check(list_first(&mapping->dirty_pages, struct page, list) == page);
	unlock_page(page);
	unlock_page(behind);
	put_page(page);
	put_page(behind);
	truncate_inode_pages(mapping, 0);
	check(page->state == STATE_FREE && behind->state == STATE_FREE);
	check(page->age == 2 && !PageDirty(page) && page_cache_size == pages);
}

/* A look-up ages; at age 0 it brings the page back. It does not set the bit (Q21). */
static void lookups_age(void)
{
	struct page *page;

	uncached_file(4);
	read_at(0, 100);
	page = peek(0);
	check(page->age == 2);
	put_page(find_get_page(mapping, 0));
	check(page->age == 5 && !PageReferenced(page));
	deactivate_page(page);
	check(page->age == 0 && PageInactiveDirty(page));
	page = find_lock_page(mapping, 0);
	check(page->age == 5 && PageActive(page) && PageLocked(page));
	unlock_page(page);
	put_page(page);
	check(find_get_page(mapping, 3) == NULL);
}

/* Nobody's page can be marked dirty, and page_launder does not ask it for a method (Q42). */
static void a_dirty_page_without_a_mapping(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	set_page_dirty(page);
	check(!PageDirty(page));
	page->age = 0;
	lock_page(page);
	lru_cache_add(page);
	unlock_page(page);
	SetPageDirty(page);
	check(PageInactiveDirty(page));
	check(page_launder(0, false) == 0 && PageActive(page) && PageDirty(page));
	ClearPageDirty(page);
	lock_page(page);
	lru_cache_del(page);
	unlock_page(page);
	put_page(page);
	check(page->state == STATE_FREE);
}

/* ---- writing ---- */

static void pages_written_to_their_end(void)
{
	struct page *page;

	uncached_file(0);
	write_at(0, PAGE_SIZE + 10);
	page = peek(0);
	check(PageInactiveDirty(page) && page->age == 0 && page_count(page) == 2);
	check(page->buffers && (page->buffers->state & 1ul << BH_Dirty));
	check(!PageDirty(page));	/* the buffers are, the page is not */
	page = peek(1);
	check(PageActive(page) && page->age == 2 && page_count(page) == 2);
	/* Written on to its end, it goes as well; the look-up in between aged it. */
	write_at(PAGE_SIZE + 10, PAGE_SIZE - 11);
	check(PageActive(page) && page->age == 5);
	write_at(2 * PAGE_SIZE - 1, 1);
	check(PageInactiveDirty(page) && page->age == 0);
	/* A process that maps the page keeps it active. */
	write_at(2 * PAGE_SIZE, 1);
	page = peek(2);
	get_page(page);
	write_at(2 * PAGE_SIZE + 1, PAGE_SIZE - 1);
	check(PageActive(page) && page->age == 0);
	put_page(page);
}

/* ---- read-ahead of read() ---- */

static unsigned long cached_from(pgoff_t first)
{
	unsigned long n = 0;

	while (peek(first + n))
		n++;
	return n;
}

/* Reading a file in order, a page at a time: how far the disk has been asked. */
static void a_reader_in_order(void)
{
	static const unsigned long sizes[] = { 6, 12, 24, 31 };
	unsigned grown = 0;

	uncached_file(200);
	read_at(0, 1);			/* somebody looks at the beginning: no more than that */
	check(cached_from(0) == 1);
	uncached_file(200);
	read_at(0, PAGE_SIZE);
	check(cached_from(0) == 4);	/* the smallest window: 3 pages ahead */
	disk_complete_all();
	for (pgoff_t i = 1; i < 150; i++) {
		unsigned long ahead = 0;

		read_at(i << PAGE_SHIFT, PAGE_SIZE);
		disk_complete_all();
		while (peek(i + 1 + ahead))
			ahead++;
		/* Once the window is at its largest there is always something on the way. */
		check(ahead <= 2 * 32);
		check(i < 3 || ahead >= 1);
		/* It doubles, up to 31 pages. */
		check(one_file.ra_max == sizes[grown] || one_file.ra_max == sizes[++grown]);
	}
	check(grown == 3);
}

/* The pages that the reader has passed are inactive, those before him are not. */
static void pages_behind_the_reader(void)
{
	pgoff_t dropped = 0;

	uncached_file(200);
	for (pgoff_t i = 0; i < 100; i++) {
		read_at(i << PAGE_SHIFT, PAGE_SIZE);
		disk_complete_all();
	}
	while (PageInactiveDirty(peek(dropped)))
		dropped++;
	check(dropped > 30 && dropped < 100);
	for (pgoff_t i = 0; i < dropped; i++)
		check(peek(i)->age == 0);
	for (pgoff_t i = dropped; i < 100 + cached_from(100); i++)
		check(PageActive(peek(i)) && peek(i)->age > 0);
}

static void remove_page(pgoff_t index)
{
	struct page *page = peek(index);

	get_page(page);
	lock_page(page);
	check(try_to_free_buffers(page, 0) == 1);
	lru_cache_del(page);
	remove_from_page_cache(page);
	put_page(page);
	unlock_page(page);
	put_page(page);
}

/* drop_behind ends at the first page that is gone, and spares one with another user. */
static void behind_a_hole_nothing_is_dropped(void)
{
	struct page *used;

	uncached_file(20);
	for (pgoff_t i = 0; i < 8; i++)
		check(page_cache_read(mapping, i) == 0);
	disk_complete_all();
	used = peek(6);
	get_page(used);
	remove_page(5);
	one_file.ra_window = one_file.ra_end = 8;
	read_at(8ul << PAGE_SHIFT, PAGE_SIZE);
	/* The new window is the page itself and 3 ahead: so much is looked at behind. */
	check(one_file.ra_window == 4 && cached_from(8) == 4);
	check(PageInactiveDirty(peek(7)) && peek(7)->age == 0);
	check(PageActive(used) && used->age == 0);
	check(PageActive(peek(4)) && peek(4)->age == 2);
	put_page(used);
}

/* At the beginning there is nothing behind (Q20: the original counts on page -1). */
static void nothing_is_behind_the_first_page(void)
{
	uncached_file(20);
	read_at(0, PAGE_SIZE);
	check(one_file.ra_window == 4);
	for (pgoff_t i = 0; i < 4; i++)
		check(PageActive(peek(i)) && peek(i)->age == 2);
}

/* Elsewhere in the file: the window begins anew. */
static void a_reader_who_jumps(void)
{
	uncached_file(200);
	for (pgoff_t i = 0; i < 40; i++)
		read_at(i << PAGE_SHIFT, PAGE_SIZE);
	disk_complete_all();
	read_at(150ul << PAGE_SHIFT, PAGE_SIZE);
	check(peek(150) && peek(151) && peek(152) && !peek(149) && !peek(155));
	check(one_file.ra_max <= 8);
}

/* ---- faults on mapped files ---- */

static void fault_at(pgoff_t index, unsigned flags)
{
	struct vm_area area = { .file = &one_file, .start = 0, .end = 1ul << 30,
				.flags = flags };
	bool major = false;
	struct page *page = filemap_nopage(&area, index, &major);

	check(!IS_ERR(page) && PageUptodate(page));
	put_page(page);
}

static void a_fault_reads_its_cluster(void)
{
	uncached_file(37);
	page_cluster = 4;
	fault_at(20, 0);
	check(!peek(15) && cached_from(16) == 16 && !peek(32));
	disk_complete_all();
	fault_at(36, 0);		/* the file ends inside the cluster */
	check(cached_from(32) == 5);
	disk_complete_all();
	page_cluster = 2;
	fault_at(9, 0);
	check(!peek(7) && cached_from(8) == 4 && !peek(12));
	disk_complete_all();
	fault_at(1, VM_RAND_READ);
	check(peek(1) && !peek(0) && !peek(2));
	disk_complete_all();
}

/* ---- truncation during a fault ---- */

static struct page *nopage_and_truncation(struct vm_area *area, pgoff_t index, bool *major)
{
	struct page *page = filemap_nopage(area, index, major);

	/* Another CPU truncates the file: it is at its first step when we have the page. */
	if (one_inode.size) {
		one_inode.size = 0;
		zap_mapping(mapping, 0);
	}
	return page;
}

static const struct vm_operations racing = { .nopage = nopage_and_truncation };

static int map_racing(struct file *file, struct vm_area *area)
{
	area->ops = &racing;
	return 0;
}

/* The page may not be mapped, not even a private copy of it: its ptes have been taken. */
static void a_fault_sees_a_truncation(unsigned flags, bool write)
{
	static const struct file_operations fops = { .mmap = map_racing };
	const unsigned long base = 0x10000000ul;
	struct mm_struct *mm = mm_create();
	pte_t *slot;

	uncached_file(1);
	disk_instant = true;
	one_file.ops = &fops;
	one_file.flags = O_RDWR;
	file_get(&one_file);	/* ours, so that the area's is not the last one */
	mutex_lock(&mm->mmap_sem);
	check(map_area(mm, base, PAGE_SIZE, VM_READ | VM_WRITE | flags, &one_file, 0, true) ==
	      (long)base);
	mutex_unlock(&mm->mmap_sem);

	check(do_page_fault(mm, base, write, false, 0) == 0);
	slot = page_table_find(mm->page_table, base);
	check(pte_none(pte_read(slot)) && get_mm_rss(mm) == 0);
	check(page_count(peek(0)) == 2 && peek(0)->buffers);	/* the fault has let it go */
	truncate_inode_pages(mapping, 0);
	check(do_page_fault(mm, base, write, false, 0) == -EIO);
	mm_put(mm);
	disk_instant = false;
}

void unit_main(void)
{
	unit_boot(512, 4096);
	one_file_init(disk_create("disk", MAJOR_VIRTIO, 1, 2 * ONE_FILE_PAGES), 1024);
	disk_instant = false;
	a_new_page();
	lookups_age();
	a_dirty_page_without_a_mapping();
	pages_written_to_their_end();
	a_reader_in_order();
	pages_behind_the_reader();
	behind_a_hole_nothing_is_dropped();
	nothing_is_behind_the_first_page();
	a_reader_who_jumps();
	a_fault_reads_its_cluster();
	a_fault_sees_a_truncation(VM_SHARED, false);
	a_fault_sees_a_truncation(VM_SHARED, true);
	a_fault_sees_a_truncation(0, true);
	lru_check();
}
