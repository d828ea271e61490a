/*
 * Page tables: a root of pointers to tables of 512 entries, all in the kernel's frames.
 *
 * Nothing caches a translation here, so the flushes are empty.
 */
#include "arch/machine.h"
#include "arch/sim/sim.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/gfp.h"
#include "mm/vm/vm.h"

#define ENTRIES	(PTE_SPAN / PAGE_SIZE)
#define TABLES	(TASK_SIZE / PTE_SPAN)
#define ROOT_ORDER	2	/* pages that hold the root */

struct page_table {
	pte_t *tables[TABLES];	/* NULL where nothing was ever mapped */
};

_Static_assert(sizeof(struct page_table) <= PAGE_SIZE << ROOT_ORDER, "root of page tables");

static void *zeroed_pages(unsigned order)
{
	struct page *page = machine_kernel_pages(GFP_KERNEL, order);

	if (!page)
		return NULL;
	for (unsigned i = 0; i < 1u << order; i++)
		clear_page(page_address(page + i));
	return page_address(page);
}

static void free_table_pages(void *address, unsigned order)
{
	machine_kernel_pages_free(virt_to_page(address), order);
}

struct page_table *pgd_alloc(struct mm_struct *mm)
{
	return zeroed_pages(ROOT_ORDER);
}

void free_pgtables(struct mm_struct *mm)
{
	struct page_table *table = mm->page_table;

	for (unsigned long i = 0; i < TABLES; i++) {
		if (!table->tables[i])
			continue;
		for (unsigned long j = 0; j < ENTRIES; j++)
			assert(pte_none(table->tables[i][j]));
		free_table_pages(table->tables[i], 0);
		mm->nr_ptes--;
	}
}

void pgd_free(struct mm_struct *mm, struct page_table *pgd)
{
	free_table_pages(pgd, ROOT_ORDER);
}

pte_t *page_table_find(struct page_table *table, unsigned long address)
{
	pte_t *entries = table->tables[address / PTE_SPAN];

	return entries ? entries + address % PTE_SPAN / PAGE_SIZE : NULL;
}

/* One task at a time runs here: nobody can have made the table meanwhile. */
static int __pte_alloc(struct mm_struct *mm, pte_t **pmd)
{
	*pmd = zeroed_pages(0);
	if (!*pmd)
		return -ENOMEM;
	mm->nr_ptes++;
	return 0;
}

pte_t *page_table_make(struct mm_struct *mm, unsigned long address)
{
	pte_t **pmd = &mm->page_table->tables[address / PTE_SPAN];

	if (!*pmd && __pte_alloc(mm, pmd) != 0)
		return NULL;
	return page_table_find(mm->page_table, address);
}

unsigned long page_table_skip(struct page_table *table, unsigned long address,
			      unsigned long end)
{
	while (address < end && !table->tables[address / PTE_SPAN])
		address = (address / PTE_SPAN + 1) * PTE_SPAN;
	return min(address, end);
}

void tlb_flush_page(struct mm_struct *mm, unsigned long address)
{
}

void tlb_flush_page_later(struct mm_struct *mm, unsigned long address)
{
}

void tlb_flush_mm(struct mm_struct *mm)
{
}
