/*
 * The page and buffer caches against a model, on the simulated machine.
 *
 * One file of up to FILE_PAGES pages on a disk of its own is written, read, mapped,
 * truncated and synced at random, in less memory than it needs, while reclaim runs and
 * transfers end late. The model is an array of bytes. Then the cache is dropped and the
 * disk must hold the model's bytes. Usage: cache SEED BLOCK_SIZE none|full|read|write
 *
 * full: the disk has too few blocks; read, write: some transfers fail. Then operations
 * may fail with the right error, and everything else must still hold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/machine.h"
#include "arch/sim/sim.h"
#include "fs/fs.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer_internal.h"
#include "mm/init.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/slab/slab.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"
#include "tests/units/one_file.h"

#define ZONE_PAGES	300ul
#define FILE_PAGES	ONE_FILE_PAGES
#define FILE_SIZE	ONE_FILE_SIZE
#define STEPS		4000

static u8 model[FILE_SIZE];
static unsigned long model_size;
static bool unknown[FILE_PAGES];	/* pages that an error has made uncertain */

static u8 *disk_data;
static LIST_HEAD(in_flight);
static unsigned fail_one_in;		/* transfers that fail, 0: none */
static bool fail_writes, fail_reads;
static bool wrote_badly;

static unsigned block_size;
static struct vm_area mapping_area;	/* in i_mmap: writes go through a bounce page */

static unsigned long rnd(unsigned long below)
{
	return (unsigned long)random() % below;
}

/* ---- a disk that is slow, and sometimes bad ---- */

static void finish(struct bio *bio)
{
	u8 *at = disk_data + (bio->sector << SECTOR_SHIFT);
	u8 *page = (u8 *)kmap(bio->page) + bio->offset;
	bool bad = fail_one_in && (bio->write ? fail_writes : fail_reads) && !rnd(fail_one_in);

	list_del(&bio->link);
	if (bad && bio->write && bio->page->mapping == &one_inode.data)
		wrote_badly = true;
	if (!bad && bio->write)
		memcpy(at, page, bio->length);
	else if (!bad)
		memcpy(page, at, bio->length);
	kunmap(bio->page);
	bio_end(bio, bad ? -EIO : 0);
}

static void submit(struct block_device *dev, struct bio *bio)
{
	list_add_tail(&bio->link, &in_flight);
}

static void run_queue(struct block_device *dev)
{
	for (unsigned n = (unsigned)rnd(3); n && !list_empty(&in_flight); n--)
		finish(list_first(&in_flight, struct bio, link));
}

static void awaited(struct block_device *dev, const struct page *page)
{
	struct bio *bio, *next;

	list_for_each_safe(bio, next, &in_flight, link)
		if (bio->page == page || !rnd(8))
			finish(bio);
}

static struct block_device disk = {
	.name = "test", .major = MAJOR_VIRTIO, .submit = submit, .run_queue = run_queue,
	.awaited = awaited,
};

/* ---- the operations ---- */

static void taint(unsigned long from, unsigned long to)
{
	for (unsigned long p = from >> PAGE_SHIFT; p < (to + PAGE_SIZE - 1) >> PAGE_SHIFT; p++)
		unknown[p] = true;
}

static void do_write(void)
{
	static u8 bytes[5 * PAGE_SIZE];
	u64 pos = rnd(FILE_SIZE - sizeof(bytes));
	size_t length = 1 + rnd(rnd(2) ? 300 : sizeof(bytes));
	u64 start;
	long done;

	if (rnd(3))
		pos &= ~(u64)(PAGE_SIZE - 1);
	if (!rnd(4) && length > PAGE_SIZE)
		length &= PAGE_MASK;
	start = pos;
	for (size_t i = 0; i < length; i++)
		bytes[i] = (u8)random();
	done = generic_file_write(&one_file, (char *)bytes, length, &pos);
	if (done < 0) {
		assert(done == -ENOSPC || (done == -EIO && fail_one_in));
		taint(start, start + length);
		done = 0;
	} else if ((size_t)done < length) {
		taint(start + done, start + length);
	}
	memcpy(model + start, bytes, (size_t)done);
	if (start + done > model_size && done)
		model_size = start + done;
	assert(one_inode.size == model_size);
}

