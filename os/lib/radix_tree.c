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
 * A node has rows of marks, a bit for each slot: a row for each tag, and one that says
 * which slots are in use. Invariant: a slot above the lowest level has a mark if and only
 * if any slot of the node below has it. So a search never comes back from below with
 * nothing, unless it has begun in the middle of that node.
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
#define ROW_WORDS	(NODE_SLOTS / KEY_BITS)

/* What one insertion may need: roots above a tree of one level, and a way down beside it. */
#define MOST_NEW	(2 * (MAX_HEIGHT - 1))

#define IN_USE		RADIX_TAGS	/* the row of slots that are not NULL */
#define NR_ROWS		(RADIX_TAGS + 1)

struct radix_node {
	void *slots[NODE_SLOTS];	/* nodes, or items at the lowest level */
	unsigned long marks[NR_ROWS][ROW_WORDS];
};

/* The way from the root to a key's slot. */
struct radix_path {
	struct radix_node *node[MAX_HEIGHT];	/* [0] is the lowest level */
};

static struct kmem_cache *node_cache;	/* free nodes are all zero */

static struct {
	struct radix_node *nodes[MOST_NEW];
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
	while (spare[this_cpu()].count < MOST_NEW) {
		struct radix_node *node = kmem_cache_alloc(node_cache, gfp);
		unsigned cpu = this_cpu();

		if (!node)
			return -ENOMEM;
		if (spare[cpu].count < MOST_NEW)
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

/* ---- marks ---- */

static unsigned long mark_bit(unsigned slot)
{
	return 1ul << slot % KEY_BITS;
}

static bool has_mark(const struct radix_node *node, unsigned slot, unsigned row)
{
	return node->marks[row][slot / KEY_BITS] & mark_bit(slot);
}

static void set_mark(struct radix_node *node, unsigned slot, unsigned row)
{
	node->marks[row][slot / KEY_BITS] |= mark_bit(slot);
}

static void clear_mark(struct radix_node *node, unsigned slot, unsigned row)
{
	node->marks[row][slot / KEY_BITS] &= ~mark_bit(slot);
}

static bool any_mark(const struct radix_node *node, unsigned row)
{
	unsigned long any = 0;

	for (unsigned word = 0; word < ROW_WORDS; word++)
		any |= node->marks[row][word];
	return any;
}

/* The first slot from SLOT on that has the mark; NODE_SLOTS if there is none. */
static unsigned next_mark(const struct radix_node *node, unsigned slot, unsigned row)
{
	while (slot < NODE_SLOTS) {
		unsigned long rest = node->marks[row][slot / KEY_BITS] >> slot % KEY_BITS;

		if (rest)
			return slot + (unsigned)__builtin_ctzl(rest);
		slot += KEY_BITS - slot % KEY_BITS;
	}
	return NODE_SLOTS;
}

/* ---- single items ---- */

/* A new root, whose first slot is the old one with all its marks. */
static bool put_root_on_top(struct radix_tree *tree)
{
	struct radix_node *top = take_spare();

	if (!top)
		return false;
	top->slots[0] = tree->root;
	for (unsigned row = 0; row < NR_ROWS; row++)
		if (any_mark(tree->root, row))
			set_mark(top, 0, row);
	tree->root = top;
	return true;
}

/* Puts new roots on top until KEY fits. An empty tree needs no nodes for that. */
static int grow_to(struct radix_tree *tree, unsigned long key)
{
	while (tree->height == 0 || !key_fits(tree->height, key)) {
		if (tree->root && !put_root_on_top(tree))
			return -ENOMEM;
		tree->height++;
	}
	return 0;
}

int radix_tree_insert(struct radix_tree *tree, unsigned long key, void *item)
{
	struct radix_node **link = &tree->root;
	struct radix_node *parent = NULL;
	unsigned slot = 0;

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
				set_mark(parent, slot, IN_USE);
		}
		parent = *link;
		slot = slot_index(key, level);
		link = (struct radix_node **)&parent->slots[slot];
	}
	if (*link)
		return -EEXIST;
	*link = item;
	set_mark(parent, slot, IN_USE);
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

/* The item, and the nodes that lead to it; KEY is the tree's own. */
static void *follow(const struct radix_tree *tree, unsigned long key, struct radix_path *path)
{
	void *at = tree->root;

	if (!key_fits(tree->height, key))
		return NULL;
	for (unsigned level = tree->height; at && level-- > 0;) {
		path->node[level] = at;
		at = path->node[level]->slots[slot_index(key, level)];
	}
	return at;
}

/* The item loses a tag, and so does each node above that has it from this one alone. */
static void untag(const struct radix_tree *tree, unsigned long key,
		  const struct radix_path *path, unsigned tag)
{
	if (!has_mark(path->node[0], slot_index(key, 0), tag))
		return;
	for (unsigned level = 0; level < tree->height; level++) {
		clear_mark(path->node[level], slot_index(key, level), tag);
		if (any_mark(path->node[level], tag))
			return;
	}
}

void *radix_tree_delete(struct radix_tree *tree, unsigned long key,
			struct radix_node **unused)
{
	struct radix_path path;
	void *item;

