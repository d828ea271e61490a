/*
 * Page tables of user address spaces, two or four levels, and the kernel's part.
 *
 * The kernel's top-level entries are all made at boot (direct map, image, windows) and
 * never change, so every root has the same ones and no process owns any of them.
 *
 * A user table is linked under page_table_lock and freed only with the whole tree:
 * a slot stays valid as long as its address space.
 */
#include "arch/x86/cpu.h"
#include "arch/x86/machine_x86.h"
#include "kernel/lock.h"
#include "lib/printk.h"
#include "lib/string.h"
#include "mm/alloc/alloc.h"
#include "mm/trace/events.h"
#include "mm/vm/vm.h"

#define ENTRIES		(1u << PT_INDEX_BITS)
#define ENTRY_TABLE	(PTE_P | PTE_W | PTE_U | PTE_A)
#define KERNEL_FIRST	(PT_LEVELS == 2 ? KERNEL_BASE >> 22 : ENTRIES / 2)

unsigned long pte_nx;

static inline unsigned shift_of(unsigned level)
{
	return PAGE_SHIFT + level * PT_INDEX_BITS;
}

/* A page for a table, not cleared, or NULL. */
static struct page *table_alloc(void)
{
	struct page *page = machine_kernel_pages(GFP_KERNEL, 0);

	if (page)
		page_move(page, STATE_PAGETABLE, BY_page_table_alloc);
	return page;
}

/* 2.6 calls it pgd_alloc; there are no tables to be made beforehand without PAE. */
struct page_table *page_table_create(void)
{
	struct page *page = table_alloc();
	struct page_table *root;

	if (!page)
		return NULL;
	root = page_address(page);
	memset(root, 0, KERNEL_FIRST * sizeof(long));
	memcpy(&root->entries[KERNEL_FIRST], &kernel_root.entries[KERNEL_FIRST],
	       (ENTRIES - KERNEL_FIRST) * sizeof(long));
	return root;
}

static void free_below(struct page_table *table, unsigned level, unsigned entries)
{
	for (unsigned i = 0; i < entries; i++) {
		unsigned long entry = table->entries[i];
		struct page *page;

		if (!entry)
			continue;
		page = virt_to_page(table_of(entry));
		if (level > 1)
			free_below(table_of(entry), level - 1, ENTRIES);
		else
			page_stat_add(page, STAT_nr_page_table_pages, -1);
		machine_kernel_pages_free(page, 0);
	}
}

void page_table_destroy(struct page_table *table)
{
	tlb_forget_table(table);
	free_below(table, PT_LEVELS - 1, KERNEL_FIRST);
	machine_kernel_pages_free(virt_to_page(table), 0);
}

/*
 * Links a new table at SLOT, an entry in a table of LEVEL, unless another task just did:
 * 2.6's __pte_alloc, on each level. Only tables of ptes are counted, as there.
 */
static bool make_table(struct mm_struct *mm, unsigned level, unsigned long *slot)
{
	struct page *page = table_alloc();

	if (!page)
		return false;
	clear_page(page_address(page));
	spin_lock(&mm->page_table_lock);
	if (!*slot) {
		__atomic_store_n(slot, ((unsigned long)page_to_pfn(page) << PAGE_SHIFT) |
				 ENTRY_TABLE, __ATOMIC_RELEASE);
		if (level == 1)
			page_stat_add(page, STAT_nr_page_table_pages, 1);
		page = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (page)
		machine_kernel_pages_free(page, 0);
	return true;
}

pte_t *page_table_make(struct mm_struct *mm, unsigned long address)
{
	struct page_table *table = mm->page_table;

	for (unsigned level = PT_LEVELS - 1; level > 0; level--) {
		unsigned long *slot = &table->entries[table_index(address, level)];

		if (!__atomic_load_n(slot, __ATOMIC_ACQUIRE) && !make_table(mm, level, slot))
			return NULL;
		table = table_of(*slot);
	}
	return (pte_t *)&table->entries[table_index(address, 0)];
}

unsigned long page_table_skip(struct page_table *root, unsigned long address,
			      unsigned long end)
{
	while (address < end) {
		struct page_table *table = root;
		unsigned level = PT_LEVELS - 1;
		unsigned long next;

		while (level > 0) {
			unsigned long entry = table->entries[table_index(address, level)];

			if (!entry)
				break;
			table = table_of(entry);
			level--;
		}
		if (level == 0)
			return address;
		next = ((address >> shift_of(level)) + 1) << shift_of(level);
		if (next < address)
			break;
		address = next;
	}
	return end;
}

/* The windows' leaf tables, and for four levels what leads to them. */
#define NR_WINDOW_TABLES	(MMIO_TABLES + KMAP_TABLES + 1)

static struct page_table window_tables[NR_WINDOW_TABLES] __aligned(4096);
#if PT_LEVELS == 4
static struct page_table window_middle[2] __aligned(4096);
#endif

static unsigned long window_entry(const struct page_table *table)
{
	return image_physical(table) | PTE_P | PTE_W | PTE_A;
}

/* Where the leaf table that covers ADDRESS, in a window, is linked. */
static unsigned long *window_slot(unsigned long address)
{
#if PT_LEVELS == 4
	return &window_middle[1].entries[table_index(address, 1)];
#else
	return &kernel_root.entries[table_index(address, 1)];
#endif
}

/* Gives a window its first tables, from those at NEXT on; returns those behind. */
static struct page_table *make_window(unsigned long base, unsigned tables,
				      struct page_table *next)
{
	for (unsigned i = 0; i < tables; i++)
		*window_slot(base + i * PTE_SPAN) = window_entry(next++);
	return next;
}

void page_tables_init(void)
{
	struct page_table *next = window_tables;

#if PT_LEVELS == 4
	kernel_root.entries[table_index(MMIO_BASE, 3)] = window_entry(&window_middle[0]);
	window_middle[0].entries[table_index(MMIO_BASE, 2)] = window_entry(&window_middle[1]);
#endif
	next = make_window(MMIO_BASE, MMIO_TABLES, next);
	next = make_window(STACK_BASE, 1, next);
#if KMAP_TABLES > 0
	make_window(KMAP_BASE, KMAP_TABLES, next);
#endif
}

bool window_extend(unsigned long address)
{
	struct page *page = table_alloc();

	if (!page)
		return false;
	clear_page(page_address(page));
	*window_slot(address) = ((unsigned long)page_to_pfn(page) << PAGE_SHIFT) | PTE_P | PTE_W |
				PTE_A;
	return true;
}

void kernel_map_page(unsigned long address, unsigned long entry)
{
	pte_t *slot = page_table_find(&kernel_root, address);

	pte_set(slot, pte_of(entry));
	invlpg(address);
}
