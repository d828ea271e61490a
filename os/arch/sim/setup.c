/*
 * Statements that set the scene: machine, ballast, set, tick, step, complete.
 *
 * Owns the ballast: for each zone a stack of frames taken out of the buddy, so that a
 * scenario can state how many are free (A4).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/buffer.h"
#include "mm/init.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/slab/slab.h"
#include "mm/vm/vm.h"

#define EVENT_RECORDS	65536
#define MOST_SLOTS	(1ul << 20)	/* of one swap area */

const struct era *era;
struct block_device *scenario_disk;
struct block_device *scenario_ramdisk;

static struct ballast {
	struct page **frames;	/* a stack with room for the whole zone */
	unsigned long n;
} ballast[NR_ZONES];	/* by the zone's place in zones[] */

static const char *const zone_keys[NR_ZONE_TYPES] = { "dma", "dma32", "normal", "highmem" };

/* ---- zones by name ---- */

/* With several nodes NODE.ZONE; node 0's zones go by the short name, too. */
const char *zone_key(const struct zone *zone)
{
	static char long_names[NR_ZONES][16];
	char *name = long_names[zone - zones];

	if (nr_online_nodes == 1)
		return zone_keys[zone->type];
	snprintf(name, sizeof(long_names[0]), "%u.%s", zone->node->id, zone_keys[zone->type]);
	return name;
}

struct zone *parse_zone(const char *text)
{
	char known[NR_ZONES * 16] = "";

	for_each_zone(zone) {
		if (strcmp(zone_key(zone), text) == 0 ||
		    (zone->node == &nodes[0] && strcmp(zone_keys[zone->type], text) == 0))
			return zone;
		snprintf(known + strlen(known), sizeof(known) - strlen(known), " %s",
			 zone_key(zone));
	}
	fail("this machine has no zone '%s', expected one of:%s", text, known);
}

struct zone *find_zone(struct statement *s, enum zone_type otherwise)
{
	const char *text = find_key(s, "zone");

	return parse_zone(text ? text : zone_keys[otherwise]);
}

/* ---- machine ---- */

struct swap_request {
	unsigned long slots;
	int prio;	/* -1: the next of -1, -2, … */
};

static unsigned parse_swap(char *text, struct swap_request areas[])
{
	unsigned n = 0;

	while (text) {
		char *area = strsep(&text, ",");
		char *prio = strchr(area, ':');

		if (n == MAX_SWAPFILES)
			fail("more than %d swap areas, expected fewer", MAX_SWAPFILES);
		if (prio)
			*prio++ = '\0';
		areas[n].slots = parse_pages("swap", area, 1, MOST_SLOTS);
		areas[n].prio = prio ? (int)parse_number("swap priority", prio, 0, 32767) : -1;
		n++;
	}
	return n;
}

static void add_swap(unsigned number, const struct swap_request *request)
{
	char name[16];
	unsigned long max = request->slots + 1;
	u16 *map = swap_map_alloc(max);

	snprintf(name, sizeof(name), "swap%u", number);
	if (!map || swap_area_add(disk_create(name, MAJOR_VIRTIO, 1 + number, max), name, map,
				  max, request->prio) != 0)
		fail("swap area %u cannot be added, expected smaller or fewer areas", number);
}

static void *zeroed(size_t bytes)
{
	return calloc(1, bytes);
}

/* The same steps as mm_boot's, on zones of the stated sizes. */
static void boot(unsigned long sizes[MAX_NUMNODES][NR_ZONE_TYPES])
{
	unsigned long total = 0;

	for_each_online_node(node)
		for (enum zone_type type = 0; type < NR_ZONE_TYPES; type++) {
			unsigned long size = sizes[node->id][type];

			if (size)
				zone_setup(node->id, type, total, size);
			total += size;
		}
	memory_init(total);
	zones_init(memory_map, zeroed((memory_frames >> PAGEBLOCK_ORDER) + 1), memory_frames);
	events_init(EVENT_RECORDS, zeroed);
	for (pfn_t pfn = 0; pfn < total; pfn++)
		free_boot_page(pfn_to_page(pfn));
	mm_init();
	policy->start();

	scenario_disk = disk_create("disk", MAJOR_VIRTIO, 0, memory_frames);
	scenario_ramdisk = disk_create("ramdisk", MAJOR_RAMDISK, 0, memory_frames);
	for_each_zone(zone)
		ballast[zone - zones].frames = malloc(zone->size * sizeof(struct page *));
	frames_init();
	names_init();
	events_on = true;
	backing_init();
}

/* A zone's pages: one number for each node, apart by commas. Returns their sum. */
static unsigned long parse_sizes(enum zone_type type, char *text, unsigned nr_nodes,
				 unsigned long sizes[MAX_NUMNODES][NR_ZONE_TYPES])
{
	unsigned long sum = 0;
	unsigned node = 0;

	for (; text; node++) {
		if (node == nr_nodes)
			fail("%s has more than %u sizes, expected one for each node",
			     zone_keys[type], nr_nodes);
		sizes[node][type] = parse_pages(zone_keys[type], strsep(&text, ","), 0,
						MOST_PAGES);
		sum += sizes[node][type];
	}
	return sum;
}

