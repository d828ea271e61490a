/*
 * Swap slots: who gets which, and how many hold it (facts 2.4, 5.2 and 5.3; lab 09).
 *
 * Owns swap_list.next, nr_swap_pages and the slot maps of all areas. swap_list_lock
 * guards the first two, each area's own lock its map and search hints; the list lock is
 * taken first.
 *
 * A slot's entry in the map counts its holders: ptes that name it, the swap cache, the
 * index of a shared-memory file. A count that reaches SWAP_MAP_MAX sticks, as nobody
 * knows any more how many there are.
 *
 * Invariants: no free slot lies outside lowest_bit … highest_bit; nr_swap_pages is the
 * number of free slots in areas that give out slots.
 */
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/reclaim/policy.h"
#include "mm/swap/swap.h"

#define OVERFLOW_MESSAGES	5	/* that many in all, so as not to flood the console */

struct spinlock swap_list_lock = SPINLOCK_INIT("swap_list", RANK_SWAP_LIST);
struct swap_list swap_list = { -1, -1 };
long nr_swap_pages;

static bool gives_slots(const struct swap_area *area)
{
	return (area->flags & SWP_WRITEOK) == SWP_WRITEOK;
}

/* The first free slot of the current cluster, or 0 if the area ends before one. */
static unsigned long continue_cluster(struct swap_area *area)
{
	while (area->cluster_next <= area->highest_bit) {
		unsigned long offset = area->cluster_next++;

		if (area->map[offset] == 0) {
			area->cluster_nr--;
			return offset;
		}
	}
	return 0;
}

/* The first slot of the lowest run of free slots that is a whole cluster long, or 0. */
unsigned long find_free_cluster(const struct swap_area *area)
{
	unsigned long run = 0;

	for (unsigned long offset = area->lowest_bit; offset <= area->highest_bit; offset++) {
		run = area->map[offset] ? 0 : run + 1;
		if (run == SWAPFILE_CLUSTER)
			return offset - (SWAPFILE_CLUSTER - 1);
	}
	return 0;
}

static unsigned long find_any(const struct swap_area *area)
{
	for (unsigned long offset = area->lowest_bit; offset <= area->highest_bit; offset++)
		if (area->map[offset] == 0)
			return offset;
	return 0;
}

/*
 * A free slot of the area, or 0. Neighbours in time become neighbours on disk: slots come
 * from a cluster until it has served its number. The slot that begins a cluster is not
 * charged to it, so one search yields 257 slots.
 */
unsigned long scan_swap_map(struct swap_area *area)
{
	unsigned long offset = 0;

	if (area->cluster_nr > 0)
		offset = continue_cluster(area);
	if (!offset) {
		area->cluster_nr = SWAPFILE_CLUSTER;
		offset = find_free_cluster(area);
	}
	return offset ? offset : find_any(area);
}

static void take_slot(struct swap_area *area, unsigned long offset, u16 holders)
{
	if (offset == area->lowest_bit)
		area->lowest_bit++;
	if (offset == area->highest_bit)
		area->highest_bit--;
	area->map[offset] = holders;
	area->inuse++;
	area->cluster_next = offset + 1;
	/* Of a full area of 2.6 the bounds say so; the next free slot sets them afresh. */
	if (policy->swap_cache_bit && area->inuse == area->pages) {
		area->lowest_bit = area->max;
		area->highest_bit = 0;
	}
}

/* Areas of equal priority take turns; after the last of them it is the first one's. */
static void choose_next_area(const struct swap_area *used)
{
	if (used->next >= 0 && swap_areas[used->next].prio == used->prio)
		swap_list.next = used->next;
	else
		swap_list.next = swap_list.head;
}

/* A slot of this area, or entry 0. swap_list_lock held. */
static swp_entry_t slot_from(struct swap_area *area, u16 holders)
{
	unsigned long offset;

	if (!gives_slots(area))
		return (swp_entry_t){ 0 };
	spin_lock(&area->lock);
	offset = policy->find_slot(area);
	if (offset)
		take_slot(area, offset, holders);
	spin_unlock(&area->lock);
	if (!offset)
		return (swp_entry_t){ 0 };
	choose_next_area(area);
	return swp_entry((unsigned)(area - swap_areas), offset);
}

