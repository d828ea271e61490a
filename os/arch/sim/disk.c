/*
 * Simulated disks: transfers stay in flight, in order, until somebody ends them.
 *
 * Owns the list of transfers in flight. A disk keeps its data in host memory that
 * is touched only where it was written.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/machine.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"
#include "mm/cache/buffer.h"

bool disk_instant;

static LIST_HEAD(in_flight);	/* bio.link, oldest at the head */
static const struct page *awaited;	/* for whose I/O the task will sleep, or NULL */

static void finish(struct bio *bio)
{
	char *data = (char *)bio->dev->driver + (bio->sector << SECTOR_SHIFT);
	char *page = (char *)kmap(bio->page) + bio->offset;

	list_del(&bio->link);
	if (bio->write)
		memcpy(data, page, bio->length);
	else
		memcpy(page, data, bio->length);
	kunmap(bio->page);
	bio_end(bio, 0);
}

static void submit(struct block_device *dev, struct bio *bio)
{
	list_add_tail(&bio->link, &in_flight);
	if (disk_instant)
		finish(bio);
}

static void run_queue(struct block_device *dev)
{
}

static void await(struct block_device *dev, const struct page *page)
{
	awaited = page;
}

struct block_device *disk_create(const char *name, unsigned major, unsigned minor,
				 unsigned long pages)
{
	struct block_device *dev = calloc(1, sizeof(*dev));

	dev->name = strdup(name);
	dev->major = major;
	dev->minor = minor;
	dev->nr_sectors = (u64)pages << (PAGE_SHIFT - SECTOR_SHIFT);
	dev->submit = submit;
	dev->run_queue = run_queue;
	dev->awaited = await;
	dev->driver = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (dev->driver == MAP_FAILED)
		panic("the host has no address space for disk %s", name);
	register_block_device(dev);
	return dev;
}

unsigned long disk_in_flight(void)
{
	const struct bio *bio;
	unsigned long n = 0;

	list_for_each(bio, &in_flight, link)
		n++;
	return n;
}

bool disk_complete_page(const struct page *page)
{
	struct bio *bio, *next;
	bool found = false;

	list_for_each_safe(bio, next, &in_flight, link)
		if (bio->page == page) {
			finish(bio);
			found = true;
		}
	return found;
}

bool disk_complete_awaited(void)
{
	const struct page *page = awaited;

	awaited = NULL;
	if (!page)
		return false;
	if (!disk_complete_page(page))
		panic("waits for ever for page %lu: no I/O on it is in flight",
		      page_to_pfn(page));
	return true;
}

bool disk_complete_oldest(void)
{
	if (list_empty(&in_flight))
		return false;
	finish(list_first(&in_flight, struct bio, link));
	return true;
}

void disk_complete_all(void)
{
	while (disk_complete_oldest())
		;
}
