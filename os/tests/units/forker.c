/*
 * Who starts flushers, and writes himself if there is no memory for a thread; and when a
 * flusher ends (facts 2.6, 9.1). The threads are not part of sim: here they are called, and
 * left by a jump when they have gone to sleep.
 */
#define wake_forker	__wrap_wake_forker	/* what sim has of its own does nothing */
#define flushers_start	unit_flushers_start
#include "mm/cache/flusher_thread.c"

#include <setjmp.h>

#include "arch/sim/sim.h"
#include "lib/string.h"
#include "mm/cache/filemap.h"
#include "mm/cache/writeback.h"
#include "tests/units/units.h"

static struct block_device *disk;
static struct address_space mapping;
static struct page *page;
static unsigned writes;
static unsigned long written_at;	/* jiffies of the latest write */
static jmp_buf out;

/* ---- what the threads need of the rest of the kernel ---- */

void block_start(void)
{
}

bool inode_records_dirty(const struct block_device *dev)
{
	return false;
}

void sync_supers(struct super_block *sb)
{
}

static bool no_threads;
static unsigned started;
static struct task thread;

struct task *__real_kthread_start(const char *name, void (*main)(void *), void *argument);
struct task *__wrap_kthread_start(const char *name, void (*main)(void *), void *argument);
struct task *__wrap_kthread_start(const char *name, void (*main)(void *), void *argument)
{
	if (!disk)	/* the machine boots */
		return __real_kthread_start(name, main, argument);
	check(strcmp(name, disk->flusher.name) == 0);
	check(main == flusher_thread && argument == &disk->flusher);
	if (no_threads)
		return NULL;
	started++;
	return &thread;
}

/* ---- a file of one page ---- */

static int writepage(struct page *written)
{
	check(written == page && current->flags & PF_MEMALLOC);
	writes++;
	written_at = jiffies;
	set_page_writeback(written);
	unlock_page(written);
	end_page_writeback(written);
	return 0;
}

static const struct address_space_operations ops = { .writepage = writepage };

static void make_file(void)
{
	disk = disk_create("disk", MAJOR_VIRTIO, 0, 64);
	mapping_init(&mapping, NULL, &ops);
	mapping.flusher = &disk->flusher;
	page = add_new_page(&mapping, 0, GFP_KERNEL);
	check(!IS_ERR(page));
	SetPageUptodate(page);
	unlock_page(page);
}

/* ---- the forker ---- */

static void leave(void)
{
	longjmp(out, 1);
}

/* One round of the forker's, until it sleeps. */
static void forker_round(void)
{
	sched_ticked = leave;
	if (!setjmp(out))
		bdi_forker_thread(NULL);
	sched_ticked = NULL;
	list_init(&forker_wait.waiters);
	current->flags = 0;
	current->state = TASK_RUNNABLE;
}

static void without_a_thread_it_writes_itself(void)
{
	no_threads = true;
	set_page_dirty(page);
	forker_woken = false;
	wakeup_flusher_threads(0);
	check(forker_woken && disk->flusher.woken && disk->flusher.nr_works == 1);
	forker_round();
	check(writes == 1 && !PageDirty(page) && disk->flusher.nr_works == 0);
	check(!disk->flusher.task && !disk->flusher.woken && !forker_woken);
	forker_round();
	check(writes == 1);
	no_threads = false;
}

static void with_one_it_leaves_that_to_the_thread(void)
{
	forker_round();
	check(started == 0 && !disk->flusher.task);	/* nothing is dirty */
	set_page_dirty(page);
	forker_round();
	check(started == 1 && disk->flusher.task == &thread && writes == 1 && PageDirty(page));
	forker_round();
	check(started == 1);
	/* From now on who wants something wakes the thread, and nobody else. */
	disk->flusher.woken = false;
	bdi_start_background_writeback(&disk->flusher);
	check(!forker_woken && disk->flusher.woken);
}

/* It writes what is old, and ends when it has had nothing to do for five minutes. */
static void a_flusher_comes_to_its_end(void)
{
	unsigned long start = mapping.dirtied_when;

	check(PageDirty(page));
	flusher_thread(&disk->flusher);
	check(writes == 2 && !PageDirty(page) && !disk->flusher.task);
	check(written_at - start >= 30 * HZ && written_at - start < 36 * HZ);
	check(jiffies - written_at >= LEAST_IDLE && jiffies - written_at <= LEAST_IDLE + 6 * HZ);
	current->flags = 0;
}

void unit_main(void)
{
	unit_boot_era("2.6", 64, 1024);
	make_file();
	without_a_thread_it_writes_itself();
	with_one_it_leaves_that_to_the_thread();
	a_flusher_comes_to_its_end();
}
