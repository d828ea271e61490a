/*
 * Nodes as the firmware describes them: the SRAT says which memory and which processors
 * are near each other, the SLIT how far the groups are from one another.
 *
 * Fills the nodes of boot_info, once, on the boot CPU. The firmware's proximity domains
 * may have any numbers; nodes are numbered from 0 in the domains' order. What we cannot
 * make use of leaves boot_info.nr_nodes 0: all memory is equally near then.
 */
#include "arch/boot.h"
#include "arch/x86/cpu.h"
#include "arch/x86/machine_x86.h"
#include "lib/printk.h"

#define SRAT_ENTRIES	48	/* bytes in front of the first one */
#define SLIT_MATRIX	44

enum { SRAT_APIC = 0, SRAT_MEMORY = 1, SRAT_X2APIC = 2 };

/* Bytes of an entry of each kind: less is an entry that the firmware has cut off. */
static const u8 entry_bytes[] = {
	[SRAT_APIC] = 16, [SRAT_MEMORY] = 40, [SRAT_X2APIC] = 24,
};

#define SRAT_ENABLED	1u
#define SRAT_NONVOLATILE 4u

/* One entry, whatever its kind. */
struct affinity {
	u32 domain;
	bool is_memory;
	u64 start, end;		/* of memory */
	u32 apic_id;		/* of a processor */
};

static u32 domains[BOOT_MAX_NODES];	/* rising; the node's number is the place */
static unsigned nr_domains;

static u32 word_at(const u8 *bytes)
{
	return *(const u32 *)bytes;
}

/* False: it says nothing that we use. */
static bool read_entry(const u8 *entry, struct affinity *a)
{
	*a = (struct affinity){ 0 };
	if (entry[0] >= ARRAY_SIZE(entry_bytes) || entry[1] < entry_bytes[entry[0]])
		return false;
	switch (entry[0]) {
	case SRAT_APIC:
		a->domain = entry[2] | (word_at(entry + 8) & ~0xffu);
		a->apic_id = entry[3];
		return word_at(entry + 4) & SRAT_ENABLED;
	case SRAT_X2APIC:
		a->domain = word_at(entry + 4);
		a->apic_id = word_at(entry + 8);
		return word_at(entry + 12) & SRAT_ENABLED;
	case SRAT_MEMORY:
		a->domain = word_at(entry + 2);
		a->is_memory = true;
		a->start = *(const u64 *)(entry + 8);
		a->end = a->start + *(const u64 *)(entry + 16);
		return (word_at(entry + 28) & (SRAT_ENABLED | SRAT_NONVOLATILE)) ==
			SRAT_ENABLED && a->end > a->start;
	}
	return false;
}

static int node_of(u32 domain)
{
	for (unsigned i = 0; i < nr_domains; i++)
		if (domains[i] == domain)
			return (int)i;
	return -1;
}

static bool add_domain(const struct affinity *a)
{
	unsigned at = nr_domains;

	if (node_of(a->domain) >= 0)
		return true;
	if (nr_domains == BOOT_MAX_NODES) {
		printk("SRAT: more than %d nodes; all memory is one\n", BOOT_MAX_NODES);
		return false;
	}
	for (; at > 0 && domains[at - 1] > a->domain; at--)
		domains[at] = domains[at - 1];
	domains[at] = a->domain;
	nr_domains++;
	return true;
}

/* Kept by address. */
static bool add_memory(const struct affinity *a)
{
	unsigned at = boot_info.nr_node_ranges;

	if (at == BOOT_MAX_RANGES) {
		printk("SRAT: more than %d ranges; all memory is one node\n", BOOT_MAX_RANGES);
		return false;
	}
	for (; at > 0 && boot_info.node_ranges[at - 1].start > a->start; at--)
		boot_info.node_ranges[at] = boot_info.node_ranges[at - 1];
	boot_info.node_ranges[at].start = a->start;
	boot_info.node_ranges[at].end = a->end;
	boot_info.node_ranges[at].node = (u8)node_of(a->domain);
	boot_info.nr_node_ranges++;
	return true;
}

static bool add_affinity(const struct affinity *a)
{
	if (a->is_memory)
		return add_memory(a);
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		if (cpus[cpu].apic_id == a->apic_id)
			boot_info.cpu_node[cpu] = (u8)node_of(a->domain);
	return true;
}

static bool for_each_entry(const u8 *srat, bool (*visit)(const struct affinity *a))
{
	u32 length = word_at(srat + 4);
	struct affinity a;

	for (u32 at = SRAT_ENTRIES; at + 2 <= length && srat[at + 1] >= 2 &&
	     at + srat[at + 1] <= length; at += srat[at + 1])
		if (read_entry(srat + at, &a) && !visit(&a))
			return false;
	return true;
}

/* The distances that the SLIT has; the others stay 0. */
static void read_slit(const u8 *slit)
{
	u64 n = *(const u64 *)(slit + SLIT_MATRIX - 8);

	if (n > 256 || SLIT_MATRIX + n * n > word_at(slit + 4))
		return;
	for (unsigned i = 0; i < nr_domains; i++)
		for (unsigned j = 0; j < nr_domains; j++)
			if (domains[i] < n && domains[j] < n)
				boot_info.node_distance[i][j] =
					slit[SLIT_MATRIX + domains[i] * (u32)n + domains[j]];
}

void srat_read(const void *srat, const void *slit)
{
	if (!for_each_entry(srat, add_domain) || !for_each_entry(srat, add_affinity))
		return;
	if (slit)
		read_slit(slit);
	boot_info.nr_nodes = nr_domains;
}
