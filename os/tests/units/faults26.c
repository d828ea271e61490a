/*
 * The fault path of 2.6: what it counts, in which order it asks for memory, and what is left
 * when there is none (facts 2.6, section 10; E50 to E53, E27 to E29 by faults).
 */
#include "arch/sim/sim.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "mm/cache/buffer_internal.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/vm/vm_internal.h"
#include "tests/units/one_file.h"
#include "tests/units/units.h"

#define BASE	0x10000000ul
#define PAGES	16u
#define REACH	(65536 + 32 * sizeof(long))	/* of an instruction below the stack pointer */

static struct mm_struct *mm;

/* ---- functions of the core that are counted, or fail (test_units.py) ---- */

static long kernel_pages;		/* allocated and not freed */
static long kernel_pages_left = -1;	/* may still be had; -1: no end */
static unsigned bad_ptes;
static void (*while_locked)(struct page *page);	/* runs when somebody waits for a page lock */

struct page *__real_machine_kernel_pages(gfp_t gfp, unsigned order);
struct page *__wrap_machine_kernel_pages(gfp_t gfp, unsigned order);
void __real_machine_kernel_pages_free(struct page *page, unsigned order);
void __wrap_machine_kernel_pages_free(struct page *page, unsigned order);
void __real_print_bad_pte(const struct vm_area *area, unsigned long address, pte_t pte);
void __wrap_print_bad_pte(const struct vm_area *area, unsigned long address, pte_t pte);
void __real_lock_page(struct page *page);
void __wrap_lock_page(struct page *page);

struct page *__wrap_machine_kernel_pages(gfp_t gfp, unsigned order)
{
	if (kernel_pages_left == 0)
		return NULL;
	if (kernel_pages_left > 0)
		kernel_pages_left--;
	kernel_pages++;
	return __real_machine_kernel_pages(gfp, order);
}

void __wrap_machine_kernel_pages_free(struct page *page, unsigned order)
{
	kernel_pages--;
	__real_machine_kernel_pages_free(page, order);
}

void __wrap_print_bad_pte(const struct vm_area *area, unsigned long address, pte_t pte)
{
	check(address >= area->start && address < area->end && !pte_present(pte));
	bad_ptes++;
	__real_print_bad_pte(area, address, pte);
}

void __wrap_lock_page(struct page *page)
{
	if (PageLocked(page) && while_locked)
		while_locked(page);
	__real_lock_page(page);
}

/* ---- a process ---- */

static unsigned long address_of(unsigned at)
{
	return BASE + ((unsigned long)at << PAGE_SHIFT);
}

static pte_t pte_at(unsigned at)
{
	pte_t *slot = page_table_find(mm->page_table, address_of(at));

	return slot ? pte_read(slot) : (pte_t){ 0 };
}

static struct page *page_at(unsigned at)
{
	check(pte_present(pte_at(at)));
	return pfn_to_page(pte_pfn(pte_at(at)));
}

static int fault(unsigned at, bool write)
{
	return do_page_fault(mm, address_of(at), write, false, 0);
}

static void new_process(unsigned flags, struct file *file)
{
	mm = mm_create();
	mutex_lock(&mm->mmap_sem);
	check(map_area(mm, BASE, PAGES << PAGE_SHIFT, VM_READ | VM_WRITE | flags, file, 0,
		       true) == (long)BASE);
	mutex_unlock(&mm->mmap_sem);
}

/* Its page 0 has been written. */
static void process_with_a_page(void)
{
	new_process(0, NULL);
	check(fault(0, true) == 0);
}

/* Page AT goes to its slot, and is nowhere else then. */
static swp_entry_t swap_out_page(unsigned at)
{
	struct page *page = page_at(at);
	swp_entry_t entry;

	get_page(page);
	lock_page(page);
	pte_test_and_clear_young(page_table_find(mm->page_table, address_of(at)));
	check(add_to_swap(page) && try_to_unmap(page) == SWAP_SUCCESS);
	entry.val = page->index;
	check(clear_page_dirty_for_io(page) && swap_writepage(page) == 0);
	lock_page(page);
	check(!PageWriteback(page));
	delete_from_swap_cache_nolock(page);
	unlock_page(page);
	put_page(page);
	return entry;
}

