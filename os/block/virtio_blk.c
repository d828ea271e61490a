/*
 * Disks of a virtual PC: virtio-blk, several requests in flight, each with as many
 * pieces of memory as it has, completion by interrupt.
 *
 * Owns one struct disk a device, guarded by its request queue's lock. A request in
 * flight owns a tag, which is its place in the page of headers and status bytes.
 */
#include "arch/machine.h"
#include "block/queue.h"
#include "block/virtio_pci.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"
#include "mm/page.h"
#include "mm/slab/slab.h"

#define VIRTIO_BLK_MODERN	0x1042
#define VIRTIO_BLK_TRANSITIONAL	0x1001

#define F_SEG_MAX	(1ull << 2)
#define F_RO		(1ull << 5)
#define F_FLUSH		(1ull << 9)

#define CONFIG_CAPACITY	0	/* sectors, 64 bits */
#define CONFIG_SEG_MAX	12

enum { TYPE_IN = 0, TYPE_OUT = 1, TYPE_FLUSH = 4 };

#define MAX_TAGS	16	/* requests in flight */
#define MAX_DISKS	26	/* vda … vdz */

/* What a request needs beside its data; shared with the device. */
struct control {
	u32 type;
	u32 reserved;
	u64 sector;
	u8 status;	/* 0: it went well */
	u8 unused[15];
};

struct disk {
	struct block_device dev;
	struct request_queue queue;
	struct virtio_device virtio;
	struct control *control;		/* (q) by tag */
	struct request *in_flight[MAX_TAGS];	/* (q) by tag; NULL: the tag is free */
	u16 heads[MAX_TAGS];			/* (q) first descriptor of each */
	char name[4];
};

static unsigned nr_disks;

static struct disk *disk_of(struct request_queue *queue)
{
	return container_of(queue, struct disk, queue);
}

static u64 physical(const void *address)
{
	return ((u64)virt_to_pfn(address) << PAGE_SHIFT) + ((uintptr_t)address & ~PAGE_MASK);
}

/* Appends a piece of memory to the chain that ends in LAST, which it becomes. */
static void chain(struct virtio_device *virtio, u16 *last, u64 address, u32 length,
		  u16 flags)
{
	u16 next = vring_take(virtio);

	virtio->desc[next] = (struct vring_desc){
		.address = address, .length = length, .flags = flags,
		.next = virtio->desc[next].next,
	};
	virtio->desc[*last].flags |= VRING_NEXT;
	virtio->desc[*last].next = next;
	*last = next;
}

/* The data; bios that are neighbours in memory share a descriptor. */
static void chain_bios(struct virtio_device *virtio, u16 *last, struct request *request)
{
	u16 flags = request->write ? 0 : VRING_WRITE;
	u64 end = ~0ull;
	struct bio *bio;

	list_for_each(bio, &request->bios, link) {
		u64 address = ((u64)page_to_pfn(bio->page) << PAGE_SHIFT) + bio->offset;

		if (address == end)
			virtio->desc[*last].length += bio->length;
		else
			chain(virtio, last, address, bio->length, flags);
		end = address + bio->length;
	}
}

static int free_tag(const struct disk *disk)
{
	for (int tag = 0; tag < MAX_TAGS; tag++)
		if (!disk->in_flight[tag])
			return tag;
	return -1;
}

static bool disk_start(struct request_queue *queue, struct request *request)
{
	struct disk *disk = disk_of(queue);
	struct virtio_device *virtio = &disk->virtio;
	int tag = free_tag(disk);
	struct control *control;
	u16 head, last;

	if (tag < 0 || virtio->nr_free < request->nr_bios + 2)
		return false;
	control = &disk->control[tag];
	control->type = request->flush ? TYPE_FLUSH : request->write ? TYPE_OUT : TYPE_IN;
	control->reserved = 0;
	control->sector = request->flush ? 0 : request->sector;
	control->status = 0xff;

	head = last = vring_take(virtio);
	virtio->desc[head].address = physical(control);
	virtio->desc[head].length = offsetof(struct control, status);
	virtio->desc[head].flags = 0;
	chain_bios(virtio, &last, request);
	chain(virtio, &last, physical(&control->status), 1, VRING_WRITE);

	disk->in_flight[tag] = request;
	disk->heads[tag] = head;
	vring_offer(virtio, head);
	return true;
}

