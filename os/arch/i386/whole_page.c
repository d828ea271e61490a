/*
 * Whole pages cleared and copied: most of what a fault on new memory costs.
 *
 * They go through an SSE register if the CPU has any, else word by word. QEMU makes each
 * access to memory 8 bytes wide at most, twice a word. It stores 16 bytes as quickly by one
 * instruction as by two; but such a load goes through memory of QEMU's own, which is slow to
 * read right after it was written in halves: a copy goes by 8 bytes.
 *
 * Nobody's SSE registers are ever kept. A task has none: CR0.TS is set, so that its use of
 * one traps, but for the time of one clear or copy. The kernel is not preempted, and no
 * interrupt handler may clear or copy a page: TS would be set when it returns.
 */
#include "arch/x86/cpu.h"
#include "arch/x86/whole_page.h"

#define CR0_EM		0x4ul	/* there are no such registers */
#define CR0_TS		0x8ul	/* whoever uses one traps */
#define CR4_OSFXSR	0x200ul	/* turns SSE on */

#define CPUID_FXSR	(1u << 24)	/* in edx of leaf 1 */
#define CPUID_SSE	(1u << 25)

static bool has_sse;	/* all CPUs have, or none; constant after boot */

static bool cpu_has_sse(void)
{
	const u32 wanted = CPUID_FXSR | CPUID_SSE;
	u32 leaf = 1, features;

	__asm__ volatile("cpuid" : "+a"(leaf), "=d"(features) : : "ebx", "ecx");
	return (features & wanted) == wanted;
}

void sse_setup(void)
{
	if (!cpu_has_sse())
		return;
	write_cr4(read_cr4() | CR4_OSFXSR);
	write_cr0((read_cr0() & ~CR0_EM) | CR0_TS);
	has_sse = true;
}

static inline void sse_begin(void)
{
	__asm__ volatile("clts" : : : "memory");
}

static inline void sse_end(void)
{
	write_cr0(read_cr0() | CR0_TS);
}

void clear_page(void *page)
{
	void *end = page + PAGE_SIZE;

	if (unlikely(!has_sse)) {
		clear_by_word(page);
		return;
	}
	sse_begin();
	__asm__ volatile("xorps %xmm0, %xmm0");
	for (; page < end; page += PIECES * 16)
		__asm__ volatile(FOR_EACH_PIECE("movups %%xmm0, offset(%[page])\n\t")
				 : : [page] "r"(page), PIECES_OF(16) : "memory");
	sse_end();
}

void copy_page(void *to, const void *from)
{
	void *end = to + PAGE_SIZE;

	if (unlikely(!has_sse)) {
		copy_by_word(to, from);
		return;
	}
	sse_begin();
	for (; to < end; to += PIECES * 8, from += PIECES * 8)
		__asm__ volatile(FOR_EACH_PIECE("movlps offset(%[from]), %%xmm0\n\t"
						"movlps %%xmm0, offset(%[to])\n\t")
				 : : [to] "r"(to), [from] "r"(from), PIECES_OF(8) : "memory");
	sse_end();
}
