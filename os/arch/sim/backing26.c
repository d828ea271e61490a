/*
 * Policy 2.6: what lies behind pages, with writepages that do as a scenario says (B8).
 *
 * A mapping for each kind of backing and each kind of writepage; each has a file, so that
 * areas can map its pages. The swap cache is the core's own.
 */
#include "arch/sim/era26.h"
#include "arch/sim/sim.h"
#include "fs/fs.h"
#include "lib/errno.h"
#include "mm/cache/buffer.h"
#include "mm/cache/writeback.h"

const char *const write_names26[] = { "instant", "instant_buffers", "async", "refuse",
				      "missing", "redirty", "error", NULL };

#define NR_WRITES	7

static struct backing {
	struct inode inode;
	struct file file;
} backings[MAPPING_RAMFS + 1][NR_WRITES];

static pgoff_t next_index;

/* Dirty buffers hold what the disk has from now on; a write in flight is left to itself. */
static void clean_buffers(struct page *page)
{
	if (!page->buffers || buffer_test(page->buffers, BH_Lock))
		return;
	write_dirty_buffers(page);
	disk_complete_page(page);
}

static int write_instant(struct page *page)
{
	clean_buffers(page);
	unlock_unwritten_page(page);
	return 0;
}

static int write_instant_buffers(struct page *page)
{
	if (!page->buffers)
		make_clean_buffer(page);
	return write_instant(page);
}

static int write_async(struct page *page)
{
	unsigned long block = page_to_pfn(page);

	brw_page(true, page, scenario_disk, &block, PAGE_SIZE);
	return 0;
}

static int write_refused(struct page *page)
{
	return AOP_WRITEPAGE_ACTIVATE;
}

static int write_redirty(struct page *page)
{
	set_page_dirty(page);
	unlock_page(page);
	return 0;
}

static int write_error(struct page *page)
{
	unlock_unwritten_page(page);
	return -EIO;
}

static const struct address_space_operations ops[NR_WRITES] = {
	{ .writepage = write_instant },	{ .writepage = write_instant_buffers },
	{ .writepage = write_async },	{ .writepage = write_refused },
	{ .writepage = NULL },		{ .writepage = write_redirty },
	{ .writepage = write_error },
};

static int map_file(struct file *file, struct vm_area *area)
{
	return 0;
}

static const struct file_operations file_ops = { .mmap = map_file };

static struct backing *backing_of(enum mapping_kind kind, unsigned write)
{
	struct backing *backing = &backings[kind][write];
	struct inode *inode = &backing->inode;

	if (!inode->mapping) {
		inode->mapping = &inode->data;
		inode->mode = S_IFREG;
		mapping_init(inode->mapping, inode, &ops[write]);
		if (kind == MAPPING_FILE)
			inode->mapping->flusher = &scenario_disk->flusher;
		inode->mapping->unevictable = kind == MAPPING_RAMFS;
		atomic_set(&backing->file.count, 1);
		backing->file.inode = inode;
		backing->file.ops = &file_ops;
		backing->file.flags = O_RDWR;
	}
	return backing;
}

void backing_add26(struct page *page, enum mapping_kind kind, unsigned write)
{
	struct address_space *mapping = backing_of(kind, write)->inode.mapping;

	if (add_to_page_cache(page, mapping, next_index++) != 0)
		fail("a page cannot be added to its file, expected fewer pages");
}

/* Those of read and write have no areas. */
struct file *backing_file26(const struct page *page)
{
	struct backing *backing = container_of(page->mapping->host, struct backing, inode);

	if (backing < backings[0] || backing >= (struct backing *)(&backings + 1))
		fail("a page of a file that is read cannot be mapped, expected one of `page`");
	return &backing->file;
}
