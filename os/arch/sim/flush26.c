/*
 * Policy 2.6: calls that are about writeback, and `show flusher`.
 *
 * A call that may sleep tells for how many ticks it did. The scenario's own task counts as
 * real-time, which raises the limits; the writer here is an ordinary one.
 */
#include <stdio.h>
#include <string.h>

#include "arch/sim/era26.h"
#include "arch/sim/sim.h"
#include "mm/cache/flusher.h"
#include "mm/cache/pagecache.h"
#include "mm/cache/writeback.h"

static struct task writer = { .pid = 2, .comm = "writer" };

static void call_global_dirty_limits(struct statement *s, char *result)
{
	bool realtime = find_number(s, "realtime", 0, 0, 1);
	unsigned long background, dirty;

	end_of_statement(s);
	if (!realtime)
		sched_set_current(&writer);
	global_dirty_limits(&background, &dirty);
	snprintf(result, RESULT_SIZE, "background=%lu dirty=%lu", background, dirty);
}

/* The named file's disk; or that of pages which no write has made. */
static struct flusher *find_flusher(struct statement *s)
{
	const struct address_space *mapping = find_file_mapping(s);

	return mapping ? mapping->flusher : &scenario_disk->flusher;
}

static void call_balance_dirty_pages(struct statement *s, char *result)
{
	struct address_space mapping = { .flusher = find_flusher(s) };
	unsigned long start = jiffies;

	end_of_statement(s);
	mapping.flusher->woken = false;
	sched_set_current(&writer);
	balance_dirty_pages(&mapping);
	snprintf(result, RESULT_SIZE, "ticks=%lu poll=%u woken=%d", jiffies - start,
		 writer.nr_dirtied_pause, mapping.flusher->woken);
}

/* After N pages made dirty: how many of them since the last look at the limits? */
static void call_balance_dirty_pages_ratelimited(struct statement *s, char *result)
{
	unsigned long n = find_number(s, "n", 1, 1, 1000000), start = jiffies;
	struct address_space mapping = { .flusher = find_flusher(s) };

	end_of_statement(s);
	sched_set_current(&writer);
	while (n--)
		balance_dirty_pages_ratelimited(&mapping);
	snprintf(result, RESULT_SIZE, "ticks=%lu since=%u", jiffies - start, writer.nr_dirtied);
}

static void call_bdi_dirty_limit(struct statement *s, char *result)
{
	unsigned long limit = need_number(s, "limit", 0, 1000000);
	const struct flusher *flusher = find_flusher(s);

	end_of_statement(s);
	result_number(result, (long)bdi_dirty_limit(flusher, limit));
}

static void call_over_bground_thresh(struct statement *s, char *result)
{
	const struct flusher *flusher = find_flusher(s);

	end_of_statement(s);
	sched_set_current(&writer);
	strcpy(result, over_bground_thresh(flusher) ? "yes" : "no");
}

static struct address_space *need_file_mapping(struct statement *s)
{
	struct address_space *mapping = find_file_mapping(s);

	if (!mapping)
		fail("the name of a file is missing, expected one");
	return mapping;
}

static void call_filemap_fdatasync(struct statement *s, char *result)
{
	struct address_space *mapping = need_file_mapping(s);

	end_of_statement(s);
	result_number(result, filemap_fdatasync(mapping));
}

static void call_filemap_fdatawait(struct statement *s, char *result)
{
	struct address_space *mapping = need_file_mapping(s);

	end_of_statement(s);
	filemap_fdatawait(mapping);
	strcpy(result, "none");
}

/*
 * The pages are started, and nobody waits for them: NR of the file, from its start, or from
 * where the last call has ended.
 */
static void call_write_cache_pages(struct statement *s, char *result)
{
	struct writeback_control wbc = { .mode = WB_SYNC_NONE };
	struct address_space *mapping;

	wbc.range_cyclic = find_number(s, "cyclic", 0, 0, 1);
	wbc.nr_to_write = find_number(s, "nr", LONG_MAX, 0, LONG_MAX);
	mapping = need_file_mapping(s);
	end_of_statement(s);
	spin_lock(&pagecache_lock);
	write_cache_pages(mapping, &wbc);
	spin_unlock(&pagecache_lock);
	strcpy(result, "none");
}

static void call_tag_pages_for_writeback(struct statement *s, char *result)
{
	struct writeback_control wbc = { .mode = WB_SYNC_ALL };
	struct address_space *mapping = need_file_mapping(s);

	end_of_statement(s);
	spin_lock(&pagecache_lock);
	tag_pages_for_writeback(mapping, &wbc);
	spin_unlock(&pagecache_lock);
	strcpy(result, "none");
}

static void call_throttle_vm_writeout(struct statement *s, char *result)
{
	gfp_t gfp = parse_gfp26(need_key(s, "gfp"));
	unsigned long start = jiffies;

	end_of_statement(s);
	sched_set_current(&writer);
	throttle_vm_writeout(gfp);
	snprintf(result, RESULT_SIZE, "ticks=%lu", jiffies - start);
}

static void call_congestion_wait(struct statement *s, char *result)
{
	unsigned long ticks = need_number(s, "ticks", 0, 1000);
	unsigned long start = jiffies, left;

	end_of_statement(s);
	left = congestion_wait(ticks);
	snprintf(result, RESULT_SIZE, "ticks=%lu left=%lu", jiffies - start, left);
}

