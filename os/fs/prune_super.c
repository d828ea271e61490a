/*
 * 2.6's shrinker of a file system: its unused names and inodes (facts 2.6, 7). Each one
 * that is mounted has its own, so that a busy one does not pay for an idle one. 2.4
 * does not call it: see shrink_dcache_memory and shrink_icache_memory.
 *
 * Owns nothing. shrinker_lock keeps the super block alive: unmounting unregisters first.
 */
#include "fs/internal.h"
#include "lib/div64.h"

/* Names and inodes that could go, in the unit of vfs_cache_pressure; under 100: none. */
static long reported(const struct super_block *sb)
{
	unsigned long objects = sb->nr_unused_names + sb->nr_unused_inodes + 1;

	return (long)(objects / 100 * vfs_cache_pressure);
}

static unsigned long share(unsigned long nr, unsigned long part, unsigned long all)
{
	return (unsigned long)div64_ulong((u64)nr * part, all);
}

/* Names go first: each holds an inode. */
static long prune_super(struct shrinker *shrinker, unsigned long nr, gfp_t gfp)
{
	struct super_block *sb = container_of(shrinker, struct super_block, shrinker);
	unsigned long names = sb->nr_unused_names, inodes = sb->nr_unused_inodes;

	if (!nr)
		return reported(sb);
	if (!(gfp & __GFP_FS))
		return -1;	/* the caller may hold a lock of this file system */
	prune_dcache_sb(sb, share(nr, names, names + inodes + 1));
	prune_icache_sb(sb, share(nr, inodes, names + inodes + 1));
	shrink_dentry_slabs();
	shrink_inode_slabs();
	return reported(sb);
}

void super_caches_init(struct super_block *sb)
{
	list_init(&sb->unused_names);
	list_init(&sb->unused_inodes);
	sb->shrinker.name = sb->type->name;
	sb->shrinker.shrink = prune_super;
	sb->shrinker.seeks = DEFAULT_SEEKS;
}
