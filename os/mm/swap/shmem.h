/*
 * Shared memory: files without a disk, whose pages go to swap (facts 2.4, 5.5).
 *
 * Locks: (s) sem, (x) lock, (!) constant after creation.
 */
#ifndef MM_SHMEM_H
#define MM_SHMEM_H

#include "kernel/wait.h"
#include "mm/cache/pagecache.h"
#include "mm/swap/swap.h"

#define SHMEM_DIRECT	16	/* swap entries in the segment itself */

struct shmem {
	struct address_space mapping;	/* pages in memory; host is NULL */
	struct mutex sem;		/* one look-up at a time; before any page lock */
	struct spinlock lock;		/* rank RANK_SWAP_LIST */
	unsigned long pages;		/* (!) size */
	swp_entry_t direct[SHMEM_DIRECT];	/* (x) pages in swap; 0: not there */
	swp_entry_t **indirect;		/* (x) a page of pointers to pages of entries */
	unsigned long swapped;		/* (x) entries that are set */
	bool locked;			/* (x) SHM_LOCK: never written to swap */
	struct list_head link;		/* in the list of segments; its mutex */
};

extern const struct address_space_operations shmem_aops;
extern const struct vm_operations shmem_vm_ops;

/* Makes a segment in INFO; -EFBIG if no index can hold so many pages. */
int shmem_init(struct shmem *info, unsigned long pages);

/* Drops every page and slot. Nobody maps the segment any more. */
void shmem_destroy(struct shmem *info);

/*
 * The page at INDEX with a reference, unlocked: from memory, from swap, or new and
 * zero. ERR_PTR: -EFAULT behind the end, -ENOMEM, -EIO. *MAJOR: it came from swap.
 */
struct page *shmem_getpage(struct shmem *info, pgoff_t index, bool *major);

/*
 * page_launder's way to write a page: gives it a slot and moves it to the swap cache,
 * dirty, for a later turn to write (Q35). 0; 1 refused; -EAGAIN.
 */
int shmem_writepage(struct page *page);

/* swapoff: brings the page back whose slot is ENTRY. 0 also if nobody has it. */
int shmem_unuse(swp_entry_t entry);

/*
 * shmem_file.c: a segment as an open file, for shared anonymous mappings. Its only
 * operation is mmap; the last file_put destroys it. Or an ERR_PTR.
 */
struct file *shmem_file_setup(u64 size);

/* The segment's mapping if FILE is one, else NULL. */
struct address_space *shmem_file_mapping(const struct file *file);

#endif
