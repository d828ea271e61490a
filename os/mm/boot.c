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

/* One zone up to END or the end of memory; returns where the next one starts. */
static u64 cut_zone(enum zone_type type, u64 start, u64 end, u64 memory_end)
{
	end = min(end, memory_end);
	if (end <= start)
		return start;
	zone_setup(0, type, (pfn_t)(start >> PAGE_SHIFT),
		   (unsigned long)((end - start) >> PAGE_SHIFT));
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
	cut_zones(memory_end);
	zones_init(boot_alloc(frames * sizeof(struct page)),
		   boot_alloc((frames >> PAGEBLOCK_ORDER) + 1), frames);
	events_init(ring_records(memory_end), boot_alloc);
	free_usable_memory();
	events_on = boot_options.trace;
	mm_init();
	for_each_zone(zone)
		printk("zone %s: %lu pages, %lu free, min %lu low %lu high %lu\n", zone->name,
		       zone->size, zone->free_pages, zone->pages_min, zone->pages_low,
		       zone->pages_high);
}
