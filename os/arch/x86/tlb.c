/*
 * Translations that CPUs hold: loading address spaces, and flushing what another CPU
 * may have cached.
 *
 * mm->cpus names the CPUs that have the address space loaded. Such a CPU may run a
 * kernel thread or its idle task: the last process's tables stay loaded until another
 * process needs the CPU (cr3 is costly to load) or the tables are freed.
 *
 * A CPU that is in the kernel uses no user translation: it need not be waited for, only
 * told (flush_later) to drop them all before it next does. user_access says which of
 * the two a CPU is; it is written before flush_later is read, and the other way round
 * by a sender, so that one of them always sees the other. So swap_out need not
 * interrupt an idle CPU, or one that waits for a lock, for each page that it takes.
 * The CPU that sends is such a CPU itself: who takes many pages from his own process drops
 * all its translations once, on the way back to it (tlb_flush_page_later).
 *
 * One flush is under way at a time, under flush_lock. Its sender waits until each CPU
 * asked has answered. A CPU with interrupts off cannot take the interrupt, but as it
 * must be waiting for a lock (nothing else takes long), it answers in cpu_relax; so
 * does the one that waits for flush_lock itself. Hence a flush may be sent with
 * interrupts off and with spinlocks held.
 */
#include "arch/x86/apic.h"
#include "arch/x86/cpu.h"
#include "arch/x86/machine_x86.h"
#include "arch/x86/trap.h"
#include "kernel/task.h"
#include "lib/atomic.h"
#include "mm/vm/vm.h"

enum flush_kind { FLUSH_PAGE, FLUSH_ALL, FLUSH_FORGET };

static bool flush_lock;			/* the rest belongs to whoever set it */
static enum flush_kind flush_kind;
static unsigned long flush_address;	/* FLUSH_PAGE */
static struct page_table *flush_table;	/* FLUSH_FORGET */
static unsigned long flush_waiting;	/* CPUs that have yet to answer; atomic */

/* Global entries, the kernel's, are kept. */
static void flush_local(void)
{
	write_cr3(read_cr3());
}

static void load_kernel_table(struct cpu *cpu)
{
	write_cr3(image_physical(&kernel_root));
	cpu->table = &kernel_root;
	cpu->mm = NULL;
}

static void do_flush(enum flush_kind kind, unsigned long address, struct page_table *table)
{
	struct cpu *cpu = this_cpu_data();

	switch (kind) {
	case FLUSH_PAGE:
		invlpg(address);
		break;
	case FLUSH_ALL:
		flush_local();
		break;
	case FLUSH_FORGET:
		if (cpu->table == table)
			load_kernel_table(cpu);
		break;
	}
}

void tlb_flush_now(void)
{
	__atomic_store_n(&this_cpu_data()->flush_later, 0, __ATOMIC_RELAXED);
	flush_local();
}

void tlb_serve_request(void)
{
	unsigned long flags = irq_save();
	struct cpu *cpu = this_cpu_data();

	if (__atomic_load_n(&cpu->flush_wanted, __ATOMIC_ACQUIRE)) {
		do_flush(flush_kind, flush_address, flush_table);
		__atomic_store_n(&cpu->flush_wanted, 0, __ATOMIC_RELAXED);
		clear_bit(cpu->number, &flush_waiting);
	}
	irq_restore(flags);
}

static void flush_others(unsigned long mask, enum flush_kind kind, unsigned long address,
			 struct page_table *table)
{
	while (__atomic_test_and_set(&flush_lock, __ATOMIC_ACQUIRE))
		cpu_relax();
	flush_kind = kind;
	flush_address = address;
	flush_table = table;
	__atomic_store_n(&flush_waiting, mask, __ATOMIC_RELEASE);
	for (unsigned i = 0; i < nr_cpus; i++) {
		if (mask & (1ul << i)) {
			__atomic_store_n(&cpus[i].flush_wanted, 1, __ATOMIC_RELEASE);
			apic_send(cpus[i].apic_id, VECTOR_TLB);
		}
	}
	while (__atomic_load_n(&flush_waiting, __ATOMIC_ACQUIRE))
		cpu_relax();
	__atomic_clear(&flush_lock, __ATOMIC_RELEASE);
}

