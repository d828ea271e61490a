/*
 * Read-ahead for read(): a file that is read in order is read before it is asked for,
 * and the pages behind the reader are given up early (facts 2.4, 2.3).
 *
 * Owns the ra_ fields of an open file, under file->sem:
 *
 *	       ra_window (the last two groups)
 *	|<----------------------------------->|
 *	|                  |<--- ra_length -->|
 *	---------------------------------------------------> pages
 *	          ^ reader                    ^ ra_end: the next group begins here
 *
 * When the reader enters the newest group, the next one is started, twice as long, so
 * that the disk works while he uses this one. A reader who is found outside starts
 * again with an empty window.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "fs/fs.h"
#include "mm/cache/filemap.h"
#include "mm/reclaim/policy.h"

#define MIN_READAHEAD	3	/* pages, for a reader in order */

bool readahead_begin(struct file *file, pgoff_t index, unsigned offset, size_t bytes)
{
	bool in_window = index <= file->ra_end && index + file->ra_window >= file->ra_end;
	pgoff_t wanted = (offset + bytes) / PAGE_SIZE + 1;

	if (!in_window)
		file->ra_end = file->ra_length = file->ra_max = file->ra_window = 0;
	if (index == 0 && offset + bytes <= PAGE_SIZE / 2) {
		/* Somebody looks at the beginning: perhaps that is all he wants. */
		file->ra_max = 0;
		return in_window;
	}
	if (in_window)
		wanted = max(wanted, (pgoff_t)MIN_READAHEAD);
	file->ra_max = min(max(file->ra_max, wanted), (pgoff_t)MAX_READAHEAD);
	return in_window;
}

/*
 * The pages of the window behind INDEX have served: they go to the inactive list. The
 * look-up ages each one up first, which deactivation then takes back (Q20).
 */
static void drop_behind(struct file *file, pgoff_t index)
{
	pgoff_t first = index > file->ra_window ? index - file->ra_window : 0;

	while (index-- > first) {
		struct page *page = find_get_page(file->inode->mapping, index);

		if (!page)
			break;
		policy->page_used_once(page);
		put_page(page);
	}
}

/* Starts to read up to MOST pages from FIRST on; returns how many are now on the way. */
static pgoff_t read_group(struct file *file, pgoff_t first, pgoff_t most)
{
	pgoff_t end = inode_pages(file->inode);
	pgoff_t n;

	for (n = 0; n < most && first + n < end; n++)
		if (page_cache_read(file->inode->mapping, first + n))
			break;
	return n;
}

static void window_grows(struct file *file, pgoff_t first, pgoff_t pages)
{
	file->ra_length += pages;
	file->ra_window += file->ra_length;
	file->ra_end = first + pages;
	file->ra_max = min(2 * file->ra_max, (pgoff_t)MAX_READAHEAD);
}

/* The reader waits for a page that no group holds: a new window begins with it. */
static void read_from_here(struct file *file, pgoff_t index)
{
	pgoff_t pages = read_group(file, index + 1, file->ra_max);

	file->ra_window = 0;
	file->ra_length = 1;
	window_grows(file, index + 1, pages);
	if (pages)
		drop_behind(file, index);
}

static void read_next_group(struct file *file, pgoff_t index)
{
	const struct flusher *flusher = file->inode->mapping->flusher;
	pgoff_t first = file->ra_end;
	pgoff_t pages;

	/* 2.6: a busy disk has better things to do than to read what nobody waits for. */
	if (flusher && bdi_read_congested(flusher))
		return;
	pages = read_group(file, first, file->ra_max + 1);
	if (!pages)
		return;
	blk_run_queues();
	file->ra_window = file->ra_length;
	file->ra_length = 0;
	window_grows(file, first, pages);
	drop_behind(file, index);
}

void readahead(struct file *file, struct page *page, pgoff_t index, bool in_window)
{
	bool in_groups = index < file->ra_end && index + file->ra_window >= file->ra_end;
	bool in_newest = index <= file->ra_end && index + file->ra_length >= file->ra_end;

	if (PageLocked(page)) {
		if (!file->ra_length || !in_groups)
			read_from_here(file, index);
	} else if (in_window && file->ra_max && file->ra_end && in_newest) {
		read_next_group(file, index);
	}
}
