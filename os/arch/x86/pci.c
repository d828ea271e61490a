/*
 * PCI by configuration mechanism 1: an address port and a data port, guarded by
 * pci_lock. All buses are searched once; devices do not come or go.
 */
#include "arch/x86/pci.h"
#include "arch/x86/apic.h"
#include "arch/x86/cpu.h"
#include "arch/x86/io.h"
#include "kernel/lock.h"
#include "lib/errno.h"
#include "lib/printk.h"

#define CONFIG_ADDRESS	0xcf8
#define CONFIG_DATA	0xcfc
#define CONFIG_ENABLE	(1u << 31)

enum {
	PCI_VENDOR = 0x00, PCI_DEVICE = 0x02, PCI_COMMAND = 0x04, PCI_STATUS = 0x06,
	PCI_SUBCLASS = 0x0a, PCI_CLASS = 0x0b, PCI_HEADER_TYPE = 0x0e, PCI_BAR0 = 0x10,
	PCI_SUBSYSTEM_VENDOR = 0x2c, PCI_SUBSYSTEM = 0x2e, PCI_CAPABILITIES = 0x34,
	PCI_INTERRUPT_LINE = 0x3c, PCI_INTERRUPT_PIN = 0x3d,
};

#define COMMAND_PORTS		0x1u
#define COMMAND_MEMORY		0x2u
#define COMMAND_MASTER		0x4u
#define COMMAND_NO_LINE		0x400u
#define STATUS_CAPABILITIES	0x10u
#define HEADER_MULTIFUNCTION	0x80u
#define BAR_PORTS		0x1u
#define BAR_64_BIT		0x4u

#define MSIX_CONTROL		2	/* offsets in the capability */
#define MSIX_TABLE		4
#define MSIX_ENABLE		0x8000u
#define MSIX_ENTRY_SIZE		16

static struct spinlock pci_lock = SPINLOCK_INIT("pci", RANK_DEVICE);
static struct pci_device devices[PCI_MAX_DEVICES];	/* constant after pci_init */
static unsigned nr_devices;

static void select(const struct pci_device *dev, unsigned offset)
{
	outl(CONFIG_ADDRESS, CONFIG_ENABLE | (u32)dev->bus << 16 | (u32)dev->slot << 11 |
	     (u32)dev->function << 8 | (offset & 0xfc));
}

u32 pci_read32(const struct pci_device *dev, unsigned offset)
{
	unsigned long flags = spin_lock_irqsave(&pci_lock);
	u32 value;

	select(dev, offset);
	value = inl(CONFIG_DATA);
	spin_unlock_irqrestore(&pci_lock, flags);
	return value;
}

u16 pci_read16(const struct pci_device *dev, unsigned offset)
{
	return (u16)(pci_read32(dev, offset) >> (offset & 2) * 8);
}

u8 pci_read8(const struct pci_device *dev, unsigned offset)
{
	return (u8)(pci_read32(dev, offset) >> (offset & 3) * 8);
}

void pci_write32(const struct pci_device *dev, unsigned offset, u32 value)
{
	unsigned long flags = spin_lock_irqsave(&pci_lock);

	select(dev, offset);
	outl(CONFIG_DATA, value);
	spin_unlock_irqrestore(&pci_lock, flags);
}

void pci_write16(const struct pci_device *dev, unsigned offset, u16 value)
{
	unsigned long flags = spin_lock_irqsave(&pci_lock);

	select(dev, offset);
	outw((u16)(CONFIG_DATA + (offset & 2)), value);
	spin_unlock_irqrestore(&pci_lock, flags);
}

struct pci_device *pci_next(struct pci_device *previous)
{
	struct pci_device *next = previous ? previous + 1 : devices;

	return next < devices + nr_devices ? next : NULL;
}

unsigned pci_find_capability(const struct pci_device *dev, u8 id, unsigned after)
{
	unsigned at;

	if (!(pci_read16(dev, PCI_STATUS) & STATUS_CAPABILITIES))
		return 0;
	at = pci_read8(dev, after ? after + 1 : PCI_CAPABILITIES) & 0xfc;
	for (unsigned most = 48; at && most; most--) {
		if (pci_read8(dev, at) == id)
			return at;
		at = pci_read8(dev, at + 1) & 0xfc;
	}
	return 0;
}

void pci_enable(struct pci_device *dev)
{
	pci_write16(dev, PCI_COMMAND, (u16)(pci_read16(dev, PCI_COMMAND) | COMMAND_PORTS |
					    COMMAND_MEMORY | COMMAND_MASTER));
}

void *pci_map_bar(struct pci_device *dev, unsigned bar)
{
	struct pci_bar *b = &dev->bars[bar];

	if (bar >= PCI_NR_BARS || !b->size || b->is_port)
		return NULL;
	if (!b->mapped)
		b->mapped = mmio_map(b->address, (size_t)b->size);
	return b->mapped;
}

