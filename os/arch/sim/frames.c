/*
 * What the scenario itself has to do with frames and slots, and whether references add
 * up (facts 2.4, 1.5; part of --check).
 *
 * Owns, for each frame, the references that no cache, buffers, pagevec or pte account for:
 * those of ballast, of pages that a call returned, and what count= said beyond the others (or
 * below them: then it is negative, A6). Only statements change it, so a mechanism that
 * takes a reference too many or drops one too few is found at once. Of swap slots it
 * knows the sum.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/machine.h"
#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/vm/vm.h"

static struct frame {
	int held;		/* references of the scenario */
	bool orphan;		/* it was made without mapping and buffers */
} *frames;

static unsigned *pte_refs;	/* by frame: present ptes, counted by count_ptes */
static unsigned *pagevec_refs;	/* by frame: pagevecs that it is in (2.6) */
static long slots_held;		/* references of the scenario, on all slots */

void frames_init(void)
{
	frames = calloc(memory_frames, sizeof(*frames));
	pte_refs = calloc(memory_frames, sizeof(*pte_refs));
	pagevec_refs = calloc(memory_frames, sizeof(*pagevec_refs));
}

static int cache_refs(const struct page *page)
{
	return (page->mapping ? 1 : 0) + (page->buffers ? 1 : 0);
}

void frame_held(const struct page *page, int delta)
{
	frames[page_to_pfn(page)].held += delta;
}

void frame_stated(const struct page *page)
{
	frames[page_to_pfn(page)] = (struct frame){
		.held = page_count(page) - cache_refs(page) - atomic_read(&page->mapcount),
		.orphan = !page->mapping && !page->buffers,
	};
}

void frame_freed(pfn_t pfn)
{
	if (frames)
		frames[pfn] = (struct frame){ 0 };
}

bool frame_is_orphan(const struct page *page)
{
	return frames[page_to_pfn(page)].orphan;
}

bool frame_is_held(const struct page *page)
{
	return frames[page_to_pfn(page)].held > 0;
}

void slot_held(int delta)
{
	slots_held += delta;
}

/* Present ptes by frame; returns the number of swap ptes. The page of zeros is left out. */
static unsigned long count_ptes(void)
{
	unsigned long swapped = 0;
	struct mm_struct *mm;

	memset(pte_refs, 0, memory_zone_frames * sizeof(*pte_refs));
	list_for_each(mm, &mmlist, mmlist) {
		unsigned long at = 0;

		for (; (at = page_table_skip(mm->page_table, at, TASK_SIZE)) < TASK_SIZE;
		     at += PAGE_SIZE) {
			pte_t pte = pte_read(page_table_find(mm->page_table, at));

			if (!pte_present(pte))
				swapped += !pte_none(pte);
			else if (pte_pfn(pte) < memory_zone_frames)
				pte_refs[pte_pfn(pte)]++;
		}
	}
	return swapped;
}

/* A slot that a count has stuck to (facts 5.3) says nothing any more. */
static void check_slots(unsigned long in_ptes)
{
	long counted = 0, holders;

	for (unsigned type = 0; type < nr_swap_areas; type++)
		for (unsigned long slot = 1; slot < swap_areas[type].max; slot++) {
			if (swap_count(swp_entry(type, slot)) >= SWAP_MAP_MAX)
				return;
			if (policy->swap_cache_bit)
				counted += swap_count(swp_entry(type, slot)) +
					swap_has_cache(swp_entry(type, slot));
			else
				counted += swap_areas[type].map[slot];
		}
	holders = (long)(swapper_space.nrpages + in_ptes + backing_swapped()) + slots_held;
	if (counted != holders)
		panic("the slots have %ld references, their holders are %ld", counted, holders);
}

static void count_pagevec_ref(struct page *page)
{
	pagevec_refs[page_to_pfn(page)]++;
}

void check_references(void)
{
	unsigned long swapped = count_ptes();

	memset(pagevec_refs, 0, memory_zone_frames * sizeof(*pagevec_refs));
	for_each_pagevec_page(count_pagevec_ref);
	for (pfn_t pfn = 0; pfn < memory_zone_frames; pfn++) {
		const struct page *page = pfn_to_page(pfn);
		int holders = cache_refs(page) + (int)(pte_refs[pfn] + pagevec_refs[pfn]) +
			frames[pfn].held;

		if (page_count(page) != holders)
			panic("page %lu (%s) has count %d, its holders are %d", pfn,
			      page_text(page), page_count(page), holders);
		if ((unsigned)atomic_read(&page->mapcount) != pte_refs[pfn])
			panic("page %lu (%s) has mapcount %d, %u ptes map it", pfn,
			      page_text(page), atomic_read(&page->mapcount), pte_refs[pfn]);
	}
	check_slots(swapped);
}
