/*
 * Flusher threads, 2.6's: one for each disk writes what is dirty in the files of that disk
 * (facts 2.6, 9.1; lab 15).
 *
 * A mapping joins one of its flusher's three lists when a page of it becomes dirty, and
 * leaves them when somebody sees that none is dirty any more, at the latest when its last
 * page goes. So a mapping that goes away, which has lost its pages before, is on none.
 *
 * Locks: (c) pagecache_lock, (a) atomic, (!) constant.
 */
#ifndef MM_CACHE_FLUSHER_H
#define MM_CACHE_FLUSHER_H

#include "kernel/wait.h"
#include "lib/list.h"

struct address_space;
struct block_device;
struct task;

struct flusher {
	struct block_device *dev;	/* (!) the disk */
	char name[16];			/* (!) "flush-254:0" */
	struct list_head b_dirty;	/* (c) mapping.flush_link, the latest at the head */
	struct list_head b_io;		/* (c) due, the oldest at the tail */
	struct list_head b_more_io;	/* (c) had their share; the rest later */
	struct mutex writing;		/* who writes from the lists */
	struct list_head works;		/* (c) wb_work.link, the first at the head */
	unsigned nr_works;		/* (c) on that list */
	struct wait_queue wait;		/* the thread, when it has nothing to do */
	bool woken;			/* (a) it must not sleep now */
	unsigned long last_old_flush;	/* jiffies of the last periodic pass; the thread's */
	struct task *task;		/* (c) its thread; NULL while it has none */
	long nr_reclaimable;		/* (a) dirty pages of its files */
	long nr_writeback;		/* (a) and those that are being written */
	unsigned long writeouts;	/* (a) pages written lately (bdi_writeout_inc) */
	bool dirty_exceeded;		/* (a) too much was dirty, of it or of all, at the last look */
	unsigned congested;		/* (a) bit 0: its reads are, bit 1: its writes */
};

/* Tunables, /proc/sys/vm/dirty_*_centisecs. Read without a lock. */
extern unsigned dirty_writeback_interval;	/* ticks between periodic passes; 0: none */
extern unsigned dirty_expire_interval;		/* ticks that something may be dirty */

/* A disk appears. */
void flusher_init(struct flusher *flusher, struct block_device *dev);
/* Boot: the thread that starts the others when there is something to write. */
void flushers_start(void);
/* flusher_thread.c: a disk without a thread has work. */
void wake_forker(void);

/* ---- reclaim/v26/congestion.c: the disk's queue says that it is busy, or no more ---- */

void set_bdi_congested(struct flusher *flusher, bool write);
void clear_bdi_congested(struct flusher *flusher, bool write);

static inline bool bdi_read_congested(const struct flusher *flusher)
{
	return __atomic_load_n(&flusher->congested, __ATOMIC_RELAXED) & 1u;
}

static inline bool bdi_write_congested(const struct flusher *flusher)
{
	return __atomic_load_n(&flusher->congested, __ATOMIC_RELAXED) & 2u;
}

/* ---- flush_lists.c: which mappings are due. pagecache_lock held but for the last two. ---- */

/* A page of a mapping with a flusher became dirty. */
void mapping_dirtied(struct address_space *mapping);
/* Pages of it have been written, or have left it: is any still dirty? */
void mapping_cleaned(struct address_space *mapping);

/* Is it the one at the end of b_io? Only the address of MAPPING is used: it may be gone. */
bool mapping_is_next(const struct flusher *flusher, const struct address_space *mapping);

/*
 * Writes NR pages, if there are so many, of the mappings that are due, up to CHUNK of each
 * (so of the last one perhaps more than NR needs), and waits for none of the writes: with
 * OLD_ONLY those that are dirty for dirty_expire_interval, else all; each from where the
 * last CYCLIC writer has ended, or from its start. Pages written.
 */
long writeback_inodes_wb(struct flusher *flusher, long nr, long chunk, bool old_only,
			 bool cyclic);
/* Starts to write every dirty page of the disk, for sync and umount. */
void flush_all_mappings(struct flusher *flusher);

/* ---- flusher.c: the threads' work (facts 2.6, 9.1) ---- */

/* Asks the flushers to write NR pages; 0: all that are dirty. From any context that may
   allocate without waiting. */
void wakeup_flusher_threads(unsigned long nr);
/* Queues such a request for one disk. */
void __bdi_start_writeback(struct flusher *flusher, unsigned long nr);
/* Has it write until no more than the background threshold is dirty; and so all. */
void bdi_start_background_writeback(struct flusher *flusher);
void wake_all_flushers(void);
/* Is there data or metadata that it could write? */
bool wb_has_dirty_io(const struct flusher *flusher);
/* Is more dirty, of all disks or of this one, than shall stay so? */
bool over_bground_thresh(const struct flusher *flusher);
/* One turn of the thread: what is queued, what is old, what is too much. Pages written. */
long wb_do_writeback(struct flusher *flusher);

#endif