static void call_wait_iff_congested(struct statement *s, char *result)
{
	const struct zone *zone = parse_zone(need_key(s, "zone"));
	unsigned long ticks = need_number(s, "ticks", 0, 1000);
	unsigned long start = jiffies, left;

	end_of_statement(s);
	left = wait_iff_congested(zone, ticks);
	snprintf(result, RESULT_SIZE, "ticks=%lu left=%lu", jiffies - start, left);
}

/* The disk's queue is full of writes, and will be for so many more ticks of waiting. */
static unsigned busy_ticks;

static void disk_ticked(void)
{
	if (busy_ticks && --busy_ticks == 0)
		clear_bdi_congested(&scenario_disk->flusher, true);
}

void make_disk_busy26(unsigned ticks)
{
	busy_ticks = ticks;
	sched_ticked = disk_ticked;
	if (ticks)
		set_bdi_congested(&scenario_disk->flusher, true);
	else
		clear_bdi_congested(&scenario_disk->flusher, true);
}

static void call_wakeup_flusher_threads(struct statement *s, char *result)
{
	unsigned long n = need_number(s, "n", 0, LONG_MAX);

	end_of_statement(s);
	wakeup_flusher_threads(n);
	strcpy(result, "none");
}

const struct function flush_functions26[] = {
	{ "global_dirty_limits", "global_dirty_limits [realtime=0|1]",
	  .call = call_global_dirty_limits },
	{ "balance_dirty_pages", "balance_dirty_pages [FILE]", .call = call_balance_dirty_pages },
	{ "balance_dirty_pages_ratelimited", "balance_dirty_pages_ratelimited [n=N] [FILE]",
	  .call = call_balance_dirty_pages_ratelimited },
	{ "bdi_dirty_limit", "bdi_dirty_limit limit=N [FILE]", .call = call_bdi_dirty_limit },
	{ "over_bground_thresh", "over_bground_thresh [FILE]", .call = call_over_bground_thresh },
	{ "write_cache_pages", "write_cache_pages [nr=N] [cyclic=0|1] FILE",
	  .call = call_write_cache_pages },
	{ "tag_pages_for_writeback", "tag_pages_for_writeback FILE",
	  .call = call_tag_pages_for_writeback },
	{ "filemap_fdatasync", "filemap_fdatasync FILE", .call = call_filemap_fdatasync },
	{ "filemap_fdatawait", "filemap_fdatawait FILE", .call = call_filemap_fdatawait },
	{ "throttle_vm_writeout", "throttle_vm_writeout gfp=G",
	  .call = call_throttle_vm_writeout },
	{ "congestion_wait", "congestion_wait ticks=N", .call = call_congestion_wait },
	{ "wait_iff_congested", "wait_iff_congested zone=Z ticks=N",
	  .call = call_wait_iff_congested },
	{ "wakeup_flusher_threads", "wakeup_flusher_threads n=N",
	  .call = call_wakeup_flusher_threads },
	{ .name = NULL },
};

/* The indices of the pages that have the tag. */
static void print_tagged(const struct address_space *mapping, const char *name,
			 enum page_cache_tag tag)
{
	struct page *page;
	pgoff_t next = 0;

	printf(" %s=", name);
	if (!radix_tree_tagged(&mapping->pages, tag))
		printf("-");
	while (radix_tree_gang_lookup_tag(&mapping->pages, next, (void **)&page, 1, tag)) {
		printf("%s%lu", next ? "," : "", page->index);
		next = page->index + 1;
	}
}

/* What a file's tree says of its pages. */
void show_tags26(struct statement *s)
{
	const struct address_space *mapping = need_file_mapping(s);

	end_of_statement(s);
	printf("tags");
	print_tagged(mapping, "dirty", PAGECACHE_TAG_DIRTY);
	print_tagged(mapping, "writeback", PAGECACHE_TAG_WRITEBACK);
	print_tagged(mapping, "towrite", PAGECACHE_TAG_TOWRITE);
	printf(" writeback_index=%lu\n", mapping->writeback_index);
}

static unsigned length(const struct list_head *head)
{
	unsigned n = 0;

	for (const struct list_head *link = head->next; link != head; link = link->next)
		n++;
	return n;
}

/* Each with something to tell, and what all pages together have been through. */
void show_flusher26(struct statement *s)
{
	struct block_device *dev = NULL;

	end_of_statement(s);
	while ((dev = next_block_device(dev))) {
		const struct flusher *flusher = &dev->flusher;
		unsigned dirty = length(&flusher->b_dirty), io = length(&flusher->b_io);
		unsigned more = length(&flusher->b_more_io);

		if (dirty || io || more || flusher->nr_works)
			printf("flusher %u:%u b_dirty=%u b_io=%u b_more_io=%u works=%u\n",
			       dev->major, dev->minor, dirty, io, more, flusher->nr_works);
	}
	printf("writeback nr_dirty=%lu nr_writeback=%lu nr_dirtied=%lu nr_written=%lu\n",
	       global_stat(STAT_nr_dirty), global_stat(STAT_nr_writeback),
	       global_stat(STAT_nr_dirtied), global_stat(STAT_nr_written));
}
