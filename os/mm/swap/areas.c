/*
 * Swap areas: switching them on and off, and their order (facts 2.4, 5.1 and 5.4).
 *
 * Owns swap_areas, the chain that swap_list.head begins, and total_swap_pages, under
 * swap_list_lock. The chain runs from high priority to low; of equals the one that was
 * switched on last comes first.
 */
#include "arch/machine.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"
#include "mm/reclaim/oom_score.h"
#include "mm/slab/slab.h"
#include "mm/swap/swap.h"
#include "mm/swap/unuse.h"

/* An entry has 24 bits for the slot, and so has the swap cache's tree on any machine. */
#define MAX_SLOTS	(1ul << 24)

struct swap_area swap_areas[MAX_SWAPFILES];
unsigned nr_swap_areas;
unsigned long total_swap_pages;

static int least_priority;	/* the last one given to an area that asked for none */

static unsigned map_order(unsigned long max)
{
	unsigned order = 0;

	while (PAGE_SIZE << order < max * sizeof(u16))
		order++;
	return order;
}

u16 *swap_map_alloc(unsigned long max)
{
	struct page *pages;
	u16 *map;

	if (max < 2 || max > MAX_SLOTS)
		return NULL;
	pages = machine_kernel_pages(GFP_KERNEL, map_order(max));
	if (!pages)
		return NULL;
	map = page_address(pages);
	memset(map, 0, max * sizeof(u16));
	map[0] = SWAP_MAP_BAD;
	return map;
}

void swap_map_free(u16 *map, unsigned long max)
{
	machine_kernel_pages_free(virt_to_page(map), map_order(max));
}

/* Puts the area before the first that is not better. swap_list_lock held. */
static void link_area(int type)
{
	struct swap_area *area = &swap_areas[type];
	int *link = &swap_list.head;

	while (*link >= 0 && swap_areas[*link].prio > area->prio)
		link = &swap_areas[*link].next;
	area->next = *link;
	*link = type;
	if (swap_list.head == type)
		swap_list.next = type;
	area->flags = SWP_WRITEOK;
	nr_swap_pages += (long)(area->pages - area->inuse);
	total_swap_pages += area->pages;
}

/* The opposite: the area gives out no more slots, but those in use stay good. */
static void unlink_area(int type)
{
	struct swap_area *area = &swap_areas[type];
	int *link = &swap_list.head;

	while (*link != type)
		link = &swap_areas[*link].next;
	*link = area->next;
	if (swap_list.next == type)
		swap_list.next = swap_list.head;
	area->flags = SWP_USED;
	nr_swap_pages -= (long)(area->pages - area->inuse);
	total_swap_pages -= area->pages;
}

static unsigned long count_free(const u16 *map, unsigned long max)
{
	unsigned long count = 0;

	for (unsigned long offset = 1; offset < max; offset++)
		if (map[offset] == 0)
			count++;
	return count;
}

/*
 * An unused element of swap_areas, now marked used, or -1. swap_list_lock held. Its lock
 * lives on from area to area: a fault with an entry of the last one may just take it.
 */
static int claim_area(void)
{
	for (int type = 0; type < MAX_SWAPFILES; type++) {
		struct swap_area *area = &swap_areas[type];

		if (area->flags)
			continue;
		area->flags = SWP_USED;
		if ((unsigned)type == nr_swap_areas) {
			spin_init(&area->lock, "swap_area", RANK_SWAP_AREA);
			nr_swap_areas++;
		}
		return type;
	}
	return -1;
}

int swap_area_add_at(const struct swap_place *place, const char *name, u16 *map,
		     unsigned long max, int prio)
{
	unsigned long pages = max <= MAX_SLOTS ? count_free(map, max) : 0;
	struct swap_area *area;
	int type;

	if (pages == 0)
		return -EINVAL;
	spin_lock(&swap_list_lock);
	type = claim_area();
	if (type >= 0) {
		area = &swap_areas[type];
		spin_lock(&area->lock);
		area->prio = prio >= 0 ? prio : --least_priority;
		area->place = *place;
		copy_string(area->name, name, sizeof(area->name));
		area->map = map;
		area->max = max;
		area->pages = pages;
		area->inuse = 0;
		area->lowest_bit = 1;
		area->highest_bit = max - 1;
		area->cluster_next = area->cluster_nr = 0;
		spin_unlock(&area->lock);
		link_area(type);
	}
	spin_unlock(&swap_list_lock);
	return type >= 0 ? 0 : -EPERM;
}

int swap_area_add(struct block_device *dev, const char *name, u16 *map,
		  unsigned long max, int prio)
{
	struct swap_place place = { .dev = dev, .block_size = PAGE_SIZE };

	return swap_area_add_at(&place, name, map, max, prio);
}

int swap_area_on(const struct block_device *dev, const struct inode *inode)
{
	int found = -1;

	spin_lock(&swap_list_lock);
	for (unsigned type = 0; type < nr_swap_areas; type++) {
		const struct swap_place *place = &swap_areas[type].place;

		if (swap_areas[type].flags && place->inode == inode &&
		    (inode || place->dev == dev))
			found = (int)type;
	}
	spin_unlock(&swap_list_lock);
	return found;
}

bool is_swap_device(const struct block_device *dev)
{
	return swap_area_on(dev, NULL) >= 0;
}

/* Nobody holds a slot any more, but somebody may look for one that is gone. */
static void forget_area(struct swap_area *area)
{
	u16 *map = area->map;

	spin_lock(&area->lock);
	area->map = NULL;
	spin_unlock(&area->lock);
	swap_map_free(map, area->max);
	kfree(area->place.extents);
	spin_lock(&swap_list_lock);
	area->flags = 0;
	spin_unlock(&swap_list_lock);
}

int swap_area_remove(unsigned type)
{
	struct swap_area *area = &swap_areas[type];
	int error, before;

	spin_lock(&swap_list_lock);
	if (area->flags != SWP_WRITEOK) {
		spin_unlock(&swap_list_lock);
		return -EINVAL;
	}
	unlink_area((int)type);
	spin_unlock(&swap_list_lock);

	/* It needs memory for all that comes back; if there is none it is its fault. */
	before = test_set_oom_score_adj(OOM_SCORE_ADJ_MAX);
	error = try_to_unuse(type);
	compare_swap_oom_score_adj(OOM_SCORE_ADJ_MAX, before);

	if (!error) {
		forget_area(area);
		return 0;
	}
	spin_lock(&swap_list_lock);
	link_area((int)type);
	spin_unlock(&swap_list_lock);
	return error;
}
