/*
 * Whole pages, word by word. Many words to a turn: QEMU translates a string instruction to
 * a loop with more to do for each word than the word itself.
 */
#ifndef X86_WHOLE_PAGE_H
#define X86_WHOLE_PAGE_H

#include "arch/machine.h"

/* INSTRUCTIONS for each of the pieces of SIZE bytes of a turn, at `offset' from its start. */
#define PIECES	64
#define FOR_EACH_PIECE(instructions)		\
	".set offset, 0\n\t"			\
	".rept %c[pieces]\n\t"			\
	instructions				\
	".set offset, offset + %c[size]\n\t"	\
	".endr\n\t"
#define PIECES_OF(bytes)	[pieces] "i"(PIECES), [size] "i"(bytes)

static inline void clear_by_word(void *page)
{
	for (void *end = page + PAGE_SIZE; page < end; page += PIECES * sizeof(long))
		__asm__ volatile(FOR_EACH_PIECE("mov %[zero], offset(%[page])\n\t")
				 : : [page] "r"(page), [zero] "r"(0ul), PIECES_OF(sizeof(long))
				 : "memory");
}

static inline void copy_by_word(void *to, const void *from)
{
	unsigned long word;

	for (void *end = to + PAGE_SIZE; to < end;
	     to += PIECES * sizeof(long), from += PIECES * sizeof(long))
		__asm__ volatile(FOR_EACH_PIECE("mov offset(%[from]), %[x]\n\t"
						"mov %[x], offset(%[to])\n\t")
				 : [x] "=&r"(word)
				 : [to] "r"(to), [from] "r"(from), PIECES_OF(sizeof(long))
				 : "memory");
}

#endif
