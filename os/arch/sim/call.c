/*
 * The call statement, and the functions that every policy has.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/pagecache.h"
#include "mm/reclaim/v24/v24.h"
#include "mm/swap/swap.h"

/* A request that has given the CPU away so often, and got nothing, never will (A17). */
#define MOST_YIELDS	20000

char last_function[RESULT_SIZE], last_result[RESULT_SIZE];

bool gave_up;

static jmp_buf give_up;
static unsigned wait_order;	/* of the allocation that runs */
static unsigned yields;		/* since it began */
static struct page *(*allocator)(const struct zonelist *zonelist, gfp_t gfp, unsigned order);

/* A12: with order 0 the request ends here; a larger one goes on at once. */
static bool end_kswapd_wait(void)
{
	if (wait_order == 0)
		longjmp(give_up, 1);
	return true;
}

static void yielded(void)
{
	if (++yields > MOST_YIELDS)
		fail("the request tries for ever, expected something that can be freed");
}

/* The waiter on kswapd_done lies in a frame that longjmp has left. */
static void forget_waiters(struct wait_queue *queue)
{
	wait_queue_init(queue, queue->lock.name);
}

/* The allocator holds no lock and no page where it waits: it can be left from there. */
static struct page *allocate(const struct zonelist *zonelist, gfp_t gfp, unsigned order)
{
	wait_order = order;
	yields = 0;
	if (setjmp(give_up) == 0)
		return allocator(zonelist, gfp, order);
	forget_waiters(&kswapd_done);
	gave_up = true;
	return NULL;
}

static struct reclaim_policy watched;

static void join_no_list(struct page *page)
{
}

void keep_off_lists(bool on)
{
	static void (*lru_add)(struct page *page);

	if (on)
		lru_add = watched.lru_add;
	watched.lru_add = on ? join_no_list : lru_add;
}

void give_up_for_oom(void)
{
	longjmp(give_up, 1);
}

void watch_allocations(void)
{
	watched = *policy;
	allocator = watched.alloc_pages;
	watched.alloc_pages = allocate;
	policy = &watched;
	sched_kswapd_wait = end_kswapd_wait;
	sched_yielded = yielded;
}

void result_number(char *result, long number)
{
	snprintf(result, RESULT_SIZE, "%ld", number);
}

void result_page(char *result, const struct page *page)
{
	if (page && era->tells_frames && !name_of_page(page))
		snprintf(result, RESULT_SIZE, "frame %lu", page_to_pfn(page));
	else
		snprintf(result, RESULT_SIZE, "%s", page ? page_text(page) : "none");
}

swp_entry_t need_slot(struct statement *s)
{
	char *text = need_word(s, "a swap slot");
	char *colon = strchr(text, ':');
	unsigned long type, offset;

	if (!colon)
		fail("'%s' is no swap slot, expected AREA:OFFSET", text);
	*colon = '\0';
	if (!nr_swap_areas)
		fail("there is no swap area, expected swap= on the machine");
	type = parse_number("the swap area", text, 0, nr_swap_areas - 1);
	offset = parse_number("the slot", colon + 1, 1, swap_areas[type].max - 1);
	end_of_statement(s);
	return swp_entry((unsigned)type, offset);
}

void call_get_swap_page(struct statement *s, char *result)
{
	swp_entry_t entry;

	end_of_statement(s);
	entry = get_swap_page();
	if (!entry.val) {
		strcpy(result, "none");
		return;
	}
	slot_held(1);
	snprintf(result, RESULT_SIZE, "%u:%lu", swp_type(entry), swp_offset(entry));
}

void call_swap_duplicate(struct statement *s, char *result)
{
	bool duplicated = swap_duplicate(need_slot(s)) == 0;

	slot_held(duplicated);
	result_number(result, duplicated);
}

/*
 * A scenario can free a slot under a page of the swap cache. The slot then goes to another
 * page, too, and the swap cache must tell them apart: the old page keeps its slot, under a
 * key with a bit that entries do not use.
 */
#define STALE_KEY	0x80ul

static void make_stale(swp_entry_t entry)
{
	struct radix_node *unused;
	struct page *page;
	int error = 0;

	spin_lock(&pagecache_lock);
	page = radix_tree_delete(&swapper_space.pages, entry.val, &unused);
	radix_nodes_free(unused);
	if (page) {
		page->index |= STALE_KEY;
		error = radix_tree_insert(&swapper_space.pages, page->index, page);
	}
	spin_unlock(&pagecache_lock);
	if (error)
		fail("slot %u:%lu is freed under a second page, expected one at most",
		     swp_type(entry), swp_offset(entry));
}

void call_swap_free(struct statement *s, char *result)
{
	swp_entry_t entry = need_slot(s);

	if (swap_count(entry))
		slot_held(-1);
	swap_free(entry);
	if (!swap_count(entry))
		make_stale(entry);
	strcpy(result, "none");
}

void call_alloc_pages(struct statement *s, char *result)
{
	gfp_t gfp = era->parse_gfp(need_key(s, "gfp"));
	unsigned order = (unsigned)need_number(s, "order", 0, INT_MAX);
	const char *text = find_key(s, "as");
	struct page *page;

	end_of_statement(s);
	if (text) {
		check_name("as", text);
		name_check_free(text);
	}
	page = alloc_pages(gfp, order);
	if (page)
		frame_held(page, 1);
	if (page && text)
		name_page(text, page, order);
	result_page(result, page);
	if (gave_up && !page)
		strcpy(result, era->given_up);
}

void call_free_pages(struct statement *s, char *result)
{
	struct name *name = need_page_name(s, false);
	unsigned order = (unsigned)need_number(s, "order", 0, INT_MAX);

	end_of_statement(s);
	if (order != name->order)
		fail("order=%u, expected %u, with which %s was allocated", order, name->order,
		     name->text);
	frame_held(name->page, -1);
	free_pages(name->page, order);
	strcpy(result, "none");
}

static void __noreturn unknown_function(const char *name)
{
	char known[4096] = "";
	size_t length = 0;

	for (const struct function *const *table = era->functions; *table; table++)
		for (const struct function *f = *table; f->name && length < sizeof(known); f++)
			length += (size_t)snprintf(known + length, sizeof(known) - length, " %s",
						   f->name);
	fail("unknown function '%s', expected one of policy %s:%s", name, era->name, known);
}

static const struct function *find_function(const char *name)
{
	for (const struct function *const *table = era->functions; *table; table++)
		for (const struct function *f = *table; f->name; f++)
			if (strcmp(f->name, name) == 0)
				return f;
	unknown_function(name);
}

static void call_on_page(struct statement *s, char *result, void (*function)(struct page *))
{
	struct page *page = need_page_name(s, false)->page;

	end_of_statement(s);
	function(page);
	strcpy(result, "none");
}

void do_call(struct statement *s)
{
	const struct function *f = find_function(need_word(s, "the function"));

	s->usage = f->usage;
	/* Every call names living pages that can be found (A13, A16). */
	for (struct argument *a = s->arguments + 1; a < s->arguments + s->nr; a++) {
		struct name *page = a->key || a->used ? NULL : name_find(a->value);

		if (page && page->kind == NAME_PAGE && !page->ended && page_is_lost(page->page))
			fail("page %s is lost, expected a page that can be used", page->text);
	}
	if (f->on_page)
		call_on_page(s, last_result, f->on_page);
	else
		f->call(s, last_result);
	strcpy(last_function, f->name);
	printf("%s -> %s\n", last_function, last_result);
}