/* swap_list_lock held. */
static swp_entry_t search_areas(u16 holders)
{
	int type = swap_list.next;
	bool from_head = false;

	while (type >= 0) {
		struct swap_area *area = &swap_areas[type];
		swp_entry_t entry = slot_from(area, holders);

		if (entry.val)
			return entry;
		type = area->next;
		/* Past its equals: once, look at all areas from the best one on. */
		if (!from_head && (type < 0 || swap_areas[type].prio != area->prio)) {
			type = swap_list.head;
			from_head = true;
		}
	}
	return (swp_entry_t){ 0 };
}

static swp_entry_t slot_with(u16 holders)
{
	swp_entry_t entry = { 0 };

	spin_lock(&swap_list_lock);
	/* Counted first: what 2.6 does with cached slots depends on how full swap will be. */
	if (nr_swap_pages > 0) {
		nr_swap_pages--;
		entry = search_areas(holders);
		if (!entry.val)
			nr_swap_pages++;
	}
	spin_unlock(&swap_list_lock);
	return entry;
}

swp_entry_t __get_swap_page(unsigned short count)
{
	if (count == 0 || count >= SWAP_MAP_MAX)
		return (swp_entry_t){ 0 };
	return slot_with(count);
}

swp_entry_t get_swap_page(void)
{
	return slot_with(policy->swap_cache_bit ? SWAP_HAS_CACHE : 1);
}

swp_entry_t get_shared_swap_page(void)
{
	return slot_with(policy->swap_cache_bit ? SWAP_HAS_CACHE : 2);
}

/*
 * The area that ENTRY names, locked, or NULL. The entry may be one that swapoff has just
 * made good, and which a fault read before: then it names a free slot or no slot at all,
 * or even one of another area. That is no news; whoever uses the page that it leads to
 * looks at the pte again. A number that no area ever had comes from a corrupt page table.
 */
struct swap_area *lock_swap_area(swp_entry_t entry, const char *caller)
{
	struct swap_area *area;

	if (!entry.val)
		return NULL;
	if (swp_type(entry) >= nr_swap_areas) {
		printk("%s: %08lx names no swap slot\n", caller, entry.val);
		return NULL;
	}
	area = &swap_areas[swp_type(entry)];
	spin_lock(&area->lock);
	if (area->map && swp_offset(entry) < area->max)
		return area;
	spin_unlock(&area->lock);
	return NULL;
}

/* Without the mark of the cache. */
static u16 holders_of(u16 slot)
{
	return slot & (u16)~SWAP_HAS_CACHE;
}

/* The last count that one more holder still changes; 2.6 has a mark above it. */
static u16 most_holders(void)
{
	return policy->swap_cache_bit ? SWAP_MAP_SHMEM - 1 : SWAP_MAP_MAX - 1;
}

static bool is_shmem(u16 slot)
{
	return policy->swap_cache_bit && holders_of(slot) == SWAP_MAP_SHMEM;
}

/* A free slot is no news: a fault may ask for one that swapoff has just emptied. */
int swap_duplicate(swp_entry_t entry)
{
	static unsigned messages;
	struct swap_area *area = lock_swap_area(entry, "swap_duplicate");
	unsigned long offset = swp_offset(entry);
	int error = 0;

	if (!area)
		return -EINVAL;
	if (area->map[offset] == 0 || area->map[offset] == SWAP_MAP_BAD) {
		error = -ENOENT;
	} else if (is_shmem(area->map[offset])) {
		error = -EINVAL;	/* a segment is its only holder */
	} else if (holders_of(area->map[offset]) < most_holders()) {
		area->map[offset]++;
	} else {
		area->map[offset] |= SWAP_MAP_MAX;
		if (messages++ < OVERFLOW_MESSAGES)
			printk("swap_duplicate: %08lx has too many holders\n", entry.val);
	}
	spin_unlock(&area->lock);
	return error;
}

void swap_shmem_alloc(swp_entry_t entry)
{
	struct swap_area *area = lock_swap_area(entry, "swap_shmem_alloc");

	assert(area && area->map[swp_offset(entry)] == SWAP_HAS_CACHE);
	area->map[swp_offset(entry)] |= SWAP_MAP_SHMEM;
	spin_unlock(&area->lock);
}