struct counts {
	unsigned long faults, major_faults, minor, major;
};

static struct counts count_now(void)
{
	return (struct counts){ vm_counters[VM_pgfault], vm_counters[VM_pgmajfault],
				current->min_flt, current->maj_flt };
}

/* Have there been so many faults since WHEN: all, of them major; served so and so? */
static bool counted(struct counts when, unsigned long faults, unsigned long major_faults,
		    unsigned long minor, unsigned long major)
{
	struct counts now = count_now();

	return now.faults - when.faults == faults && now.minor - when.minor == minor &&
		now.major_faults - when.major_faults == major_faults &&
		now.major - when.major == major;
}

/* ---- the tests ---- */

/* E53. */
static void a_hole_is_read_and_then_written(void)
{
	long anon = (long)global_stat(STAT_nr_anon_pages);
	struct counts when = count_now();

	new_process(0, NULL);
	check(fault(0, false) == 0 && page_at(0) == zero_page && !pte_write(pte_at(0)));
	check(mm->anon_rss == 0 && mm->file_rss == 0 && counted(when, 1, 0, 1, 0));
	check((long)global_stat(STAT_nr_anon_pages) == anon);
	check(fault(0, true) == 0 && page_at(0) != zero_page && pte_write(pte_at(0)));
	check(mm->anon_rss == 1 && mm->file_rss == 0 && counted(when, 2, 0, 2, 0));
	check((long)global_stat(STAT_nr_anon_pages) == anon + 1);
	mm_put(mm);
}

/* E51. The fault is counted; it was not served, neither so nor so. */
static void no_memory_for_a_table(void)
{
	struct counts when = count_now();
	struct page *page;

	new_process(0, NULL);
	kernel_pages_left = 0;
	check(fault(0, false) == -ENOMEM && fault(0, true) == -ENOMEM);
	check(!page_table_find(mm->page_table, BASE) && mm->nr_ptes == 0);
	check(mm->anon_rss == 0 && counted(when, 2, 0, 0, 0));
	kernel_pages_left = -1;
	check(fault(0, true) == 0 && mm->nr_ptes == 1 && counted(when, 3, 0, 1, 0));
	page = page_at(0);
	check(page_count(page) >= 1 && PageAnon(page));
	mm_put(mm);
}

/* E50's like: whatever page fork lacks, no child is left, and the parent is as before. */
static void fork_without_memory_leaves_nothing(void)
{
	struct mm_struct *child = NULL;
	long pages, failed = -1;

	new_process(0, NULL);
	check(fault(0, true) == 0 && fault(3, true) == 0);
	mm_put(dup_mm(mm));		/* slabs that stay are made */
	pages = kernel_pages;
	while (!child) {
		kernel_pages_left = ++failed;
		child = dup_mm(mm);
		kernel_pages_left = -1;
		check(child || kernel_pages == pages);
		check(atomic_read(&page_at(0)->mapcount) == (child ? 2 : 1));
	}
	check(failed >= 2);		/* at least the root and a table of ptes */
	check(child->anon_rss == 2 && child->nr_ptes == 1);
	mm_put(child);
	check(kernel_pages == pages && mm->anon_rss == 2);
	mm_put(mm);
}

/* A pte of no kind: not a file's, and of a swap area that there is not. */
static void a_pte_that_nobody_wrote(void)
{
	struct counts when = count_now();
	pte_t *slot;

	process_with_a_page();
	slot = page_table_find(mm->page_table, address_of(1));
	bad_ptes = 0;
	pte_set(slot, pte_from_swap(swp_entry(MAX_SWAPFILES - 1, 5).val));
	check(fault(1, false) == -EIO && bad_ptes == 1);
	pte_set(slot, pte_from_swap(swp_entry(FILE_TYPE, 7).val));	/* E52 */
	check(fault(1, false) == -EIO && bad_ptes == 2);
	check(counted(when, 3, 0, 1, 0));
	pte_set(slot, pte_from_swap(0));
	mm_put(mm);
}

