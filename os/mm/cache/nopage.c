/*
 * Faults on mapped files: finds the page of the file that an address shows, reading
 * it and its neighbours if it is not cached (facts 2.4, 2.3). Owns nothing.
 */
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

struct page *filemap_nopage(struct vm_area *area, unsigned long address, bool *major)
{
	struct inode *inode = area->file->inode;
	struct address_space *mapping = inode->mapping;
	pgoff_t index = area->pgoff + ((address - area->start) >> PAGE_SHIFT);

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
