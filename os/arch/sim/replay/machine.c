/*
 * The machine of a replay: memory of one zone, a swap disk that takes its time, and a
 * clock that moves as the process runs and as it waits.
 *
 * Owns the time, the disk's queue, and the tick at which the next alarm rings.
 *
 * The kernel's own memory (page tables, objects) lies apart from the zone, as everywhere
 * in sim; so all of the zone is for the trace's pages but what the watermarks keep free.
 * A request that waits may take the zone down to its lowest mark: the zone has that many
 * frames more than the trace may use.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/sim/replay/replay.h"
#include "arch/sim/sim.h"
#include "lib/isqrt.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/gfp.h"
#include "mm/init.h"
#include "mm/reclaim/policy.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"
#include "mm/zone.h"

#define TICK_NS		(1000000000u / HZ)
#define REQUEST_NS	50000u		/* of the disk, for a request of any size */
#define NEXT_PAGE_NS	4000u		/* for a page that continues the request before it */
#define QUEUE		4096u		/* transfers in flight */

#define EVENT_RECORDS	64u		/* nobody reads them */

/* A page keeps its slot while it is in memory, and swap shall never be half full: then
   2.6 would take slots away. */
#define SLOTS_FOR_A_PAGE 3u

u64 machine_ns;

/* ---- the disk ---- */

static struct transfer {
	struct bio *bio;
	u64 ends;		/* machine_ns at which it is done */
} queue[QUEUE];			/* a ring, oldest at `first` */
static unsigned first, in_flight;
static u64 last_end;		/* of the latest transfer ever queued */
static u64 last_sector;		/* behind it */
static bool last_write;
static char *disk_data;		/* NULL: transfers move nothing */

static void end_transfer(void)
{
	struct bio *bio = queue[first].bio;
	u64 at = bio->sector << SECTOR_SHIFT;

	first = (first + 1) % QUEUE;
	in_flight--;
	if (disk_data && bio->write)
		memcpy(disk_data + at, page_address(bio->page), bio->length);
	else if (disk_data)
		memcpy(page_address(bio->page), disk_data + at, bio->length);
	bio_end(bio, 0);
}

static void submit(struct block_device *dev, struct bio *bio)
{
	bool follows = in_flight && bio->write == last_write && bio->sector == last_sector;
	u64 cost = follows ? NEXT_PAGE_NS : REQUEST_NS;

	if (in_flight == QUEUE)	/* nobody else runs until there is room */
		machine_run(queue[first].ends - min(machine_ns, queue[first].ends));
	last_end = max(last_end, machine_ns) + cost;
	last_sector = bio->sector + (bio->length >> SECTOR_SHIFT);
	last_write = bio->write;
	queue[(first + in_flight++) % QUEUE] = (struct transfer){ bio, last_end };
}

static void run_queue(struct block_device *dev)
{
}

static void add_swap_disk(unsigned long slots, bool contents)
{
	static struct block_device disk = {
		.name = "swap", .major = MAJOR_VIRTIO, .submit = submit, .run_queue = run_queue,
	};
	u16 *map = swap_map_alloc(slots + 1);

	disk.nr_sectors = (u64)(slots + 1) << (PAGE_SHIFT - SECTOR_SHIFT);
	if (contents)
		disk_data = host_memory((slots + 1) << PAGE_SHIFT);
	register_block_device(&disk);
	if (!map || swap_area_add(&disk, "swap", map, slots + 1, -1) != 0)
		panic("no memory for a swap area of %lu slots", slots);
}

/* ---- time ---- */

static void set_time(u64 ns)
{
	unsigned long ticks = (unsigned long)(ns / TICK_NS) - jiffies;

	machine_ns = ns;
	if (ticks) {
		clock_tick(ticks);
		threads_tick();
	}
}

void machine_run(u64 ns)
{
	u64 until = machine_ns + ns;

	while (in_flight && queue[first].ends <= until) {
		set_time(max(machine_ns, queue[first].ends));
		end_transfer();
	}
	set_time(until);
}

bool machine_idle(void)
{
	unsigned long alarm = threads_next_tick();
	u64 next = alarm == ~0ul ? ~0ull : (u64)alarm * TICK_NS;

	if (in_flight)
		next = min(next, queue[first].ends);
	if (next == ~0ull)
		return false;
	machine_run(next > machine_ns ? next - machine_ns : 0);
	return true;
}

/* ---- memory ---- */

static unsigned long usable_frames;	/* of the zone: the others are held back */

static void *zeroed(size_t bytes)
{
	return host_memory(bytes);
}

/*
 * How much a swap read brings in; how many writes may be in flight stays as it is in a
 * machine of this size.
 */
static void set_page_cluster(int cluster)
{
	if (cluster < 0)
		return;
	swap_cluster = swap_cluster << page_cluster >> cluster;
	page_cluster = (unsigned)cluster;
}

/*
 * Surely enough frames for MEMORY pages and the lowest mark of either era: a 128th of the
 * zone, or twice the root of its frames, or a minimum.
 */
static unsigned long zone_size(u32 memory)
{
	return memory + memory / 64 + 2 * isqrt(memory) + 64;
}

static unsigned long unused_frames(void)
{
	const struct zone *zone = &zones[ZONE_NORMAL];

	return zone->free_pages + zone->pcp[0].count;
}

/* Takes what there is more than enough out of the zone. */
static void hold_back(unsigned long frames)
{
	while (frames--)
		if (!alloc_page(GFP_HIGHUSER_MOVABLE))
			panic("a new machine has no frame");
}

unsigned long machine_resident(void)
{
	return usable_frames - unused_frames();
}

void machine_start(const char *vm, u32 memory, u32 pages, const struct core_options *options)
{
	unsigned long size = zone_size(memory);

	policy_select(vm);
	zone_setup(0, ZONE_NORMAL, 0, size);
	memory_init(size);
	memory_contents = options->verify;
	zones_init(memory_map, zeroed((memory_frames >> PAGEBLOCK_ORDER) + 1), memory_frames);
	events_init(EVENT_RECORDS, zeroed);
	for (pfn_t pfn = 0; pfn < size; pfn++)
		free_boot_page(pfn_to_page(pfn));
	mm_init();
	policy->start();
	set_page_cluster(options->page_cluster);
	add_swap_disk(SLOTS_FOR_A_PAGE * (unsigned long)pages + SWAPFILE_CLUSTER,
		      options->verify);
	usable_frames = memory + zones[ZONE_NORMAL].pages_min;
	hold_back(unused_frames() - usable_frames);
}
