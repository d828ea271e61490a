/*
 * Writing what is dirty in one mapping, for fsync and msync, and what has failed of it.
 * Owns nothing. How a mapping knows its dirty pages, the policy says: mapping_lists.c in 2.4,
 * write_cache_pages.c in 2.6.
 *
 * A failed write, whoever has made it, is in the mapping's wb_err, and each open file is
 * told of it once. So neither sync nor another process's fsync hides it from anybody; who
 * opens the file later is told, too, if nobody has been until then. (The original has one
 * flag, which the first to ask clears.)
 */
#include "fs/fs.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/policy.h"

int filemap_fdatasync(struct address_space *mapping)
{
	return policy->fdatasync(mapping);
}

void filemap_fdatawait(struct address_space *mapping)
{
	policy->fdatawait(mapping);
}

int file_check_and_advance_wb_err(struct file *file)
{
	return errseq_check_and_advance(&file->inode->mapping->wb_err, &file->wb_seen);
}