static void compare(const u8 *bytes, unsigned long start, unsigned long length,
		    const char *what)
{
	for (unsigned long i = 0; i < length; i++)
		if (bytes[i] != model[start + i] && !unknown[(start + i) >> PAGE_SHIFT])
			panic("%s: byte %lu is %02x, not %02x", what, start + i, bytes[i],
			      model[start + i]);
}

static void do_read(void)
{
	static u8 bytes[9 * PAGE_SIZE];
	u64 pos = rnd(2) ? one_file.pos : rnd(FILE_SIZE);
	size_t length = 1 + rnd(sizeof(bytes));
	unsigned long start = (unsigned long)pos;
	unsigned long want = start < model_size ? min(length, model_size - start) : 0;
	long done = generic_file_read(&one_file, (char *)bytes, length, &pos);

	if (done < 0) {
		assert(done == -EIO && fail_reads);
		return;
	}
	assert((unsigned long)done == want || (fail_reads && (unsigned long)done < want));
	compare(bytes, start, (unsigned long)done, "read");
	one_file.pos = pos;
}

/* As a fault on a shared mapping does, and a store after it. */
static void do_map(void)
{
	struct vm_area area = { .file = &one_file, .start = 0, .end = FILE_SIZE };
	unsigned long address = rnd(FILE_SIZE);
	bool major = false;
	struct page *page = filemap_nopage(&area, address >> PAGE_SHIFT, &major);
	u8 *data;

	if (IS_ERR(page)) {
		long error = PTR_ERR(page);

		assert((error == -EFAULT &&
			(address >> PAGE_SHIFT) >= (model_size + PAGE_SIZE - 1) >> PAGE_SHIFT) ||
		       (error == -EIO && fail_reads));
		return;
	}
	assert(PageUptodate(page));
	data = kmap(page);
	if (address < model_size) {
		compare(data + address % PAGE_SIZE, address, 1, "mapped");
		model[address] = data[address % PAGE_SIZE] = (u8)random();
	}
	kunmap(page);
	set_page_dirty(page);
	put_page(page);
}

static void do_truncate(void)
{
	unsigned long size = rnd(3) ? model_size - model_size / (2 + rnd(20)) :
		rnd(FILE_SIZE);
	int error = 0;

	mutex_lock(&one_inode.sem);
	if (size < one_inode.size)
		error = block_truncate_page(one_inode.mapping, size, one_file_get_block);
	assert(!error || (error == -EIO && fail_reads));
	if (error) {
		mutex_unlock(&one_inode.sem);
		return;
	}
	one_inode.size = size;
	truncate_inode_pages(one_inode.mapping, size);
	one_file_drop_blocks(&one_inode);
	mutex_unlock(&one_inode.sem);
	if (size < model_size)
		memset(model + size, 0, model_size - size);
	model_size = size;
}

static int fsync(void)
{
	filemap_fdatasync(one_inode.mapping);
	filemap_fdatawait(one_inode.mapping);
	return file_check_and_advance_wb_err(&one_file);
}

static void do_fsync(void)
{
	int error = fsync();

	if (fail_writes && fail_one_in) {
		/* A bad write is told exactly once. */
		assert(!wrote_badly || error == -EIO);
		wrote_badly = false;
		assert(!error || error == -EIO || error == -ENOSPC);
		if (error)
			taint(0, FILE_SIZE);
	} else {
		assert(!error || error == -ENOSPC);
		if (error)
			taint(0, FILE_SIZE);
	}
}

/* A block serves as metadata for a while and is then free for the file's data. */
static void do_short_metadata(void)
{
	struct buffer_head *bh;
	unsigned long block;

	if (!one_file_blocks_left)
		return;
	block = one_file_take_block();
	bh = getblk(&disk, block, block_size);
	memset(buffer_data(bh), 0x3d, block_size);
	set_bit(BH_Uptodate, &bh->state);
	mark_buffer_dirty(bh);
	if (rnd(2))
		brelse(bh);
	else
		bforget(bh);
	one_file_give_block(block);
}

static void do_metadata(void)
{
	unsigned long first = disk.nr_sectors / (block_size / 512) - 40;
	struct buffer_head *bh = bread(&disk, first + rnd(40), block_size);

	if (!bh) {
		assert(fail_reads);
		return;
	}
	memset(buffer_data(bh), (int)random(), block_size);
	mark_buffer_dirty(bh);
	if (rnd(6))
		brelse(bh);
	else
		bforget(bh);
}

