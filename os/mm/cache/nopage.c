/*
 * Faults on mapped files: finds the page of the file that an address shows, reading
 * it and its neighbours if it is not cached (facts 2.4, 2.3).
 *
 * Owns ra_end of areas, under mmap_sem: how far an area has been read ahead whose user
 * has said that he goes through it in order. When he has used half of what is there, the
 * next window is read, and he loses the pages that lie two windows behind: still cached,
 * they no longer wait for the swap-out walk to be found unused.
 */
#include "arch/machine.h"
#include "block/block.h"
#include "fs/fs.h"
#include "lib/errno.h"
#include "mm/cache/filemap.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"

/*
 * Starts to read the page at INDEX, and with it the aligned cluster of 2^page_cluster
 * pages around it. Only the page itself counts: 0 or -errno.
 */
static int read_cluster(struct vm_area *area, struct address_space *mapping, pgoff_t index)
{
	pgoff_t cluster = (pgoff_t)1 << page_cluster;
	pgoff_t first = index & ~(cluster - 1);
	pgoff_t end = min(first + cluster, inode_pages(mapping->host));

	if (!(area->flags & VM_RAND_READ))
		for (pgoff_t i = first; i < end; i++)
			if (i != index && page_cache_read(mapping, i) == -ENOMEM)
				break;
	return page_cache_read(mapping, index);
}

/* Pages of a window in an area that is read in order: whole clusters. */
static pgoff_t window_pages(void)
{
	pgoff_t cluster = (pgoff_t)1 << page_cluster;

	return (MAX_READAHEAD + cluster - 1) & ~(cluster - 1);
}

static void start_reads(struct address_space *mapping, pgoff_t from, pgoff_t end)
{
	end = min(end, inode_pages(mapping->host));
	for (; from < end; from++)
		if (page_cache_read(mapping, from))
			break;
	blk_run_queues();
}

static unsigned long address_of(const struct vm_area *area, pgoff_t index)
{
	return area->start + ((index - area->pgoff) << PAGE_SHIFT);
}

/* A private area may hold copies that are nowhere else; a locked one loses nothing. */
static void unmap_window_behind(struct vm_area *area)
{
	pgoff_t window = window_pages();

	if (area->ra_end < area->pgoff + 3 * window || area->anon_vma ||
	    (area->flags & VM_LOCKED))
		return;
	zap_range(area->mm, address_of(area, area->ra_end - 3 * window),
		  address_of(area, area->ra_end - 2 * window));
}

/* The page at INDEX has just been used. */
static void read_next_window(struct vm_area *area, pgoff_t index)
{
	pgoff_t window = window_pages();
	pgoff_t area_end = area->pgoff + ((area->end - area->start) >> PAGE_SHIFT);

	if (index + window / 2 < area->ra_end)
		return;
	unmap_window_behind(area);
	if (area->ra_end <= index)
		area->ra_end = index + 1;
	start_reads(area->file->inode->mapping, area->ra_end,
		    min(area->ra_end + window, area_end));
	area->ra_end += window;
}

void filemap_willneed(struct vm_area *area, unsigned long start, unsigned long end)
{
	pgoff_t cluster = area->flags & VM_RAND_READ ? 1 : (pgoff_t)1 << page_cluster;
	pgoff_t from = area->pgoff + ((start - area->start) >> PAGE_SHIFT);
	pgoff_t to = area->pgoff + ((end - area->start) >> PAGE_SHIFT);

	start_reads(area->file->inode->mapping, from & ~(cluster - 1),
		    (to + cluster - 1) & ~(cluster - 1));
}

/* The page at INDEX, up to date, with a reference, or an ERR_PTR. */
static struct page *get_mapped_page(struct vm_area *area, pgoff_t index, bool *major)
{
	struct inode *inode = area->file->inode;
	struct address_space *mapping = inode->mapping;

	for (;;) {
		struct page *page;
		int error;

		if (index >= inode_pages(inode))
			return ERR_PTR(-EFAULT);
		page = find_get_page(mapping, index);
		if (page && PageUptodate(page))
			return page;

		*major = true;
		if (page) {
			error = make_uptodate(page, mapping);
			if (!error)
				return page;
			put_page(page);
		} else {
			error = read_cluster(area, mapping, index);
		}
		if (error && error != -EAGAIN)
			return ERR_PTR(error);
	}
}

struct page *filemap_nopage(struct vm_area *area, pgoff_t index, bool *major)
{
	struct page *page = get_mapped_page(area, index, major);

	if ((area->flags & VM_SEQ_READ) && !IS_ERR(page))
		read_next_window(area, index);
	return page;
}
