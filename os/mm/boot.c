/*
 * Memory at boot on a PC: from the firmware's map to a working core.
 *
 * boot_alloc takes memory behind the kernel image, before the buddy exists; nothing of
 * it is ever freed. Runs on the boot CPU alone.
 */
#include "arch/boot.h"
#include "arch/machine.h"
#include "lib/div64.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/init.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"

#define DEFAULT_RING_RECORDS	65536u

/* Default zone borders, for what a PC of any size has. */
#define DMA_END		(16ul << 20)
#define DMA32_END	(4ull << 30)

/* Each node's memory, with the holes behind it, in bytes. */
static struct {
	u64 start, end;
} node_spans[MAX_NUMNODES];

static u64 boot_next;	/* physical address of the first byte not yet taken */

void *boot_alloc(size_t bytes)
{
	void *address;

	boot_next = (boot_next + PAGE_SIZE - 1) & ~(u64)(PAGE_SIZE - 1);
	address = pfn_to_virt((pfn_t)(boot_next >> PAGE_SHIFT));
	boot_next += bytes;
	memset(address, 0, bytes);
	return address;
}

/* The end of usable memory, cut by `mem=`. */
static u64 end_of_memory(void)
{
	u64 end = 0;

	for (unsigned i = 0; i < boot_info.nr_ranges; i++)
		end = max(end, boot_info.ranges[i].end);
	if (boot_options.mem && boot_options.mem < end)
		end = boot_options.mem;
	return end & ~(u64)(PAGE_SIZE - 1);
}

static bool is_usable(pfn_t pfn)
{
	u64 start = (u64)pfn << PAGE_SHIFT;

	for (unsigned i = 0; i < boot_info.nr_ranges; i++)
		if (boot_info.ranges[i].start <= start &&
		    start + PAGE_SIZE <= boot_info.ranges[i].end)
			return true;
	return false;
}

/* Cuts memory where another node's begins. False: the nodes' memory is interleaved. */
static bool find_node_spans(u64 memory_end)
{
	unsigned last = MAX_NUMNODES, seen = 0;

	for (unsigned i = 0; i < boot_info.nr_node_ranges; i++) {
		const struct boot_node_range *range = &boot_info.node_ranges[i];
		u64 start = PAGE_ALIGN(range->start);

		if (range->node == last)
			continue;
		if (seen & 1u << range->node)
			return false;
		if (seen) {
			node_spans[last].end = start;
			node_spans[range->node].start = start;
		}
		last = range->node;
		seen |= 1u << last;
	}
	if (seen)
		node_spans[last].end = memory_end;
	return seen != 0;
}

/* The nodes that the firmware names, or one. */
static void find_nodes(u64 memory_end)
{
	_Static_assert(BOOT_MAX_NODES <= MAX_NUMNODES, "a node of the firmware has no place");

	if (!policy->knows_nodes || boot_info.nr_nodes < 2 || !find_node_spans(memory_end)) {
		node_spans[0].start = 0;
		node_spans[0].end = memory_end;
		return;
	}
	nodes_setup(boot_info.nr_nodes);
	for (unsigned i = 0; i < nr_online_nodes; i++)
		for (unsigned j = 0; j < nr_online_nodes; j++)
			if (boot_info.node_distance[i][j])
				node_distances[i][j] = boot_info.node_distance[i][j];
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
		cpu_nodes[cpu] = boot_info.cpu_node[cpu];
		nodes[cpu_nodes[cpu]].cpus |= 1ul << cpu;
	}
}

/*
 * One zone up to END or the end of memory, each node's part for itself; returns where the
 * next one starts.
 */
static u64 cut_zone(enum zone_type type, u64 start, u64 end, u64 memory_end)
{
	end = min(end, memory_end);
	if (end <= start)
		return start;
	for (unsigned node = 0; node < nr_online_nodes; node++) {
		u64 from = max(start, node_spans[node].start);
		u64 to = min(end, node_spans[node].end);

		if (from < to)
			zone_setup(node, type, (pfn_t)(from >> PAGE_SHIFT),
				   (unsigned long)((to - from) >> PAGE_SHIFT));
	}
	return end;
}

