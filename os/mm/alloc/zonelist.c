/*
 * Zone lists: in which order a node's requests try the zones of all nodes (facts 2.6, 1.4;
 * lab 03).
 *
 * Owns each node's zonelists, node_load and the tunable. Built at boot, and again when the
 * tunable changes. A list always holds the same zones, so its end never moves: who walks
 * it while it is rewritten may meet a zone twice and miss another for once, no more. Who
 * cannot have that holds zonelist_lock.
 *
 * With two nodes, of which the first has a DMA zone, its requests go
 *
 *	node order:	0.Normal  0.DMA  1.Normal	near memory first
 *	zone order:	0.Normal  1.Normal  0.DMA	precious memory last
 */
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/zone.h"

static const char *const order_names[] = { "Default", "Node", "Zone" };

struct spinlock zonelist_lock = SPINLOCK_INIT("zonelist", RANK_ZONELIST);

static unsigned wanted_order = ZONELIST_ORDER_DEFAULT;	/* what the user says */
static unsigned zonelist_order = ZONELIST_ORDER_NODE;	/* what the lists were built in */

/* Of nodes that are equally far, each one's list shall begin with another. */
static unsigned node_load[MAX_NUMNODES];

/* Memory of fewer pageblocks is not worth being sorted by migrate types. */
#define LEAST_PAGEBLOCKS	NR_MIGRATE_TYPES

bool page_group_by_mobility_disabled;

static bool populated(const struct zone *zone)
{
	return zone->present_pages > 0;
}

/* Appends the node's zones, the highest first; returns the places used so far. */
static unsigned build_zonelists_node(const struct pglist_data *node, struct zonelist *list,
				     unsigned place)
{
	for (int type = NR_ZONE_TYPES - 1; type >= 0; type--)
		if (populated(&node->zones[type]))
			list->refs[place++].zone = &node->zones[type];
	return place;
}

static void end_list(struct zonelist *list, unsigned place)
{
	list->refs[place].zone = NULL;
}

/* All zones of the nearest node, then all of the next. ORDER: the nodes by distance. */
static void build_zonelists_in_node_order(struct zonelist *list, const u8 order[], unsigned nr)
{
	unsigned place = 0;

	for (unsigned i = 0; i < nr; i++)
		place = build_zonelists_node(&nodes[order[i]], list, place);
	end_list(list, place);
}

/* The highest zones of all nodes, then the next lower ones. */
static void build_zonelists_in_zone_order(struct zonelist *list, const u8 order[], unsigned nr)
{
	unsigned place = 0;

	for (int type = NR_ZONE_TYPES - 1; type >= 0; type--)
		for (unsigned i = 0; i < nr; i++) {
			struct zone *zone = &nodes[order[i]].zones[type];

			if (populated(zone))
				list->refs[place++].zone = zone;
		}
	end_list(list, place);
}

/* For requests that want this node's memory or none. */
static void build_thisnode_zonelists(struct pglist_data *node)
{
	struct zonelist *list = &node->zonelists[ZONELIST_THISNODE];

	end_list(list, build_zonelists_node(node, list, 0));
}

int find_next_best_node(unsigned node, unsigned long *used)
{
	unsigned least = ~0u;
	int best = -1;

	if (!(*used & 1ul << node)) {
		*used |= 1ul << node;
		return (int)node;
	}
	for (unsigned other = 0; other < nr_online_nodes; other++) {
		unsigned cost;

		if (*used & 1ul << other || !nodes[other].present_pages)
			continue;
		/* Rather the nodes above than those below, and those that nobody runs on. */
		cost = node_distance(node, other) + (other < node) + (nodes[other].cpus != 0);
		cost = cost * nr_online_nodes * MAX_NUMNODES + node_load[other];
		if (cost < least) {
			least = cost;
			best = (int)other;
		}
	}
	if (best >= 0)
		*used |= 1ul << best;
	return best;
}

static void build_zonelists(struct pglist_data *node)
{
	unsigned load = nr_online_nodes, previous = node->id, nr = 0;
	struct zonelist *list = &node->zonelists[ZONELIST_FALLBACK];
	unsigned long used = 0;
	u8 order[MAX_NUMNODES];
	int next;

	while ((next = find_next_best_node(node->id, &used)) >= 0) {
		unsigned distance = node_distance(node->id, (unsigned)next);

		if (distance > RECLAIM_DISTANCE)
			zone_reclaim_mode = RECLAIM_ZONE;
		/* The first of those that are equally far has its share now. */
		if (distance != node_distance(node->id, previous))
			node_load[next] = load;
		previous = (unsigned)next;
		load--;
		order[nr++] = (u8)next;
	}
	if (zonelist_order == ZONELIST_ORDER_NODE)
		build_zonelists_in_node_order(list, order, nr);
	else
		build_zonelists_in_zone_order(list, order, nr);
	build_thisnode_zonelists(node);
}

/* Pages of a node, or of all (NULL): in zones below Normal, and altogether. */
static void count_pages(const struct pglist_data *of, unsigned long *low, unsigned long *all)
{
	*low = *all = 0;
	for_each_zone(zone) {
		if (of && zone->node != of)
			continue;
		*all += zone->present_pages;
		if (zone->type < ZONE_NORMAL)
			*low += zone->present_pages;
	}
}

/*
 * Zone order saves low memory, at the price of far memory. It is not worth that if there
 * is no low memory, if most is low anyway, or if a node has little else.
 */
unsigned default_zonelist_order(void)
{
	unsigned long low, all, node_low, node_all, nr = 0;

	for_each_online_node(node) {
		if (!populated(&node->zones[ZONE_NORMAL]))
			return ZONELIST_ORDER_NODE;
		nr += node->present_pages > 0;
	}
	count_pages(NULL, &low, &all);
	if (!low || low > all / 2)
		return ZONELIST_ORDER_NODE;
	for_each_online_node(node) {
		count_pages(node, &node_low, &node_all);
		if (node_low && node_all > all / (nr + 1) &&
		    node_low > node_all / 100 * 70 + node_all % 100 * 70 / 100)
			return ZONELIST_ORDER_NODE;
	}
	return ZONELIST_ORDER_ZONE;
}

void build_all_zonelists(void)
{
	unsigned long low, all;

	spin_lock(&zonelist_lock);
	zonelist_order = wanted_order == ZONELIST_ORDER_DEFAULT ? default_zonelist_order()
								: wanted_order;
	memset(node_load, 0, sizeof(node_load));
	for_each_online_node(node) {
		build_zonelists(node);
		for (unsigned i = 0; i < NR_ZONELISTS; i++) {
			node->caches[i] = (struct zonelist_cache){ 0 };
			node->zonelists[i].cache = &node->caches[i];
		}
	}
	count_pages(NULL, &low, &all);
	page_group_by_mobility_disabled = all < LEAST_PAGEBLOCKS * PAGEBLOCK_PAGES;
	spin_unlock(&zonelist_lock);
}

int set_numa_zonelist_order(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(order_names); i++)
		if ((name[0] | 0x20) == (order_names[i][0] | 0x20)) {
			wanted_order = i;
			return 0;
		}
	return -EINVAL;
}

const char *numa_zonelist_order_name(void)
{
	return order_names[wanted_order];
}

const char *zonelist_order_name(void)
{
	return order_names[zonelist_order];
}
