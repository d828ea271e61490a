/*
 * Mappings and the page cache: which page holds which piece of which file.
 *
 * A mapping (address_space) finds its pages through a radix tree. In 2.4 it keeps each on
 * one of three lists; in 2.6 tags in the tree say which pages are dirty and which are being
 * written. The swap cache is a mapping, too: swapper_space.
 *
 * Locks: (c) pagecache_lock, (t) tree_lock, (p) page lock, (i) i_mmap_lock, (!) constant.
 * Pages enter and leave a tree under (c) and (t), so that either keeps it as it is. Tags
 * change under (t) alone, for the end of a write does so in an interrupt.
 */
#ifndef MM_PAGECACHE_H
#define MM_PAGECACHE_H

#include "kernel/lock.h"
#include "lib/errseq.h"
#include "lib/radix_tree.h"
#include "mm/gfp.h"
#include "mm/page.h"

struct file;
struct flusher;
struct inode;
struct vm_area;

/* What a file system does for its pages. Each may sleep; each page comes locked. */
struct address_space_operations {
	/* Starts a read that unlocks the page when it ends; 0 or -errno. */
	int (*readpage)(struct page *page);
	/*
	 * Writes the page out. 0: the write was started (the page is unlocked when it
	 * ends) or done (unlocked); 1: refused, the page stays locked and dirty.
	 * -errno: failed; the page was unlocked, and the mapping's wb_err knows.
	 */
	int (*writepage)(struct page *page);
	/* Makes bytes FROM … TO-1 of the page writable: maps blocks, reads the rest. */
	int (*prepare_write)(struct page *page, unsigned from, unsigned to);
	/* They have been written: marks buffers dirty, grows the file. */
	int (*commit_write)(struct page *page, unsigned from, unsigned to);
	/* The disk's block of a file's block, for a swap file; 0: a hole. 0, or -errno. */
	int (*bmap)(struct inode *inode, unsigned long file_block, unsigned long *block);
	/* 2.6: writepage writes the dirty buffers, and these alone. */
	bool writes_dirty_buffers;
};

/*
 * Tags of 2.6 (facts 2.6, 9.3), of mappings that have a flusher: in others nobody looks for
 * pages that are dirty.
 */
enum page_cache_tag {
	PAGECACHE_TAG_DIRTY,		/* and not yet under writeback since */
	PAGECACHE_TAG_WRITEBACK,	/* PG_writeback */
	PAGECACHE_TAG_TOWRITE,		/* was dirty when a sync began, and is still */
};

struct address_space {
	struct radix_tree pages;	/* (c) and (t) by index; tags: (t) */
	struct spinlock tree_lock;	/* rank RANK_TREE, taken with interrupts off */
	struct list_head clean_pages;	/* (c) 2.4: page->list */
	struct list_head dirty_pages;	/* (c) 2.4: set_page_dirty has been called */
	struct list_head locked_pages;	/* (c) 2.4: being written by fdatasync */
	pgoff_t writeback_index;	/* (c) 2.6: where a cyclic writer goes on */
	unsigned long nrpages;		/* (c) */
	struct list_head metadata;	/* (buffer_lru_lock) buffer_head.owner_link */
	const struct address_space_operations *ops;	/* (!) */
	struct inode *host;		/* (!) the file; NULL: the swap cache, or a disk (2.6) */
	gfp_t gfp;			/* (!) for its pages */
	struct spinlock i_mmap_lock;	/* rank RANK_I_MMAP */
	struct list_head i_mmap;	/* (i) vm_area.shared_link of areas that map it */
	unsigned truncations;		/* (i) begun ever; faults that it changes under look again */
	struct errseq wb_err;		/* failed writes, for fsync */
	bool unevictable;		/* (!) 2.6: its pages have nowhere to be written */
	struct flusher *flusher;	/* (!) 2.6: of its disk. Its dirty pages count; NULL: not */
	struct list_head flush_link;	/* (c) on one of the flusher's lists */
	unsigned long dirtied_when;	/* (c) jiffies, when it came there */
};

extern struct spinlock pagecache_lock;	/* rank RANK_PAGECACHE */
extern unsigned long page_cache_size;	/* (c) pages in all mappings, swap cache too */

void mapping_init(struct address_space *mapping, struct inode *host,
		  const struct address_space_operations *ops);

/*
 * Adds a page, which gets a reference and joins the LRU. add_to_page_cache locks
 * the page and clears its old flags; the _locked form takes it as it is. 0, -EEXIST
 * if the index is taken, or -ENOMEM; then nothing has changed.
 */
int add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index);
int add_to_page_cache_locked(struct page *page, struct address_space *mapping,
			     pgoff_t index);
/* The same for pagecache_lock holders, who have called radix_preload. */
int __add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index);

/* Takes a locked page out of its mapping; its reference is now the caller's. */
void remove_from_page_cache(struct page *page);
void __remove_from_page_cache(struct page *page);	/* pagecache_lock held */

/* Look-ups count as a use of the page (2.4: it ages up). A reference is taken. */
struct page *find_get_page(struct address_space *mapping, pgoff_t index);
struct page *find_lock_page(struct address_space *mapping, pgoff_t index);

/* A look without a use or a reference, for pagecache_lock holders. */
struct page *__find_page_quiet(struct address_space *mapping, pgoff_t index);

/*
 * The cached page, locked, made if needed (not up to date then), or NULL. The second asks
 * for the memory as the mapping says.
 */
struct page *find_or_create_page(struct address_space *mapping, pgoff_t index, gfp_t gfp);
struct page *grab_cache_page(struct address_space *mapping, pgoff_t index);

/* The page at INDEX, read in and up to date, with a reference, or an ERR_PTR. */
struct page *read_cache_page(struct address_space *mapping, pgoff_t index);

/* Drops every page from byte START on; partial page zeroed. Waits for I/O. */
void truncate_inode_pages(struct address_space *mapping, u64 start);

/*
 * The file has grown from OLD bytes; its sem is held. Who can write to the page in which OLD
 * lies through a mapping must ask again, for the blocks behind OLD.
 */
void pagecache_isize_extended(struct inode *inode, u64 old);

/* Clean pages that only the cache knows, and whose lock is free, go. Returns how many. */
unsigned long invalidate_mapping_pages(struct address_space *mapping);

/*
 * Starts writing all dirty pages: 0 or the first error. Waits for those writes, whose errors
 * wb_err remembers. Has a write failed that this open file has not been told of? 0 or -errno.
 */
int filemap_fdatasync(struct address_space *mapping);
void filemap_fdatawait(struct address_space *mapping);
int file_check_and_advance_wb_err(struct file *file);

/* file_operations read/write over the page cache; kernel/user copies are checked. */
long generic_file_read(struct file *file, char *user, size_t bytes, u64 *pos);
long generic_file_write(struct file *file, const char *user, size_t bytes, u64 *pos);

/*
 * vm_operations.nopage of file mappings (2.6: filemap_fault): the page with a reference, up to date, or
 * an ERR_PTR (-ENOMEM, -EIO, -EFAULT beyond the end of the file). *MAJOR is set when
 * it had to be read.
 */
struct page *filemap_nopage(struct vm_area *area, pgoff_t index, bool *major);

/* Pointers that can carry an error number. */
static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline bool IS_ERR(const void *pointer)
{
	return (unsigned long)pointer >= (unsigned long)-4095;
}

static inline long PTR_ERR(const void *pointer)
{
	return (long)pointer;
}

#endif