void do_machine(struct statement *s)
{
	static const char *const policies[] = { "2.4", "2.6", NULL };
	static const struct era *const eras[] = { &era24, &era26 };
	struct swap_request areas[MAX_SWAPFILES];
	unsigned long sizes[MAX_NUMNODES][NR_ZONE_TYPES] = { { 0 } };
	const struct era *chosen;
	const char *cluster;
	unsigned nr_areas = 0;
	unsigned long total = 0;
	unsigned nr_nodes;
	char *swap;

	if (era)
		fail("a second machine, expected it once, as the first statement");
	chosen = eras[parse_choice("policy", need_key(s, "policy"), policies)];
	if (chosen == &era24) {
		need_key(s, "dma");
		need_key(s, "normal");
	}
	nr_nodes = (unsigned)find_number(s, "nodes", 1, 1, chosen == &era24 ? 1 : MAX_NUMNODES);
	for (enum zone_type type = 0; type < NR_ZONE_TYPES; type++)
		if ((chosen != &era24 || type != ZONE_DMA32) && find_key(s, zone_keys[type]))
			total += parse_sizes(type, find_key(s, zone_keys[type]), nr_nodes, sizes);
	if (nr_nodes > 1)
		nodes_machine26(s, nr_nodes);
	else
		find_number(s, "cpus", 1, 1, 1);
	swap = find_key(s, "swap");
	if (swap && strcmp(swap, "0") != 0)
		nr_areas = parse_swap(swap, areas);
	cluster = find_key(s, "page_cluster");
	if (cluster)
		parse_number("page_cluster", cluster, 0, 16);
	end_of_statement(s);
	if (total == 0 || total > MOST_PAGES)
		fail("the machine has %lu pages, expected 1 to %lu", total, MOST_PAGES);

	policy_select(chosen->name);
	watch_allocations();
	boot(sizes);
	if (cluster)
		page_cluster = (unsigned)parse_number("page_cluster", cluster, 0, 16);
	for (unsigned i = 0; i < nr_areas; i++)
		add_swap(i, &areas[i]);
	era = chosen;
	if (era->start)
		era->start();
}

/* ---- ballast ---- */

/* Moves one frame between buddy and stack, unseen by the policy's pressure. */
static bool push_ballast(struct zone *zone)
{
	struct ballast *b = &ballast[zone - zones];
	struct page *page = era->take_frame(zone);

	if (!page)
		return false;
	frame_held(page, 1);
	b->frames[b->n++] = page;
	return true;
}

static void pop_ballast(struct zone *zone)
{
	struct ballast *b = &ballast[zone - zones];
	struct page *page = b->frames[--b->n];

	atomic_set(&page->count, 0);
	buddy_free(page, 0);
}

struct page *take_ballast_frame(struct zone *zone)
{
	struct ballast *b = &ballast[zone - zones];

	if (b->n == 0 && !push_ballast(zone))
		fail("zone %s has no frame left, expected a free or a ballast frame",
		     zone_key(zone));
	return b->frames[--b->n];
}

/* The one frame that a statement asks for by its number. */
struct page *take_ballast_at(pfn_t pfn)
{
	for_each_zone(zone) {
		struct ballast *b = &ballast[zone - zones];

		for (unsigned long i = b->n; i-- > 0;)
			if (page_to_pfn(b->frames[i]) == pfn) {
				struct page *page = b->frames[i];

				memmove(&b->frames[i], &b->frames[i + 1],
					(--b->n - i) * sizeof(b->frames[0]));
				return page;
			}
	}
	fail("frame %lu is no ballast, expected one that `ballast` has taken", pfn);
}

void do_ballast(struct statement *s)
{
	struct zone *zone = parse_zone(need_key(s, "zone"));
	unsigned long leave = parse_pages("leave", need_key(s, "leave"), 0, LONG_MAX);
	unsigned long most = zone->free_pages + ballast[zone - zones].n;

	end_of_statement(s);
	if (leave > most)
		fail("leave=%lu in zone %s, expected at most %lu, the free and ballast frames",
		     leave, zone_key(zone), most);
	while (zone->free_pages > leave)
		push_ballast(zone);
	while (zone->free_pages < leave)
		pop_ballast(zone);
}

/* ---- the rest ---- */

void do_set(struct statement *s)
{
	struct argument *a = &s->arguments[1];

	if (s->nr != 2 || !a->key)
		fail_usage(s, "one assignment is needed");
	s->arguments[1].used = true;
	if (strcmp(a->key, "page_cluster") == 0)
		page_cluster = (unsigned)parse_number(a->key, a->value, 0, 16);
	else if (!era->set(a->key, a->value))
		fail("unknown variable %s, expected one of: page_cluster %s", a->key,
		     era->variables);
}

void do_tick(struct statement *s)
{
	unsigned long ticks = parse_number("tick", need_word(s, "the number of ticks"), 0,
					   LONG_MAX / 2);

	end_of_statement(s);
	clock_tick(ticks);
}

void do_step(struct statement *s)
{
	const char *daemon = need_word(s, "the daemon");
	unsigned long turns = find_number(s, "n", 1, 1, 1000000);

	end_of_statement(s);
	while (turns--)
		era->step(daemon);
	sched_set_current(NULL);
}

void do_complete(struct statement *s)
{
	const char *text = need_word(s, "a name or all");
	const struct name *name;

	end_of_statement(s);
	if (strcmp(text, "all") == 0) {
		disk_complete_all();
		return;
	}
	name = lookup_page_name(text, true);
	if (!name->ended)
		disk_complete_page(name->page);
}