/* Must CPU be interrupted? If not, it has been told. */
static bool uses_translations(struct cpu *cpu)
{
	if (__atomic_load_n(&cpu->user_access, __ATOMIC_SEQ_CST))
		return true;
	__atomic_exchange_n(&cpu->flush_later, 1, __ATOMIC_SEQ_CST);
	return __atomic_load_n(&cpu->user_access, __ATOMIC_SEQ_CST);
}

static void flush_elsewhere(unsigned long mask, enum flush_kind kind, unsigned long address)
{
	unsigned long flags = irq_save();
	unsigned long ask = 0;

	for (unsigned i = 0; mask >> i; i++)
		if (mask & (1ul << i) && uses_translations(&cpus[i]))
			ask |= 1ul << i;
	if (ask)
		flush_others(ask, kind, address, NULL);
	irq_restore(flags);
}

/* HERE_NOW: our own process goes on soon, and one page is cheaper than all. */
static void flush(struct mm_struct *mm, enum flush_kind kind, unsigned long address,
		  bool here_now)
{
	unsigned long mask = __atomic_load_n(&mm->cpus, __ATOMIC_SEQ_CST);
	unsigned long here = 1ul << this_cpu();

	if (mask & here && current->mm == mm && here_now)
		do_flush(kind, address, NULL);
	else if (mask & here)
		this_cpu_data()->flush_later = 1;
	if (mask & ~here)
		flush_elsewhere(mask & ~here, kind, address);
}

void tlb_flush_page(struct mm_struct *mm, unsigned long address)
{
	flush(mm, FLUSH_PAGE, address, true);
}

void tlb_flush_page_later(struct mm_struct *mm, unsigned long address)
{
	flush(mm, FLUSH_PAGE, address, false);
}

void tlb_flush_mm(struct mm_struct *mm)
{
	flush(mm, FLUSH_ALL, 0, true);
}

void tlb_flush_kernel(void)
{
	unsigned long flags = irq_save();
	unsigned long mask = 0;

	flush_local();
	for (unsigned i = 0; i < nr_cpus; i++)
		if (i != this_cpu() && cpus[i].online)
			mask |= 1ul << i;
	if (mask)
		flush_others(mask, FLUSH_ALL, 0, NULL);
	irq_restore(flags);
}

void tlb_forget_table(struct page_table *table)
{
	unsigned long flags = irq_save();
	unsigned long mask = 0;

	do_flush(FLUSH_FORGET, 0, table);
	/* Nobody can load the table any more: a CPU can only leave it. */
	for (unsigned i = 0; i < nr_cpus; i++)
		if (__atomic_load_n(&cpus[i].table, __ATOMIC_SEQ_CST) == table)
			mask |= 1ul << i;
	if (mask)
		flush_others(mask, FLUSH_FORGET, 0, table);
	irq_restore(flags);
}

/* Loads TO's address space, if it has one and it is not there yet. Interrupts are off. */
void tlb_switch(struct task *to)
{
	struct cpu *cpu = this_cpu_data();
	struct mm_struct *mm = to->mm, *old = cpu->mm;

	if (!mm || mm == old)
		return;
	/*
	 * Our bit is set before the load: whoever changes an entry and does not see the
	 * bit has changed it before we could read it. cpu->table still names the old
	 * tables, so that these are not freed before we have left them; the old address
	 * space itself may be gone as soon as we no longer do.
	 */
	if (old)
		clear_bit(cpu->number, &old->cpus);
	set_bit(cpu->number, &mm->cpus);
	__atomic_store_n(&cpu->flush_later, 0, __ATOMIC_RELAXED);
	write_cr3((unsigned long)mm->page_table - KERNEL_BASE);
	__atomic_store_n(&cpu->table, mm->page_table, __ATOMIC_SEQ_CST);
	cpu->mm = mm;
}
