/*
 * Radix trees: each node serves six bits of the key, the root the highest ones.
 *
 *	height 2, key 130 = 2 * 64 + 2
 *	root --slot 2--> node --slot 2--> item
 *
 * A tree is just high enough for its largest key; a node whose last slot empties is
 * freed at once, but the height only goes down when the whole tree is empty. The
 * caller's lock guards a tree; a CPU's spare nodes belong to what runs there, as the
 * kernel is not preempted and interrupt handlers insert nothing.
 *
 * Swap entries hold the slot number above their low byte, which is the same for all
 * slots of an area. `rotate` moves such bits out of the way, so that neighbours in
 * swap are neighbours in a node; without it each page would cost a node of its own.
 */
#include "lib/radix_tree.h"
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/slab/slab.h"

#define NODE_BITS	6
#define NODE_SLOTS	(1u << NODE_BITS)
#define KEY_BITS	(sizeof(unsigned long) * CHAR_BIT)
#define MAX_HEIGHT	((KEY_BITS + NODE_BITS - 1) / NODE_BITS)

struct radix_node {
	void *slots[NODE_SLOTS];	/* nodes, or items at the lowest level */
	unsigned used;			/* slots that are not NULL */
};

/* The way from the root to a key's slot, for insertion and deletion. */
struct radix_path {
	struct radix_node *node[MAX_HEIGHT];	/* [0] is the lowest level */
};

static struct kmem_cache *node_cache;	/* free nodes are all zero */

static struct {
	struct radix_node *nodes[MAX_HEIGHT];
	unsigned count;
} spare[NR_CPUS_MAX];

static void clear_node(void *node)
{
	memset(node, 0, sizeof(struct radix_node));
}

void radix_tree_boot(void)
{
	node_cache = kmem_cache_create("radix_node", sizeof(struct radix_node), 0,
				       clear_node);
	kmem_cache_set_reclaimable(node_cache);
}

int radix_preload(gfp_t gfp)
{
	/* Allocation may sleep and go on elsewhere: ask for the CPU each time. */
	while (spare[this_cpu()].count < MAX_HEIGHT) {
		struct radix_node *node = kmem_cache_alloc(node_cache, gfp);
		unsigned cpu = this_cpu();

		if (!node)
			return -ENOMEM;
		if (spare[cpu].count < MAX_HEIGHT)
			spare[cpu].nodes[spare[cpu].count++] = node;
		else
			kmem_cache_free(node_cache, node);
	}
	return 0;
}

static struct radix_node *take_spare(void)
{
	unsigned cpu = this_cpu();

	return spare[cpu].count ? spare[cpu].nodes[--spare[cpu].count] : NULL;
}

/* Rotates the low 32 bits right; keys of a rotated tree must fit in them. */
static unsigned long tree_key(const struct radix_tree *tree, unsigned long key)
{
	u32 low = (u32)key;

	if (!tree->rotate)
		return key;
	assert(low == key);
	return low >> tree->rotate | low << (32 - tree->rotate);
}

static unsigned slot_index(unsigned long key, unsigned level)
{
	return (key >> (level * NODE_BITS)) & (NODE_SLOTS - 1);
}

/* Is KEY within what a tree of this height can hold? */
static bool key_fits(unsigned height, unsigned long key)
{
	return height * NODE_BITS >= KEY_BITS || key >> (height * NODE_BITS) == 0;
}

/* Puts new roots on top until KEY fits. An empty tree needs no nodes for that. */
static int grow_to(struct radix_tree *tree, unsigned long key)
{
	while (tree->height == 0 || !key_fits(tree->height, key)) {
		if (tree->root) {
			struct radix_node *top = take_spare();

			if (!top)
				return -ENOMEM;
			top->slots[0] = tree->root;
			top->used = 1;
			tree->root = top;
		}
		tree->height++;
	}
	return 0;
}

int radix_tree_insert(struct radix_tree *tree, unsigned long key, void *item)
{
	struct radix_node **link = &tree->root;
	struct radix_node *parent = NULL;
	void **slot;

	assert(item);
	key = tree_key(tree, key);
	if (grow_to(tree, key))
		return -ENOMEM;
	for (unsigned level = tree->height; level-- > 0;) {
		if (!*link) {
			*link = take_spare();
			if (!*link)
				return -ENOMEM;
			if (parent)
				parent->used++;
		}
		parent = *link;
		link = (struct radix_node **)&parent->slots[slot_index(key, level)];
	}
	slot = (void **)link;
	if (*slot)
		return -EEXIST;
	*slot = item;
	parent->used++;
	return 0;
}

void *radix_tree_lookup(const struct radix_tree *tree, unsigned long key)
{
	void *at = tree->root;

	key = tree_key(tree, key);
	if (!key_fits(tree->height, key))
		return NULL;
	for (unsigned level = tree->height; at && level-- > 0;)
		at = ((struct radix_node *)at)->slots[slot_index(key, level)];
	return at;
}

void *radix_tree_delete(struct radix_tree *tree, unsigned long key)
{
	struct radix_path path;
	void *at = tree->root;
	void *item;

	key = tree_key(tree, key);
	if (!key_fits(tree->height, key))
		return NULL;
	for (unsigned level = tree->height; at && level-- > 0;) {
		path.node[level] = at;
		at = path.node[level]->slots[slot_index(key, level)];
	}
	item = at;
	if (!item)
		return NULL;

	for (unsigned level = 0; level < tree->height; level++) {
		struct radix_node *node = path.node[level];

		node->slots[slot_index(key, level)] = NULL;
		if (--node->used)
			return item;
		kmem_cache_free(node_cache, node);
	}
	tree->root = NULL;
	tree->height = 0;
	return item;
}

/*
 * The lowest-level node in which a key >= *KEY may have its item, or NULL. *KEY goes
 * up to the first such key, past holes.
 */
static struct radix_node *seek_leaf(const struct radix_tree *tree, unsigned long *key)
{
	struct radix_node *node = tree->root;
	unsigned level = tree->height;

	if (!node || !key_fits(tree->height, *key))
		return NULL;
	while (--level > 0) {
		unsigned long span = 1ul << (level * NODE_BITS);
		struct radix_node *below = node->slots[slot_index(*key, level)];

		if (below) {
			node = below;
			continue;
		}
		/* Nothing in this span: start again behind it. */
		*key = (*key & ~(span - 1)) + span;
		if (*key == 0 || !key_fits(tree->height, *key))
			return NULL;
		node = tree->root;
		level = tree->height;
	}
	return node;
}

unsigned radix_tree_gang_lookup(const struct radix_tree *tree, unsigned long first,
				void **items, unsigned most)
{
	const struct radix_node *leaf;
	unsigned found = 0;
	unsigned long key = first;

	assert(!tree->rotate);	/* its order is not that of the keys */
	while (found < most && (leaf = seek_leaf(tree, &key)) != NULL) {
		do {
			void *item = leaf->slots[slot_index(key, 0)];

			if (item)
				items[found++] = item;
			key++;
		} while (found < most && slot_index(key, 0) != 0);
		if (key == 0)
			break;	/* the highest possible key was looked at */
	}
	return found;
}