	*unused = NULL;
	key = tree_key(tree, key);
	item = follow(tree, key, &path);
	if (!item)
		return NULL;
	for (unsigned tag = 0; tag < RADIX_TAGS; tag++)
		untag(tree, key, &path, tag);

	for (unsigned level = 0; level < tree->height; level++) {
		struct radix_node *node = path.node[level];
		unsigned slot = slot_index(key, level);

		node->slots[slot] = NULL;
		clear_mark(node, slot, IN_USE);
		if (any_mark(node, IN_USE))
			return item;
		node->slots[0] = *unused;
		*unused = node;
	}
	tree->root = NULL;
	tree->height = 0;
	return item;
}

/* Nodes hang together by their first slots. */
void radix_nodes_free(struct radix_node *unused)
{
	while (unused) {
		struct radix_node *next = unused->slots[0];

		unused->slots[0] = NULL;
		kmem_cache_free(node_cache, unused);
		unused = next;
	}
}

/* ---- several items, in the order of their keys ---- */

/*
 * The lowest-level node of the first key >= *KEY that has the mark, which *KEY becomes; or
 * NULL if there is none.
 */
static const struct radix_node *seek(const struct radix_tree *tree, unsigned long *key,
				     unsigned row)
{
	const struct radix_node *node = tree->root;
	unsigned level = tree->height;

	assert(!tree->rotate);	/* its order is not that of the keys */
	if (!node || !key_fits(tree->height, *key))
		return NULL;
	for (;;) {
		unsigned slot = slot_index(*key, --level);
		unsigned next = next_mark(node, slot, row);
		unsigned long span = 1ul << (level * NODE_BITS);

		if (next == NODE_SLOTS) {
			if (level == tree->height - 1)
				return NULL;
			/* Nothing more below this node: from the top again, behind it. */
			span <<= NODE_BITS;
			*key = (*key & ~(span - 1)) + span;
			if (*key == 0 || !key_fits(tree->height, *key))
				return NULL;
			node = tree->root;
			level = tree->height;
			continue;
		}
		if (next != slot)
			*key = (*key & ~(span - 1)) + (next - slot) * span;
		if (level == 0)
			return node;
		node = node->slots[next];
	}
}

static unsigned gang_lookup(const struct radix_tree *tree, unsigned long key, void **items,
			    unsigned most, unsigned row)
{
	const struct radix_node *leaf;
	unsigned found = 0;

	while (found < most && (leaf = seek(tree, &key, row)) != NULL) {
		unsigned slot = slot_index(key, 0);

		for (; found < most && slot < NODE_SLOTS; slot = next_mark(leaf, slot + 1, row))
			items[found++] = leaf->slots[slot];
		key = (key | (NODE_SLOTS - 1)) + 1;
		if (key == 0)
			break;	/* the highest possible key was looked at */
	}
	return found;
}

unsigned radix_tree_gang_lookup(const struct radix_tree *tree, unsigned long first,
				void **items, unsigned most)
{
	return gang_lookup(tree, first, items, most, IN_USE);
}

/* ---- tags ---- */

void radix_tree_tag_set(struct radix_tree *tree, unsigned long key, unsigned tag)
{
	struct radix_node *node = tree->root;

	assert(tag < RADIX_TAGS && !tree->rotate && key_fits(tree->height, key));
	for (unsigned level = tree->height; level-- > 0;) {
		unsigned slot = slot_index(key, level);

		assert(node && has_mark(node, slot, IN_USE));
		set_mark(node, slot, tag);
		node = node->slots[slot];
	}
}

void radix_tree_tag_clear(struct radix_tree *tree, unsigned long key, unsigned tag)
{
	struct radix_path path;
	void *item = follow(tree, key, &path);

	assert(tag < RADIX_TAGS && !tree->rotate && item);
	untag(tree, key, &path, tag);
}

bool radix_tree_tag_get(const struct radix_tree *tree, unsigned long key, unsigned tag)
{
	struct radix_path path;

	assert(tag < RADIX_TAGS && !tree->rotate);
	return follow(tree, key, &path) && has_mark(path.node[0], slot_index(key, 0), tag);
}

bool radix_tree_tagged(const struct radix_tree *tree, unsigned tag)
{
	assert(tag < RADIX_TAGS);
	return tree->root && any_mark(tree->root, tag);
}

unsigned radix_tree_gang_lookup_tag(const struct radix_tree *tree, unsigned long first,
				    void **items, unsigned most, unsigned tag)
{
	assert(tag < RADIX_TAGS);
	return gang_lookup(tree, first, items, most, tag);
}

unsigned radix_tree_range_tag_if_tagged(struct radix_tree *tree, unsigned long *first,
					unsigned long last, unsigned most, unsigned if_tag,
					unsigned set_tag)
{
	unsigned long key = *first;
	unsigned tagged = 0;

	assert(if_tag < RADIX_TAGS && set_tag < RADIX_TAGS);
	while (tagged < most && key <= last && seek(tree, &key, if_tag) && key <= last) {
		radix_tree_tag_set(tree, key, set_tag);
		tagged++;
		*first = ++key;
		if (key == 0)
			break;	/* the highest possible key was looked at */
	}
	return tagged;
}
