/*
 * A map from unsigned long to non-NULL pointers: a tree of 64-way nodes, as deep as
 * its largest key needs. Nodes come from one object cache. Each item may have any of
 * three tags, and who looks for a tag passes by all nodes below which nothing has it.
 * The caller locks.
 */
#ifndef LIB_RADIX_TREE_H
#define LIB_RADIX_TREE_H

#include "lib/types.h"

#define RADIX_TAGS	3	/* 0, 1, 2: what they mean is the user's affair */

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

/* 0, without tags; -EEXIST if the key is taken; -ENOMEM without a preload. */
int radix_tree_insert(struct radix_tree *tree, unsigned long key, void *item);
void *radix_tree_lookup(const struct radix_tree *tree, unsigned long key);

/*
 * Takes an item and its tags out; NULL if there is none. Nodes that nobody needs any more
 * are in *UNUSED, for radix_nodes_free without a lock that interrupt handlers take.
 */
void *radix_tree_delete(struct radix_tree *tree, unsigned long key,
			struct radix_node **unused);
void radix_nodes_free(struct radix_node *unused);

/* Up to MOST items with keys >= FIRST in rising order; returns how many. */
unsigned radix_tree_gang_lookup(const struct radix_tree *tree, unsigned long first,
				void **items, unsigned most);

/* ---- tags: of keys that have an item, in trees that rotate nothing ---- */

void radix_tree_tag_set(struct radix_tree *tree, unsigned long key, unsigned tag);
void radix_tree_tag_clear(struct radix_tree *tree, unsigned long key, unsigned tag);
bool radix_tree_tag_get(const struct radix_tree *tree, unsigned long key, unsigned tag);
/* Has any item the tag? */
bool radix_tree_tagged(const struct radix_tree *tree, unsigned tag);

/* As radix_tree_gang_lookup, of those that have the tag. */
unsigned radix_tree_gang_lookup_tag(const struct radix_tree *tree, unsigned long first,
				    void **items, unsigned most, unsigned tag);

/*
 * Up to MOST items from *FIRST to LAST that have IF_TAG get SET_TAG, too; *FIRST becomes
 * the key behind the one that was looked at last. How many; fewer than MOST: that was all.
 */
unsigned radix_tree_range_tag_if_tagged(struct radix_tree *tree, unsigned long *first,
					unsigned long last, unsigned most, unsigned if_tag,
					unsigned set_tag);

void radix_tree_boot(void);	/* after the slab allocator */

#endif
