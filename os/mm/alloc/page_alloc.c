/*
 * Allocation and freeing as callers see it: references, checks, and the hand-over
 * to the policy that decides how hard to try (facts 2.4, 2.9).
 *
 * Owns nothing; the last reference to a page ends here.
 */
#include "arch/machine.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"
#include "mm/alloc/failalloc.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"
#include "mm/vm/vm.h"

static void prep_zero_page(struct page *page, unsigned order)
{
	for (unsigned long i = 0; i < 1ul << order; i++) {
		clear_page(kmap(page + i));
		kunmap(page + i);
	}
}

struct page *alloc_pages(gfp_t gfp, unsigned order)
{
	struct page *page = NULL;

	if (!allocation_fails(gfp))
		page = policy->alloc_pages(node_zonelist(numa_node_id(), gfp), gfp, order);
	if (page && gfp & __GFP_ZERO)
		prep_zero_page(page, order);
	return page;
}

/*
 * A page that goes back must have let go of everything (invariant I6). A violation
 * would corrupt whoever gets the frame next; in 2.4 each one is fatal (2.6: bad_page.c).
 */
static void check_freed_page(const struct page *page)
{
	const unsigned long forbidden = 1ul << PG_locked | 1ul << PG_decr_after |
		1ul << PG_active | 1ul << PG_inactive_dirty | 1ul << PG_inactive_clean |
		1ul << PG_swap_cache | 1ul << PG_slab | 1ul << PG_buddy;

	if (likely(!page->buffers && !page->mapping && !(page->flags & forbidden)))
		return;
	panic("page %lu freed while in use: flags %lx, %s, %s", page_to_pfn(page), page->flags,
	      page->buffers ? "has buffers" : "no buffers",
	      page->mapping ? "in a mapping" : "in no mapping");
}

void prepare_free(struct page *page, unsigned order)
{
	check_freed_page(page);
	page_forget_anon(page);
	if (page->flags & (1ul << PG_referenced | 1ul << PG_dirty))
		__atomic_fetch_and(&page->flags, ~(1ul << PG_referenced | 1ul << PG_dirty),
				   __ATOMIC_RELAXED);
	page->age = AGE_WHEN_FREED;
	count_vm_many(VM_pgfree, 1ul << order);
}

void free_pages(struct page *page, unsigned order)
{
	if (PageReserved(page))
		return;
	assert(page_count(page) > 0);
	if (atomic_dec_and_test(&page->count))
		policy->free_block(page, order);
}

void free_unused_page(struct page *page)
{
	policy->free_block(page, 0);
}

void *__get_free_pages(gfp_t gfp, unsigned order)
{
	struct page *page;

	assert(!(gfp & __GFP_HIGHMEM));
	page = alloc_pages(gfp, order);
	return page ? page_address(page) : NULL;
}

void *get_zeroed_page(gfp_t gfp)
{
	return __get_free_pages(gfp | __GFP_ZERO, 0);
}

void free_pages_virt(void *address, unsigned order)
{
	free_pages(virt_to_page(address), order);
}
