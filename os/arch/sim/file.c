/*
 * The read and write statements: files that are used through the page cache's own
 * read and write paths, each on a disk of its own.
 *
 * A file exists from its first use on; page I of it is block I of its disk. Its pages
 * are named FILE.I when they enter the cache.
 */
#include <stdio.h>
#include <stdlib.h>

#include "arch/machine.h"
#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "fs/fs.h"
#include "lib/printk.h"
#include "mm/cache/buffer.h"

#define FILE_PAGES	65536ul	/* of every file */

struct scenario_file {
	struct name *name;
	struct inode inode;
	struct super_block sb;
	struct file *file;
};

static int get_block(struct inode *inode, unsigned long file_block,
		     struct buffer_head *result, bool create)
{
	result->dev = inode->sb->dev;
	result->block = file_block;
	set_bit(BH_Mapped, &result->state);
	return 0;
}

static int readpage(struct page *page)
{
	return block_read_full_page(page, get_block);
}

static int writepage(struct page *page)
{
	return block_write_full_page(page, get_block);
}

static int prepare_write(struct page *page, unsigned from, unsigned to)
{
	return block_prepare_write(page, from, to, get_block);
}

static const struct address_space_operations ops = {
	.readpage = readpage,
	.writepage = writepage,
	.prepare_write = prepare_write,
	.commit_write = block_commit_write,
	.writes_dirty_buffers = true,
};

static const struct file_operations file_ops = {
	.read = generic_file_read,
	.write = generic_file_write,
};

static struct scenario_file *make_file(const char *text)
{
	static unsigned minor = 100;	/* behind the disks of the machine */
	struct scenario_file *f = calloc(1, sizeof(*f));
	struct inode *inode = &f->inode;

	f->name = name_new(text, NAME_FILE);
	f->name->file = f;
	f->sb.dev = disk_create(text, MAJOR_VIRTIO, minor++, FILE_PAGES);
	f->sb.block_size = PAGE_SIZE;
	inode->sb = &f->sb;
	inode->mode = S_IFREG;
	inode->size = (u64)FILE_PAGES * PAGE_SIZE;
	inode->mapping = &inode->data;
	mutex_init(&inode->sem, "inode");
	mapping_init(inode->mapping, inode, &ops);
	f->file = file_alloc(&file_ops, O_RDWR);
	f->file->inode = inode;
	return f;
}

static struct scenario_file *need_file(struct statement *s)
{
	const char *text = need_name(s, "the name of a file");
	struct name *name = name_find(text);

	if (!name)
		return make_file(text);
	if (name->kind != NAME_FILE)
		fail("%s is no file, expected a new name or a file's", text);
	return name->file;
}

struct address_space *find_file_mapping(struct statement *s)
{
	return more_words(s) ? need_file(s)->inode.mapping : NULL;
}

static void name_pages(struct scenario_file *f)
{
	struct address_space *mapping = f->inode.mapping;
	struct page *pages[64];
	pgoff_t next = 0;
	unsigned n;

	do {
		n = radix_tree_gang_lookup(&mapping->pages, next, (void **)pages, 64);
		for (unsigned i = 0; i < n; i++) {
			next = pages[i]->index + 1;
			name_page_at(f->name->text, pages[i]->index, pages[i]);
		}
	} while (n);
}

static bool transfer_page(struct file *file, unsigned long at, bool write)
{
	static char user[1ul << PAGE_SHIFT];
	u64 pos = (u64)at * PAGE_SIZE;

	return (write ? file->ops->write(file, user, PAGE_SIZE, &pos)
		      : file->ops->read(file, user, PAGE_SIZE, &pos)) == (long)PAGE_SIZE;
}

static void do_transfer(struct statement *s, bool write)
{
	struct scenario_file *f = need_file(s);
	unsigned long at = need_number(s, "at", 0, FILE_PAGES - 1);
	unsigned long end = at + find_number(s, "n", 1, 1, FILE_PAGES - at);
	bool done = true;

	end_of_statement(s);
	for (; done && at < end; at++) {
		done = transfer_page(f->file, at, write);
		name_pages(f);
	}
	if (!done)
		printf("%s -> %s\n", write ? "write" : "read", gave_up ? era->given_up : "none");
}

void do_read(struct statement *s)
{
	do_transfer(s, false);
}

void do_write(struct statement *s)
{
	do_transfer(s, true);
}
