/* What the files of shared memory have in common; everybody else needs shmem.h. */
#ifndef MM_SHMEM_INTERNAL_H
#define MM_SHMEM_INTERNAL_H

#include "mm/swap/shmem.h"

/* shmem_index.c: the entry of each page that is in swap. */

/* The index's place for a page, or NULL if no entry was ever stored near it. */
swp_entry_t *shmem_find_slot(struct shmem *info, pgoff_t index);
/* The same, making the pages of the index that are missing; NULL without memory. */
swp_entry_t *shmem_make_slot(struct shmem *info, pgoff_t index, gfp_t gfp);
swp_entry_t shmem_entry_at(struct shmem *info, pgoff_t index);	/* or 0 */
void shmem_store_entry(struct shmem *info, swp_entry_t *slot, swp_entry_t entry);
/* The index at which ENTRY is stored, or SHMEM_MOST_PAGES. sem held. */
pgoff_t shmem_find_entry(struct shmem *info, swp_entry_t entry);
/* Gives up the slots of all pages from FIRST on; none of them is in the cache. */
void shmem_drop_entries(struct shmem *info, pgoff_t first);

/* shmem.c: swapoff does not find the segment any more. */
void shmem_forget(struct shmem *info);

/* shmem_truncate.c: what a file's pages cost it; sem held. */
int shmem_take_block(struct shmem *info);	/* 0 or -ENOSPC */
void shmem_give_blocks(struct shmem *info, u64 nr);

#endif
