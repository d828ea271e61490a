/*
 * The tree of pages with its tags: random operations, beside a plain array that must always
 * say the same.
 */
#include "lib/errno.h"
#include "lib/radix_tree.h"
#include "tests/units/units.h"

#define MOST	700u	/* keys */
#define LOOKS	64u	/* items of one look at several */

struct entry {
	unsigned long key;
	bool present;
	bool tags[RADIX_TAGS];
};

static struct entry entries[MOST];	/* by key, rising */
static unsigned nr_entries;
static struct radix_tree tree = RADIX_TREE_INIT;

/* Close together, in the same node or the next; far away; at both ends. */
static unsigned long random_key(void)
{
	unsigned long bits = (unsigned long)unit_random(1u << 30) << 34 ^ unit_random(1u << 30);

	switch (unit_random(4)) {
	case 0: return unit_random(200);
	case 1: return ULONG_MAX - unit_random(70);
	case 2: return 0x12340000ul + unit_random(300);
	default: return bits >> unit_random(60);
	}
}

static void draw_keys(void)
{
	nr_entries = 0;
	while (nr_entries < MOST) {
		unsigned long key = random_key();
		unsigned at = nr_entries;

		while (at && entries[at - 1].key > key)
			at--;
		if (at && entries[at - 1].key == key)
			continue;
		for (unsigned i = nr_entries++; i > at; i--)
			entries[i] = entries[i - 1];
		entries[at] = (struct entry){ .key = key };
	}
}

/* With TAG below RADIX_TAGS of those that have it. */
static bool counts(const struct entry *entry, unsigned tag)
{
	return entry->present && (tag == RADIX_TAGS || entry->tags[tag]);
}

static void look(unsigned long first, unsigned most, unsigned tag)
{
	void *items[LOOKS];
	unsigned found = tag == RADIX_TAGS
		? radix_tree_gang_lookup(&tree, first, items, most)
		: radix_tree_gang_lookup_tag(&tree, first, items, most, tag);
	unsigned expected = 0;

	for (unsigned i = 0; i < nr_entries && expected < most; i++)
		if (entries[i].key >= first && counts(&entries[i], tag)) {
			check(expected < found && items[expected] == &entries[i]);
			expected++;
		}
	check(found == expected);
}

static void compare(void)
{
	for (unsigned tag = 0; tag <= RADIX_TAGS; tag++) {
		bool any = false;

		for (unsigned i = 0; i < nr_entries; i++) {
			any |= counts(&entries[i], tag);
			if (tag < RADIX_TAGS)
				check(radix_tree_tag_get(&tree, entries[i].key, tag) ==
				      counts(&entries[i], tag));
		}
		if (tag < RADIX_TAGS)
			check(radix_tree_tagged(&tree, tag) == any);
		look(0, LOOKS, tag);
	}
}

static void insert(struct entry *entry)
{
	check(radix_preload(GFP_KERNEL) == 0);
	check(radix_tree_insert(&tree, entry->key, entry) == (entry->present ? -EEXIST : 0));
	entry->present = true;
}

static void delete(struct entry *entry)
{
	struct radix_node *unused;
	void *item = radix_tree_delete(&tree, entry->key, &unused);

	check(item == (entry->present ? entry : NULL));
	check(entry->present || !unused);
	radix_nodes_free(unused);
	*entry = (struct entry){ .key = entry->key };
}

static void change_tag(struct entry *entry, unsigned tag, bool set)
{
	if (!entry->present)
		return;
	if (set)
		radix_tree_tag_set(&tree, entry->key, tag);
	else
		radix_tree_tag_clear(&tree, entry->key, tag);
	entry->tags[tag] = set;
}

static void tag_range(unsigned long first, unsigned long last, unsigned most)
{
	unsigned if_tag = unit_random(RADIX_TAGS), set_tag = unit_random(RADIX_TAGS);
	unsigned long next = first;
	unsigned tagged = 0;
	unsigned done = radix_tree_range_tag_if_tagged(&tree, &next, last, most, if_tag,
						       set_tag);

	for (unsigned i = 0; i < nr_entries && tagged < most; i++)
		if (entries[i].key >= first && entries[i].key <= last &&
		    counts(&entries[i], if_tag)) {
			entries[i].tags[set_tag] = true;
			tagged++;
			if (tagged == most)
				check(next == entries[i].key + 1);
		}
	check(done == tagged);
}

static struct entry *any_entry(void)
{
	return &entries[unit_random(nr_entries)];
}

/* MUCH: in eighths, how often an item comes rather than goes. */
static void step(unsigned much)
{
	struct entry *entry = any_entry();
	unsigned tag = unit_random(RADIX_TAGS);
	unsigned long a = any_entry()->key, b = any_entry()->key;

	switch (unit_random(6)) {
	case 0:
	case 1:
		if (unit_random(8) < much)
			insert(entry);
		else
			delete(entry);
		break;
	case 2:
	case 3:
		change_tag(entry, tag, unit_random(8) < much);
		break;
	case 4:
		tag_range(a < b ? a : b, a < b ? b : a, 1 + unit_random(20));
		break;
	default:
		look(unit_random(2) ? a : random_key(), 1 + unit_random(LOOKS),
		     unit_random(RADIX_TAGS + 1));
	}
	check(radix_tree_lookup(&tree, entry->key) == (entry->present ? entry : NULL));
}

/* Fills and empties it several times, at last to nothing. */
void unit_main(void)
{
	unit_boot(512, 4096);
	for (unsigned round = 0; round < 6; round++) {
		draw_keys();
		for (unsigned much = 7; much--;)
			for (unsigned i = 0; i < 1500; i++) {
				step(much);
				if (i % 250 == 0)
					compare();
			}
		for (unsigned i = 0; i < nr_entries; i++)
			delete(&entries[i]);
		check(!tree.root && !tree.height);
		compare();
	}
}
