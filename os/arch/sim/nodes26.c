/*
 * Policy 2.6: machines with several nodes. What the machine statement says of them, the
 * tunables that concern them, and the order of their zones.
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/era26.h"
#include "mm/alloc/alloc26.h"

/* Numbers apart by commas, N of them at most; returns how many. */
static unsigned parse_list(const char *what, char *text, unsigned long most,
			   unsigned long values[], unsigned n)
{
	unsigned nr = 0;

	while (text) {
		if (nr == n)
			fail("%s has more than %u numbers, expected one for each node", what, n);
		values[nr++] = parse_number(what, strsep(&text, ","), 0, most);
	}
	return nr;
}

void nodes_machine26(struct statement *s, unsigned nr)
{
	unsigned long numbers[MAX_NUMNODES * MAX_NUMNODES];
	char *cpus = find_key(s, "cpus"), *distances = find_key(s, "distances");

	nodes_setup(nr);
	for (unsigned node = 0; node < nr; node++)
		nodes[node].cpus = 1ul << node;
	if (cpus) {
		if (parse_list("cpus", cpus, 1, numbers, nr) != nr)
			fail("cpus has too few numbers, expected one for each node");
		for (unsigned node = 0; node < nr; node++)
			nodes[node].cpus = numbers[node] << node;
	}
	if (distances) {
		if (parse_list("distances", distances, 255, numbers, nr * nr) != nr * nr)
			fail("distances has too few numbers, expected a row for each node");
		for (unsigned i = 0; i < nr * nr; i++)
			node_distances[i / nr][i % nr] = (u8)numbers[i];
	}
}

bool set_node26(const char *name, const char *value)
{
	if (strcmp(name, "numa_node") == 0) {
		cpu_nodes[0] = (u8)parse_number(name, value, 0, nr_online_nodes - 1);
	} else if (strcmp(name, "numa_zonelist_order") == 0) {
		if (set_numa_zonelist_order(value) != 0)
			fail("numa_zonelist_order is '%s', expected one of: default node zone",
			     value);
		build_all_zonelists();
	} else {
		return false;
	}
	return true;
}

/* The order for one node and mask. */
void show_zonelist26(struct statement *s)
{
	unsigned node = (unsigned)find_number(s, "node", 0, 0, nr_online_nodes - 1);
	const char *text = find_key(s, "gfp");
	gfp_t gfp = parse_gfp26(text ? text : "highuser");

	end_of_statement(s);
	printf("zonelist %u:", node);
	for_each_zoneref(ref, node_zonelist(node, gfp), gfp_zone(gfp))
		printf(" %s", zone_key(ref->zone));
	printf("\n");
}

/* ---- calls ---- */

static void call_default_zonelist_order(struct statement *s, char *result)
{
	end_of_statement(s);
	strcpy(result, default_zonelist_order() == ZONELIST_ORDER_NODE ? "node" : "zone");
}

/* Without the nodes in used=N,…; what was loaded when the lists were built counts. */
static void call_find_next_best_node(struct statement *s, char *result)
{
	unsigned node = (unsigned)need_number(s, "node", 0, nr_online_nodes - 1);
	char *text = find_key(s, "used");
	unsigned long numbers[MAX_NUMNODES], used = 0;
	int next;

	for (unsigned n = text ? parse_list("used", text, nr_online_nodes - 1, numbers,
					    MAX_NUMNODES) : 0; n; n--)
		used |= 1ul << numbers[n - 1];
	end_of_statement(s);
	next = find_next_best_node(node, &used);
	if (next < 0)
		strcpy(result, "none");
	else
		result_number(result, next);
}

static void call_gfp_zone(struct statement *s, char *result)
{
	static const char *const names[] = { "dma", "dma32", "normal", "highmem" };
	gfp_t gfp = parse_gfp26(need_key(s, "gfp"));

	end_of_statement(s);
	strcpy(result, names[gfp_zone(gfp)]);
}

static void call_allocflags_to_migratetype(struct statement *s, char *result)
{
	static const char *const names[] = { "unmovable", "reclaimable", "movable" };
	gfp_t gfp = parse_gfp26(need_key(s, "gfp"));

	end_of_statement(s);
	strcpy(result, names[allocflags_to_migratetype(gfp)]);
}

static void call_calculate_totalreserve_pages(struct statement *s, char *result)
{
	end_of_statement(s);
	calculate_totalreserve_pages();
	result_number(result, (long)totalreserve_pages);
}

const struct function node_functions26[] = {
	{ "default_zonelist_order", "default_zonelist_order", .call = call_default_zonelist_order },
	{ "find_next_best_node", "find_next_best_node node=N [used=N,...]",
	  .call = call_find_next_best_node },
	{ "gfp_zone", "gfp_zone gfp=G", .call = call_gfp_zone },
	{ "allocflags_to_migratetype", "allocflags_to_migratetype gfp=G",
	  .call = call_allocflags_to_migratetype },
	{ "calculate_totalreserve_pages", "calculate_totalreserve_pages",
	  .call = call_calculate_totalreserve_pages },
	{ .name = NULL },
};
