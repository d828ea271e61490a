/*
 * HighMem: pages that have no address in the direct map get one while they are
 * kmap'ed.
 *
 * Each task owns four pages of the kmap window, at the same address on every CPU, as
 * all page tables share the kernel's part: the address stays good when the task
 * sleeps and wakes elsewhere. The task alone writes its entries, so no lock; but
 * a CPU where it ran before may still hold an old translation, which is dropped when
 * the task comes back to it.
 */
#include "arch/x86/cpu.h"
#include "arch/x86/machine_x86.h"
#include "kernel/task.h"
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/page.h"

#define PAGES_PER_TASK	4	/* a copy to user memory, and the fault inside it */
#define NR_SLOTS	(KMAP_TABLES * (PTE_SPAN / PAGE_SIZE) / PAGES_PER_TASK)

/* One bit for each slot in use; atomic. The first ones are the idle tasks'. */
static unsigned long slots[NR_SLOTS / BITS_PER_LONG] = { (1ul << NR_CPUS_MAX) - 1 };
static unsigned next_word;	/* where to look first; any value will do */

int kmap_slot_alloc(struct task *task)
{
	for (unsigned i = 0; i < ARRAY_SIZE(slots); i++) {
		unsigned word = (next_word + i) % ARRAY_SIZE(slots);

		while (~slots[word]) {
			unsigned bit = (unsigned)__builtin_ctzl(~slots[word]);

			if (test_and_set_bit(bit, &slots[word]))
				continue;
			next_word = word;
			task->context.kmap_slot = (u16)(word * BITS_PER_LONG + bit);
			task->context.kmap_depth = 0;
			/* Its last owner's translations may be anywhere. */
			task->context.kmap_cpu = NR_CPUS_MAX;
			return 0;
		}
	}
	return -EAGAIN;
}

void kmap_slot_free(struct task *task)
{
	unsigned slot = task->context.kmap_slot;

	assert(task->context.kmap_depth == 0);
	clear_bit(slot % BITS_PER_LONG, &slots[slot / BITS_PER_LONG]);
}

void kmap_slot_boot(struct task *idle, unsigned cpu)
{
	idle->context.kmap_slot = (u16)cpu;
	idle->context.kmap_cpu = (u8)cpu;
}

static unsigned long slot_address(const struct task *task, unsigned depth)
{
	return KMAP_BASE + (task->context.kmap_slot * PAGES_PER_TASK + depth) * PAGE_SIZE;
}

void kmap_switch(struct task *to)
{
	if (to->context.kmap_cpu == this_cpu())
		return;
	for (unsigned i = 0; i < PAGES_PER_TASK; i++)
		invlpg(slot_address(to, i));
	to->context.kmap_cpu = (u8)this_cpu();
}

void *kmap_high(struct page *page)
{
	struct task *task = current;
	unsigned long address;

	assert(task->context.kmap_depth < PAGES_PER_TASK);
	address = slot_address(task, task->context.kmap_depth++);
	kernel_map_page(address, (unsigned long)page_to_pfn(page) << PAGE_SHIFT | PTE_P |
			PTE_W | PTE_A | PTE_D);
	return (void *)address;
}

void kunmap_high(struct page *page)
{
	struct task *task = current;

	assert(task->context.kmap_depth > 0);
	kernel_map_page(slot_address(task, --task->context.kmap_depth), 0);
}
