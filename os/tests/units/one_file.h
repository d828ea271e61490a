/* A file system of one file on a disk of its own, for tests in C. */
#ifndef TESTS_ONE_FILE_H
#define TESTS_ONE_FILE_H

#include "arch/machine.h"
#include "fs/fs.h"
#include "mm/cache/buffer.h"

#define ONE_FILE_PAGES	400ul
#define ONE_FILE_SIZE	(ONE_FILE_PAGES << PAGE_SHIFT)

extern struct inode one_inode;		/* the file, empty at first */
extern struct file one_file;		/* opened */
extern const struct file_operations one_file_fops;	/* of who maps it */
extern unsigned long one_file_blocks_left;	/* free blocks of its disk */

/* Blocks of the file may lie anywhere in the first ONE_FILE_SIZE bytes of the disk. */
void one_file_init(struct block_device *dev, unsigned block_size);

/* A free block of that part of the disk, any; and back. */
unsigned long one_file_take_block(void);
void one_file_give_block(unsigned long block);

/* For the block functions of the cache; makes blocks until the disk is full. */
int one_file_get_block(struct inode *in, unsigned long file_block, struct buffer_head *bh,
		       bool create);
/* Frees the blocks behind the file's size. */
int one_file_drop_blocks(struct inode *in);

#endif
