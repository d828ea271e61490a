/*
 * What the parts of the file map share: making pages and reading them in, the read-ahead
 * window of an open file, and the lists of pages that a mapping has in 2.4.
 */
#ifndef MM_CACHE_FILEMAP_H
#define MM_CACHE_FILEMAP_H

#include "mm/cache/pagecache.h"

#define MAX_READAHEAD	31	/* pages of a window */

struct vm_area;

/*
 * A new page for INDEX in the cache: locked, not up to date, with a reference for the
 * caller. An ERR_PTR: -EEXIST if somebody else was faster, or -ENOMEM.
 */
struct page *add_new_page(struct address_space *mapping, pgoff_t index, gfp_t gfp);

/* Starts to read a page that is not cached yet. 0, also if it is cached, or -errno. */
int page_cache_read(struct address_space *mapping, pgoff_t index);

/*
 * Waits until a page, to which the caller has a reference, is up to date, reading it
 * if nobody has. 0, -EIO or another error of the reader, or -EAGAIN if the page left
 * the mapping meanwhile.
 */
int make_uptodate(struct page *page, struct address_space *mapping);

/*
 * The page at INDEX, with a reference; if it was not cached, a read has been started
 * and not awaited. Or an ERR_PTR.
 */
struct page *find_or_start_read(struct address_space *mapping, pgoff_t index);

/*
 * Starts to read what the file has for the addresses from START to END of its area, for
 * madvise. mmap_sem held.
 */
void filemap_willneed(struct vm_area *area, unsigned long start, unsigned long end);

/*
 * 2.4 (mapping_lists.c): pagecache_lock held, a page joins its mapping, becomes dirty in it,
 * or leaves it. And for filemap_fdatasync and filemap_fdatawait.
 */
void list_as_clean(struct page *page);
void list_as_dirty(struct page *page);
void unlist(struct page *page);
int write_dirty_list(struct address_space *mapping);
void wait_for_locked_list(struct address_space *mapping);

/* Does any address space map the file? */
bool mapping_mapped(struct address_space *mapping);

/* Pages that a file of this inode has. */
pgoff_t inode_pages(const struct inode *inode);

/*
 * Read-ahead. A read() begins with readahead_begin, which tells whether it goes on in
 * the file's window, and calls readahead for each page that it is going to use.
 */
bool readahead_begin(struct file *file, pgoff_t index, unsigned offset, size_t bytes);
void readahead(struct file *file, struct page *page, pgoff_t index, bool in_window);

#endif
