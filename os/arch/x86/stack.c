/*
 * Kernel stacks: each in a window of the kernel's address space, with a page below it that
 * nothing is ever mapped to. A stack that grows too far faults there; the CPU finds no room
 * to push what the fault is about, so it becomes a double fault, which has its own stack
 * (ARCH/cpu.c), and a panic that says so.
 *
 *	guard | stack 0 | guard | stack 1 | …		slots of SLOT_PAGES pages
 *
 * Tasks sleep in queues that lie on their stacks, so every CPU may use every stack. A CPU
 * may thus hold translations of a stack that is gone. Until all CPUs have dropped theirs
 * its slot is stale: still taken, though nobody's. Stale slots are made free a word of the
 * map at a time, and only when that word has no free one left: one flush for dozens of
 * forks. The lock is held across the flush, or others would find the word full of slots that
 * are about to be free, and a fork would fail for want of one.
 *
 * Owns the two maps, one bit for each slot, under stack_lock.
 */
#include "arch/context.h"
#include "arch/x86/cpu.h"
#include "arch/x86/machine_x86.h"
#include "kernel/lock.h"
#include "mm/alloc/alloc.h"

#define STACK_ORDER	1
#define STACK_PAGES	(1u << STACK_ORDER)
#define SLOT_PAGES	(1u + STACK_PAGES)
#define TABLE_PAGES	((unsigned)(PTE_SPAN / PAGE_SIZE))
#define MOST_WORDS	(STACK_TABLES * TABLE_PAGES / SLOT_PAGES / BITS_PER_LONG)

_Static_assert(STACK_PAGES == KERNEL_STACK_PAGES, "STACK_ORDER");

static struct spinlock stack_lock = SPINLOCK_INIT("kernel_stacks", RANK_KERNEL_STACKS);
static unsigned long taken[MOST_WORDS] = { 1 };	/* slots in use or stale; 0: the boot CPU's */
static unsigned long stale[MOST_WORDS];		/* of these, what no task has any more */
static unsigned nr_words = TABLE_PAGES / SLOT_PAGES / BITS_PER_LONG;	/* with tables; (!) */
static unsigned this_word;			/* where to look first; any will do */

static unsigned long slot_stack(unsigned slot)
{
	return STACK_BASE + (slot * SLOT_PAGES + 1) * PAGE_SIZE;
}

static unsigned stack_slot(const void *stack)
{
	return (unsigned)(((unsigned long)stack - STACK_BASE) / PAGE_SIZE / SLOT_PAGES);
}

static pte_t *stack_entry(unsigned long address)
{
	return page_table_find(&kernel_root, address);
}

static void map_stack(unsigned slot, unsigned long physical)
{
	for (unsigned long i = 0; i < KERNEL_STACK_SIZE; i += PAGE_SIZE)
		pte_set(stack_entry(slot_stack(slot) + i),
			pte_of((physical + i) | PTE_P | PTE_W | PTE_A | PTE_D));
}

/* Makes free what is stale in a word of the map. */
static void reuse_stale(unsigned word)
{
	if (!stale[word])
		return;
	tlb_flush_kernel();
	taken[word] &= ~stale[word];
	stale[word] = 0;
}

/* A slot that is the caller's, or -1. */
static int take_slot(void)
{
	int slot = -1;

	spin_lock(&stack_lock);
	for (unsigned i = 0; i < nr_words && slot < 0; i++) {
		unsigned word = (this_word + i) % nr_words;

		if (!~taken[word])
			reuse_stale(word);
		if (~taken[word]) {
			unsigned bit = (unsigned)__builtin_ctzl(~taken[word]);

			taken[word] |= 1ul << bit;
			this_word = word;
			slot = (int)(word * BITS_PER_LONG + bit);
		}
	}
	spin_unlock(&stack_lock);
	return slot;
}

static void give_slot(unsigned slot)
{
	spin_lock(&stack_lock);
	stale[slot / BITS_PER_LONG] |= 1ul << slot % BITS_PER_LONG;
	spin_unlock(&stack_lock);
}

void *kernel_stack_alloc(void)
{
	struct page *pages = alloc_pages(GFP_KERNEL, STACK_ORDER);
	int slot;

	if (!pages)
		return NULL;
	slot = take_slot();
	if (slot < 0) {
		free_pages(pages, STACK_ORDER);
		return NULL;
	}
	map_stack((unsigned)slot, (unsigned long)page_to_pfn(pages) << PAGE_SHIFT);
	page_stat_add(pages, STAT_nr_kernel_stack, 1);
	return (void *)slot_stack((unsigned)slot);
}

void kernel_stack_free(void *stack)
{
	unsigned slot = stack_slot(stack);
	struct page *pages = pfn_to_page(pte_pfn(*stack_entry((unsigned long)stack)));

	for (unsigned long i = 0; i < KERNEL_STACK_SIZE; i += PAGE_SIZE)
		kernel_map_page((unsigned long)stack + i, 0);
	page_stat_add(pages, STAT_nr_kernel_stack, -1);
	free_pages(pages, STACK_ORDER);
	give_slot(slot);
}

void kernel_stacks_init(unsigned most)
{
	unsigned words = (most + NR_CPUS_MAX + BITS_PER_LONG - 1) / BITS_PER_LONG;
	unsigned tables = 1;

	words = min(words, (unsigned)MOST_WORDS);
	while (tables * TABLE_PAGES < words * BITS_PER_LONG * SLOT_PAGES &&
	       window_extend(STACK_BASE + tables * PTE_SPAN))
		tables++;
	nr_words = min(words, (unsigned)(tables * TABLE_PAGES / SLOT_PAGES / BITS_PER_LONG));
}

void *boot_stack_map(void *stack)
{
	map_stack(0, image_physical(stack));
	return (void *)slot_stack(0);
}
