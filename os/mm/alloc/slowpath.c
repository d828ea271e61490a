/*
 * The allocator of 2.6, its slow path: what a request does when no zone has a page to
 * spare (facts 2.6, 3.4 and 3.5; lab 13).
 *
 * Owns nothing. The order of the steps is the mechanism:
 *
 *	wake kswapd
 *	again: down to the lowest mark, or below it for who may
 *	       the reserves, for those who free memory themselves
 *	       give up: may not sleep, or is freeing memory already
 *	       (compaction, of blocks; a later chapter)
 *	       reclaim it oneself
 *	       nothing came of that: the OOM killer
 *	       again, if the request is small or stubborn
 *	fail, and say so
 */
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/alloc/alloc26.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/trace/events.h"

#define CONGESTION_TICKS	(HZ / 50)

struct request {
	const struct zonelist *zonelist;
	gfp_t gfp;
	unsigned order;
};

/* The zone that it would like best. */
static struct zone *preferred_zone(const struct request *request)
{
	return first_zones_zonelist(request->zonelist, gfp_zone(request->gfp));
}

/* How far below the lowest mark the request may go (1.7). No interrupt ever asks. */
static unsigned gfp_to_alloc_flags(gfp_t gfp)
{
	unsigned flags = gfp & ALLOC_HIGH;

	if (gfp & __GFP_WAIT ? current->flags & PF_REALTIME : !(gfp & __GFP_NOMEMALLOC))
		flags |= ALLOC_HARDER;
	if (!(gfp & __GFP_NOMEMALLOC) && (current->flags & PF_MEMALLOC || current->memdie))
		flags |= ALLOC_NO_WATERMARKS;
	return flags;
}

static void wake_all_kswapd(const struct request *request)
{
	for_each_zoneref(ref, request->zonelist, gfp_zone(request->gfp))
		wakeup_kswapd(ref->zone, request->order, preferred_zone(request)->type);
}

static struct page *from_freelist(const struct request *request, enum watermark mark,
				  unsigned alloc_flags)
{
	return get_page_from_freelist(request->zonelist, request->gfp, request->order, mark,
				      alloc_flags);
}

/* For who frees memory: everything there is, and with NOFAIL until there is something. */
static struct page *__alloc_pages_high_priority(const struct request *request)
{
	struct page *page;

	do {
		page = from_freelist(request, WMARK_MIN, ALLOC_NO_WATERMARKS);
		if (!page && request->gfp & __GFP_NOFAIL)
			wait_iff_congested(preferred_zone(request), CONGESTION_TICKS);
	} while (!page && request->gfp & __GFP_NOFAIL);
	return page;
}

/* Frees memory, then asks again: pages may have ended on another CPU's lists. */
static struct page *__alloc_pages_direct_reclaim(const struct request *request,
						 unsigned alloc_flags,
						 unsigned long *progress)
{
	struct page *page;

	current->flags |= PF_MEMALLOC;
	*progress = try_to_free_pages(request->zonelist, request->order, request->gfp);
	current->flags &= ~PF_MEMALLOC;
	if (!*progress)
		return NULL;
	if (nr_online_nodes > 1)
		zlc_clear_zones_full(request->zonelist);
	page = from_freelist(request, WMARK_MIN, alloc_flags);
	if (!page) {
		drain_all_pages();
		page = from_freelist(request, WMARK_MIN, alloc_flags);
	}
	return page;
}

/* A kill does not help those who want much at once, or only low memory: they give up. */
static bool kill_would_help(const struct request *request)
{
	return request->gfp & __GFP_NOFAIL ||
		(request->order <= COSTLY_ORDER && gfp_zone(request->gfp) >= ZONE_NORMAL);
}

/* Who insists on his own node kills nobody, but goes on asking: others have memory. */
static bool may_kill(const struct request *request)
{
	return kill_would_help(request) &&
		(request->gfp & __GFP_NOFAIL || !(request->gfp & __GFP_THISNODE));
}

/* A page after all (the high mark: somebody else's kill must have freed it), or a kill. */
static struct page *__alloc_pages_may_oom(const struct request *request)
{
	struct page *page;

	if (!try_set_zonelist_oom(request->zonelist, request->gfp)) {
		congestion_wait(1);
		return NULL;
	}
	page = from_freelist(request, WMARK_HIGH, 0);
	if (!page && may_kill(request))
		out_of_memory(request->zonelist, request->gfp, request->order);
	clear_zonelist_oom(request->zonelist, request->gfp);
	return page;
}

static bool should_alloc_retry(const struct request *request, unsigned long reclaimed)
{
	if (request->gfp & __GFP_NORETRY)
		return false;
	if (request->gfp & __GFP_NOFAIL || request->order <= COSTLY_ORDER)
		return true;
	return request->gfp & __GFP_REPEAT && reclaimed < 1ul << request->order;
}

/* At most once a second, and not if the caller is prepared for it. */
static void warn_alloc_failed(const struct request *request)
{
	static unsigned long quiet_until;

	if (request->gfp & __GFP_NOWARN || jiffies < quiet_until)
		return;
	quiet_until = jiffies + HZ;
	printk("%s: page allocation failure: order:%u, mode:0x%x\n", current->comm,
	       request->order, request->gfp);
	dump_stack();
	show_mem();
}

/* Requests that no machine could serve, or not for certain: their authors hear of it once. */
static void warn_once(const struct request *request, const char *why, bool *told)
{
	if (*told)
		return;
	*told = true;
	printk("%s: order:%u, mode:0x%x: %s\n", current->comm, request->order, request->gfp,
	       why);
	dump_stack();
}

struct page *__alloc_pages_slowpath(const struct zonelist *zonelist, gfp_t gfp,
				    unsigned order)
{
	static bool told_of_size, told_of_nofail;
	const struct request request = { zonelist, gfp, order };
	unsigned long progress, reclaimed = 0;
	unsigned alloc_flags;
	struct page *page;

	if (order >= policy->buddy.orders) {
		if (!(gfp & __GFP_NOWARN))
			warn_once(&request, "no block is so large", &told_of_size);
		return NULL;
	}
	if (order > 1 && gfp & __GFP_NOFAIL)
		warn_once(&request, "a block that must not fail", &told_of_nofail);

	/* From this node or not at all, and soon. */
	if ((gfp & GFP_THISNODE) == GFP_THISNODE)
		goto nopage;

restart:
	if (!(gfp & __GFP_NO_KSWAPD))
		wake_all_kswapd(&request);
	alloc_flags = gfp_to_alloc_flags(gfp);

	for (;;) {
		page = from_freelist(&request, WMARK_MIN, alloc_flags & ~ALLOC_NO_WATERMARKS);
		if (!page && alloc_flags & ALLOC_NO_WATERMARKS)
			page = __alloc_pages_high_priority(&request);
		if (page)
			return page;

		if (!(gfp & __GFP_WAIT) || current->flags & PF_MEMALLOC ||
		    (current->memdie && !(gfp & __GFP_NOFAIL)))
			break;

		page = __alloc_pages_direct_reclaim(&request, alloc_flags, &progress);
		if (page)
			return page;
		if (!progress && gfp & __GFP_FS && !(gfp & __GFP_NORETRY)) {
			page = __alloc_pages_may_oom(&request);
			if (page)
				return page;
			if (!kill_would_help(&request))
				break;
			cond_resched();
			goto restart;
		}

		reclaimed += progress;
		if (!should_alloc_retry(&request, reclaimed))
			break;
		wait_iff_congested(preferred_zone(&request), CONGESTION_TICKS);
	}
nopage:
	warn_alloc_failed(&request);
	return NULL;
}
