/*
 * Page tables in host memory: a root of pointers to tables of 512 entries.
 *
 * Nothing caches a translation here, so the flushes are empty.
 */
#include <stdlib.h>

#include "arch/machine.h"
#include "lib/printk.h"
#include "mm/vm/vm.h"

#define ENTRIES	(PTE_SPAN / PAGE_SIZE)
#define TABLES	(TASK_SIZE / PTE_SPAN)

struct page_table {
	pte_t *tables[TABLES];	/* NULL where nothing was ever mapped */
};

struct page_table *page_table_create(void)
{
	return calloc(1, sizeof(struct page_table));
}

void page_table_destroy(struct page_table *table)
{
	for (unsigned long i = 0; i < TABLES; i++) {
		for (unsigned long j = 0; table->tables[i] && j < ENTRIES; j++)
			assert(pte_none(table->tables[i][j]));
		free(table->tables[i]);
	}
	free(table);
}

pte_t *page_table_find(struct page_table *table, unsigned long address)
{
	pte_t *entries = table->tables[address / PTE_SPAN];

	return entries ? entries + address % PTE_SPAN / PAGE_SIZE : NULL;
}

pte_t *page_table_make(struct mm_struct *mm, unsigned long address)
{
	pte_t **entries = &mm->page_table->tables[address / PTE_SPAN];

	if (!*entries)
		*entries = calloc(ENTRIES, sizeof(pte_t));
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

void tlb_flush_mm(struct mm_struct *mm)
{
}
