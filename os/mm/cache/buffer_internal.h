/* What the files of the buffer cache share among themselves. */
#ifndef MM_CACHE_BUFFER_INTERNAL_H
#define MM_CACHE_BUFFER_INTERNAL_H

#include "mm/cache/buffer.h"

/* buffer_heads.c: where heads come from. */
void buffer_heads_init(void);
/* The ring of heads that covers a page, or NULL. Not on any list yet. */
struct buffer_head *alloc_page_buffers(struct page *page, struct block_device *dev,
				     unsigned size);
/* The same; it takes heads from the reserve, from others, or sleeps, until it has them. */
struct buffer_head *need_page_buffers(struct page *page, struct block_device *dev,
				    unsigned size);
void free_page_buffers(struct buffer_head *ring);
/* The page is locked and has none yet; gets a reference. */
void attach_page_buffers(struct page *page, struct buffer_head *ring);

/* buffer_lists.c: the lists, and the hash of the buffer cache. */
extern struct spinlock buffer_lru_lock;		/* rank RANK_BUFFER_LRU */
extern struct spinlock buffer_hash_lock;	/* rank RANK_BUFFER_HASH */
extern struct list_head buffer_lists[NR_BUF_LISTS];	/* (l) newest at the head */
extern unsigned long buffer_list_bytes[NR_BUF_LISTS];	/* (l) data of the buffers on it */
void buffer_lists_init(void);
/* A buffer joins the list that suits it, leaves its list, or changes it. (l) */
void __list_buffer(struct buffer_head *bh);
void __unlist_buffer(struct buffer_head *bh);
void __refile_buffer(struct buffer_head *bh);
void refile_buffer(struct buffer_head *bh);
/*
 * The oldest dirty buffer that is not in flight, with a reference, or NULL. With ONLY_AGED
 * the search ends at the first one whose time has not come.
 */
struct buffer_head *oldest_dirty_buffer(bool only_aged);
/* The free buffers, by size. (l) */
void __free_buffer(struct buffer_head *bh);
struct buffer_head *__take_free_buffer(unsigned size);
/* A buffer that is hashed leaves lists, hash and owner. (l) and (h) */
void __drop_buffer(struct buffer_head *bh);
/* inode_buffers.c: it leads to no file any more. (l) */
void __disown_buffer(struct buffer_head *bh);
/* The hash. (h) */
struct buffer_head *__hash_find(struct block_device *dev, unsigned long block,
				unsigned size);
void __hash_add(struct buffer_head *bh);

/* buffer_io.c */
bool trylock_buffer(struct buffer_head *bh);
/* Takes the dirty bit and refiles the buffer; was it dirty? */
bool take_buffer_dirty(struct buffer_head *bh);

/* block_dev.c: what find_buffer and getblk are in 2.6; and more memory for buffers. */
struct buffer_head *__find_get_block(struct block_device *dev, unsigned long block,
				     unsigned size);
struct buffer_head *__getblk(struct block_device *dev, unsigned long block, unsigned size);
void free_more_memory(void);

/* page_io.c: writes the dirty buffers that begin before END; the page is locked. */
int __block_write_full_page(struct page *page, get_block_t *get_block, unsigned end);

/*
 * buffer_cache.c: sets the bit, the time and the list, without balance_dirty; in 2.6 the
 * page is dirty, too.
 */
bool __mark_buffer_dirty(struct buffer_head *bh);
/* A block has a new owner: what the buffer cache still holds of it must not be written. */
void unmap_underlying_metadata(struct block_device *dev, unsigned long block,
			       unsigned size);

/* bdflush.c: returns buffers written, as facts 2.4, section 6 counts them. */
unsigned flush_dirty_buffers(bool only_aged);
/* Starts the thread; false if there is no memory. */
bool bdflush_thread_start(void);

/* Over the buffers of a page, in the order of their offsets; RING is page->buffers. */
#define for_each_buffer(bh, ring)						\
	for (struct buffer_head *bh = (ring), *end_ = NULL; bh != end_;		\
	     end_ = (ring), bh = bh->next_in_page)

static inline bool buffer_busy(const struct buffer_head *bh)
{
	const unsigned long busy = 1ul << BH_Dirty | 1ul << BH_Lock | 1ul << BH_Protected;

	return atomic_read(&bh->count) || (bh->state & busy);
}

/* page_buffers.c, 2.6: page and all its buffers are dirty from now on. Was it clean? */
bool set_page_dirty_with_buffers(struct page *page);

/* A page write has been prepared and its buffers are locked: 2.6 unlocks the page now. */
void write_without_lock(struct page *page);

#endif
