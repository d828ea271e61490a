/* All memory is in the direct map, so kmap is only a matter of arithmetic. */
#include "arch/machine.h"
#include "mm/page.h"

void *kmap(struct page *page)
{
	return page_address(page);
}

void kunmap(struct page *page)
{
	(void)page;
}