/* Another CPU, or an old translation: only the bits of the access are missing. */
static void a_present_page_gets_the_bits(void)
{
	pte_t *slot;

	process_with_a_page();
	slot = page_table_find(mm->page_table, BASE);
	pte_set(slot, pte_mkclean(pte_mkold(pte_read(slot))));
	check(fault(0, false) == 0 && pte_young(pte_at(0)) && !pte_dirty(pte_at(0)));
	check(fault(0, true) == 0 && pte_dirty(pte_at(0)) && mm->anon_rss == 1);
	mm_put(mm);
}

/* E27, E28: a read finds it on disk; the write has the same frame, and the slot is free. */
static void swapped_in_by_a_read(void)
{
	long slots = nr_swap_pages;
	struct counts when;
	swp_entry_t entry;
	struct page *page;

	process_with_a_page();
	*(int *)page_address(page_at(0)) = 42;
	entry = swap_out_page(0);
	check(mm->anon_rss == 0 && mm->swapents == 1);
	when = count_now();
	check(fault(0, false) == 0 && counted(when, 1, 1, 0, 1));
	page = page_at(0);
	check(*(int *)page_address(page) == 42 && !pte_write(pte_at(0)));
	check(PageSwapCache(page) && swap_count(entry) == 0 && swap_has_cache(entry));
	check(mm->anon_rss == 1 && mm->swapents == 0);
	check(fault(0, true) == 0 && page_at(0) == page && pte_write(pte_at(0)));
	check(!PageSwapCache(page) && nr_swap_pages == slots && counted(when, 2, 1, 1, 1));
	mm_put(mm);
}

/* E29, and step 18: a write to a page that others share gets its copy by the same fault. */
static void swapped_in_by_a_write_of_one_of_two(void)
{
	struct mm_struct *parent, *child;
	struct counts when;
	swp_entry_t entry;
	struct page *old;

	process_with_a_page();
	entry = swap_out_page(0);
	parent = mm;
	child = dup_mm(parent);
	check(child && swap_count(entry) == 2);
	check(fault(0, false) == 0);
	old = page_at(0);

	mm = child;
	when = count_now();
	check(fault(0, true) == 0 && pte_write(pte_at(0)) && page_at(0) != old);
	check(counted(when, 1, 0, 1, 0) && child->anon_rss == 1 && child->swapents == 0);
	check(swap_count(entry) == 0 && atomic_read(&old->mapcount) == 1);
	mm_put(child);
	mm = parent;
	mm_put(parent);
}

static void unlock_it(struct page *page)
{
	unlock_page(page);
}

static void unlock_and_unmap(struct page *page)
{
	unlock_page(page);
	zap_range(mm, BASE, BASE + PAGE_SIZE);
}

/* Who writes to an anonymous page waits for its lock, and then looks again. */
static void a_write_waits_for_the_page_lock(void)
{
	struct mm_struct *child;
	struct page *page;

	process_with_a_page();
	child = dup_mm(mm);
	mm_put(child);
	page = page_at(0);
	check(!pte_write(pte_at(0)));
	while_locked = unlock_it;
	lock_page(page);
	check(fault(0, true) == 0 && page_at(0) == page && pte_write(pte_at(0)));

	mm_put(dup_mm(mm));
	while_locked = unlock_and_unmap;
	lock_page(page);
	check(fault(0, true) == 0 && pte_none(pte_at(0)) && mm->anon_rss == 0);
	while_locked = NULL;
	mm_put(mm);
}

