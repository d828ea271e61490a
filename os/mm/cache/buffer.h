/*
 * Buffers: the blocks of a page (facts 2.4, section 6).
 *
 * A page's buffers form a ring through `next_in_page`, and hold one reference on the page.
 * Under 2.6 every page with buffers is in a mapping: a file's, or, with metadata, that of
 * the disk (block_dev.c); out of it come orphans, which truncation leaves behind if a buffer
 * is busy. Under 2.4 metadata is in pages that only buffers hold.
 *
 * Locks: (a) atomic, (l) buffer_lru_lock, (h) buffer_hash_lock, (p) page lock or,
 * for b_state's BH_Lock, the buffer's own lock bit.
 */
#ifndef MM_BUFFER_H
#define MM_BUFFER_H

#include "block/block.h"
#include "kernel/wait.h"
#include "mm/page.h"

struct inode;
struct vm_area;

/* Bits of b_state. */
enum buffer_flag {
	BH_Uptodate,		/* holds valid data */
	BH_Dirty,		/* must be written */
	BH_Lock,		/* I/O in flight; sleepers wait in wait_on_buffer */
	BH_Req,			/* has been submitted at least once */
	BH_Mapped,		/* has a block on disk */
	BH_New,			/* the block was allocated just now, its old content is void */
	BH_Protected,		/* RAM disk: never freed */
	BH_Error,		/* the last transfer failed */
};

/* The buffer cache's lists: the first that fits of PROTECTED, DIRTY, LOCKED, CLEAN. */
enum buffer_list { BUF_CLEAN, BUF_LOCKED, BUF_DIRTY, BUF_PROTECTED, NR_BUF_LISTS };

struct buffer_head {
	struct buffer_head *next_in_page;	/* (p) ring */
	struct page *page;			/* (p) */
	unsigned offset;			/* (p) bytes from the start of the page */
	unsigned size;				/* (!) bytes */
	struct block_device *dev;		/* (p) */
	unsigned long block;			/* (p) number on dev, in units of size */
	atomic_t count;				/* (a) users: getblk, I/O waiters */
	unsigned long state;			/* (a) bits of enum buffer_flag */
	u8 list;				/* (l) enum buffer_list; NR_BUF_LISTS: free */
	struct list_head lru;			/* (l) link, oldest at the head's prev */
	struct list_head hash;			/* (h) buffer cache's, empty if not hashed */
	unsigned long flush_time;		/* (l) 2.4: jiffies when it should be written */
	struct address_space *owner;		/* (l) metadata: whose it is, or NULL */
	struct list_head owner_link;		/* (l) in owner->metadata */
	/* (Lock) NULL between transfers */
	void (*end_io)(struct buffer_head *bh, bool ok);
	struct bio bio;				/* (Lock) the transfer */
};

extern unsigned long buffermem_pages;	/* (a) pages that buffers alone keep */
/*
 * (a) More heads are in use than lowmem should hold: reclaim had better take the buffers of
 * pages before the pages themselves are due (facts 2.6, 5.10).
 */
extern bool buffer_heads_over_limit;

/* Pages of the disks themselves: 2.6's metadata. */
unsigned long nr_blockdev_pages(void);

static inline bool buffer_test(const struct buffer_head *bh, enum buffer_flag flag)
{
	return test_bit(flag, &bh->state);
}

/* Are the page's buffers on the RAM disk? Such a page is the disk and stays. */
bool page_ramdisk_buffer(const struct page *page);

/* The address of the data; buffer-cache pages are never HighMem. */
void *buffer_data(const struct buffer_head *bh);

void buffer_init(void);

/*
 * The buffer cache proper, for metadata. getblk never fails but may sleep for
 * memory; bread returns NULL after a read error. Release with brelse.
 */
struct buffer_head *getblk(struct block_device *dev, unsigned long block, unsigned size);
struct buffer_head *bread(struct block_device *dev, unsigned long block, unsigned size);
void brelse(struct buffer_head *bh);
void bforget(struct buffer_head *bh);		/* and forget that it was dirty */
/* The buffer, if it is cached, or NULL. */
struct buffer_head *find_buffer(struct block_device *dev, unsigned long block, unsigned size);
void touch_buffer(struct buffer_head *bh);	/* its page is used */
void mark_buffer_dirty(struct buffer_head *bh);	/* and looks whether that is too many */

/*
 * For metadata that leads to one file: it is dirty, and fsync of that file writes it.
 * fsync_inode_buffers writes and awaits all such buffers; wb_err of the file remembers
 * errors. invalidate_inode_buffers: the inode goes, they are nobody's.
 */