static void do_reclaim(void)
{
	switch (rnd(5)) {
	case 0: page_launder(GFP_KERNEL, rnd(2)); break;
	case 1: refill_inactive_scan((unsigned)rnd(7), false); break;
	case 2: do_try_to_free_pages(GFP_KERNEL, rnd(2)); break;
	case 3: bdflush_pass(); break;
	case 4: clock_tick(rnd(2000)); flush_dirty_buffers(true); break;
	}
	run_queue(&disk);
}

static bool kswapd_runs(void)
{
	kswapd_turn();
	return true;
}

static void __noreturn die(const char *message)
{
	fprintf(stderr, "%s\n", message);
	abort();
}

static void *zeroed(size_t bytes)
{
	return calloc(1, bytes);
}

static void boot(void)
{
	zone_setup(0, ZONE_NORMAL, 0, ZONE_PAGES);
	memory_init(ZONE_PAGES);
	zones_init(memory_map, zeroed((memory_frames >> PAGEBLOCK_ORDER) + 1), memory_frames);
	events_init(1024, zeroed);
	for (pfn_t pfn = 0; pfn < ZONE_PAGES; pfn++)
		free_boot_page(pfn_to_page(pfn));
	mm_init();
	policy->start();
	sched_kswapd_wait = kswapd_runs;
}

/* Everything is written, dropped and read again; and no memory is lost. */
static void check_the_end(void)
{
	static u8 bytes[PAGE_SIZE];
	unsigned long lost;

	fail_one_in = 0;
	fsync();
	assert(sync_buffers(NULL, true) == 0 || fail_writes);
	for (int i = 0; i < 200; i++)
		do_try_to_free_pages(GFP_KERNEL, true);
	truncate_inode_pages(one_inode.mapping, 0);
	assert(one_inode.mapping->nrpages == 0);
	for (unsigned long at = 0; at < model_size; at += PAGE_SIZE) {
		u64 pos = at;
		long done = generic_file_read(&one_file, (char *)bytes, PAGE_SIZE, &pos);

		assert(done == (long)min(PAGE_SIZE, model_size - at));
		compare(bytes, at, (unsigned long)done, "disk");
	}
	truncate_inode_pages(one_inode.mapping, 0);
	invalidate_buffers(&disk);
	while (!list_empty(&in_flight))
		finish(list_first(&in_flight, struct bio, link));
	for (int i = 0; i < 20; i++) {
		refill_inactive_scan(0, false);
		page_launder(GFP_KERNEL, true);
	}
	lost = ZONE_PAGES - nr_free_pages() - nr_inactive_clean_pages() -
		nr_inactive_dirty_pages - nr_active_pages;
	assert(lost == 0 && page_cache_size == 0);
	assert(buffer_list_bytes[BUF_DIRTY] == 0);
}

int main(int argc, char **argv)
{
	const char *trouble = argv[3];

	assert(argc == 4);
	srandom((unsigned)atoi(argv[1]));
	block_size = (unsigned)atoi(argv[2]);
	panic_hook = die;
	console_on = true;
	policy_select("2.4");
	boot();

	disk.nr_sectors = 8 * FILE_SIZE / 512;
	disk_data = malloc(disk.nr_sectors * 512);
	memset(disk_data, 0xe5, disk.nr_sectors * 512);	/* what nobody may ever see */
	register_block_device(&disk);
	one_file_init(&disk, block_size);
	if (!strcmp(trouble, "full"))
		while (one_file_blocks_left > FILE_SIZE / block_size / 3)
			one_file_take_block();
	fail_reads = !strcmp(trouble, "read");
	fail_writes = !strcmp(trouble, "write");
	fail_one_in = fail_reads || fail_writes ? 40 : 0;

	if (atoi(argv[1]) % 2)
		list_add(&mapping_area.shared_link, &one_inode.mapping->i_mmap);

	for (unsigned step = 0; step < STEPS; step++) {
		switch (rnd(12)) {
		case 0: case 1: case 2: case 3: do_write(); break;
		case 4: case 5: case 6: do_read(); break;
		case 7: do_map(); break;
		case 8: if (!rnd(10)) do_truncate(); break;
		case 9: if (!rnd(5)) do_fsync(); break;
		case 10: do_metadata(); do_short_metadata(); break;
		case 11: do_reclaim(); break;
		}
		lru_check();
	}
	check_the_end();
	printf("ok\n");
	return 0;
}
