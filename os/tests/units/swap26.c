/*
 * 2.6's swap where a scenario cannot look: segments and their slots, what swapoff leaves
 * behind, how many can hold a slot (facts 2.6, section 11; E54).
 */
#include "arch/sim/sim.h"
#include "fs/fs.h"
#include "lib/errno.h"
#include "mm/alloc/alloc.h"
#include "mm/cache/writeback.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/swap/shmem.h"
#include "mm/vm/vm_internal.h"
#include "tests/units/units.h"

#define BASE	0x10000000ul
#define SLOTS	64

static struct shmem segment;

static struct page *segment_page(enum shmem_use use)
{
	bool major;
	struct page *page = shmem_getpage(&segment, 3, use, &major);

	check(!IS_ERR(page));
	return page;
}

/* The segment's page, as reclaim has it: isolated, locked, no longer marked dirty. */
static struct page *page_for_reclaim(void)
{
	struct page *page = segment_page(SHMEM_WRITE);

	*(int *)page_address(page) = 42;
	lru_add_drain();
	check(isolate_lru_page(page) == 0);
	put_page(page);
	lock_page(page);
	ClearPageDirty(page);
	return page;
}

static void put_back(struct page *page)
{
	if (PageLocked(page))
		unlock_page(page);
	putback_lru_page(page);
	lru_add_drain();
}

/* E54: with a slot it leaves the file, and is written at once. */
static void goes_to_its_slot(void)
{
	unsigned long out = vm_counters[VM_pswpout];
	struct page *page = page_for_reclaim();
	swp_entry_t entry;

	check(global_stat(STAT_nr_shmem) == 1 && global_stat(STAT_nr_file_pages) == 1);
	disk_instant = false;
	SetPageReclaim(page);
	check(shmem_writepage(page) == 0);
	/* The end of the write will send it to the tail: nobody has written to it meanwhile. */
	check(PageReclaim(page));
	entry.val = page->index;
	check(PageSwapCache(page) && PageWriteback(page) && !PageLocked(page));
	check(swap_is_shmem(entry) && swap_has_cache(entry) && swap_count(entry) == 1);
	check(swap_areas[0].map[swp_offset(entry)] == (SWAP_HAS_CACHE | SWAP_MAP_SHMEM));
	check(segment.swapped == 1 && segment.mapping.nrpages == 0);
	check(global_stat(STAT_nr_shmem) == 0 && global_stat(STAT_nr_file_pages) == 1);
	check(vm_counters[VM_pswpout] == out + 1 && nr_swap_pages == SLOTS - 1);
	check(swap_duplicate(entry) == -EINVAL);
	put_back(page);

	/* Who reads it back waits for the write: the slot is anybody's afterwards. */
	check(segment_page(SHMEM_READ) == page && !PageWriteback(page));
	check(page->mapping == &segment.mapping && PageDirty(page));
	check(global_stat(STAT_nr_shmem) == 1 && segment.swapped == 0);
	check(nr_swap_pages == SLOTS && *(int *)page_address(page) == 42);
	put_page(page);
	disk_instant = true;
}

/* E54: without one it stays, locked and dirty, and is taken for in use. */
static void stays_without_a_slot(void)
{
	struct page *page = page_for_reclaim();

	while (get_swap_page().val)
		;
	check(shmem_writepage(page) != 0);
	check(PageLocked(page) && PageDirty(page) && page->mapping == &segment.mapping);
	check(global_stat(STAT_nr_shmem) == 1 && segment.swapped == 0);
	for (unsigned long slot = 1; slot <= SLOTS; slot++)
		swapcache_free(swp_entry(0, slot));
	check(nr_swap_pages == SLOTS);
	put_back(page);
}

/* Somebody else has it: it stays, and its slot is free again. */
static void stays_with_its_user(void)
{
	struct page *page = page_for_reclaim();

	get_page(page);
	check(shmem_writepage(page) != 0 && PageLocked(page) && PageDirty(page));
	check(nr_swap_pages == SLOTS && segment.swapped == 0);
	put_page(page);
	put_back(page);
}

/* The file ends while its page is being written: slot and page go, but not before that. */
static void ends_in_swap(void)
{
	struct page *page = page_for_reclaim();

	disk_instant = false;
	check(shmem_writepage(page) == 0 && PageWriteback(page));
	put_back(page);
	check(shmem_truncate(&segment, 0) == 0);
	disk_instant = true;
	check(swapper_space.nrpages == 0 && nr_swap_pages == SLOTS && segment.swapped == 0);
}

static void comes_back_from_an_area_that_goes(void)
{
	struct page *page = page_for_reclaim();

	check(shmem_writepage(page) == 0 && segment.swapped == 1);
	put_back(page);
	check(swap_area_remove(0) == 0);
	check(segment.swapped == 0 && segment.mapping.nrpages == 1);
	check(global_stat(STAT_nr_shmem) == 1 && total_swap_pages == 0);
	page = segment_page(SHMEM_READ);
	check(*(int *)page_address(page) == 42);
	put_page(page);
	unit_swap(SLOTS, -1);
}

static void with_a_segment(void (*test)(void))
{
	unsigned long before = page_cache_size;

	check(shmem_init(&segment, 16, NULL, NULL) == 0);
	test();
	shmem_destroy(&segment);
	check(page_cache_size == before && global_stat(STAT_nr_shmem) == 0);
	check(nr_swap_pages == SLOTS);
}

/* A process with one page, which is on its way to swap: its pte names the slot. */
static struct mm_struct *swapped_process(struct page **page)
{
	struct mm_struct *mm = mm_create();