void mark_buffer_dirty_inode(struct buffer_head *bh, struct inode *inode);
void fsync_inode_buffers(struct inode *inode);
bool inode_has_buffers(struct inode *inode);
void invalidate_inode_buffers(struct inode *inode);

/* What is in it now is on the disk afterwards: 0 or -EIO. */
int write_buffer_now(struct buffer_head *bh);

/* Waits until no I/O is in flight on it. */
void wait_on_buffer(struct buffer_head *bh);

/* Keeps I/O away from it, while its content is made new without being read. */
void lock_buffer(struct buffer_head *bh);
void unlock_buffer(struct buffer_head *bh);

/* Starts I/O on the buffers that need it (dirty for writes, not up to date for reads). */
void ll_rw_block(bool write, unsigned nr, struct buffer_head *bhs[]);

/* Submits one locked buffer with its end_io set. */
void submit_bh(bool write, struct buffer_head *bh);

/* end_io for a buffer of a page whose lock the I/O holds: the last one unlocks it. */
void end_buffer_io_async(struct buffer_head *bh, bool ok);
void end_buffer_io_sync(struct buffer_head *bh, bool ok);

/*
 * Buffers on a cached, locked page. create_empty_buffers adds the reference; it may
 * sleep for memory and never fails.
 */
void create_empty_buffers(struct page *page, struct block_device *dev, unsigned size);

/*
 * Frees the buffers of a locked page if none is busy: 1. Otherwise 0, after
 * starting (wait 1) or starting and awaiting (wait 2) their I/O. In 2.6 a page of a file is
 * clean then: all that was dirty of it was its buffers.
 */
int try_to_free_buffers(struct page *page, int wait);

/* Unmaps buffers from byte OFFSET on; offset 0 frees them: 1, or 0 if still busy. */
int block_flushpage(struct page *page, unsigned offset);

/* Starts to write the dirty buffers of a locked page; waits for all that are in flight. */
void write_dirty_buffers(struct page *page);
void wait_on_page_buffers(struct page *page);

/* Reads or writes a whole locked page of a device, unlocking it at the end (swap). */
void brw_page(bool write, struct page *page, struct block_device *dev,
	      const unsigned long blocks[], unsigned size);

/* Looks up or makes the block that holds a file's block; for the functions below. */
typedef int get_block_t(struct inode *inode, unsigned long file_block,
			struct buffer_head *result, bool create);

/*
 * What most file systems' mappings do, on blocks of sb->block_size bytes. The first two
 * are a readpage and a writepage, which unlock the page in every case. commit_write also
 * grows the file. page_mkwrite is vm_operations', for a page that is up to date.
 * truncate_page writes zeros from byte FROM to the end of its block.
 */
int block_read_full_page(struct page *page, get_block_t *get_block);
int block_write_full_page(struct page *page, get_block_t *get_block);
int block_prepare_write(struct page *page, unsigned from, unsigned to,
			get_block_t *get_block);
int block_commit_write(struct page *page, unsigned from, unsigned to);
int block_page_mkwrite(struct vm_area *area, struct page *page, get_block_t *get_block);
int block_truncate_page(struct address_space *mapping, u64 from, get_block_t *get_block);

/* Tunables, /proc/sys/vm/bdflush (facts 2.4, section 6). Read without a lock. */
extern struct bdflush_params {
	unsigned nfract;		/* percent of memory dirty that wakes bdflush */
	unsigned ndirty;		/* buffers that flush_dirty_buffers writes at once */
	unsigned interval;		/* ticks between kupdate's rounds; 0: none */
	unsigned age_buffer;		/* ticks from a buffer's first change to its write */
	unsigned nfract_sync;		/* percent dirty that makes writers help */
} bdflush_params;

/* Dirty balance: -1 nothing to do, 0 wake bdflush, 1 write now (facts 2.4, 3.9). */
int balance_dirty_state(void);
void balance_dirty(void);
void wakeup_bdflush(bool block);
void bdflush_start(void);		/* starts bdflush and kupdate */
bool bdflush_pass(void);		/* one turn of bdflush's loop; true: go round again */

/* Writes all dirty buffers of DEV (NULL: of all) and waits. 0 or -EIO. */
int sync_buffers(struct block_device *dev, bool wait);

/* Forgets every buffer of DEV that nobody uses, for unmount; in 2.6 but the dirty ones. */
void invalidate_buffers(struct block_device *dev);

/* ---- block_dev.c ---- */

void device_mapping_init(struct block_device *dev);	/* the disk appears */
/* What is cached is written and forgotten: it will be looked at in blocks of SIZE. */
void set_blocksize(struct block_device *dev, unsigned size);
/* 2.6: bytes FROM … TO-1 of a disk's page, to which the caller has a reference, are new. */
void blkdev_commit_write(struct page *page, unsigned from, unsigned to);

#endif
