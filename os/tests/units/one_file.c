/* A file system of one file: blocks anywhere on the disk, a map of them, no metadata. */
#include <stdlib.h>

#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/vm/vm_internal.h"
#include "tests/units/one_file.h"

#define NR_BLOCKS	(ONE_FILE_SIZE / 512)

struct inode one_inode;
struct file one_file;
unsigned long one_file_blocks_left;

static unsigned long block_map[NR_BLOCKS];	/* of the file: 1 + its number, 0: a hole */
static bool block_used[NR_BLOCKS];		/* of the disk */
static struct super_block sb;

unsigned long one_file_take_block(void)
{
	unsigned long block;

	do
		block = (unsigned long)random() % (ONE_FILE_SIZE / sb.block_size);
	while (block_used[block]);
	block_used[block] = true;
	one_file_blocks_left--;
	return block;
}

void one_file_give_block(unsigned long block)
{
	assert(block_used[block]);
	block_used[block] = false;
	one_file_blocks_left++;
}

int one_file_get_block(struct inode *in, unsigned long file_block, struct buffer_head *bh,
		       bool create)
{
	assert(file_block < NR_BLOCKS);
	if (!block_map[file_block]) {
		if (!create)
			return 0;
		if (!one_file_blocks_left)
			return -ENOSPC;
		block_map[file_block] = 1 + one_file_take_block();
		set_bit(BH_New, &bh->state);
	}
	bh->dev = sb.dev;
	bh->block = block_map[file_block] - 1;
	set_bit(BH_Mapped, &bh->state);
	return 0;
}

static int readpage(struct page *page)
{
	return block_read_full_page(page, one_file_get_block);
}

static int writepage(struct page *page)
{
	return block_write_full_page(page, one_file_get_block);
}

static int prepare_write(struct page *page, unsigned from, unsigned to)
{
	return block_prepare_write(page, from, to, one_file_get_block);
}

static const struct address_space_operations ops = {
	.readpage = readpage, .writepage = writepage, .prepare_write = prepare_write,
	.commit_write = block_commit_write, .writes_dirty_buffers = true,
};

static int page_mkwrite(struct vm_area *area, struct page *page)
{
	return block_page_mkwrite(area, page, one_file_get_block);
}

static const struct vm_operations vm_ops = {
	.nopage = filemap_nopage, .page_mkwrite = page_mkwrite,
};

static int map_one_file(struct file *file, struct vm_area *area)
{
	area->ops = &vm_ops;
	return 0;
}

const struct file_operations one_file_fops = { .mmap = map_one_file };

int one_file_drop_blocks(struct inode *in)
{
	u64 last = in->size + sb.block_size - 1;

	for (unsigned long i = (unsigned long)(last / sb.block_size); i < NR_BLOCKS; i++)
		if (block_map[i]) {
			one_file_give_block(block_map[i] - 1);
			block_map[i] = 0;
		}
	return 0;
}

static const struct inode_operations iops = { .truncate = one_file_drop_blocks };

void one_file_init(struct block_device *dev, unsigned block_size)
{
	sb.block_size = block_size;
	sb.dev = dev;
	one_file_blocks_left = ONE_FILE_SIZE / block_size;
	one_inode = (struct inode){ .sb = &sb, .mode = S_IFREG, .mapping = &one_inode.data,
				    .iops = &iops };
	mutex_init(&one_inode.sem, "inode");
	mapping_init(one_inode.mapping, &one_inode, &ops);
	one_file = (struct file){ .inode = &one_inode };
}
