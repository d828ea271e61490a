/*
 * Virtio devices on PCI, version 1.0: finding the registers, the handshake, and rings
 * of descriptors shared with the device. One ring a device is what we need.
 *
 * A ring has no lock: its user's lock guards it.
 */
#ifndef BLOCK_VIRTIO_PCI_H
#define BLOCK_VIRTIO_PCI_H

#include "arch/x86/pci.h"
#include "lib/types.h"

#define VIRTIO_VENDOR		0x1af4
#define VIRTIO_F_VERSION_1	(1ull << 32)

/* What the device and the driver share; all fields little-endian, as x86 is. */
struct vring_desc {
	u64 address;	/* physical */
	u32 length;	/* bytes */
	u16 flags;
	u16 next;	/* the following one of a chain, with VRING_NEXT */
};
#define VRING_NEXT	1u
#define VRING_WRITE	2u	/* the device writes here */

struct vring_avail {
	u16 flags;
	u16 index;	/* chains ever offered */
	u16 ring[];	/* first descriptor of each */
};

struct vring_used {
	u16 flags;
	u16 index;	/* chains ever returned */
	struct {
		u32 id;		/* first descriptor */
		u32 length;
	} ring[];
};
#define VRING_NO_NOTIFY	1u

struct virtio_device {
	struct pci_device *pci;
	volatile u8 *common;	/* mapped structures of the device */
	volatile u8 *isr;
	volatile u8 *config;
	volatile u8 *notify;	/* where to write to tell it of the ring */
	u64 features;		/* agreed on */

	unsigned size;		/* of the ring, in descriptors */
	struct vring_desc *desc;
	struct vring_avail *avail;
	volatile struct vring_used *used;
	u16 first_free;		/* free descriptors, chained by next */
	unsigned nr_free;
	u16 seen;		/* used chains that have been taken */
};

/*
 * Brings the device up to where its ring can be used: agrees on the features of
 * WANTED that it has, and asks for its interrupts. 0 or -errno with the reason printed.
 */
int virtio_open(struct virtio_device *device, struct pci_device *pci, u64 wanted,
		irq_handler handler, void *argument);
/* From now on it works. */
void virtio_ready(struct virtio_device *device);

u32 virtio_config32(const struct virtio_device *device, unsigned offset);
u64 virtio_config64(const struct virtio_device *device, unsigned offset);

/* The cause of an interrupt is taken; needed where lines are shared. */
void virtio_ack(struct virtio_device *device);

/* A descriptor from the free ones, of which there must be one. */
u16 vring_take(struct virtio_device *device);
/* Offers a chain; the device hears of it with the next notify. */
void vring_offer(struct virtio_device *device, u16 head);
void vring_notify(struct virtio_device *device);
/* A chain that the device has returned, by its head, or -1. The caller frees it. */
int vring_returned(struct virtio_device *device);
void vring_free_chain(struct virtio_device *device, u16 head);

#endif
