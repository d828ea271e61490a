/*
 * The table of block devices, where bios come from, and the way of a transfer into and out
 * of a device.
 *
 * Owns the list of devices, which only grows while the machine boots and is read
 * without a lock afterwards; and the pool of bios (facts 2.6, 11.3).
 */
#include "arch/machine.h"
#include "block/block.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/cache/buffer.h"
#include "mm/slab/mempool.h"
#include "mm/trace/events.h"

#define BIO_POOL_SIZE	128	/* enough to keep a disk busy when there is no memory */

static LIST_HEAD(devices);
static struct mempool bio_pool;

void bio_pool_init(void)
{
	struct kmem_cache *cache = kmem_cache_create("bio", sizeof(struct bio), 0, NULL);

	mempool_init_slab_pool(&bio_pool, BIO_POOL_SIZE, cache);
}

struct bio *bio_alloc(gfp_t gfp)
{
	struct bio *bio = mempool_alloc(&bio_pool, gfp);

	if (bio)
		*bio = (struct bio){ .link = LIST_HEAD_INIT(bio->link) };
	return bio;
}

void bio_put(struct bio *bio)
{
	mempool_free(bio, &bio_pool);
}

void register_block_device(struct block_device *dev)
{
	flusher_init(&dev->flusher, dev);
	device_mapping_init(dev);
	list_add_tail(&dev->link, &devices);
}

struct block_device *find_block_device(const char *name)
{
	struct block_device *dev;

	list_for_each(dev, &devices, link)
		if (!strcmp(dev->name, name))
			return dev;
	return NULL;
}

struct block_device *block_device_by_number(unsigned major, unsigned minor)
{
	struct block_device *dev;

	list_for_each(dev, &devices, link)
		if (dev->major == major && dev->minor == minor)
			return dev;
	return NULL;
}

struct block_device *next_block_device(struct block_device *dev)
{
	struct list_head *next = dev ? dev->link.next : devices.next;

	return next == &devices ? NULL : list_entry(next, struct block_device, link);
}

static bool inside_device(const struct bio *bio)
{
	u64 sectors = bio->length >> SECTOR_SHIFT;

	return bio->sector <= bio->dev->nr_sectors &&
		sectors <= bio->dev->nr_sectors - bio->sector;
}

void submit_bio(struct bio *bio)
{
	assert(bio->length && bio->length % SECTOR_SIZE == 0);
	assert(bio->offset + bio->length <= PAGE_SIZE);

	if (!inside_device(bio) || (bio->write && bio->dev->read_only)) {
		bio_end(bio, -EIO);
		return;
	}
	count_vm_many(bio->write ? VM_pgpgout : VM_pgpgin, bio->length / 1024);
	bio->dev->submit(bio->dev, bio);
}

void bio_end(struct bio *bio, int error)
{
	unsigned long *done = bio->write ? &bio->dev->writes : &bio->dev->reads;

	__atomic_fetch_add(done, 1, __ATOMIC_RELAXED);
	bio->error = error;
	bio->end_io(bio);
}

int blk_flush(struct block_device *dev)
{
	struct block_device *each;
	int result = 0;

	list_for_each(each, &devices, link) {
		int error = 0;

		if (each->flush && (!dev || each == dev))
			error = each->flush(each);
		if (error)
			result = error;
	}
	return result;
}

void blk_run_queues(void)
{
	struct block_device *dev;

	list_for_each(dev, &devices, link)
		dev->run_queue(dev);
}

void blk_run_queues_for(const struct page *page)
{
	struct block_device *dev;

	list_for_each(dev, &devices, link) {
		if (dev->awaited)
			dev->awaited(dev, page);
		else
			dev->run_queue(dev);
	}
}
