/*
 * Policy 2.6: the page and fill statements (B6, B7, B9, B10).
 *
 * As for 2.4, pages are built by the core's own functions; only flags and count are set
 * as written. Joining a list here changes no event and no recent_ counter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/sim/era26.h"
#include "arch/sim/sim.h"
#include "block/block.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/writeback.h"
#include "mm/swap/swap.h"

static const char *const words[] = { "locked", "referenced", "dirty", "uptodate", "writeback",
				     "reclaim", "mlocked", "swapbacked", "ramdisk", NULL };

struct spec {
	struct zone *zone;
	bool has_pfn;
	pfn_t pfn;
	int list;			/* enum lru_list, or -1 */
	int count;
	unsigned flags;
	enum mapping_kind mapping;
	unsigned write;			/* index in write_names26 */
	enum buffer_kind buffers;
	unsigned map;			/* swapped-out ptes that name the slot */
};

unsigned parse_flags26(char *text)
{
	unsigned flags = 0;

	while (text)
		flags |= 1u << parse_choice("flags", strsep(&text, ","), words);
	return flags;
}

static bool has(unsigned flags, enum page_word26 word)
{
	return flags >> word & 1;
}

int find_list26(struct statement *s, const char *otherwise)
{
	const char *choices[NR_LRU_LISTS + 2] = { [NR_LRU_LISTS] = "none" };
	const char *text = find_key(s, "list");
	unsigned list;

	memcpy(choices, lists26, NR_LRU_LISTS * sizeof(*lists26));
	list = parse_choice("list", text ? text : otherwise, choices);
	return list < NR_LRU_LISTS ? (int)list : -1;
}

static bool is_anon_list(int list)
{
	return list == LRU_INACTIVE_ANON || list == LRU_ACTIVE_ANON;
}

static bool is_file_list(int list)
{
	return list == LRU_INACTIVE_FILE || list == LRU_ACTIVE_FILE;
}

void check_kind26(int list, bool swapbacked)
{
	if (swapbacked ? is_file_list(list) : is_anon_list(list))
		fail("list=%s for a page that is %sswapbacked, expected a list of its kind",
		     lists26[list], swapbacked ? "" : "not ");
}

static void parse_spec(struct statement *s, struct spec *spec)
{
	const char *pfn = find_key(s, "pfn");
	const char *write;
	char *flags = find_key(s, "flags");

	spec->zone = find_zone(s, ZONE_NORMAL);
	spec->has_pfn = pfn;
	spec->pfn = pfn ? parse_number("pfn", pfn, 0, memory_zone_frames - 1) : 0;
	spec->list = find_list26(s, "none");
	spec->count = (int)find_number(s, "count", 1, 1, 1000000);
	spec->flags = flags ? parse_flags26(flags) : 0;
	spec->mapping = find_choice(s, "mapping", is_anon_list(spec->list) ? MAPPING_SHM
				    : MAPPING_FILE, mapping_names);
	write = find_key(s, "writepage");
	spec->write = write ? parse_choice("writepage", write, write_names26) : 0;
	spec->buffers = find_choice(s, "buffers", BUFFERS_NONE, buffer_names);
	spec->map = (unsigned)find_number(s, "map", 1, 0, 30000);
	if (is_anon_list(spec->list) || spec->mapping == MAPPING_SHM ||
	    spec->mapping == MAPPING_SWAP)
		spec->flags |= 1u << WORD26_SWAPBACKED;
	if (has(spec->flags, WORD26_RAMDISK) && spec->buffers == BUFFERS_NONE)
		fail("flags=ramdisk without buffers, expected buffers");
	check_kind26(spec->list, has(spec->flags, WORD26_SWAPBACKED));
}

void make_clean_buffer(struct page *page)
{
	struct buffer_head *bh;

	create_empty_buffers(page, scenario_disk, PAGE_SIZE);
	bh = page->buffers;
	bh->block = page_to_pfn(page);
	set_bit(BH_Mapped, &bh->state);
	set_bit(BH_Uptodate, &bh->state);
}

static void make_buffer(struct page *page, enum buffer_kind kind, bool ramdisk)
{
	struct buffer_head *bh;

	make_clean_buffer(page);
	bh = page->buffers;
	if (ramdisk)
		bh->dev = scenario_ramdisk;
	if (kind == BUFFERS_PINNED)
		atomic_inc(&bh->count);
	if (kind == BUFFERS_DIRTY || kind == BUFFERS_LOCKED)
		set_bit(BH_Dirty, &bh->state);	/* the page is as the statement says */
	if (!page->mapping)
		buffermem_pages++;
}

