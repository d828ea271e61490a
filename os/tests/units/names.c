/*
 * The caches of names and inodes: who is pruned, in 2.4 (facts 2.4, 3.8 and Q19) and in
 * 2.6 (facts 2.6, 7). Their files are included under other names for what sim has of its
 * own.
 */
#define shrink_dcache_memory	unit_shrink_dcache_memory
#define shrink_icache_memory	unit_shrink_icache_memory
#define mark_inode_dirty	unit_mark_inode_dirty
#define mark_inode_dirty_pages	unit_mark_inode_dirty_pages
#define write_inode_records	unit_write_inode_records
#define prune_dcache_sb		unit_prune_dcache_sb
#define prune_icache_sb		unit_prune_icache_sb
#define shrink_dentry_slabs	unit_shrink_dentry_slabs
#define shrink_inode_slabs	unit_shrink_inode_slabs
#define super_caches_init	unit_super_caches_init
#include "fs/dcache.c"
#define hash_table	inode_hash_table
#define hash_mask	inode_hash_mask
#define bucket		inode_bucket
#include "fs/inode.c"
#include "fs/inode_writeback.c"
#include "fs/inode_prune.c"
#include "fs/prune_super.c"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer.h"
#include "mm/slab/slab_internal.h"
#include "tests/units/units.h"

#define MOST	16

static const struct file_system type = { .name = "unit" };
static struct super_block sb = { .type = &type }, other = { .type = &type };
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

/* N unused names of files that do not exist. */
static void make_many(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char name[16];
		struct dentry *entry;

		snprintf(name, sizeof(name), "many%u", i);
		entry = d_alloc(root, name, (unsigned)strlen(name));
		d_add(entry, NULL);
		dput(entry);
	}
}

/* N unused inodes, not referenced, and no names. */
static void make_many_inodes(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct inode *inode = iget(&sb, 1000 + i);

		iput(inode);
		inode->referenced = false;
	}
}

/* The amounts of 3.8: of 600 unused, what each priority takes; then of 12. */
static void shares_of_600(void)
{
	static const struct { int priority; unsigned taken; } cases[] = {
		{ 6, 100 }, { 5, 120 }, { 4, 150 }, { 3, 200 }, { 2, 300 }, { 1, 600 },
		{ 0, 600 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		make_many(600);
		shrink_dcache_memory(cases[i].priority, GFP_KERNEL);
		check(nr_unused_dentries == 600 - cases[i].taken);
		prune_dcache(0);

		make_many_inodes(600);
		shrink_icache_memory(cases[i].priority, GFP_BUFFER);
		check(nr_unused_inodes == 600);
		shrink_icache_memory(cases[i].priority, GFP_KERNEL);
		check(nr_unused_inodes == 600 - cases[i].taken);
		prune_icache(0);
	}
}

/* Priority 1 takes them all; then their slabs are no use to anybody. */
static void free_slabs_go_back(void)
{
	unsigned long slabs = dentry_cache->nr_slabs, inode_slabs = inode_cache->nr_slabs;

	make_many(600);
	check(dentry_cache->nr_slabs > slabs + 8);
	shrink_dcache_memory(1, GFP_KERNEL);
	check(dentry_cache->nr_slabs <= slabs && dentry_cache->nr_free_slabs == 0);
	make_many_inodes(600);
	check(inode_cache->nr_slabs > inode_slabs + 8);
	shrink_icache_memory(1, GFP_KERNEL);
	check(inode_cache->nr_slabs <= inode_slabs && inode_cache->nr_free_slabs == 0);
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
	spin_lock(&inode_lock);
	refile_inode(inodes[1]);
	spin_unlock(&inode_lock);
	prune_icache(0);			/* Q19: all */
	check(nr_unused_inodes == 0);
	iput(inodes[3]);
	prune_icache(1);
	check(nr_unused_inodes == 0);
}

static const struct address_space_operations nothing_to_write;

/* A clean page in the inode's cache. */
static void cache_page(struct inode *inode)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	inode->data.ops = &nothing_to_write;
	check(page && add_to_page_cache(page, &inode->data, 0) == 0);
	unlock_page(page);
	put_page(page);
}

/* 2.4 passes an inode with pages over, and its goal with it. */
static void pages_keep_their_inode(void)
{
	for (unsigned i = 0; i < 3; i++)
		inodes[i] = iget(&sb, 300 + i);
	cache_page(inodes[0]);
	for (unsigned i = 0; i < 3; i++)
		iput(inodes[i]);
	prune_icache(1);
	check(nr_unused_inodes == 2 && inodes[0]->data.nrpages == 1);
	prune_icache(0);
	check(nr_unused_inodes == 1);
	truncate_inode_pages(&inodes[0]->data, 0);
	prune_icache(0);
	check(nr_unused_inodes == 0);
}

