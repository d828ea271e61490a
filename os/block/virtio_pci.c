/*
 * Virtio 1.0 over PCI: capabilities that say where the registers are, the handshake,
 * and one split ring.
 *
 * The transitional devices of `-M pc` have these capabilities, too; a device that
 * offers only the old interface is reported and left alone.
 */
#include "block/virtio_pci.h"
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"

/* The vendor capability that points to a structure. */
#define CAP_TYPE		3
#define CAP_BAR			4
#define CAP_OFFSET		8
#define CAP_MULTIPLIER		16	/* of the notify capability */
enum { TYPE_COMMON = 1, TYPE_NOTIFY, TYPE_ISR, TYPE_DEVICE };

/* The common structure. */
#define COMMON_DEVICE_FEATURE_SELECT	0
#define COMMON_DEVICE_FEATURE		4
#define COMMON_DRIVER_FEATURE_SELECT	8
#define COMMON_DRIVER_FEATURE		12
#define COMMON_CONFIG_VECTOR		16
#define COMMON_STATUS			20
#define COMMON_QUEUE_SELECT		22
#define COMMON_QUEUE_SIZE		24
#define COMMON_QUEUE_VECTOR		26
#define COMMON_QUEUE_ENABLE		28
#define COMMON_QUEUE_NOTIFY_OFF		30
#define COMMON_QUEUE_DESC		32
#define COMMON_QUEUE_DRIVER		40
#define COMMON_QUEUE_DEVICE		48

enum {
	STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4,
	STATUS_FEATURES_OK = 8, STATUS_FAILED = 128,
};

#define NO_VECTOR	0xffffu
#define MAX_RING	256u	/* descriptors: two pages hold the ring */

static void write16(volatile u8 *base, unsigned offset, u16 value)
{
	*(volatile u16 *)(base + offset) = value;
}

static u16 read16(const volatile u8 *base, unsigned offset)
{
	return *(const volatile u16 *)(base + offset);
}

static void write32(volatile u8 *base, unsigned offset, u32 value)
{
	*(volatile u32 *)(base + offset) = value;
}

static u32 read32(const volatile u8 *base, unsigned offset)
{
	return *(const volatile u32 *)(base + offset);
}

static void write_address(volatile u8 *base, unsigned offset, const void *memory)
{
	u64 address = ((u64)virt_to_pfn(memory) << PAGE_SHIFT) +
		((uintptr_t)memory & ~PAGE_MASK);

	write32(base, offset, (u32)address);
	write32(base, offset + 4, (u32)(address >> 32));
}

u32 virtio_config32(const struct virtio_device *device, unsigned offset)
{
	return read32(device->config, offset);
}

u64 virtio_config64(const struct virtio_device *device, unsigned offset)
{
	return read32(device->config, offset) | (u64)read32(device->config, offset + 4) << 32;
}

void virtio_ack(struct virtio_device *device)
{
	if (!device->pci->msix)
		(void)*device->isr;	/* reading it lowers the line */
}

/* Maps the structure of one type; NULL if the device has none. */
static volatile u8 *map_structure(struct pci_device *pci, u8 type, unsigned *capability)
{
	for (unsigned cap = pci_find_capability(pci, PCI_CAP_VENDOR, 0); cap;
	     cap = pci_find_capability(pci, PCI_CAP_VENDOR, cap)) {
		u8 *bar;

		if (pci_read8(pci, cap + CAP_TYPE) != type)
			continue;
		bar = pci_map_bar(pci, pci_read8(pci, cap + CAP_BAR));
		if (!bar)
			continue;
		*capability = cap;
		return bar + pci_read32(pci, cap + CAP_OFFSET);
	}
	return NULL;
}

static int map_structures(struct virtio_device *device, unsigned *notify_multiplier)
{
	struct pci_device *pci = device->pci;
	unsigned cap = 0;

	device->common = map_structure(pci, TYPE_COMMON, &cap);
	device->isr = map_structure(pci, TYPE_ISR, &cap);
	device->config = map_structure(pci, TYPE_DEVICE, &cap);
	device->notify = map_structure(pci, TYPE_NOTIFY, &cap);
	if (!device->common || !device->isr || !device->config || !device->notify)
		return -ENODEV;
	*notify_multiplier = pci_read32(pci, cap + CAP_MULTIPLIER);
	return 0;
}

static void add_status(struct virtio_device *device, u8 bit)
{
	device->common[COMMON_STATUS] |= bit;
}

static int agree_on_features(struct virtio_device *device, u64 wanted)
{
	volatile u8 *common = device->common;
	u64 offered;

	write32(common, COMMON_DEVICE_FEATURE_SELECT, 0);
	offered = read32(common, COMMON_DEVICE_FEATURE);
	write32(common, COMMON_DEVICE_FEATURE_SELECT, 1);
	offered |= (u64)read32(common, COMMON_DEVICE_FEATURE) << 32;
	if (!(offered & VIRTIO_F_VERSION_1))
		return -ENODEV;
	device->features = offered & (wanted | VIRTIO_F_VERSION_1);
	for (unsigned half = 0; half < 2; half++) {
		write32(common, COMMON_DRIVER_FEATURE_SELECT, half);
		write32(common, COMMON_DRIVER_FEATURE, (u32)(device->features >> 32 * half));
	}
	add_status(device, STATUS_FEATURES_OK);
	return common[COMMON_STATUS] & STATUS_FEATURES_OK ? 0 : -ENODEV;
}

