/*
 * The page cache: which page holds which piece of which mapping (facts 2.4, 2.2).
 *
 * Owns the trees and counts of all mappings, under pagecache_lock, which is taken before
 * lru_lock. A page in a mapping has a reference from it. A page enters without buffers
 * (I8), leaves without PG_dirty (I7), and is locked both times.
 */
#include "block/block.h"
#include "fs/fs.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/filemap.h"
#include "mm/cache/flusher.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"
#include "mm/trace/vmstat.h"

struct spinlock pagecache_lock = SPINLOCK_INIT("pagecache_lock", RANK_PAGECACHE);
unsigned long page_cache_size;

void mapping_init(struct address_space *mapping, struct inode *host,
		  const struct address_space_operations *ops)
{
	mapping->pages = (struct radix_tree)RADIX_TREE_INIT;
	spin_init(&mapping->tree_lock, "tree_lock", RANK_TREE);
	list_init(&mapping->clean_pages);
	list_init(&mapping->dirty_pages);
	list_init(&mapping->locked_pages);
	mapping->writeback_index = 0;
	mapping->nrpages = 0;
	list_init(&mapping->metadata);
	mapping->ops = ops;
	mapping->host = host;
	mapping->gfp = GFP_HIGHUSER_MOVABLE;
	spin_init(&mapping->i_mmap_lock, "i_mmap_lock", RANK_I_MMAP);
	list_init(&mapping->i_mmap);
	mapping->truncations = 0;
	mapping->wb_err = (struct errseq){ 0 };
	mapping->unevictable = false;
	mapping->flusher = policy->dirties_pages && host && host->sb && host->sb->dev ?
		&host->sb->dev->flusher : NULL;
	list_init(&mapping->flush_link);
	mapping->dirtied_when = 0;
}

/* What an earlier life left in the flags of a page that enters the cache anew. */
#define STALE_FLAGS	(1ul << PG_uptodate | 1ul << PG_error | 1ul << PG_dirty | \
			 1ul << PG_referenced)

/* 2.6: N pages more, or less, of those that files on disks do not have. */
static void count_cached(const struct page *page, long n)
{
	page_stat_add(page, STAT_nr_file_pages, n);
	if (PageSwapBacked(page) && !PageSwapCache(page))
		page_stat_add(page, STAT_nr_shmem, n);
}

static int tree_insert(struct address_space *mapping, pgoff_t index, struct page *page)
{
	unsigned long flags = spin_lock_irqsave(&mapping->tree_lock);
	int error = radix_tree_insert(&mapping->pages, index, page);

	spin_unlock_irqrestore(&mapping->tree_lock, flags);
	return error;
}

#ifdef CHECK
/* A page that leaves is clean and not under writeback, and its tags know (2.6). */
static void check_no_tags(const struct address_space *mapping, pgoff_t index)
{
	if (mapping->flusher)
		for (unsigned tag = 0; tag < RADIX_TAGS; tag++)
			assert(!radix_tree_tag_get(&mapping->pages, index, tag));
}
#else
static void check_no_tags(const struct address_space *mapping, pgoff_t index)
{
}
#endif

static struct page *tree_delete(struct address_space *mapping, pgoff_t index)
{
	unsigned long flags = spin_lock_irqsave(&mapping->tree_lock);
	struct radix_node *unused;
	struct page *page;

	check_no_tags(mapping, index);
	page = radix_tree_delete(&mapping->pages, index, &unused);
	spin_unlock_irqrestore(&mapping->tree_lock, flags);
	radix_nodes_free(unused);
	return page;
}

/* FRESH: it comes as a new page, not as it is. */
static int insert_page(struct page *page, struct address_space *mapping, pgoff_t index,
		       bool fresh)
{
	int error;

	assert(spin_held(&pagecache_lock));
	assert(PageLocked(page) == !fresh && !page->mapping && !page->buffers);
	error = tree_insert(mapping, index, page);
	if (error)
		return error;
	if (fresh) {
		__atomic_fetch_and(&page->flags, ~STALE_FLAGS, __ATOMIC_SEQ_CST);
		set_bit(PG_locked, &page->flags);
	}
	get_page(page);
	page->mapping = mapping;
	page->index = index;
	if (policy->page_cached)
		policy->page_cached(page);
	mapping->nrpages++;
	page_cache_size++;
	count_cached(page, 1);
	page_note(page, EV_CACHE_ADD, PageSwapCache(page) ? BY_add_to_swap_cache :
		  BY_add_to_page_cache);
	policy->lru_add(page);
	return 0;
}