static void disk_kick(struct request_queue *queue)
{
	vring_notify(&disk_of(queue)->virtio);
}

/* The request that the device returns as HEAD; its tag and descriptors are free again. */
static struct request *take_back(struct disk *disk, u16 head)
{
	for (unsigned tag = 0; tag < MAX_TAGS; tag++) {
		struct request *request = disk->in_flight[tag];

		if (!request || disk->heads[tag] != head)
			continue;
		request->error = disk->control[tag].status == 0 ? 0 : -EIO;
		disk->in_flight[tag] = NULL;
		vring_free_chain(&disk->virtio, head);
		return request;
	}
	return NULL;	/* not ours: the device is out of its mind */
}

static void disk_interrupt(void *argument)
{
	struct disk *disk = argument;
	LIST_HEAD(done);
	int head;

	virtio_ack(&disk->virtio);
	spin_lock(&disk->queue.lock);
	while ((head = vring_returned(&disk->virtio)) >= 0) {
		struct request *request = take_back(disk, (u16)head);

		if (request)
			list_add_tail(&request->link, &done);
	}
	spin_unlock(&disk->queue.lock);
	if (!list_empty(&done))
		queue_end_requests(&disk->queue, &done);
}

static void disk_submit(struct block_device *dev, struct bio *bio)
{
	queue_submit(&((struct disk *)dev->driver)->queue, bio);
}

static void disk_run_queue(struct block_device *dev)
{
	queue_run(&((struct disk *)dev->driver)->queue);
}

static int disk_flush(struct block_device *dev)
{
	return queue_flush(&((struct disk *)dev->driver)->queue);
}

static void describe(struct disk *disk)
{
	struct block_device *dev = &disk->dev;
	struct virtio_device *virtio = &disk->virtio;
	unsigned seg_max = virtio->size - 2;

	if (virtio->features & F_SEG_MAX)
		seg_max = min(seg_max, max(virtio_config32(virtio, CONFIG_SEG_MAX), 1u));
	disk->queue.max_bios = seg_max;
	disk->queue.flusher = &dev->flusher;
	disk->queue.max_in_flight = MAX_TAGS;
	disk->queue.start = disk_start;
	disk->queue.kick = disk_kick;

	dev->name = disk->name;
	dev->major = MAJOR_VIRTIO;
	dev->minor = nr_disks;
	dev->nr_sectors = virtio_config64(virtio, CONFIG_CAPACITY);
	dev->read_only = virtio->features & F_RO;
	dev->submit = disk_submit;
	dev->run_queue = disk_run_queue;
	dev->flush = virtio->features & F_FLUSH ? disk_flush : NULL;
	dev->driver = disk;
}

static void add_disk(struct pci_device *pci)
{
	struct disk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);

	if (!disk)
		return;
	disk->control = get_zeroed_page(GFP_KERNEL);
	if (!disk->control) {
		kfree(disk);
		return;
	}
	memcpy(disk->name, "vda", sizeof("vda"));
	disk->name[2] = (char)('a' + nr_disks);
	/* The handler may be called for others on its line as soon as it is known. */
	queue_init(&disk->queue, disk->name);
	if (virtio_open(&disk->virtio, pci, F_SEG_MAX | F_RO | F_FLUSH, disk_interrupt, disk))
		return;	/* and keeps its memory, for the same reason */
	describe(disk);
	virtio_ready(&disk->virtio);
	register_block_device(&disk->dev);
	nr_disks++;
	printk("%s: %lu MiB%s\n", disk->name, (unsigned long)(disk->dev.nr_sectors >> 11),
	       disk->dev.read_only ? ", read-only" : "");
}

void virtio_blk_init(void)
{
	for (struct pci_device *pci = pci_next(NULL); pci; pci = pci_next(pci))
		if (pci->vendor == VIRTIO_VENDOR && nr_disks < MAX_DISKS &&
		    (pci->device == VIRTIO_BLK_MODERN ||
		     pci->device == VIRTIO_BLK_TRANSITIONAL))
			add_disk(pci);
}
