/*
 * Block devices: disks that move whole sectors to and from pages.
 *
 * A bio is one transfer between a page and consecutive sectors. submit_bio queues
 * it and returns; adjacent ones are merged into one request. A queue is plugged
 * until somebody needs the data (blk_run_queues) or enough has gathered. end_io is
 * called once for each bio, perhaps from an interrupt handler, with bio->error set.
 */
#ifndef BLOCK_BLOCK_H
#define BLOCK_BLOCK_H

#include "kernel/lock.h"
#include "lib/list.h"
#include "lib/types.h"
#include "mm/cache/flusher.h"
#include "mm/cache/pagecache.h"
#include "mm/gfp.h"

#define SECTOR_SHIFT	9
#define SECTOR_SIZE	512u

#define MAJOR_RAMDISK	1	/* pages with buffers on it never leave memory in 2.4 */
#define MAJOR_VIRTIO	254

struct page;
struct block_device;

struct bio {
	struct list_head link;		/* in the device's queue while it waits */
	struct block_device *dev;
	u64 sector;			/* the first one */
	struct page *page;
	u16 offset;			/* bytes from the start of the page */
	u16 length;			/* bytes, whole sectors */
	bool write;
	int error;			/* 0 or -errno, when end_io is called */
	void (*end_io)(struct bio *bio);
	void *private;			/* end_io's */
};

struct block_device {
	const char *name;		/* "vda" */
	unsigned major, minor;
	u64 nr_sectors;
	bool read_only;
	struct list_head link;		/* in the list of devices */
	/* Takes over a bio; may sleep while the queue is full. */
	void (*submit)(struct block_device *dev, struct bio *bio);
	/* Lets all that waits go to the hardware. */
	void (*run_queue)(struct block_device *dev);
	/*
	 * Somebody is about to sleep until I/O on PAGE has ended. NULL: run_queue is all
	 * that the device can do for him.
	 */
	void (*awaited)(struct block_device *dev, const struct page *page);
	/* Makes what has been written survive a power cut; sleeps. NULL: it does already. */
	int (*flush)(struct block_device *dev);
	struct flusher flusher;		/* who writes what is dirty of it (2.6) */
	struct address_space mapping;	/* 2.6: its own blocks in pages, the metadata (16) */
	unsigned block_size;		/* bytes of a buffer; set by a file system at mount */
	void *driver;			/* the driver's own */
	unsigned long reads, writes;	/* bios completed, for /proc and tests */
};

void register_block_device(struct block_device *dev);
struct block_device *find_block_device(const char *name);	/* NULL if none */
struct block_device *block_device_by_number(unsigned major, unsigned minor);
/* The device behind DEV, or the first if DEV is NULL; NULL at the end. */
struct block_device *next_block_device(struct block_device *dev);

/*
 * A bio, all 0, for transfers that have no place for one of their own (a buffer has). With
 * __GFP_WAIT always one: some are kept back for who writes pages to free memory.
 */
struct bio *bio_alloc(gfp_t gfp);
void bio_put(struct bio *bio);		/* in interrupts, too */
void bio_pool_init(void);		/* after the object caches */

/* A transfer outside the device, or a write to a read-only one, ends at once with -EIO. */
void submit_bio(struct bio *bio);

/* For drivers: the transfer has ended; ERROR is 0 or -errno. Interrupts may be off. */
void bio_end(struct bio *bio, int error);

/* Waits until DEV (NULL: every device) has nothing in its cache; 0 or -EIO. */
int blk_flush(struct block_device *dev);

/* Starts everything that plugged queues hold, on all devices. */
void blk_run_queues(void);

/* The same for someone who will sleep until I/O on PAGE has ended. */
void blk_run_queues_for(const struct page *page);

/* Starts the thread that opens plugs which nobody else opens; once tasks exist. */
void block_start(void);

/* Finds a PC's disks: vda, vdb, … in the order of PCI. After pci_init. */
void virtio_blk_init(void);

#endif
