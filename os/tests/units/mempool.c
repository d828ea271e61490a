/*
 * Memory pools, and swap I/O with no memory but theirs (facts 2.6, 11.3).
 */
#include "mm/slab/mempool.h"

#include "arch/sim/sim.h"
#include "kernel/task.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/writeback.h"
#include "mm/slab/slab_internal.h"
#include "mm/swap/swap.h"
#include "tests/units/units.h"

#define RESERVE	4u
#define MOST	1024u
#define PAGES	400u	/* more than can be in flight without memory for bios */
#define MASKS	8u

static bool no_memory;
static gfp_t asked[MASKS];	/* the page allocator, the latest first */
static unsigned waits;

struct page *__real_machine_kernel_pages(gfp_t gfp, unsigned order);
struct page *__wrap_machine_kernel_pages(gfp_t gfp, unsigned order);
struct page *__wrap_machine_kernel_pages(gfp_t gfp, unsigned order)
{
	memmove(asked + 1, asked, sizeof(asked) - sizeof(asked[0]));
	asked[0] = gfp;
	return no_memory ? NULL : __real_machine_kernel_pages(gfp, order);
}

/* ---- a pool by itself ---- */

static struct kmem_cache *things;
static struct mempool pool;
static void *held[MOST];
static unsigned nr_held;

static bool hold(gfp_t gfp)
{
	void *thing = mempool_alloc(&pool, gfp);

	check(nr_held < MOST);
	if (thing)
		held[nr_held++] = thing;
	return thing;
}

static void give_one(void)
{
	mempool_free(held[--nr_held], &pool);
}

static unsigned long in_use(void)
{
	struct slab *slab;
	unsigned long n = 0;

	list_for_each(slab, &things->full, link)
		n += slab->in_use;
	list_for_each(slab, &things->partial, link)
		n += slab->in_use;
	return n;
}

/* As long as the cache has memory, the reserve is not touched; then it is all there is. */
static void the_cache_first_then_the_reserve(void)
{
	unsigned from_cache;

	for (unsigned i = 0; i < 200; i++)
		check(hold(GFP_ATOMIC) && in_use() == RESERVE + nr_held);
	no_memory = true;
	while (in_use() > nr_held && hold(GFP_ATOMIC))
		;
	from_cache = nr_held - RESERVE;
	check(in_use() == nr_held && nr_held > 200 && from_cache < MOST);
	memset(asked, 0, sizeof(asked));
	check(!hold(GFP_ATOMIC));
	/* Once only, not for long, and not for the last pages. */
	check(asked[0] & __GFP_NOMEMALLOC && asked[0] & __GFP_NOWARN && !asked[1]);
	check(asked[0] & __GFP_HIGH && !(asked[0] & (__GFP_WAIT | __GFP_IO)));
}

static void give_at_third_tick(void)
{
	if (++waits == 3)
		give_one();
}

/* Who may wait asks the cache once more, as he may, and then waits for somebody's object. */
static void the_last_resort_is_to_wait(void)
{
	unsigned before = nr_held;
	void *returned = held[nr_held - 1];

	sched_ticked = give_at_third_tick;
	waits = 0;
	memset(asked, 0, sizeof(asked));
	check(hold(GFP_NOIO) && waits == 3);
	check(nr_held == before && held[nr_held - 1] == returned);
	/* First in haste; the wait over, in haste again, and the reserve has it. */
	check(!(asked[2] & __GFP_WAIT) && !(asked[0] & __GFP_WAIT) && !asked[3]);
	check(asked[1] & __GFP_WAIT && asked[1] & __GFP_NORETRY && !(asked[1] & __GFP_IO));
	sched_ticked = NULL;
}

/* What comes back stays at hand; what nobody wants for long goes to the slabs. */
static void what_is_too_much_goes_back(void)
{
	unsigned long most = in_use();

	no_memory = false;
	while (nr_held)
		give_one();
	check(in_use() == most);
	memset(asked, 0, sizeof(asked));
	check(hold(GFP_KERNEL) && in_use() == most && !asked[0]);
	give_one();
	mempools_trim();
	check(in_use() == RESERVE);
	mempools_trim();
	check(in_use() == RESERVE);
	no_memory = true;
	while (in_use() > nr_held && hold(GFP_ATOMIC))
		;
	no_memory = false;
	while (nr_held)
		give_one();
	mempools_trim();
}

/* ---- swap ---- */

static struct page *pages[PAGES];

static unsigned long *first_word(const struct page *page)
{
	return page_address(page);
}

/* Pages in the swap cache, with a slot each that somebody needs. */
static void make_pages(void)
{
	unit_swap(PAGES, -1);
	for (unsigned i = 0; i < PAGES; i++) {
		swp_entry_t entry = get_swap_page();
		struct page *page = alloc_page(GFP_KERNEL);

		check(page && entry.val && trylock_page(page));
		SetPageSwapBacked(page);
		SetPageUptodate(page);
		check(add_to_swap_cache(page, entry) == 0 && swap_duplicate(entry) == 0);
		*first_word(page) = 1000 + i;
		unlock_page(page);
		pages[i] = page;
	}
}

static void one_transfer_ends(void)
{
	waits++;
	disk_complete_oldest();
}

/* Nobody is refused, and nothing is lost: some wait until others' transfers have ended. */
static void swap_works_without_memory(void)
{
	make_pages();
	disk_instant = false;
	sched_ticked = one_transfer_ends;
	no_memory = true;
	waits = 0;
	for (unsigned i = 0; i < PAGES; i++) {
		lock_page(pages[i]);
		ClearPageDirty(pages[i]);
		check(swap_writepage(pages[i]) == 0 && PageWriteback(pages[i]));
	}
	check(waits > 0 && waits == PAGES - disk_in_flight());
	disk_complete_all();
	waits = 0;
	for (unsigned i = 0; i < PAGES; i++) {
		check(!PageWriteback(pages[i]) && !PageDirty(pages[i]));
		*first_word(pages[i]) = 0;
		lock_page(pages[i]);
		ClearPageUptodate(pages[i]);
		swap_readpage(pages[i]);
	}
	check(waits > 0);
	disk_complete_all();
	for (unsigned i = 0; i < PAGES; i++)
		check(PageUptodate(pages[i]) && *first_word(pages[i]) == 1000 + i);
	no_memory = false;
}

void unit_main(void)
{
	unit_boot_era("2.6", 64, 1024);
	things = kmem_cache_create("things", 64, 0, NULL);
	mempool_init_slab_pool(&pool, RESERVE, things);
	check(in_use() == RESERVE);
	the_cache_first_then_the_reserve();
	the_last_resort_is_to_wait();
	what_is_too_much_goes_back();
	swap_works_without_memory();
}
