/*
 * The caches of names and inodes: who is pruned (facts 2.4, 3.8 and Q19). The two files
 * are included under other names for what sim has of its own.
 */
#define shrink_dcache_memory	unit_shrink_dcache_memory
#define shrink_icache_memory	unit_shrink_icache_memory
#define mark_inode_dirty	unit_mark_inode_dirty
#define mark_inode_dirty_pages	unit_mark_inode_dirty_pages
#include "fs/dcache.c"
#define hash_table	inode_hash_table
#define hash_mask	inode_hash_mask
#define bucket		inode_bucket
#include "fs/inode.c"
#include "tests/units/units.h"

#define MOST	16

static struct super_block sb;
static struct inode *inodes[MOST];	/* d0 is the first that was released */
static struct dentry *root;
static unsigned writes;

static int read_inode(struct inode *inode)
{
	inode->mode = S_IFREG;
	inode->nlink = 1;
	return 0;
}

static int write_inode(struct inode *inode, bool wait)
{
	writes++;
	return 0;
}

static const struct super_operations ops = {
	.read_inode = read_inode, .write_inode = write_inode,
};

static const char *name_of(unsigned i)
{
	static char name[8];

	snprintf(name, sizeof(name), "d%u", i);
	return name;
}

/* N unused names, d0 the oldest; the first REFERENCED of WHICH have been looked up. */
static void make_names(unsigned n, unsigned referenced)
{
	for (unsigned i = 0; i < n; i++) {
		struct dentry *entry = d_alloc(root, name_of(i), (unsigned)strlen(name_of(i)));

		d_add(entry, iget(&sb, 100 + i));
		entry->referenced = referenced >> i & 1;
		dput(entry);
	}
	check(nr_unused_dentries == n);
}

/* A mask of the names that are still there. */
static unsigned names_left(void)
{
	unsigned left = 0;

	for (unsigned i = 0; i < MOST; i++)
		for (struct list_head *link = root->children.next; link != &root->children;
		     link = link->next)
			if (!strcmp(list_entry(link, struct dentry, siblings)->name,
				    name_of(i)))
				left |= 1u << i;
	return left;
}

/* What prune_dcache(COUNT) takes of N names, of which those in REFERENCED are. */
static void prunes(unsigned n, unsigned referenced, int count, unsigned expected)
{
	make_names(n, referenced);
	prune_dcache(count);
	check((names_left() ^ ((1u << n) - 1)) == expected);
	prune_dcache(0);
	check(names_left() == 0 && nr_unused_dentries == 0 && nr_dentries == 1);
}

static void prune_dcache_vectors(void)
{
	prunes(10, 0, 2, 0x3);
	prunes(10, 0, 0, 0x3ff);		/* Q19 */
	prunes(5, 0x1, 1, 0x1f);		/* Q19 */
	prunes(5, 0x1, 2, 0x2);
	prunes(12, 0x3, 2, 0xfff);		/* Q19 */
	prunes(12, 0x4, 2, 0x3);
}

/* With 12 unused: 2 at priority 6, 12 at 1, all at 0 or above 12; nothing without I/O. */
static void shares_of_priorities(void)
{
	static const struct { int priority; unsigned left; } cases[] = {
		{ 6, 10 }, { 5, 10 }, { 4, 9 }, { 3, 8 }, { 2, 6 }, { 1, 0 }, { 0, 0 }, { 13, 0 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		make_names(12, 0);
		shrink_dcache_memory(cases[i].priority, GFP_BUFFER);
		check(nr_unused_dentries == 12);
		shrink_dcache_memory(cases[i].priority, GFP_KERNEL);
		check(nr_unused_dentries == cases[i].left);
		prune_dcache(0);
	}
	prune_icache(0);
	check(nr_unused_inodes == 0);
}

static void a_lookup_is_a_reference(void)
{
	make_names(3, 0);
	dput(d_lookup(root, "d0", 2));	/* used again: to the head, and marked */
	prune_dcache(1);
	check(names_left() == 0x5);	/* d1 was the oldest then */
	check(!d_lookup(root, "d1", 2));
	prune_dcache(0);
}

static void directories_follow_their_names(void)
{
	struct dentry *dir = d_alloc(root, "dir", 3);
	struct dentry *file;

	d_add(dir, iget(&sb, 50));
	file = d_alloc(dir, "file", 4);
	d_add(file, NULL);
	dput(dir);
	check(nr_unused_dentries == 0);	/* its child keeps it */
	dput(file);
	check(nr_unused_dentries == 1);
	prune_dcache(0);
	check(nr_dentries == 1);
}

static void prune_icache_spares_the_busy(void)
{
	prune_icache(0);
	for (unsigned i = 0; i < 8; i++)
		inodes[i] = iget(&sb, 200 + i);
	for (unsigned i = 0; i < 8; i++)
		iput(inodes[i]);
	check(nr_unused_inodes == 8);
	check(iget(&sb, 203) == inodes[3]);	/* in use again */
	mark_inode_dirty(inodes[0]);
	mark_inode_dirty_pages(inodes[1]);
	writes = 0;
	prune_icache(2);
	/* The dirty record is written first; dirty pages are passed over. */
	check(writes == 1 && nr_unused_inodes == 5);
	spin_lock(&inode_lock);
	check(find_inode(&sb, 201) && find_inode(&sb, 203));
	check(!find_inode(&sb, 202) && !find_inode(&sb, 204));
	spin_unlock(&inode_lock);
	inodes[1]->state &= ~I_DIRTY_PAGES;
	refile(inodes[1]);
	prune_icache(0);			/* Q19: all */
	check(nr_unused_inodes == 0);
	iput(inodes[3]);
	prune_icache(1);
	check(nr_unused_inodes == 0);
}

void unit_main(void)
{
	unit_boot(256, 4096);
	dcache_init();
	inode_init();
	sb.ops = &ops;
	root = d_alloc_root(iget(&sb, 2));
	prune_dcache_vectors();
	shares_of_priorities();
	a_lookup_is_a_reference();
	directories_follow_their_names();
	prune_icache_spares_the_busy();
}
