/*
 * A map from unsigned long to non-NULL pointers: a tree of 64-way nodes, as deep as
 * its largest key needs. Nodes come from one object cache. The caller locks.
 */
#ifndef LIB_RADIX_TREE_H
#define LIB_RADIX_TREE_H

#include "lib/types.h"

struct radix_node;

struct radix_tree {
	struct radix_node *root;	/* NULL if empty */
	unsigned height;		/* levels of nodes */
	unsigned rotate;		/* low key bits that count as the highest, for keys
					   below 2^32 that differ above these; or 0 */
};

#define RADIX_TREE_INIT	{ NULL, 0, 0 }

/*
 * Insertion never sleeps: call radix_preload(gfp) first, without locks, which makes
 * sure that this CPU holds enough nodes for one insertion (0 or -ENOMEM). The caller
 * may not sleep between the two.
 */
int radix_preload(gfp_t gfp);

/* 0; -EEXIST if the key is taken; -ENOMEM without a preload. */
int radix_tree_insert(struct radix_tree *tree, unsigned long key, void *item);
void *radix_tree_lookup(const struct radix_tree *tree, unsigned long key);
void *radix_tree_delete(struct radix_tree *tree, unsigned long key);

/* Up to MOST items with keys >= FIRST in rising order; returns how many. */
unsigned radix_tree_gang_lookup(const struct radix_tree *tree, unsigned long first,
				void **items, unsigned most);

void radix_tree_boot(void);	/* after the slab allocator */

#endif