static void cut_zones(u64 memory_end)
{
	u64 at, border = boot_options.dma ? boot_options.dma : DMA_END;

	at = cut_zone(ZONE_DMA, 0, border, memory_end);
	if (MACHINE_HAS_DMA32)
		at = cut_zone(ZONE_DMA32, at,
			      boot_options.dma32 ? at + boot_options.dma32 : DMA32_END, memory_end);
	border = boot_options.normal ? at + boot_options.normal : machine_lowmem_limit;
	at = cut_zone(ZONE_NORMAL, at, min(border, machine_lowmem_limit), memory_end);
	cut_zone(ZONE_HIGHMEM, at, memory_end, memory_end);
}

/*
 * The firmware ran at the top of low memory. An emulator that has translated its code
 * watches those pages, and every write to one is slow until the code is overwritten:
 * kernel stacks that land there make all of the kernel several times slower.
 */
#define FIRMWARE_BYTES	(2ul << 20)

static void wipe_firmware(pfn_t pfn)
{
	u64 low_end = min((u64)nr_frames << PAGE_SHIFT, machine_lowmem_limit);
	u64 address = (u64)pfn << PAGE_SHIFT;

	if (address < low_end && address + FIRMWARE_BYTES >= low_end)
		clear_page(pfn_to_virt(pfn));
}

static void free_usable_memory(void)
{
	pfn_t kernel_start = (pfn_t)(boot_info.kernel_start >> PAGE_SHIFT);
	pfn_t kernel_end = (pfn_t)((boot_next + PAGE_SIZE - 1) >> PAGE_SHIFT);

	for (pfn_t pfn = 0; pfn < nr_frames; pfn++)
		if (is_usable(pfn) && (pfn < kernel_start || pfn >= kernel_end)) {
			wipe_firmware(pfn);
			free_boot_page(pfn_to_page(pfn));
		}
}

/*
 * Records for each CPU's ring, a power of two: what the command line asks for, up to an
 * eighth of memory for all rings, else up to a 64th.
 */
static unsigned ring_records(u64 memory_end)
{
	unsigned records = boot_options.trace_records;
	u32 share = records ? 8 : 64;
	u64 most = div64_u32(memory_end, share * sizeof(struct event_record) * nr_cpus, NULL);

	if (!records)
		records = DEFAULT_RING_RECORDS;
	while (records > 1 && (records & (records - 1)))
		records &= records - 1;
	while (records > most)
		records /= 2;
	return records;
}

void mm_boot(void)
{
	u64 memory_end = end_of_memory();
	unsigned long frames = (unsigned long)(memory_end >> PAGE_SHIFT);

	if (!policy_select(boot_options.vm)) {
		printk("vm=%s: no such generation of reclaim; using %s\n", boot_options.vm,
		       policy->name);
	}
	boot_next = boot_info.kernel_end;
	find_nodes(memory_end);
	cut_zones(memory_end);
	zones_init(boot_alloc(frames * sizeof(struct page)),
		   boot_alloc((frames >> PAGEBLOCK_ORDER) + 1), frames);
	events_init(ring_records(memory_end), boot_alloc);
	free_usable_memory();
	events_on = boot_options.trace;
	mm_init();
	if (nr_online_nodes > 1)
		printk("%u nodes, zone lists in %s order\n", nr_online_nodes,
		       zonelist_order_name());
	for_each_zone(zone) {
		if (nr_online_nodes > 1)
			printk("node %u ", zone->node->id);
		printk("zone %s: %lu pages, %lu free, min %lu low %lu high %lu\n", zone->name,
		       zone->size, zone_free_pages(zone), zone->pages_min, zone->pages_low,
		       zone->pages_high);
	}
}
