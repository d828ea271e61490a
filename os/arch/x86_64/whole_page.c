/*
 * Whole pages cleared and copied, by words of 8 bytes: QEMU makes each access to memory no
 * wider than that, so that SSE registers would only add to it.
 */
#include "arch/x86/whole_page.h"

void clear_page(void *page)
{
	clear_by_word(page);
}

void copy_page(void *to, const void *from)
{
	copy_by_word(to, from);
}
