/*
 * The page statement: one page, or several alike, in a stated condition (A5, A6, A9).
 *
 * The page is built by the core's own functions, so that every list, tree and counter
 * knows it; only age, count and flags are set as written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "kernel/lock.h"
#include "mm/cache/buffer_internal.h"
#include "mm/reclaim/v24/v24.h"

enum page_word { WORD_LOCKED, WORD_REFERENCED, WORD_DIRTY, WORD_UPTODATE, WORD_RAMDISK };

static const char *const page_words[] = { "locked", "referenced", "dirty", "uptodate",
					  "ramdisk", NULL };

struct page_spec {
	struct zone *zone;
	bool on_list;
	unsigned list;			/* index in the era's lists */
	u8 age;
	int count;
	unsigned flags;			/* bit N: enum page_word N */
	enum mapping_kind mapping;
	enum write_kind write;
	enum buffer_kind buffers;
};

static bool has(const struct page_spec *spec, enum page_word word)
{
	return spec->flags >> word & 1;
}

static unsigned parse_flags(char *text)
{
	unsigned flags = 0;

	while (text)
		flags |= 1u << parse_choice("flags", strsep(&text, ","), page_words);
	return flags;
}

static void parse_spec(struct statement *s, struct page_spec *spec)
{
	const char *list = find_key(s, "list");
	const char *write = find_key(s, "writepage");
	char *flags = find_key(s, "flags");

	spec->zone = find_zone(s, ZONE_NORMAL);
	spec->on_list = list && strcmp(list, "none") != 0;
	if (spec->on_list)
		spec->list = parse_choice("list", list, era->lists);
	spec->age = (u8)find_number(s, "age", 0, 0, PAGE_AGE_MAX);
	spec->count = (int)find_number(s, "count", 1, 1, 1000000);
	spec->flags = flags ? parse_flags(flags) : 0;
	spec->mapping = find_choice(s, "mapping", MAPPING_FILE, mapping_names);
	spec->write = write ? parse_choice("writepage", write, write_names) : WRITE_INSTANT;
	spec->buffers = find_choice(s, "buffers", BUFFERS_NONE, buffer_names);
	end_of_statement(s);

	if (write && spec->mapping != MAPPING_FILE &&
	    !(spec->mapping == MAPPING_SHM && spec->write == WRITE_REFUSE))
		fail("writepage=%s with mapping=%s, expected mapping=file, or refuse with shm",
		     write, mapping_names[spec->mapping]);
}

/* Combinations that no page can have (A5). */
static void check_spec(const struct page_spec *spec)
{
	if (has(spec, WORD_DIRTY) && spec->mapping == MAPPING_NONE)
		fail("a dirty page without mapping, expected a mapping");
	if (has(spec, WORD_RAMDISK) && spec->buffers == BUFFERS_NONE)
		fail("flags=ramdisk without buffers, expected buffers");
	if (spec->buffers != BUFFERS_NONE &&
	    (spec->mapping == MAPPING_SHM || spec->mapping == MAPPING_RAMFS))
		fail("buffers with mapping=%s, expected mapping=file, swap or none",
		     mapping_names[spec->mapping]);
	if (spec->buffers == BUFFERS_DIRTY && spec->mapping == MAPPING_SWAP)
		fail("buffers=dirty in the swap cache, expected clean, locked or pinned");
}

static void count_metadata_page(void)
{
	spin_lock(&buffer_lru_lock);
	buffermem_pages++;
	spin_unlock(&buffer_lru_lock);
}

/* Gives the locked page its one buffer, in the state that is wanted. */
static void make_buffer(struct page *page, const struct page_spec *spec)
{
	struct block_device *dev = has(spec, WORD_RAMDISK) ? scenario_ramdisk : scenario_disk;
	struct buffer_head *bh;

	if (spec->mapping == MAPPING_SWAP && !has(spec, WORD_RAMDISK))
		dev = swap_areas[swp_type((swp_entry_t){ page->index })].place.dev;
	create_empty_buffers(page, dev, PAGE_SIZE);
	bh = page->buffers;
	bh->block = spec->mapping == MAPPING_SWAP && !has(spec, WORD_RAMDISK) ?
		    swp_offset((swp_entry_t){ page->index }) : page_to_pfn(page);
	set_bit(BH_Mapped, &bh->state);
	set_bit(BH_Uptodate, &bh->state);
	if (spec->buffers == BUFFERS_PINNED)
		atomic_inc(&bh->count);
	if (spec->buffers == BUFFERS_DIRTY || spec->buffers == BUFFERS_LOCKED)
		__mark_buffer_dirty(bh);
	if (spec->mapping == MAPPING_NONE)
		count_metadata_page();
}

/* Leaves the page locked or not, with its buffers in flight or not (A9). */
static void start_io(struct page *page, const struct page_spec *spec)
{
	struct buffer_head *bh = page->buffers;

	if (!has(spec, WORD_LOCKED))
		unlock_page(page);
	if (spec->buffers != BUFFERS_LOCKED)
		return;
	if (has(spec, WORD_LOCKED))
		brw_page(true, page, bh->dev, &bh->block, PAGE_SIZE);
	else
		ll_rw_block(true, 1, &bh);
}

static void make_page(const char *name, const void *argument)
{
	const struct page_spec *spec = argument;
	struct page *page = take_ballast_frame(spec->zone);

	backing_add(page, spec->mapping, spec->write);
	policy->lru_del(page);
	if (spec->buffers != BUFFERS_NONE)
		make_buffer(page, spec);
	SetPageUptodate(page);
	if (has(spec, WORD_DIRTY))
		set_page_dirty(page);
	start_io(page, spec);
	if (has(spec, WORD_REFERENCED))
		SetPageReferenced(page);
	page->age = spec->age;
	atomic_set(&page->count, spec->count);
	if (spec->on_list)
		era->put_on_list(page, spec->list);
	frame_stated(page);
	name_page(name, page, 0);
}

void make_pages(const char *text, const char *n,
		void (*make)(const char *name, const void *spec), const void *spec)
{
	unsigned long pages = n ? parse_number("n", n, 1, MOST_PAGES) : 1;

	for (unsigned long i = 0; i < pages; i++) {
		char numbered[RESULT_SIZE];

		snprintf(numbered, sizeof(numbered), n ? "%s.%lu" : "%s", text, i);
		name_check_free(numbered);
		make(numbered, spec);
	}
}

void do_page(struct statement *s)
{
	const char *text = need_name(s, "the page's name");
	const char *n = find_key(s, "n");
	struct page_spec spec;

	parse_spec(s, &spec);
	check_spec(&spec);
	make_pages(text, n, make_page, &spec);
}