/* The cache is about to hold the slot: as one more holder, or in 2.6 with its mark. */
int swapcache_prepare(swp_entry_t entry)
{
	struct swap_area *area;
	unsigned long offset = swp_offset(entry);
	int error = 0;

	if (!policy->swap_cache_bit)
		return swap_duplicate(entry);
	area = lock_swap_area(entry, "swapcache_prepare");
	if (!area)
		return -EINVAL;
	if (area->map[offset] & SWAP_HAS_CACHE)
		error = -EEXIST;	/* also a bad slot */
	else if (area->map[offset] == 0)
		error = -ENOENT;
	else
		area->map[offset] |= SWAP_HAS_CACHE;
	spin_unlock(&area->lock);
	return error;
}

/* The slot lost its last reference; area->lock and swap_list_lock held. */
static void slot_is_free(struct swap_area *area, unsigned long offset)
{
	area->lowest_bit = min(area->lowest_bit, offset);
	area->highest_bit = max(area->highest_bit, offset);
	area->inuse--;
	if (gives_slots(area))
		nr_swap_pages++;
}

/* An area that gets a free slot is asked next, if it is better than the one that would be. */
static void prefer_area(const struct swap_area *area)
{
	/* With no area left `next` is -1, which the original follows all the same (Q27). */
	if (gives_slots(area) && swap_list.next >= 0 &&
	    area->prio > swap_areas[swap_list.next].prio)
		swap_list.next = (int)(area - swap_areas);
}

/* Takes COUNT holders away, or the cache's mark. Both locks held. */
static void drop_holders(struct swap_area *area, unsigned long offset, u16 count)
{
	u16 *slot = &area->map[offset];

	if (count == SWAP_HAS_CACHE)
		*slot &= (u16)~SWAP_HAS_CACHE;
	else if (is_shmem(*slot))
		*slot &= SWAP_HAS_CACHE;
	else if (holders_of(*slot) < SWAP_MAP_MAX)
		*slot = (u16)(*slot - count);
	if (*slot == 0)
		slot_is_free(area, offset);
}

static bool holds(u16 slot, u16 count)
{
	return count == SWAP_HAS_CACHE ? slot & SWAP_HAS_CACHE && slot != SWAP_MAP_BAD
				       : holders_of(slot) >= count;
}

/* A slot that is held cannot lose its area. No disk of ours wants to hear of free slots. */
static void swap_entry_free(swp_entry_t entry, u16 count)
{
	unsigned long offset = swp_offset(entry);
	struct swap_area *area;

	spin_lock(&swap_list_lock);
	area = lock_swap_area(entry, "swap_free");
	if (!area)
		goto out;
	/* 2.4 prefers the area even while the slot has other holders. */
	if (area->map[offset] && !policy->swap_cache_bit)
		prefer_area(area);
	if (holds(area->map[offset], count))
		drop_holders(area, offset, count);
	else
		printk("swap_free: slot %08lx has %x, not %x\n", entry.val, area->map[offset],
		       count);
	if (!area->map[offset] && policy->swap_cache_bit)
		prefer_area(area);
	spin_unlock(&area->lock);
out:
	spin_unlock(&swap_list_lock);
}

void __swap_free(swp_entry_t entry, unsigned short count)
{
	swap_entry_free(entry, count);
}

void swapcache_free(swp_entry_t entry)
{
	swap_entry_free(entry, policy->swap_cache_bit ? SWAP_HAS_CACHE : 1);
}

void swap_free(swp_entry_t entry)
{
	__swap_free(entry, 1);
}

/* What the map says of the slot; 0 if its area is gone. */
static u16 slot_of(swp_entry_t entry)
{
	const struct swap_area *area = &swap_areas[swp_type(entry)];
	const u16 *map = NULL;

	if (swp_type(entry) < nr_swap_areas)
		map = __atomic_load_n(&area->map, __ATOMIC_ACQUIRE);
	return map && swp_offset(entry) < area->max ? map[swp_offset(entry)] : 0;
}

/*
 * Unlocked, because the ends of I/O ask, too: exact only if the caller keeps the slot's
 * holders from changing.
 */
unsigned swap_count(swp_entry_t entry)
{
	u16 slot = slot_of(entry);

	return is_shmem(slot) ? 1 : holders_of(slot);
}

bool swap_is_shmem(swp_entry_t entry)
{
	return is_shmem(slot_of(entry));
}

unsigned swap_users(swp_entry_t entry)
{
	unsigned holders = swap_count(entry);

	return policy->swap_cache_bit || !holders ? holders : holders - 1;
}

bool swap_has_cache(swp_entry_t entry)
{
	return slot_of(entry) & SWAP_HAS_CACHE;
}