static void add_to_cache(struct page *page, const struct spec *spec)
{
	swp_entry_t entry;

	if (spec->mapping == MAPPING_NONE) {
		lock_page(page);
		return;
	}
	if (spec->mapping != MAPPING_SWAP) {
		backing_add26(page, spec->mapping, spec->write);
		return;
	}
	entry = get_swap_page();
	if (!entry.val)
		fail("no free swap slot, expected swap= with more slots");
	lock_page(page);
	if (add_to_swap_cache(page, entry) != 0)
		fail("a page cannot be added to the swap cache, expected fewer pages");
	for (unsigned i = 0; i < spec->map; i++)
		slot_held(swap_duplicate(entry) == 0);
}

static void end_plain_write(struct bio *bio)
{
	end_page_writeback(bio->page);
	bio->dev = NULL;
}

/* A write of the page without buffers; the bio lies with the frame. */
static void submit_page(struct page *page)
{
	static struct bio *bios;
	struct bio *bio;

	if (!bios)
		bios = calloc(nr_frames, sizeof(*bios));
	bio = &bios[page_to_pfn(page)];
	*bio = (struct bio){
		.dev = scenario_disk, .sector = (u64)page_to_pfn(page) << (PAGE_SHIFT - SECTOR_SHIFT),
		.page = page, .length = PAGE_SIZE, .write = true, .end_io = end_plain_write,
	};
	submit_bio(bio);
}

/* B10: what is in flight. The page comes locked, and stays so if it is to be. */
static void start_io(struct page *page, const struct spec *spec)
{
	bool writeback = has(spec->flags, WORD26_WRITEBACK);
	struct buffer_head *bh = page->buffers;

	if (writeback)
		set_page_writeback(page);
	if (!has(spec->flags, WORD26_LOCKED))
		unlock_page(page);
	if (spec->buffers == BUFFERS_LOCKED && writeback) {
		lock_buffer(bh);
		take_buffer_dirty(bh);
		bh->end_io = end_buffer_io_async;
		submit_bh(true, bh);
	} else if (spec->buffers == BUFFERS_LOCKED) {
		ll_rw_block(true, 1, &bh);
	} else if (writeback) {
		submit_page(page);
	}
}

static void put_on_list(struct page *page, int list)
{
	unsigned long flags;

	if (list < 0)
		return;
	if (list == LRU_UNEVICTABLE)
		SetPageUnevictable(page);
	if (list == LRU_ACTIVE_ANON || list == LRU_ACTIVE_FILE)
		SetPageActive(page);
	flags = spin_lock_irqsave(&lru_lock);
	add_page_to_lru_list(page, (enum lru_list)list, BY_scenario);
	spin_unlock_irqrestore(&lru_lock, flags);
}

void finish_page26(struct page *page, unsigned flags, int count, int list)
{
	if (has(flags, WORD26_REFERENCED))
		SetPageReferenced(page);
	if (has(flags, WORD26_RECLAIM))
		SetPageReclaim(page);
	if (has(flags, WORD26_MLOCKED)) {
		SetPageMlocked(page);
		page_stat_add(page, STAT_nr_mlock, 1);
	}
	atomic_set(&page->count, count);
	frame_stated(page);
	put_on_list(page, list);
}

/* NAME is NULL for a page that gets none. */
static void make_page(const char *name, const void *argument)
{
	const struct spec *spec = argument;
	struct page *page = spec->has_pfn ? take_ballast_at(spec->pfn)
					  : take_ballast_frame(spec->zone);

	if (has(spec->flags, WORD26_SWAPBACKED))
		SetPageSwapBacked(page);
	keep_off_lists(true);
	add_to_cache(page, spec);
	keep_off_lists(false);
	if (spec->buffers != BUFFERS_NONE)
		make_buffer(page, spec->buffers, has(spec->flags, WORD26_RAMDISK));
	SetPageUptodate(page);
	if (has(spec->flags, WORD26_DIRTY)) {
		if (page->mapping)
			set_page_dirty(page);
		else
			SetPageDirty(page);
	}
	start_io(page, spec);
	finish_page26(page, spec->flags, spec->count, spec->list);
	if (name)
		name_page(name, page, 0);
}

void do_page26(struct statement *s)
{
	const char *text = need_name(s, "the page's name");
	const char *n = find_key(s, "n");
	struct spec spec;

	parse_spec(s, &spec);
	end_of_statement(s);
	make_pages(text, n, make_page, &spec);
}

void do_fill26(struct statement *s)
{
	unsigned long pages = need_number(s, "n", 1, MOST_PAGES);
	struct spec spec;

	parse_spec(s, &spec);
	end_of_statement(s);
	if (spec.has_pfn)
		fail("fill with pfn=, expected the page statement for a frame of one's choice");
	while (pages--)
		make_page(NULL, &spec);
}
