/*
 * ACPI: the few tables that a small kernel needs. The MADT gives processors and
 * interrupt controllers, SRAT and SLIT which memory is near them (srat.c), the FADT and one object of the DSDT (\_S5, found by its name;
 * we have no interpreter) the way to switch the power off.
 */
#include "arch/boot.h"
#include "arch/x86/apic.h"
#include "arch/x86/io.h"
#include "arch/x86/machine_x86.h"
#include "lib/printk.h"
#include "lib/string.h"

struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __packed;

struct acpi_rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;		/* from revision 2 on */
	u64 xsdt;
	u8 checksum2, reserved[3];
} __packed;

enum { MADT_LOCAL_APIC = 0, MADT_IO_APIC = 1, MADT_OVERRIDE = 2, MADT_APIC_ADDRESS = 5 };

#define NR_ISA_IRQS	16
#define PM1_SLEEP_ENABLE (1u << 13)

/* Constant after acpi_init. */
static struct acpi_irq isa_irqs[NR_ISA_IRQS];
static u16 pm1a_control, pm1b_control;		/* ports; 0: none */
static u16 sleep_type_a, sleep_type_b;
static bool can_power_off;
static const struct acpi_header *srat, *slit;	/* NULL: the firmware has none */

struct acpi_irq acpi_isa_irq(unsigned line)
{
	assert(line < NR_ISA_IRQS);
	return isa_irqs[line];
}

static bool checksum_ok(const void *table, size_t length)
{
	const u8 *bytes = table;
	u8 sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += bytes[i];
	return sum == 0;
}

/* The table at that address, NULL if there is no valid one. */
static const struct acpi_header *map_table(u64 physical)
{
	const struct acpi_header *header = mmio_map(physical, sizeof(*header));
	u32 length;

	if (!header)
		return NULL;
	length = header->length;
	if (length < sizeof(*header) || length > 1u << 20)
		return NULL;
	/* The header's own mapping usually holds all of it. */
	if (((physical & (PAGE_SIZE - 1)) + length) > PAGE_SIZE)
		header = mmio_map(physical, length);
	return header && checksum_ok(header, length) ? header : NULL;
}

/* An entry of the MADT: type, length, data. */
static void madt_entry(const u8 *entry)
{
	switch (entry[0]) {
	case MADT_LOCAL_APIC:
		if (entry[4] & 1)
			cpu_add(entry[3]);
		break;
	case MADT_IO_APIC:
		ioapic_add(*(const u32 *)(entry + 4), *(const u32 *)(entry + 8));
		break;
	case MADT_OVERRIDE:
		if (entry[3] < NR_ISA_IRQS) {
			struct acpi_irq *irq = &isa_irqs[entry[3]];
			u16 flags = *(const u16 *)(entry + 8);

			irq->gsi = *(const u32 *)(entry + 4);
			irq->low = (flags & 3) == 3;
			irq->level = (flags >> 2 & 3) == 3;
		}
		break;
	}
}

static void read_madt(const struct acpi_header *madt)
{
	const u8 *bytes = (const u8 *)madt;
	u64 apic = *(const u32 *)(bytes + 36);

	for (u32 at = 44; at + 2 <= madt->length && bytes[at + 1] >= 2; at += bytes[at + 1])
		if (bytes[at] == MADT_APIC_ADDRESS)
			apic = *(const u64 *)(bytes + at + 4);
	apic_map(apic);
	for (u32 at = 44; at + 2 <= madt->length && bytes[at + 1] >= 2; at += bytes[at + 1])
		madt_entry(bytes + at);
}

/* A small integer in AML: 0, 1, or a byte behind its prefix. */
static const u8 *aml_integer(const u8 *at, u16 *value)
{
	if (*at == 0x0a) {
		*value = at[1];
		return at + 2;
	}
	*value = *at;
	return at + 1;
}

/* Looks in the DSDT for Name (_S5_, Package (n) { a, b, … }). */
static void read_dsdt(const struct acpi_header *dsdt)
{
	const u8 *at = (const u8 *)(dsdt + 1), *end = (const u8 *)dsdt + dsdt->length;

	for (; at + 12 < end; at++) {
		if (memcmp(at, "_S5_\x12", 5) != 0)
			continue;
		at += 5;
		at += (*at >> 6) + 2;	/* the package's length, and its number of elements */
		at = aml_integer(at, &sleep_type_a);
		aml_integer(at, &sleep_type_b);
		can_power_off = true;
		return;
	}
}

static void read_fadt(const struct acpi_header *fadt)
{
	const u8 *bytes = (const u8 *)fadt;
	const struct acpi_header *dsdt = map_table(*(const u32 *)(bytes + 40));

	pm1a_control = (u16)*(const u32 *)(bytes + 64);
	pm1b_control = (u16)*(const u32 *)(bytes + 68);
	if (dsdt && pm1a_control)
		read_dsdt(dsdt);
}

static void read_table(u64 physical)
{
	const struct acpi_header *table = map_table(physical);

	if (!table)
		return;
	if (memcmp(table->signature, "APIC", 4) == 0)
		read_madt(table);
	else if (memcmp(table->signature, "FACP", 4) == 0)
		read_fadt(table);
	else if (memcmp(table->signature, "SRAT", 4) == 0)
		srat = table;
	else if (memcmp(table->signature, "SLIT", 4) == 0)
		slit = table;
}

/* Where firmware puts the root pointer, if the loader does not know. */
static const struct acpi_rsdp *find_rsdp(void)
{
	if (boot_info.rsdp)
		return mmio_map(boot_info.rsdp, sizeof(struct acpi_rsdp));
	for (unsigned long at = 0xe0000; at < 0x100000; at += 16)
		if (memcmp((void *)(KERNEL_BASE + at), "RSD PTR ", 8) == 0 &&
		    checksum_ok((void *)(KERNEL_BASE + at), 20))
			return (void *)(KERNEL_BASE + at);
	return NULL;
}

void acpi_init(void)
{
	const struct acpi_rsdp *rsdp = find_rsdp();
	const struct acpi_header *root;
	bool wide;

	for (unsigned i = 0; i < NR_ISA_IRQS; i++)
		isa_irqs[i].gsi = i;
	if (!rsdp || memcmp(rsdp->signature, "RSD PTR ", 8) != 0)
		panic("no ACPI: the root pointer is missing");
	wide = rsdp->revision >= 2 && rsdp->xsdt;
	root = map_table(wide ? rsdp->xsdt : rsdp->rsdt);
	if (!root)
		panic("no ACPI: the root table is broken");
	for (u32 at = sizeof(*root); at < root->length; at += wide ? 8 : 4) {
		const u8 *entry = (const u8 *)root + at;

		read_table(wide ? *(const u64 *)entry : *(const u32 *)entry);
	}
	if (srat)
		srat_read(srat, slit);
}

void acpi_power_off(void)
{
	if (!can_power_off)
		return;
	outw(pm1a_control, (u16)(sleep_type_a << 10 | PM1_SLEEP_ENABLE));
	if (pm1b_control)
		outw(pm1b_control, (u16)(sleep_type_b << 10 | PM1_SLEEP_ENABLE));
}
