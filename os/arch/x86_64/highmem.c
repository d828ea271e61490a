/* All memory is in the direct map: there are no HighMem pages. */
#include "arch/machine.h"
#include "lib/printk.h"
#include "mm/page.h"

void *kmap_high(struct page *page)
{
	panic("page %lu is in HighMem", page_to_pfn(page));
}

void kunmap_high(struct page *page)
{
	panic("page %lu is in HighMem", page_to_pfn(page));
}
