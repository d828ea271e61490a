/* Physical memory as the kernel sees it, and whole pages cleared and copied. */
#include "arch/machine.h"
#include "arch/x86/cpu.h"
#include "mm/alloc/alloc.h"
#include "mm/page.h"

u64 machine_lowmem_limit = DIRECT_MAP_MAX;

/*
 * Whole pages go word by word, many to a turn: QEMU translates a string instruction to a
 * loop with more to do for each word than the word itself.
 */
#define TURN	64
#define FOR_WORDS_OF_TURN(instructions)		\
	".set offset, 0\n\t"			\
	".rept %c[turn]\n\t"			\
	instructions				\
	".set offset, offset + %c[word]\n\t"	\
	".endr\n\t"

void clear_page(void *page)
{
	for (void *end = page + PAGE_SIZE; page < end; page += TURN * sizeof(long))
		__asm__ volatile(FOR_WORDS_OF_TURN("mov %[zero], offset(%[page])\n\t")
				 : : [page] "r"(page), [zero] "r"(0ul), [turn] "i"(TURN),
				     [word] "i"(sizeof(long)) : "memory");
}

void copy_page(void *to, const void *from)
{
	unsigned long word;

	for (void *end = to + PAGE_SIZE; to < end;
	     to += TURN * sizeof(long), from += TURN * sizeof(long))
		__asm__ volatile(FOR_WORDS_OF_TURN("mov offset(%[from]), %[x]\n\t"
						   "mov %[x], offset(%[to])\n\t")
				 : [x] "=&r"(word)
				 : [to] "r"(to), [from] "r"(from), [turn] "i"(TURN),
				   [word] "i"(sizeof(long)) : "memory");
}

struct page *machine_kernel_pages(gfp_t gfp, unsigned order)
{
	return alloc_pages(gfp, order);
}

void machine_kernel_pages_free(struct page *page, unsigned order)
{
	free_pages(page, order);
}
