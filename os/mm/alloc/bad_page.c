/*
 * Frames that are not what they should be, under vm=2.6: freed while somebody uses them, or
 * changed while they were free (facts 2.6, 2.4). Whoever got such a frame next would suffer for
 * it: it is told and given to nobody, and the machine goes on with a frame less.
 *
 * Owns nothing. In checking builds and sim a bad page is the end: it is somebody's mistake.
 */
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/alloc/alloc26.h"

#ifdef CHECK
bool panic_on_bad_page = true;
#else
bool panic_on_bad_page;
#endif

/* What a page has let go of when it is freed. Others of its flags are forgotten then. */
#define FLAGS_CHECK_AT_FREE							\
	(1ul << PG_locked | 1ul << PG_decr_after | 1ul << PG_active |		\
	 1ul << PG_inactive_dirty | 1ul << PG_inactive_clean | 1ul << PG_slab |	\
	 1ul << PG_swap_cache | 1ul << PG_buddy | 1ul << PG_lru |		\
	 1ul << PG_unevictable | 1ul << PG_mlocked | 1ul << PG_writeback |	\
	 1ul << PG_reserved)

void bad_page(const struct page *page, const char *when)
{
	static unsigned long quiet_until;
	const char *holder = page->mapping ? "in a mapping" : page->buffers ? "has buffers" :
			     "in no mapping";

	if (panic_on_bad_page)
		panic("page %lu %s: flags %lx, count %d, mapcount %d, %s", page_to_pfn(page), when,
		      page->flags, page_count(page), atomic_read(&page->mapcount), holder);
	if (jiffies < quiet_until)
		return;
	quiet_until = jiffies + HZ;
	printk("Bad page state in %s: page %lu %s: flags %lx, count %d, mapcount %d, %s\n",
	       current->comm, page_to_pfn(page), when, page->flags, page_count(page),
	       atomic_read(&page->mapcount), holder);
	dump_stack();
}

bool free_pages_check(struct page *page)
{
	if (page_in_use(page, FLAGS_CHECK_AT_FREE)) {
		bad_page(page, "freed while in use");
		return true;
	}
	if (page->flags & FLAGS_CHECK_AT_PREP)
		__atomic_fetch_and(&page->flags, ~FLAGS_CHECK_AT_PREP, __ATOMIC_RELAXED);
	return false;
}
