/*
 * What lies behind pages: mappings whose writepage does as a scenario says (A7).
 *
 * A file mapping for each kind of writepage, a file system without backing store, a
 * shared-memory segment that may be swapped and one that is locked in memory. Pages
 * get indices in the order in which they come. The swap cache is the core's own.
 */
#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "fs/fs.h"
#include "fs/ramfs/ramfs.h"
#include "lib/printk.h"
#include "mm/cache/buffer.h"
#include "mm/swap/shmem.h"
#include "mm/vm/vm.h"

const char *const mapping_names[] = { "file", "swap", "shm", "ramfs", "none", NULL };
const char *const write_names[] = { "instant", "instant_buffers", "async", "refuse",
				    "missing", NULL };
const char *const buffer_names[] = { "none", "clean", "dirty", "locked", "pinned", NULL };

static struct inode host;		/* of all file mappings: somebody to be dirty */
static struct address_space files[5];	/* by enum write_kind */
static struct address_space ramfs;
static struct shmem segment, locked_segment;
static pgoff_t next_index;		/* in all mappings but the segments */
static pgoff_t next_segment_index;	/* in both segments */
static struct inode segment_inode = { .mapping = &segment.mapping };

/* A transfer of the page to its own place on the disk. */
static void write_to_disk(struct page *page)
{
	unsigned long block = page_to_pfn(page);

	brw_page(true, page, scenario_disk, &block, PAGE_SIZE);
}

static int write_async(struct page *page)
{
	write_to_disk(page);
	return 0;
}

static int write_with_buffers(struct page *page)
{
	write_to_disk(page);
	wait_on_page(page);
	return 0;
}

static int write_instant(struct page *page)
{
	if (page->buffers)
		return write_with_buffers(page);
	unlock_page(page);
	return 0;
}

static int write_refused(struct page *page)
{
	return 1;
}

static const struct address_space_operations file_ops[] = {
	[WRITE_INSTANT] = { .writepage = write_instant },
	[WRITE_INSTANT_BUFFERS] = { .writepage = write_with_buffers },
	[WRITE_ASYNC] = { .writepage = write_async },
	[WRITE_REFUSE] = { .writepage = write_refused },
	[WRITE_MISSING] = { .writepage = NULL },
};

static int segment_mmap(struct file *file, struct vm_area *area)
{
	area->ops = &shmem_vm_ops;
	return 0;
}

static const struct file_operations segment_fops = { .mmap = segment_mmap };
static struct file segment_file = {
	.inode = &segment_inode, .ops = &segment_fops, .flags = O_RDWR,
};

void backing_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(files); i++)
		mapping_init(&files[i], &host, &file_ops[i]);
	mapping_init(&ramfs, &host, &ramfs_aops);
	shmem_init(&segment, SHMEM_MOST_PAGES, NULL, NULL);
	shmem_init(&locked_segment, SHMEM_MOST_PAGES, NULL, NULL);
	locked_segment.locked = true;
}

static void add_to_mapping(struct page *page, struct address_space *mapping, pgoff_t index)
{
	if (add_to_page_cache(page, mapping, index) != 0)
		fail("a page cannot be added to its file, expected fewer pages");
}

static void add_to_segment(struct page *page, bool locked)
{
	if (next_segment_index == SHMEM_MOST_PAGES)
		fail("shared memory is full, expected at most %lu pages",
		     (unsigned long)SHMEM_MOST_PAGES);
	add_to_mapping(page, locked ? &locked_segment.mapping : &segment.mapping,
		       next_segment_index++);
}

static void enter_swap_cache(struct page *page)
{
	swp_entry_t entry = get_swap_page();

	if (!entry.val)
		fail("no free swap slot, expected swap= with more slots");
	lock_page(page);
	if (add_to_swap_cache(page, entry) != 0)
		fail("a page cannot be added to the swap cache, expected fewer pages");
}

struct file *backing_segment(void)
{
	return &segment_file;
}

void backing_add(struct page *page, enum mapping_kind kind, enum write_kind write)
{
	switch (kind) {
	case MAPPING_FILE:
		add_to_mapping(page, &files[write], next_index++);
		break;
	case MAPPING_RAMFS:
		add_to_mapping(page, &ramfs, next_index++);
		break;
	case MAPPING_SHM:
		add_to_segment(page, write == WRITE_REFUSE);
		break;
	case MAPPING_SWAP:
		enter_swap_cache(page);
		break;
	case MAPPING_NONE:
		lock_page(page);
		break;
	}
}

unsigned long backing_swapped(void)
{
	return segment.swapped + locked_segment.swapped;
}

enum buffer_kind buffers_of(const struct page *page)
{
	const struct buffer_head *bh = page->buffers;

	if (!bh)
		return BUFFERS_NONE;
	if (era == &era26 && atomic_read(&bh->count) > 0)
		return BUFFERS_PINNED;
	if (buffer_test(bh, BH_Lock))
		return BUFFERS_LOCKED;
	if (buffer_test(bh, BH_Dirty))
		return BUFFERS_DIRTY;
	if (atomic_read(&bh->count) > 0)
		return BUFFERS_PINNED;
	return BUFFERS_CLEAN;
}