	mutex_lock(&mm->mmap_sem);
	check(map_area(mm, BASE, PAGE_SIZE, VM_READ | VM_WRITE, NULL, 0, true) > 0);
	mutex_unlock(&mm->mmap_sem);
	check(do_page_fault(mm, BASE, true, false, 0) == 0);
	*page = pfn_to_page(pte_pfn(pte_read(page_table_find(mm->page_table, BASE))));
	*(int *)page_address(*page) = 42;
	lru_add_drain();
	check(isolate_lru_page(*page) == 0);
	ClearPageActive(*page);
	lock_page(*page);
	check(add_to_swap(*page) && try_to_unmap(*page) == SWAP_SUCCESS);
	check(mm->swapents == 1 && get_mm_rss(mm) == 0);
	return mm;
}

/* 11.4: the pte neither dirty nor young, the page dirty and active, the slot free. */
static void swapoff_brings_pages_back(void)
{
	struct page *page;
	struct mm_struct *mm = swapped_process(&page);
	pte_t pte;

	put_back(page);
	check(swap_area_remove(0) == 0 && total_swap_pages == 0);
	pte = pte_read(page_table_find(mm->page_table, BASE));
	check(pte_present(pte) && pte_pfn(pte) == page_to_pfn(page));
	check(!pte_dirty(pte) && !pte_young(pte) && !pte_write(pte));
	lru_add_drain();
	check(!PageSwapCache(page) && PageDirty(page) && PageActive(page));
	check(mm->anon_rss == 1 && mm->swapents == 0 && atomic_read(&page->mapcount) == 1);
	check(global_stat(STAT_nr_anon_pages) == 1 && *(int *)page_address(page) == 42);
	mm_put(mm);
	unit_swap(SLOTS, -1);
}

/* A write under way ends before its slot, and the disk, is given back. */
static void swapoff_waits_for_writes(void)
{
	struct page *page;
	struct mm_struct *mm = swapped_process(&page);

	disk_instant = false;
	ClearPageDirty(page);
	check(swap_writepage(page) == 0 && PageWriteback(page));
	put_back(page);
	check(swap_area_remove(0) == 0 && !PageWriteback(page) && PageDirty(page));
	disk_instant = true;
	mm_put(mm);
	unit_swap(SLOTS, -1);
}

/* No count ever looks like a segment's mark; what is too much sticks. */
static void counts_stay_below_the_mark(void)
{
	swp_entry_t entry = get_swap_page();

	for (unsigned i = 1; i < SWAP_MAP_SHMEM; i++)
		check(swap_duplicate(entry) == 0 && swap_count(entry) == i);
	check(swap_duplicate(entry) == 0 && !swap_is_shmem(entry));
	check(swap_count(entry) == SWAP_MAP_MAX);
	swap_free(entry);
	check(swap_count(entry) == SWAP_MAP_MAX);
	swapcache_free(entry);
	check(swap_area_remove(0) == 0);	/* nobody was found who has it */
	unit_swap(SLOTS, -1);
}

static void map(struct mm_struct *mm, unsigned long at, unsigned long n, unsigned flags,
		struct file *file)
{
	mutex_lock(&mm->mmap_sem);
	check(map_area(mm, at, n * PAGE_SIZE, flags, file, 0, true) > 0);
	mutex_unlock(&mm->mmap_sem);
}

/* 15.2: what may be written and is a process's own, or in segments, used or not. */
static void promises_are_added_up(void)
{
	unsigned long before = vm_committed_as();
	struct mm_struct *mm = mm_create(), *child;
	struct file *shared = shmem_file_setup(3 * PAGE_SIZE);
	struct inode inode = { .size = 0 };
	struct shmem_limits limits = { .pages = 0 };
	struct shmem file;
	bool major;

	spin_init(&limits.lock, "limits", RANK_SWAP_LIST);
	check(!IS_ERR(shared) && vm_committed_as() == before + 3);
	map(mm, BASE, 4, VM_READ | VM_WRITE, NULL);
	map(mm, BASE + 0x10000, 5, VM_READ, NULL);
	map(mm, BASE + 0x20000, 3, VM_READ | VM_WRITE | VM_SHARED, shared);
	check(vm_committed_as() == before + 3 + 4);
	child = dup_mm(mm);
	check(vm_committed_as() == before + 3 + 4 + 4);
	mm_put(child);
	mm_put(mm);
	check(vm_committed_as() == before + 3);
	file_put(shared);
	check(vm_committed_as() == before);

	check(shmem_init(&file, 16, &inode, &limits) == 0 && vm_committed_as() == before);
	put_page(shmem_getpage(&file, 3, SHMEM_WRITE, &major));
	check(vm_committed_as() == before + 1);
	shmem_destroy(&file);
	check(vm_commit_limit(1001) == 500 + SLOTS);
}

/* 1.1: two steps, not three. */
static void how_many_pages_are_read_at_once(void)
{
	unsigned long frames = num_physpages;
	static const struct {
		unsigned long frames;
		unsigned cluster;
	} cases[] = { { 4095, 2 }, { 4096, 3 }, { 8192, 3 }, { 1000000, 3 } };

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		num_physpages = cases[i].frames;
		page_cluster = 0;
		swap_setup();
		check(page_cluster == cases[i].cluster);
	}
	num_physpages = frames;
}

void unit_main(void)
{
	unit_boot_era("2.6", 64, 512);
	unit_swap(SLOTS, -1);
	with_a_segment(goes_to_its_slot);
	with_a_segment(stays_without_a_slot);
	with_a_segment(stays_with_its_user);
	with_a_segment(ends_in_swap);
	with_a_segment(comes_back_from_an_area_that_goes);
	swapoff_brings_pages_back();
	swapoff_waits_for_writes();
	counts_stay_below_the_mark();
	promises_are_added_up();
	how_many_pages_are_read_at_once();
}