static void a_stack_grows_for_its_pointer(void)
{
	unsigned long below = BASE - 40 * PAGE_SIZE;

	new_process(VM_GROWSDOWN, NULL);
	check(do_page_fault(mm, below, true, false, below + REACH + 1) == -EFAULT);
	check(find_area(mm, below)->start == BASE);
	check(do_page_fault(mm, below, true, false, below + REACH) == 0);
	check(find_area(mm, below)->start == below && mm->total_vm == PAGES + 40);

	/* It comes down to another area: the page right above that one stays empty. */
	mutex_lock(&mm->mmap_sem);
	check(map_area(mm, below - 3 * PAGE_SIZE, PAGE_SIZE, VM_READ, NULL, 0, true) > 0);
	mutex_unlock(&mm->mmap_sem);
	check(do_page_fault(mm, below - PAGE_SIZE, true, false, 0) == 0);
	check(do_page_fault(mm, below - 2 * PAGE_SIZE, true, false, 0) == -EIO);
	check(do_page_fault(mm, below - 2 * PAGE_SIZE, false, false, 0) == -EIO);
	check(mm->anon_rss == 2);
	mm_put(mm);
}

/* 10.5 and 10.7: behind a shared write the page is dirty, not only the pte. */
static void a_shared_write_dirties_the_page(void)
{
	one_inode.size = PAGES << PAGE_SHIFT;
	new_process(VM_SHARED, &one_file);
	check(fault(0, false) == 0 && !pte_write(pte_at(0)) && mm->file_rss == 1);
	check(!PageDirty(page_at(0)) && global_stat(STAT_nr_dirty) == 0);
	check(fault(0, true) == 0 && pte_write(pte_at(0)));		/* do_wp_page */
	check(PageDirty(page_at(0)) && global_stat(STAT_nr_dirty) == 1);
	check(fault(1, true) == 0 && pte_write(pte_at(1)));		/* __do_fault */
	check(PageDirty(page_at(1)) && global_stat(STAT_nr_dirty) == 2);
	check(!PageLocked(page_at(0)) && !PageLocked(page_at(1)));

	/* Its blocks are there now. Before a write to the disk the pte loses the right. */
	lock_page(page_at(0));
	check(clear_page_dirty_for_io(page_at(0)) && !pte_write(pte_at(0)));
	unlock_page(page_at(0));
	check(global_stat(STAT_nr_dirty) == 1);
	check(fault(0, true) == 0 && PageDirty(page_at(0)) && global_stat(STAT_nr_dirty) == 2);
	mm_put(mm);
}

/* The file's page has its place; the writer's copy is his own. */
static void a_private_write_moves_the_count(void)
{
	new_process(0, &one_file);
	check(fault(2, false) == 0 && mm->file_rss == 1 && mm->anon_rss == 0);
	check(fault(2, true) == 0 && mm->file_rss == 0 && mm->anon_rss == 1);
	check(fault(3, true) == 0 && mm->file_rss == 0 && mm->anon_rss == 2);
	mm_put(mm);
}

/* Behind the file's end is nothing: a signal, and no disk was asked. */
static void behind_the_end_of_a_file(void)
{
	struct counts when = count_now();

	one_inode.size = PAGE_SIZE;
	new_process(VM_SHARED, &one_file);
	check(fault(1, false) == -EIO && fault(1, true) == -EIO && counted(when, 2, 0, 0, 0));
	mm_put(mm);
}

void unit_main(void)
{
	unit_boot_era("2.6", 64, 960);
	unit_swap(256, -1);
	one_file_init(disk_create("disk", MAJOR_VIRTIO, 7, ONE_FILE_PAGES), 1024);
	atomic_set(&one_file.count, 1);
	one_file.ops = &one_file_fops;
	one_file.flags = O_RDWR;

	a_hole_is_read_and_then_written();
	no_memory_for_a_table();
	fork_without_memory_leaves_nothing();
	a_pte_that_nobody_wrote();
	a_present_page_gets_the_bits();
	swapped_in_by_a_read();
	swapped_in_by_a_write_of_one_of_two();
	a_write_waits_for_the_page_lock();
	a_stack_grows_for_its_pointer();
	a_shared_write_dirties_the_page();
	a_private_write_moves_the_count();
	behind_the_end_of_a_file();
}
