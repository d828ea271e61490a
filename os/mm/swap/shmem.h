/*
 * Shared memory: files without a disk, whose pages go to swap (facts 2.4, 5.5).
 *
 * Locks: (s) sem, (x) lock, (b) the limits' lock, (!) constant after creation.
 */
#ifndef MM_SHMEM_H
#define MM_SHMEM_H

#include "kernel/wait.h"
#include "mm/cache/pagecache.h"
#include "mm/swap/swap.h"

#define SHMEM_DIRECT	16	/* swap entries in the segment itself */
#define SHMEM_PER_PAGE	(PAGE_SIZE / sizeof(swp_entry_t))	/* in a page of the index */
#define SHMEM_MOST_PAGES (SHMEM_DIRECT + SHMEM_PER_PAGE * SHMEM_PER_PAGE)

/* What the files of one tmpfs may have together. */
struct shmem_limits {
	struct spinlock lock;		/* rank RANK_SWAP_LIST */
	u64 pages;			/* (!) 0: as many as there is memory and swap */
	u64 used_pages;			/* (b) given to files */
};

struct shmem {
	struct address_space mapping;	/* pages in memory; host is NULL */
	struct mutex sem;		/* one look-up at a time; before any page lock */
	struct spinlock lock;		/* rank RANK_SWAP_LIST */
	unsigned long pages;		/* (s) size; faults behind it find nothing */
	swp_entry_t direct[SHMEM_DIRECT];	/* (x) pages in swap; 0: not there */
	swp_entry_t **indirect;		/* (x) a page of pointers to pages of entries */
	unsigned long swapped;		/* (x) entries that are set */
	bool locked;			/* (x) SHM_LOCK: never written to swap */
	struct inode *inode;		/* (!) the tmpfs file whose blocks these are, or NULL */
	struct shmem_limits *limits;	/* (!) its file system's; NULL with inode NULL */
	struct list_head link;		/* in the list of segments; its mutex */
};

extern const struct address_space_operations shmem_aops;
extern const struct vm_operations shmem_vm_ops;

/*
 * Makes a segment in INFO, of a tmpfs file if INODE and its LIMITS are given; -EFBIG if
 * no index can hold so many pages.
 */
int shmem_init(struct shmem *info, unsigned long pages, struct inode *inode,
	       struct shmem_limits *limits);

/* Drops every page and slot. Nobody maps the segment any more. */
void shmem_destroy(struct shmem *info);

/* Who asks for a page, and what he gets where there is none. */
enum shmem_use {
	SHMEM_FAULT,	/* a new one; behind the end -EFAULT */
	SHMEM_READ,	/* NULL: bytes are zeros there */
	SHMEM_WRITE,	/* a new one, behind the end, too */
};

/*
 * The page at INDEX with a reference, unlocked: from memory, from swap, or new and
 * zero. While the reference is held the page stays in the segment. ERR_PTR: -EFAULT,
 * -EFBIG, -ENOSPC, -ENOMEM, -EIO. *MAJOR: it came from swap.
 */
struct page *shmem_getpage(struct shmem *info, pgoff_t index, enum shmem_use use,
			   bool *major);

/*
 * shmem_truncate.c. The segment ends at byte SIZE from now on: pages and slots behind it
 * go, the rest of the last page becomes zeros. 0, or -ENOMEM or -EIO if that page could
 * not be had from swap. The caller has unmapped what goes.
 */
int shmem_truncate(struct shmem *info, u64 size);

/* A write has reached SIZE: the segment is at least that long. */
void shmem_extend(struct shmem *info, u64 size);

/*
 * page_launder's way to write a page: gives it a slot and moves it to the swap cache,
 * dirty, for a later turn to write (Q35). 0; 1 refused; -EAGAIN.
 */
int shmem_writepage(struct page *page);

/* swapoff: brings the page back whose slot is ENTRY. 0 also if nobody has it. */
int shmem_unuse(swp_entry_t entry);

unsigned long shmem_committed_pages(void);	/* that all segments may have; sleeps */

/*
 * shmem_file.c: a segment as an open file, for shared anonymous mappings. Its only
 * operation is mmap; the last file_put destroys it. Or an ERR_PTR.
 */
struct file *shmem_file_setup(u64 size);

/* The segment's mapping if FILE is one, else NULL. */
struct address_space *shmem_file_mapping(const struct file *file);

#endif
