/* ramfs: files that are the page cache and nothing else. */
#ifndef FS_RAMFS_RAMFS_H
#define FS_RAMFS_RAMFS_H

#include "mm/cache/pagecache.h"

/* pages.c, which sim has, too. */
extern const struct address_space_operations ramfs_aops;

#endif