/* 2.6: a name that was looked up costs nothing and stays; 0 means none. */
static void prune_dcache_sb_vectors(void)
{
	static const struct { unsigned n, referenced, nr, expected; } cases[] = {
		{ 10, 0, 2, 0x3 }, { 10, 0, 0, 0 }, { 5, 0x1, 1, 0x2 }, { 5, 0x1f, 3, 0 },
		{ 12, 0x3, 2, 0xc }, { 12, 0, 20, 0xfff },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		make_names(cases[i].n, cases[i].referenced);
		prune_dcache_sb(&other, 100);
		prune_dcache_sb(&sb, cases[i].nr);
		check((names_left() ^ ((1u << cases[i].n) - 1)) == cases[i].expected);
		check(nr_unused_dentries == sb.nr_unused_names);
		prune_dcache(0);
		check(sb.nr_unused_names == 0 && list_empty(&sb.unused_names));
	}
	/* Once only: the second time, none of them is spared. */
	make_names(5, 0x1f);
	prune_dcache_sb(&sb, 3);
	prune_dcache_sb(&sb, 3);
	check(names_left() == 0x18);
	prune_dcache(0);
}

static void prune_icache_sb_gives_second_rounds(void)
{
	unsigned long stolen = vm_counters[VM_pginodesteal];

	prune_icache(0);
	for (unsigned i = 0; i < 4; i++)
		inodes[i] = iget(&sb, 400 + i);
	cache_page(inodes[1]);
	for (unsigned i = 0; i < 4; i++)
		iput(inodes[i]);
	check(sb.nr_unused_inodes == 4);
	prune_icache_sb(&sb, 3);	/* all were used: three lose their mark */
	check(sb.nr_unused_inodes == 4 && inodes[3]->referenced && !inodes[2]->referenced);
	check(iget(&sb, 400) == inodes[0] && sb.nr_unused_inodes == 3);
	mark_inode_dirty(inodes[2]);
	check(sb.nr_unused_inodes == 2 && nr_unused_inodes == 3);

	prune_icache_sb(&sb, 1);	/* 403 is the oldest now */
	check(sb.nr_unused_inodes == 2 && !inodes[3]->referenced);
	prune_icache_sb(&sb, 1);	/* 401, with its page */
	check(sb.nr_unused_inodes == 1 && page_cache_size == 0);
	check(vm_counters[VM_pginodesteal] == stolen + 1);
	prune_icache_sb(&sb, 9);
	check(sb.nr_unused_inodes == 0 && nr_unused_inodes == 1);
	iput(inodes[0]);
	sync_inodes(&sb, true);
	check(sb.nr_unused_inodes == 2);
	prune_icache(0);
	check(sb.nr_unused_inodes == 0 && nr_unused_inodes == 0);
}

/* The shrinker's count, its shares and its refusal (facts 2.6, 7 and E45). */
static void shrinker_of_a_file_system(void)
{
	struct shrinker *shrinker = &sb.shrinker;

	make_many(98);
	check(shrinker->shrink(shrinker, 0, GFP_KERNEL) == 0);
	prune_dcache(0);
	make_many(300);
	make_many_inodes(99);
	check(shrinker->shrink(shrinker, 0, GFP_KERNEL) == 400);
	vfs_cache_pressure = 50;
	check(shrinker->shrink(shrinker, 0, GFP_KERNEL) == 200);
	vfs_cache_pressure = 0;
	check(shrinker->shrink(shrinker, 0, GFP_KERNEL) == 0);
	vfs_cache_pressure = 100;

	check(shrinker->shrink(shrinker, 128, GFP_NOFS) == -1);
	check(sb.nr_unused_names == 300 && sb.nr_unused_inodes == 99);
	/* 128 of 400: 96 names, and 31 inodes. */
	check(shrinker->shrink(shrinker, 128, GFP_KERNEL) == 200);
	check(sb.nr_unused_names == 204 && sb.nr_unused_inodes == 68);

	register_shrinker(shrinker);
	check(shrink_slab(1000, 999, GFP_KERNEL) >= 200);
	check(sb.nr_unused_names + sb.nr_unused_inodes < 100);
	unregister_shrinker(shrinker);
	check(list_empty(&shrinker_list));
	prune_dcache(0);
	prune_icache(0);
}

void unit_main(void)
{
	unit_boot(256, 4096);
	dcache_init();
	inode_init();
	sb.ops = other.ops = &ops;
	super_caches_init(&sb);
	super_caches_init(&other);
	root = d_alloc_root(iget(&sb, 2));
	prune_dcache_vectors();
	shares_of_priorities();
	shares_of_600();
	free_slabs_go_back();
	a_lookup_is_a_reference();
	directories_follow_their_names();
	prune_icache_spares_the_busy();
	pages_keep_their_inode();
	prune_dcache_sb_vectors();
	prune_icache_sb_gives_second_rounds();
	shrinker_of_a_file_system();
}
