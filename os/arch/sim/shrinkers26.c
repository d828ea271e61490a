/*
 * Policy 2.6: the shrinker statement, for caches of objects that are no more than their number.
 * One with names and inodes is a file system's, under fs/prune_super.c's own shrinker: the
 * names and inodes, none of them in use, are numbers here, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/sim/era26.h"
#include "fs/internal.h"
#include "mm/slab/shrinker.h"

struct scenario_shrinker {
	struct shrinker shrinker;
	unsigned long objects, floor;
	bool refuse;
};

static long shrink(struct shrinker *self, unsigned long nr, gfp_t gfp)
{
	struct scenario_shrinker *s = container_of(self, struct scenario_shrinker, shrinker);
	unsigned long removable = s->objects > s->floor ? s->objects - s->floor : 0;

	if (nr && s->refuse)
		return -1;
	s->objects -= min(nr, removable);
	return (long)s->objects;
}

static struct shrinker *make_cache(struct statement *s)
{
	struct scenario_shrinker *cache = calloc(1, sizeof(*cache));

	/* The original reports no more, in an int; and a scan of far more would not end. */
	cache->objects = need_number(s, "objects", 0, INT_MAX);
	cache->refuse = find_number(s, "refuse", 0, 0, 1);
	cache->floor = find_number(s, "floor", 0, 0, LONG_MAX);
	cache->shrinker.shrink = shrink;
	cache->shrinker.seeks = (unsigned)find_number(s, "seeks", DEFAULT_SEEKS, 1, 1000000);
	return &cache->shrinker;
}

/* ---- file systems ---- */

void prune_dcache_sb(struct super_block *sb, unsigned long nr)
{
	sb->nr_unused_names -= min(nr, sb->nr_unused_names);
}

void prune_icache_sb(struct super_block *sb, unsigned long nr)
{
	sb->nr_unused_inodes -= min(nr, sb->nr_unused_inodes);
}

void shrink_dentry_slabs(void)
{
}

void shrink_inode_slabs(void)
{
}

static struct shrinker *make_super(struct statement *s)
{
	static const struct file_system type = { .name = "scenario" };
	struct super_block *sb = calloc(1, sizeof(*sb));

	sb->type = &type;
	super_caches_init(sb);
	sb->nr_unused_names = find_number(s, "names", 0, 0, LONG_MAX / 2);
	sb->nr_unused_inodes = find_number(s, "inodes", 0, 0, LONG_MAX / 2);
	return &sb->shrinker;
}

/* ---- statements ---- */

void do_shrinker26(struct statement *s)
{
	const char *text = need_name(s, "the shrinker's name");
	bool is_super = find_key(s, "names") || find_key(s, "inodes");
	struct shrinker *shrinker = is_super ? make_super(s) : make_cache(s);
	unsigned long deferred = find_number(s, "deferred", 0, 0, LONG_MAX);

	shrinker->batch = find_number(s, "batch", 0, 0, LONG_MAX);
	end_of_statement(s);
	shrinker->name = strdup(text);
	register_shrinker(shrinker);
	shrinker->deferred = deferred;
}

void show_shrinkers26(struct statement *s)
{
	struct shrinker *shrinker;

	end_of_statement(s);
	list_for_each(shrinker, &shrinker_list, link) {
		printf("shrinker %s objects=%ld deferred=%lu", shrinker->name,
		       shrinker->shrink(shrinker, 0, GFP_KERNEL), shrinker->deferred);
		if (shrinker->shrink != shrink) {
			const struct super_block *sb =
				container_of(shrinker, struct super_block, shrinker);

			printf(" names=%lu inodes=%lu", sb->nr_unused_names,
			       sb->nr_unused_inodes);
		}
		printf("\n");
	}
}
