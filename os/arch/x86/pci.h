/*
 * PCI: the devices of all buses, their configuration space, memory and interrupts.
 * pci_init (machine_init) fills the table; it is constant afterwards.
 */
#ifndef X86_PCI_H
#define X86_PCI_H

#include "arch/x86/irq.h"

#define PCI_MAX_DEVICES	32
#define PCI_NR_BARS	6

#define PCI_CAP_VENDOR	0x09
#define PCI_CAP_MSIX	0x11

struct pci_bar {
	u64 address;	/* physical, or the first port */
	u64 size;	/* bytes; 0: there is no such BAR */
	bool is_port;
	void *mapped;	/* pci_map_bar's result, or NULL */
};

struct pci_device {
	u8 bus, slot, function;
	u16 vendor, device;
	u16 subsystem_vendor, subsystem;
	u8 class_code, subclass;
	u8 irq_line;			/* ISA line that firmware chose, 0xff none */
	bool msix;			/* MSI-X is on: set by pci_request_irq */
	struct pci_bar bars[PCI_NR_BARS];
};

/* The next device after PREVIOUS (NULL: the first one), or NULL. */
struct pci_device *pci_next(struct pci_device *previous);

u8 pci_read8(const struct pci_device *dev, unsigned offset);
u16 pci_read16(const struct pci_device *dev, unsigned offset);
u32 pci_read32(const struct pci_device *dev, unsigned offset);
void pci_write16(const struct pci_device *dev, unsigned offset, u16 value);
void pci_write32(const struct pci_device *dev, unsigned offset, u32 value);

/* Offset of the first capability ID behind offset AFTER (0: from the start), or 0. */
unsigned pci_find_capability(const struct pci_device *dev, u8 id, unsigned after);

/* Turns on memory and port decoding and bus mastering. */
void pci_enable(struct pci_device *dev);

/* The registers of a memory BAR, NULL if it is none or cannot be mapped. */
void *pci_map_bar(struct pci_device *dev, unsigned bar);

/*
 * Interrupts of the device go to HANDLER: through MSI-X table entry ENTRY if the
 * device has MSI-X (then dev->msix is set, and each entry in use is requested in its
 * own call), else through its interrupt line (ask once). 0 or -errno.
 */
int pci_request_irq(struct pci_device *dev, unsigned entry, irq_handler handler,
		    void *argument);

void pci_init(void);

#endif
