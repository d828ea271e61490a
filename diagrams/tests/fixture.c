/*
 * A host program with the kernel's own structures, filled by hand: 16,384 pages in two
 * zones, the three kinds of lists, free blocks and one event ring. The gdb commands are
 * tested on it. Its argument names one corruption that it plants before it stops.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/task.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/trace/events.h"
#include "mm/zone.h"

#define FRAMES	16384u
#define DMA	4096u
#define RECORDS	1024u

struct page *mem_map;
unsigned long nr_frames = FRAMES;
struct zone zones[NR_ZONES];
unsigned nr_online_nodes = 1;
static struct task kswapd = { .pid = 3 };
struct pglist_data nodes[MAX_NUMNODES] = { { .spanned_pages = FRAMES, .kswapd = &kswapd } };
u8 node_distances[MAX_NUMNODES][MAX_NUMNODES] = { { LOCAL_DISTANCE } };
struct list_head active_list = LIST_HEAD_INIT(active_list);
struct list_head inactive_dirty_list = LIST_HEAD_INIT(inactive_dirty_list);
unsigned long nr_active_pages, nr_inactive_dirty_pages;
int memory_pressure = 7;
struct event_ring event_rings[NR_CPUS_MAX];
unsigned long vm_counters[NR_VM_COUNTERS] = { [VM_pgscan] = 42 };
bool events_on = true;
static const struct reclaim_policy fixture_policy = { .name = "2.4" };
struct spinlock lru_lock;
unsigned nr_cpus = 1;
/* As in pagevec.c; nothing waits in them under 2.4. */
struct pagevec { unsigned n; struct page *pages[14]; } cpu_pagevecs[1];
const struct reclaim_policy *policy = &fixture_policy;
/* As in radix_tree.c. */
static struct radix_node {
	void *slots[64];
	unsigned long marks[4][1];
} leaf, top;
static struct address_space mapping = { .pages = { .root = &top, .height = 2 } };

static void make_zone(enum zone_type type, const char *name, pfn_t start, unsigned long size)
{
	struct zone *zone = &zones[type];

	zone->type = type;
	zone->name = name;
	zone->start_pfn = start;
	zone->size = size;
	zone->pages_min = 96;
	zone->pages_low = 192;
	zone->pages_high = 288;
	list_init(&zone->inactive_clean_list);
	for (unsigned order = 0; order < MAX_ORDER; order++)
		for (unsigned kind = 0; kind < NR_MIGRATE_TYPES; kind++)
			list_init(&zone->free_area[order].blocks[kind]);
	for (pfn_t pfn = start; pfn < start + size; pfn++) {
		mem_map[pfn].zone = (u8)type;
		mem_map[pfn].state = STATE_KERNEL;
		mem_map[pfn].count.value = 1;
	}
}

static void record(struct page *page, enum page_state from, enum mm_reason reason)
{
	struct event_ring *ring = &event_rings[0];
	struct event_record *slot = &ring->records[(u32)ring->head % ring->nr_records];

	*slot = (struct event_record){
		.ts = ring->head * 100, .seq = (u32)ring->head,
		.pfn = (u32)(page - mem_map), .event = EV_MOVE, .from = from, .to = page->state,
		.flags = (u32)page->flags, .age = page->age, .count = (u16)page->count.value,
		.reason = (u16)reason, .who = 1,
	};
	ring->head++;
}

static void move(struct page *page, enum page_state to, enum mm_reason reason)
{
	enum page_state from = page->state;

	page->state = (u8)to;
	record(page, from, reason);
}

/* Page 130 = 2 * 64 + 2 of a file: under writeback, and dirty again. */
static void cache(struct page *page)
{
	page->mapping = &mapping;
	page->index = 130;
	top.slots[2] = &leaf;
	leaf.slots[2] = page;
	for (unsigned row = 0; row < 4; row++)
		if (row != PAGECACHE_TAG_TOWRITE)
			top.marks[row][0] = leaf.marks[row][0] = 1ul << 2;
}

static void free_block(struct zone *zone, pfn_t first, unsigned order)
{
	struct page *page = &mem_map[first];

	for (unsigned i = 0; i < 1u << order; i++) {
		page[i].state = STATE_FREE;
		page[i].count.value = 0;
		page[i].age = PAGE_AGE_START;
	}
	page->order = (u8)order;
	page->flags |= 1ul << PG_buddy;
	list_add(&page->list, &zone->free_area[order].blocks[MIGRATE_UNMOVABLE]);
	zone->free_area[order].nr_free++;
	zone->free_pages += 1ul << order;
}