/* One page of descriptors; the two index rings share the next one. */
static int make_ring(struct virtio_device *device)
{
	u8 *memory = __get_free_pages(GFP_KERNEL, 1);
	unsigned size;

	if (!memory)
		return -ENOMEM;
	memset(memory, 0, 2 * PAGE_SIZE);
	write16(device->common, COMMON_QUEUE_SELECT, 0);
	size = min(read16(device->common, COMMON_QUEUE_SIZE), MAX_RING);
	if (!size) {
		free_pages_virt(memory, 1);
		return -ENODEV;
	}
	write16(device->common, COMMON_QUEUE_SIZE, (u16)size);
	device->size = device->nr_free = size;
	device->desc = (struct vring_desc *)memory;
	device->avail = (struct vring_avail *)(memory + PAGE_SIZE);
	device->used = (struct vring_used *)(memory + PAGE_SIZE + 1024);
	for (unsigned i = 0; i < size; i++)
		device->desc[i].next = (u16)(i + 1);
	write_address(device->common, COMMON_QUEUE_DESC, device->desc);
	write_address(device->common, COMMON_QUEUE_DRIVER, device->avail);
	write_address(device->common, COMMON_QUEUE_DEVICE, (const void *)device->used);
	return 0;
}

static int route_interrupts(struct virtio_device *device, irq_handler handler,
			    void *argument)
{
	int error = pci_request_irq(device->pci, 0, handler, argument);

	if (error || !device->pci->msix)
		return error;
	write16(device->common, COMMON_CONFIG_VECTOR, NO_VECTOR);
	write16(device->common, COMMON_QUEUE_VECTOR, 0);
	return read16(device->common, COMMON_QUEUE_VECTOR) == 0 ? 0 : -ENOSPC;
}

static int bring_up(struct virtio_device *device, u64 wanted, irq_handler handler,
		    void *argument)
{
	unsigned multiplier = 0;
	int error;

	pci_enable(device->pci);
	error = map_structures(device, &multiplier);
	if (error)
		return error;
	device->common[COMMON_STATUS] = 0;
	while (device->common[COMMON_STATUS])	/* until the reset is complete */
		cpu_relax();
	add_status(device, STATUS_ACKNOWLEDGE);
	add_status(device, STATUS_DRIVER);
	error = agree_on_features(device, wanted);
	if (!error)
		error = make_ring(device);
	if (!error)
		error = route_interrupts(device, handler, argument);
	if (error) {
		add_status(device, STATUS_FAILED);
		return error;
	}
	device->notify += multiplier * read16(device->common, COMMON_QUEUE_NOTIFY_OFF);
	write16(device->common, COMMON_QUEUE_ENABLE, 1);
	return 0;
}

int virtio_open(struct virtio_device *device, struct pci_device *pci, u64 wanted,
		irq_handler handler, void *argument)
{
	int error;

	device->pci = pci;
	error = bring_up(device, wanted, handler, argument);
	if (error)
		printk("virtio: device %u:%u.%u cannot be used (error %d)\n", pci->bus,
		       pci->slot, pci->function, -error);
	return error;
}

void virtio_ready(struct virtio_device *device)
{
	add_status(device, STATUS_DRIVER_OK);
}

u16 vring_take(struct virtio_device *device)
{
	u16 index = device->first_free;

	assert(device->nr_free > 0);
	device->first_free = device->desc[index].next;
	device->nr_free--;
	return index;
}

void vring_offer(struct virtio_device *device, u16 head)
{
	struct vring_avail *avail = device->avail;

	avail->ring[avail->index % device->size] = head;
	__atomic_store_n(&avail->index, (u16)(avail->index + 1), __ATOMIC_RELEASE);
}

void vring_notify(struct virtio_device *device)
{
	/* The device may stop listening between our index and its flag. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!(device->used->flags & VRING_NO_NOTIFY))
		write16(device->notify, 0, 0);
}

int vring_returned(struct virtio_device *device)
{
	volatile struct vring_used *used = device->used;
	unsigned at = device->seen % device->size;

	if (__atomic_load_n(&used->index, __ATOMIC_ACQUIRE) == device->seen)
		return -1;
	device->seen++;
	return (int)used->ring[at].id;
}

void vring_free_chain(struct virtio_device *device, u16 head)
{
	u16 last = head;
	unsigned length = 1;

	while (device->desc[last].flags & VRING_NEXT) {
		last = device->desc[last].next;
		length++;
	}
	device->desc[last].next = device->first_free;
	device->first_free = head;
	device->nr_free += length;
}
