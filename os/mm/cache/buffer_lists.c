/*
 * The lists of buffers and the hash of the buffer cache (facts 2.4, section 6).
 *
 * Every buffer is on exactly one list: PROTECTED, DIRTY, LOCKED or CLEAN, the first that
 * fits when it was filed last, or the free list of its size if it stands for no block.
 * DIRTY, the free lists and the hash are 2.4's; 2.6 has mappings for that.
 * Filing is lazy: a buffer whose write has ended stays on LOCKED until somebody looks.
 * The lists and their byte counts belong to buffer_lru_lock; the hash, which finds a
 * buffer by device, block and size, to buffer_hash_lock, which is taken second. Data
 * buffers of files are not hashed.
 */
#include "lib/printk.h"
#include "mm/cache/buffer_internal.h"
#include "mm/reclaim/policy.h"

#define NR_HASH		256	/* a power of two */
#define NR_SIZES	4	/* 512, 1024, 2048, 4096 */

struct spinlock buffer_lru_lock = SPINLOCK_INIT("buffer_lru_lock", RANK_BUFFER_LRU);
struct spinlock buffer_hash_lock = SPINLOCK_INIT("buffer_hash_lock", RANK_BUFFER_HASH);
struct list_head buffer_lists[NR_BUF_LISTS];
unsigned long buffer_list_bytes[NR_BUF_LISTS];

static struct list_head free_lists[NR_SIZES];	/* (l) */
static struct list_head hash_table[NR_HASH];	/* (h) */

void buffer_lists_init(void)
{
	for (unsigned i = 0; i < NR_BUF_LISTS; i++)
		list_init(&buffer_lists[i]);
	for (unsigned i = 0; i < NR_SIZES; i++)
		list_init(&free_lists[i]);
	for (unsigned i = 0; i < NR_HASH; i++)
		list_init(&hash_table[i]);
}

static enum buffer_list suitable_list(const struct buffer_head *bh)
{
	if (buffer_test(bh, BH_Protected))
		return BUF_PROTECTED;
	if (buffer_test(bh, BH_Dirty) && !policy->dirties_pages)
		return BUF_DIRTY;
	if (buffer_test(bh, BH_Lock))
		return BUF_LOCKED;
	return BUF_CLEAN;
}

void __list_buffer(struct buffer_head *bh)
{
	assert(spin_held(&buffer_lru_lock));
	bh->list = suitable_list(bh);
	list_add(&bh->lru, &buffer_lists[bh->list]);
	buffer_list_bytes[bh->list] += bh->size;
}

void __unlist_buffer(struct buffer_head *bh)
{
	assert(spin_held(&buffer_lru_lock));
	list_del(&bh->lru);
	if (bh->list < NR_BUF_LISTS)
		buffer_list_bytes[bh->list] -= bh->size;
}

void __refile_buffer(struct buffer_head *bh)
{
	assert(spin_held(&buffer_lru_lock));
	if (bh->list != suitable_list(bh)) {
		__unlist_buffer(bh);
		__list_buffer(bh);
		if (bh->list == BUF_CLEAN)
			__disown_buffer(bh);
	}
}

static bool time_has_come(const struct buffer_head *bh)
{
	return (long)(jiffies - bh->flush_time) >= 0;
}

struct buffer_head *oldest_dirty_buffer(bool only_aged)
{
	struct list_head *head = &buffer_lists[BUF_DIRTY];
	struct buffer_head *found = NULL;
	struct list_head *link, *before;

	spin_lock(&buffer_lru_lock);
	for (link = head->prev; link != head; link = before) {
		struct buffer_head *bh = list_entry(link, struct buffer_head, lru);

		before = link->prev;
		if (!buffer_test(bh, BH_Dirty)) {
			__refile_buffer(bh);
			continue;
		}
		if (buffer_test(bh, BH_Lock))
			continue;
		if (!only_aged || time_has_come(bh)) {
			atomic_inc(&bh->count);
			found = bh;
		}
		break;
	}
	spin_unlock(&buffer_lru_lock);
	return found;
}

void refile_buffer(struct buffer_head *bh)
{
	spin_lock(&buffer_lru_lock);
	__refile_buffer(bh);
	spin_unlock(&buffer_lru_lock);
}

void __drop_buffer(struct buffer_head *bh)
{
	assert(spin_held(&buffer_hash_lock));
	list_del(&bh->hash);
	__unlist_buffer(bh);
	__disown_buffer(bh);
}

static struct list_head *free_list(unsigned size)
{
	unsigned index = (unsigned)__builtin_ctz(size / SECTOR_SIZE);

	assert(index < NR_SIZES);
	return &free_lists[index];
}

/* The buffer is on no list and not hashed. */
void __free_buffer(struct buffer_head *bh)
{
	assert(spin_held(&buffer_lru_lock));
	bh->state = 0;
	bh->list = NR_BUF_LISTS;
	list_add(&bh->lru, free_list(bh->size));
}

struct buffer_head *__take_free_buffer(unsigned size)
{
	struct list_head *head = free_list(size);
	struct buffer_head *bh;

	assert(spin_held(&buffer_lru_lock));
	if (list_empty(head))
		return NULL;
	bh = list_first(head, struct buffer_head, lru);
	list_del(&bh->lru);
	return bh;
}

static struct list_head *hash_bucket(const struct block_device *dev, unsigned long block)
{
	u32 mixed = (u32)(block + dev->minor * 7919) * 2654435769u;

	return &hash_table[mixed / (0xffffffffu / NR_HASH + 1)];
}

struct buffer_head *__hash_find(struct block_device *dev, unsigned long block,
				unsigned size)
{
	struct buffer_head *bh;

	assert(spin_held(&buffer_hash_lock));
	list_for_each(bh, hash_bucket(dev, block), hash)
		if (bh->block == block && bh->dev == dev && bh->size == size)
			return bh;
	return NULL;
}

void __hash_add(struct buffer_head *bh)
{
	assert(spin_held(&buffer_hash_lock));
	list_add(&bh->hash, hash_bucket(bh->dev, bh->block));
}

/* Scanners ask without the page lock; the heads cannot go while we hold ours. */
bool page_ramdisk_buffer(const struct page *page)
{
	const struct buffer_head *bh;
	bool result;

	if (!page->buffers)
		return false;
	spin_lock(&buffer_lru_lock);
	bh = page->buffers;
	result = bh && bh->dev && bh->dev->major == MAJOR_RAMDISK;
	spin_unlock(&buffer_lru_lock);
	return result;
}
