/*
 * Translations that CPUs hold: loading address spaces, and flushing what another CPU
 * may have cached.
 *
 * mm->cpus names the CPUs that have the address space loaded. Such a CPU may run a
 * kernel thread or its idle task: the last process's tables stay loaded until another
 * process needs the CPU (cr3 is costly to load) or the tables are freed.
 *
 * One flush is under way at a time, under flush_lock. Its sender waits until each CPU
 * asked has answered. A CPU with interrupts off cannot take the interrupt, but as it
 * must be waiting for a lock (nothing else takes long), it answers in cpu_relax; so
 * does the one that waits for flush_lock itself. Hence a flush may be sent with
 * interrupts off and with spinlocks held.
 *
 * A CPU that spins in cpu_relax uses no user memory. So it is not waited for: it is only
 * told that its translations are stale, and drops them all before it goes on. Else kswapd,
 * which holds page_table_lock, would wait at each page for the very CPU that waits for the
 * lock, and on a host with fewer CPUs than the guest that takes milliseconds each time.
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

/*
 * A CPU without a process of its own gives the loaded tables up at the first flush, so
 * that swap_out need not interrupt it again for each page of a process that left it.
 */
static bool leave_unused_table(struct cpu *cpu)
{
	if (!cpu->mm || cpu->task->mm)
		return false;
	clear_bit(cpu->number, &cpu->mm->cpus);
	load_kernel_table(cpu);
	return true;
}

static void do_flush(enum flush_kind kind, unsigned long address, struct page_table *table)
{
	struct cpu *cpu = this_cpu_data();

	if (kind != FLUSH_FORGET && leave_unused_table(cpu))
		return;
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

/* cpu->waiting, changed atomically. */
enum { CPU_RUNS, CPU_WAITS, CPU_WAITS_STALE };

/* An interrupt handler may wait, too, while the code that it interrupted does. */
void cpu_relax(void)
{
	struct cpu *cpu = this_cpu_data();
	unsigned long state = CPU_RUNS;

	__atomic_compare_exchange_n(&cpu->waiting, &state, CPU_WAITS, false,
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	__asm__ volatile("pause" : : : "memory");
	if (__atomic_exchange_n(&cpu->waiting, CPU_RUNS, __ATOMIC_SEQ_CST) == CPU_WAITS_STALE)
		flush_local();
	if (unlikely(__atomic_load_n(&cpu->flush_wanted, __ATOMIC_RELAXED)))
		tlb_serve_request();
}

/* True if the CPU will drop its translations before it uses user memory again. */
static bool flush_later(struct cpu *cpu)
{
	unsigned long state = CPU_WAITS;

	return __atomic_compare_exchange_n(&cpu->waiting, &state, CPU_WAITS_STALE, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) ||
	       state == CPU_WAITS_STALE;
}

static unsigned long without_waiting(unsigned long mask)
{
	for (unsigned i = 0; i < nr_cpus; i++)
		if (mask & (1ul << i) && flush_later(&cpus[i]))
			mask &= ~(1ul << i);
	return mask;
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

static void flush(struct mm_struct *mm, enum flush_kind kind, unsigned long address)
{
	unsigned long flags = irq_save();
	unsigned long mask = __atomic_load_n(&mm->cpus, __ATOMIC_SEQ_CST);
	unsigned long self = 1ul << this_cpu();

	if (mask & self)
		do_flush(kind, address, NULL);
	mask = without_waiting(mask & ~self);
	if (mask)
		flush_others(mask, kind, address, NULL);
	irq_restore(flags);
}

void tlb_flush_page(struct mm_struct *mm, unsigned long address)
{
	flush(mm, FLUSH_PAGE, address);
}

void tlb_flush_mm(struct mm_struct *mm)
{
	flush(mm, FLUSH_ALL, 0);
}

void tlb_forget_table(struct page_table *table)
{
	unsigned long flags = irq_save();
	unsigned long mask = 0;

	do_flush(FLUSH_FORGET, 0, table);
	/* Nobody can load the table any more: a CPU can only leave it. */
	for (unsigned i = 0; i < nr_cpus; i++)
		if (i != this_cpu() && __atomic_load_n(&cpus[i].table, __ATOMIC_SEQ_CST) == table)
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
	write_cr3((unsigned long)mm->page_table - KERNEL_BASE);
	__atomic_store_n(&cpu->table, mm->page_table, __ATOMIC_SEQ_CST);
	cpu->mm = mm;
}