/* Points the table's entry at a new vector of CPU 0 and opens it. */
static int request_msix(struct pci_device *dev, unsigned capability, unsigned entry,
			irq_handler handler, void *argument)
{
	u16 control = pci_read16(dev, capability + MSIX_CONTROL);
	u32 table = pci_read32(dev, capability + MSIX_TABLE);
	u8 *registers = pci_map_bar(dev, table & 7);
	int vector;

	if (!registers || entry > (control & 0x7ffu))
		return -EINVAL;
	vector = irq_vector_alloc(handler, argument);
	if (vector < 0)
		return vector;
	registers += (table & ~7u) + entry * MSIX_ENTRY_SIZE;
	mmio_write32(registers, (u32)APIC_ADDRESS | (u32)cpus[0].apic_id << 12);
	mmio_write32(registers + 4, 0);
	mmio_write32(registers + 8, (u32)vector);
	mmio_write32(registers + 12, 0);
	if (!dev->msix)
		pci_write16(dev, capability + MSIX_CONTROL, control | MSIX_ENABLE);
	dev->msix = true;
	return 0;
}

int pci_request_irq(struct pci_device *dev, unsigned entry, irq_handler handler,
		    void *argument)
{
	unsigned capability = pci_find_capability(dev, PCI_CAP_MSIX, 0);

	if (capability)
		return request_msix(dev, capability, entry, handler, argument);
	if (dev->irq_line == 0xff)
		return -EINVAL;
	return request_irq(dev->irq_line, handler, argument);
}

/* Reads BAR N of a device that is not in use; a 64-bit one takes two places. */
static unsigned read_bar(struct pci_device *dev, unsigned n)
{
	unsigned offset = PCI_BAR0 + 4 * n;
	struct pci_bar *bar = &dev->bars[n];
	u32 low = pci_read32(dev, offset), mask;

	pci_write32(dev, offset, ~0u);
	mask = pci_read32(dev, offset);
	pci_write32(dev, offset, low);
	if (!mask)
		return 1;
	if (low & BAR_PORTS) {
		bar->is_port = true;
		bar->address = low & ~3u;
		bar->size = (u16)(~(mask & ~3u) + 1);
		return 1;
	}
	bar->address = low & ~15u;
	bar->size = ~(mask & ~15u) + 1;
	if (!(low & BAR_64_BIT) || n + 1 == PCI_NR_BARS)
		return 1;
	/* No device that we drive has a register window of 4 GiB: the size is low's. */
	bar->address |= (u64)pci_read32(dev, offset + 4) << 32;
	return 2;
}

static void read_device(const struct pci_device *at)
{
	struct pci_device *dev = &devices[nr_devices];
	u16 command = pci_read16(at, PCI_COMMAND);

	if (nr_devices == PCI_MAX_DEVICES) {
		printk("pci: too many devices, %02x:%02x.%u is not used\n", at->bus, at->slot,
		       at->function);
		return;
	}
	nr_devices++;
	*dev = *at;
	dev->vendor = pci_read16(dev, PCI_VENDOR);
	dev->device = pci_read16(dev, PCI_DEVICE);
	dev->subsystem_vendor = pci_read16(dev, PCI_SUBSYSTEM_VENDOR);
	dev->subsystem = pci_read16(dev, PCI_SUBSYSTEM);
	dev->class_code = pci_read8(dev, PCI_CLASS);
	dev->subclass = pci_read8(dev, PCI_SUBCLASS);
	dev->irq_line = pci_read8(dev, PCI_INTERRUPT_PIN) ? pci_read8(dev, PCI_INTERRUPT_LINE)
							  : 0xff;
	if ((pci_read8(dev, PCI_HEADER_TYPE) & 0x7f) != 0)
		return;		/* a bridge: firmware has set it up */
	pci_write16(dev, PCI_COMMAND, (u16)(command & ~(COMMAND_PORTS | COMMAND_MEMORY)));
	for (unsigned n = 0; n < PCI_NR_BARS;)
		n += read_bar(dev, n);
	pci_write16(dev, PCI_COMMAND, command);
}

static void read_slot(unsigned bus, unsigned slot)
{
	struct pci_device at = { .bus = (u8)bus, .slot = (u8)slot };
	unsigned functions;

	if (pci_read16(&at, PCI_VENDOR) == 0xffff)
		return;
	functions = pci_read8(&at, PCI_HEADER_TYPE) & HEADER_MULTIFUNCTION ? 8 : 1;
	for (unsigned f = 0; f < functions; f++) {
		at.function = (u8)f;
		if (pci_read16(&at, PCI_VENDOR) != 0xffff)
			read_device(&at);
	}
}

/* Bridges have been numbered by firmware: a bus that is behind one has devices. */
void pci_init(void)
{
	unsigned last_bus = 0;

	for (unsigned bus = 0; bus <= last_bus; bus++) {
		for (unsigned slot = 0; slot < 32; slot++)
			read_slot(bus, slot);
		for (unsigned i = 0; i < nr_devices; i++)
			if ((pci_read8(&devices[i], PCI_HEADER_TYPE) & 0x7f) == 1)
				last_bus = max(last_bus, pci_read8(&devices[i], 0x1a));
	}
}