static void to_active(struct page *page, unsigned age)
{
	page->flags |= 1ul << PG_active;
	page->age = (u8)age;
	list_add(&page->lru, &active_list);
	nr_active_pages++;
	move(page, STATE_ACTIVE, BY_lru_cache_add);
}

static void to_inactive_dirty(struct page *page)
{
	page->flags &= ~(1ul << PG_active);
	page->flags |= 1ul << PG_inactive_dirty | 1ul << PG_dirty;
	list_move(&page->lru, &inactive_dirty_list);
	nr_active_pages--;
	nr_inactive_dirty_pages++;
	zones[page->zone].inactive_dirty_pages++;
	page->age = 0;
	move(page, STATE_INACTIVE_DIRTY, BY_deactivate_page);
}

static void to_inactive_clean(struct page *page)
{
	struct zone *zone = &zones[page->zone];

	page->flags &= ~(1ul << PG_inactive_dirty | 1ul << PG_dirty);
	page->flags |= 1ul << PG_inactive_clean;
	list_move(&page->lru, &zone->inactive_clean_list);
	nr_inactive_dirty_pages--;
	zone->inactive_dirty_pages--;
	zone->inactive_clean_pages++;
	move(page, STATE_INACTIVE_CLEAN, BY_page_launder);
}

/* Pages 5000 … 13999 became active, every third then inactive, every sixth clean. */
static void build(void)
{
	mem_map = calloc(FRAMES, sizeof(*mem_map));
	event_rings[0] = (struct event_ring){
		.magic = EVENT_RING_MAGIC, .record_size = sizeof(struct event_record),
		.nr_records = RECORDS, .records = calloc(RECORDS, sizeof(struct event_record)),
	};
	make_zone(ZONE_DMA, "DMA", 0, DMA);
	make_zone(ZONE_NORMAL, "Normal", DMA, FRAMES - DMA);
	for (pfn_t pfn = 1024; pfn < 2048; pfn += 8)
		free_block(&zones[ZONE_DMA], pfn, 3);
	free_block(&zones[ZONE_NORMAL], 14336, 9);
	for (pfn_t pfn = 5000; pfn < 14000; pfn++)
		to_active(&mem_map[pfn], pfn % 65);
	for (pfn_t pfn = 5000; pfn < 14000; pfn += 3)
		to_inactive_dirty(&mem_map[pfn]);
	for (pfn_t pfn = 5000; pfn < 14000; pfn += 6)
		to_inactive_clean(&mem_map[pfn]);
	cache(&mem_map[13994]);
}

/* The neighbours of 5009 on inactive_dirty are 5015 (towards the head) and 5003. */
static void plant(const char *what)
{
	struct page *page = &mem_map[5009];

	if (strcmp(what, "next") == 0)
		page->lru.next = (struct list_head *)((char *)&mem_map[5003].lru + 2);
	else if (strcmp(what, "prev") == 0)
		page->lru.prev = &mem_map[5021].lru;
	else if (strcmp(what, "cycle") == 0)
		page->lru.next = &mem_map[5021].lru;
	else if (strcmp(what, "duplicate") == 0)
		active_list.next->next = &page->lru;
	else if (strcmp(what, "stray") == 0)
		mem_map[100].flags |= 1ul << PG_inactive_clean;
	else if (strcmp(what, "counter") == 0)
		nr_inactive_dirty_pages += 2;
	else if (strcmp(what, "age") == 0)
		mem_map[5001].age = 99;
	else if (strcmp(what, "block") == 0)
		zones[ZONE_DMA].free_area[3].nr_free--;
	else if (strcmp(what, "held") == 0)
		lru_lock.holder = zones[ZONE_DMA].lock.holder = 1;
	else if (strcmp(what, "state") == 0)
		mem_map[5001].state = STATE_ANON;
	else if (strcmp(what, "empty") == 0)
		mem_map = NULL;
	else if (strcmp(what, "magic") == 0)
		event_rings[0].magic = 0;
}

__attribute__((noinline)) static void stop_here(void)
{
	__asm__ volatile("" ::: "memory");
}

int main(int argc, char **argv)
{
	build();
	plant(argc > 1 ? argv[1] : "");
	stop_here();
	return 0;
}
