/*
 * Where buffer heads come from (facts 2.4, section 6; facts 2.6, 5.10).
 *
 * Owns an object cache and up to MAX_SPARE spare heads, under buffer_lru_lock. Pages
 * can only be written with heads, and memory can only be had by writing pages: so the
 * last NR_RESERVED spares are for need_page_buffers alone, and when they are gone it
 * takes the heads of clean pages, which always brings it on once some I/O has ended.
 *
 * Owns the count of heads in use, too; now and then somebody looks whether it is too high.
 */
#include "arch/machine.h"
#include "lib/printk.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/io_wait.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/policy.h"
#include "mm/slab/slab.h"

#define NR_RESERVED	16
#define MAX_SPARE	(NR_RESERVED + 20)

static struct kmem_cache *head_cache;
static LIST_HEAD(spares);	/* (l) through bh->lru */
static unsigned nr_spares;	/* (l) */

#define RECALC_AFTER	4096	/* heads that come or go between two looks at the limit */

bool buffer_heads_over_limit;
static long nr_heads;		/* (a) given out */
static unsigned changes;	/* (a) of nr_heads, since the last look */

/* A tenth of the low memory that is not kept free. */
static unsigned long max_buffer_heads(void)
{
	unsigned long pages = 0;

	for_each_zone(zone)
		if (zone->type != ZONE_HIGHMEM && zone->present_pages > zone->pages_high)
			pages += zone->present_pages - zone->pages_high;
	return pages / 10 * (PAGE_SIZE / sizeof(struct buffer_head));
}

static void count_heads(long change)
{
	long now = __atomic_add_fetch(&nr_heads, change, __ATOMIC_RELAXED);

	if (__atomic_add_fetch(&changes, 1, __ATOMIC_RELAXED) < RECALC_AFTER)
		return;
	__atomic_store_n(&changes, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&buffer_heads_over_limit, now > (long)max_buffer_heads(),
			 __ATOMIC_RELAXED);
}

static struct buffer_head *take_spare(unsigned leave)
{
	struct buffer_head *bh = NULL;

	spin_lock(&buffer_lru_lock);
	if (nr_spares > leave) {
		bh = list_first(&spares, struct buffer_head, lru);
		list_del(&bh->lru);
		nr_spares--;
	}
	spin_unlock(&buffer_lru_lock);
	return bh;
}

static bool keep_spare(struct buffer_head *bh)
{
	bool keep;

	spin_lock(&buffer_lru_lock);
	keep = nr_spares < MAX_SPARE;
	if (keep) {
		list_add(&bh->lru, &spares);
		nr_spares++;
	}
	spin_unlock(&buffer_lru_lock);
	return keep;
}

void buffer_heads_init(void)
{
	head_cache = kmem_cache_create("buffer_head", sizeof(struct buffer_head), 0, NULL);
	kmem_cache_set_reclaimable(head_cache);
	while (nr_spares < NR_RESERVED) {
		struct buffer_head *bh = kmem_cache_alloc(head_cache, GFP_ATOMIC);

		if (!bh)
			panic("no memory for the first buffer heads");
		keep_spare(bh);
	}
}

static void init_head(struct buffer_head *bh, struct page *page, struct block_device *dev,
		      unsigned offset, unsigned size)
{
	*bh = (struct buffer_head){ .page = page, .offset = offset, .size = size,
				    .dev = dev, .list = BUF_CLEAN };
	list_init(&bh->lru);
	list_init(&bh->hash);
	list_init(&bh->owner_link);
}

/* From the last buffer to the first, so that the ring runs upwards. */
static struct buffer_head *make_ring(struct page *page, struct block_device *dev,
				     unsigned size, struct buffer_head *(*get)(void))
{
	struct buffer_head *first = NULL, *last = NULL;
	unsigned offset;

	assert(size >= SECTOR_SIZE && size <= PAGE_SIZE && !(size & (size - 1)));
	for (offset = PAGE_SIZE; offset; offset -= size) {
		struct buffer_head *bh = get();

		if (!bh)
			break;
		init_head(bh, page, dev, offset - size, size);
		count_heads(1);
		bh->next_in_page = first;
		first = bh;
		if (!last)
			last = bh;
		last->next_in_page = first;
	}
	if (offset && first) {
		free_page_buffers(first);
		return NULL;
	}
	return first;
}

static struct buffer_head *get_head(void)
{
	struct buffer_head *bh = take_spare(NR_RESERVED);

	return bh ? bh : kmem_cache_alloc(head_cache,
					  policy->dirties_pages ? GFP_NOFS : GFP_BUFFER);
}

struct buffer_head *alloc_page_buffers(struct page *page, struct block_device *dev,
				     unsigned size)
{
	return make_ring(page, dev, size, get_head);
}

/* A clean cached page with idle heads, locked and with a reference, or NULL. */
static struct page *find_rich_page(void)
{
	struct page *found = NULL;

	spin_lock(&buffer_lru_lock);
	for (enum buffer_list list = BUF_CLEAN; list <= BUF_LOCKED && !found; list++) {
		struct buffer_head *bh;

		list_for_each(bh, &buffer_lists[list], lru) {
			if (buffer_busy(bh) || !trylock_page(bh->page))
				continue;
			if (bh->page->mapping) {
				found = bh->page;
				get_page(found);
				break;
			}
			unlock_page(bh->page);
		}
	}
	spin_unlock(&buffer_lru_lock);
	return found;
}

/* Frees the heads of somebody else's page, if there is one that can spare them. */
static bool steal_heads(void)
{
	struct page *page = find_rich_page();
	bool freed;

	if (!page)
		return false;
	freed = page->buffers && try_to_free_buffers(page, 0);
	unlock_page(page);
	put_page(page);
	return freed;
}

static void wait_for_memory(void)
{
	if (policy->dirties_pages) {
		free_more_memory();
		return;
	}
	policy->write_back();
	io_pause();
}

static struct buffer_head *need_head(void)
{
	struct buffer_head *bh;

	while (!(bh = get_head()) && !(bh = take_spare(0)))
		if (!steal_heads())
			wait_for_memory();
	return bh;
}

struct buffer_head *need_page_buffers(struct page *page, struct block_device *dev,
				    unsigned size)
{
	return make_ring(page, dev, size, need_head);
}

static __noinline void free_buffer_head(struct buffer_head *bh)
{
	count_heads(-1);
	if (!keep_spare(bh))
		kmem_cache_free(head_cache, bh);
}

void free_page_buffers(struct buffer_head *ring)
{
	struct buffer_head *bh = ring;

	do {
		struct buffer_head *next = bh->next_in_page;

		free_buffer_head(bh);
		bh = next;
	} while (bh != ring);
}