/* GFP is for the tree: of what it says, how far reclaim may go matters. */
static int add_page(struct page *page, struct address_space *mapping, pgoff_t index,
		    gfp_t gfp, bool fresh)
{
	int error = radix_preload(gfp & GFP_KERNEL);

	if (error)
		return error;
	spin_lock(&pagecache_lock);
	error = insert_page(page, mapping, index, fresh);
	spin_unlock(&pagecache_lock);
	return error;
}

int add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index)
{
	return add_page(page, mapping, index, GFP_KERNEL, true);
}

int add_to_page_cache_locked(struct page *page, struct address_space *mapping,
			     pgoff_t index)
{
	return add_page(page, mapping, index, GFP_KERNEL, false);
}

int __add_to_page_cache(struct page *page, struct address_space *mapping, pgoff_t index)
{
	return insert_page(page, mapping, index, false);
}

void __remove_from_page_cache(struct page *page)
{
	struct address_space *mapping = page->mapping;
	struct page *removed;

	assert(spin_held(&pagecache_lock));
	assert(PageLocked(page) && mapping && !PageDirty(page));

	removed = tree_delete(mapping, page->index);
	assert(removed == page);
	policy->page_uncached(page);
	mapping->nrpages--;
	page_cache_size--;
	count_cached(page, -1);
	page->mapping = NULL;
	page_note(page, EV_CACHE_DEL, PageSwapCache(page) ? BY_delete_from_swap_cache :
		  BY_remove_from_page_cache);
}

void remove_from_page_cache(struct page *page)
{
	spin_lock(&pagecache_lock);
	__remove_from_page_cache(page);
	spin_unlock(&pagecache_lock);
}

struct page *__find_page_quiet(struct address_space *mapping, pgoff_t index)
{
	assert(spin_held(&pagecache_lock));
	return radix_tree_lookup(&mapping->pages, index);
}

struct page *find_get_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;

	spin_lock(&pagecache_lock);
	page = radix_tree_lookup(&mapping->pages, index);
	if (page) {
		policy->cache_hit(page);
		get_page(page);
	}
	spin_unlock(&pagecache_lock);
	return page;
}

struct page *find_lock_page(struct address_space *mapping, pgoff_t index)
{
	struct page *page;

	while ((page = find_get_page(mapping, index))) {
		lock_page(page);
		if (page->mapping == mapping && page->index == index)
			break;
		/* It left the cache while we slept. */
		unlock_page(page);
		put_page(page);
	}
	return page;
}

struct page *add_new_page(struct address_space *mapping, pgoff_t index, gfp_t gfp)
{
	struct page *page = alloc_page(gfp);
	int error;

	if (!page)
		return ERR_PTR(-ENOMEM);
	error = add_page(page, mapping, index, gfp, true);
	if (error) {
		put_page(page);
		return ERR_PTR(error);
	}
	return page;
}

struct page *find_or_create_page(struct address_space *mapping, pgoff_t index, gfp_t gfp)
{
	struct page *page;

	do {
		page = find_lock_page(mapping, index);
		if (!page)
			page = add_new_page(mapping, index, gfp);
	} while (IS_ERR(page) && PTR_ERR(page) == -EEXIST);
	return IS_ERR(page) ? NULL : page;
}

struct page *grab_cache_page(struct address_space *mapping, pgoff_t index)
{
	return find_or_create_page(mapping, index, mapping->gfp | __GFP_WRITE);
}

/* pagecache_lock held, the page has a mapping. Has it just become dirty? */
static bool mark_dirty(struct page *page)
{
	const struct address_space *mapping = page->mapping;

	if (policy->dirties_pages && mapping->ops && mapping->ops->writes_dirty_buffers)
		return set_page_dirty_with_buffers(page);
	return !test_and_set_bit(PG_dirty, &page->flags);
}

static void note_as_dirty(struct page *page, bool with_buffers)
{
	const struct address_space *mapping;
	struct inode *host = NULL;

	spin_lock(&pagecache_lock);
	mapping = page->mapping;
	if (mapping && (with_buffers ? mark_dirty(page)
				     : !test_and_set_bit(PG_dirty, &page->flags))) {
		page_note(page, EV_DIRTY, BY_set_page_dirty);
		policy->page_dirtied(page);
		if (!mapping->flusher)
			host = mapping->host;
	}
	spin_unlock(&pagecache_lock);
	if (host)
		mark_inode_dirty_pages(host);
}

void __set_page_dirty(struct page *page)
{
	note_as_dirty(page, true);
}

void __set_page_dirty_nobuffers(struct page *page)
{
	note_as_dirty(page, false);
}
