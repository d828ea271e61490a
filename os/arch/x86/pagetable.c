/*
 * Page tables of user address spaces, two or four levels, and the kernel's part (facts
 * 2.6, 10.1 and 10.2).
 *
 * The kernel's top-level entries are all made at boot (direct map, image, windows) and
 * never change, so every root has the same ones and no process owns any of them. Nothing
 * ever has to be told to all roots: there is no list of them.
 *
 * A user table is linked under page_table_lock and freed only with the whole tree:
 * a slot stays valid as long as its address space. mm->nr_ptes counts those of ptes.
 */
#include "arch/x86/cpu.h"
#include "arch/x86/machine_x86.h"
#include "kernel/lock.h"
#include "lib/errno.h"
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

static struct page *zeroed_table_alloc(void)
{
	struct page *page = table_alloc();

	if (page)
		clear_page(page_address(page));
	return page;
}

/* The part of a new root that is the kernel's. */
static void pgd_ctor(struct page_table *pgd)
{
	memcpy(&pgd->entries[KERNEL_FIRST], &kernel_root.entries[KERNEL_FIRST],
	       (ENTRIES - KERNEL_FIRST) * sizeof(long));
}

struct page_table *pgd_alloc(struct mm_struct *mm)
{
	struct page *page = table_alloc();
	struct page_table *pgd;

	if (!page)
		return NULL;
	pgd = page_address(page);
	memset(pgd, 0, KERNEL_FIRST * sizeof(long));
	pgd_ctor(pgd);
	return pgd;
}

void pgd_free(struct mm_struct *mm, struct page_table *pgd)
{
	machine_kernel_pages_free(virt_to_page(pgd), 0);
}

/* Tables of ptes are counted from their making to their end, linked or not. */
static struct page *pte_alloc_one(void)
{
	struct page *page = zeroed_table_alloc();

	if (page)
		page_stat_add(page, STAT_nr_page_table_pages, 1);
	return page;
}

static void pte_free(struct page *page)
{
	page_stat_add(page, STAT_nr_page_table_pages, -1);
	machine_kernel_pages_free(page, 0);
}

static void link_table(unsigned long *slot, struct page *page)
{
	__atomic_store_n(slot, ((unsigned long)page_to_pfn(page) << PAGE_SHIFT) | ENTRY_TABLE,
			 __ATOMIC_RELEASE);
}

/*
 * The making of tables, from the top down: first the page, for which one may sleep, and
 * then the link, under page_table_lock; whoever finds it made by another task gives the page
 * back, and that is no failure. 0 or -ENOMEM.
 */
static __noinline int __pte_alloc(struct mm_struct *mm, unsigned long *pmd)
{
	struct page *page = pte_alloc_one();

	if (!page)
		return -ENOMEM;
	spin_lock(&mm->page_table_lock);
	if (!*pmd) {
		link_table(pmd, page);
		mm->nr_ptes++;
		page = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (page)
		pte_free(page);
	return 0;
}

static unsigned long *entry_in(unsigned long entry, unsigned long address, unsigned level)
{
	return &table_of(entry)->entries[table_index(address, level)];
}

static bool table_missing(const unsigned long *slot)
{
	return !__atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

#if PT_LEVELS == 4
static int link_or_free(struct mm_struct *mm, unsigned long *slot, struct page *page)
{
	if (!page)
		return -ENOMEM;
	spin_lock(&mm->page_table_lock);
	if (!*slot) {
		link_table(slot, page);
		page = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	if (page)
		machine_kernel_pages_free(page, 0);
	return 0;
}

static __noinline int __pud_alloc(struct mm_struct *mm, unsigned long *pgd)
{
	return link_or_free(mm, pgd, zeroed_table_alloc());
}

static __noinline int __pmd_alloc(struct mm_struct *mm, unsigned long *pud)
{
	return link_or_free(mm, pud, zeroed_table_alloc());
}

static unsigned long *pud_alloc(struct mm_struct *mm, unsigned long *pgd, unsigned long address)
{
	if (table_missing(pgd) && __pud_alloc(mm, pgd) != 0)
		return NULL;
	return entry_in(*pgd, address, 2);
}

static unsigned long *pmd_alloc(struct mm_struct *mm, unsigned long *pud, unsigned long address)
{
	if (table_missing(pud) && __pmd_alloc(mm, pud) != 0)
		return NULL;
	return entry_in(*pud, address, 1);
}
#else
/* With two levels an entry of the root is what stands for all three upper ones. */
static unsigned long *pud_alloc(struct mm_struct *mm, unsigned long *pgd, unsigned long address)
{
	return pgd;
}

static unsigned long *pmd_alloc(struct mm_struct *mm, unsigned long *pud, unsigned long address)
{
	return pud;
}
#endif

pte_t *page_table_make(struct mm_struct *mm, unsigned long address)
{
	unsigned long *pgd = &mm->page_table->entries[table_index(address, PT_LEVELS - 1)];
	unsigned long *pud = pud_alloc(mm, pgd, address);
	unsigned long *pmd = pud ? pmd_alloc(mm, pud, address) : NULL;

	if (!pmd || (table_missing(pmd) && __pte_alloc(mm, pmd) != 0))
		return NULL;
	return (pte_t *)entry_in(*pmd, address, 0);
}

/* Frees what the first ENTRIES of a table of LEVEL point to. */
static void free_tables(struct mm_struct *mm, struct page_table *table, unsigned level,
			unsigned entries)
{
	for (unsigned i = 0; i < entries; i++) {
		unsigned long entry = table->entries[i];

		if (!entry)
			continue;
		if (level > 1) {
			free_tables(mm, table_of(entry), level - 1, ENTRIES);
			machine_kernel_pages_free(virt_to_page(table_of(entry)), 0);
		} else {
			mm->nr_ptes--;
			pte_free(virt_to_page(table_of(entry)));
		}
	}
}

void free_pgtables(struct mm_struct *mm)
{
	tlb_forget_table(mm->page_table);
	free_tables(mm, mm->page_table, PT_LEVELS - 1, KERNEL_FIRST);
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
	struct page *page = zeroed_table_alloc();

	if (!page)
		return false;
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
