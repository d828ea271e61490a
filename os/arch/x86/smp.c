/*
 * The CPUs: the table of their data, and the start of application processors.
 *
 * They are started one after the other. Until smp_start is done the kernel's page
 * table also maps address 0, where a processor's first instructions with paging run;
 * then this goes, and all CPUs turn on global pages, which drops what they cached.
 */
#include "arch/boot.h"
#include "arch/context.h"
#include "arch/x86/apic.h"
#include "arch/x86/cpu.h"
#include "arch/x86/machine_x86.h"
#include "arch/x86/trampoline.h"
#include "kernel/entry.h"
#include "lib/printk.h"
#include "lib/string.h"

#define CR4_PGE		0x80u
#define INIT_WAIT_US	10000u
#define POLL_US		20u
#define MOST_POLLS	10000u	/* 0.2 s, then the CPU is given up */
#define RETRY_POLLS	50u	/* the second start-up message, if nothing stirs */

struct cpu cpus[NR_CPUS_MAX];

extern const char trampoline_begin[], trampoline_end[];

unsigned long ap_stack;		/* for the one that starts now; entry.S */
static struct cpu *starting;	/* whose it is */
static volatile bool may_go;	/* all have started */

void ap_main(void);

void cpu_add(u8 id)
{
	if (id == apic_id()) {
		cpus[0].apic_id = id;
		return;
	}
	if (nr_cpus == NR_CPUS_MAX) {
		printk("smp: CPU with APIC id %u not used\n", id);
		return;
	}
	cpus[nr_cpus].number = nr_cpus;
	cpus[nr_cpus].apic_id = id;
	nr_cpus++;
}

/* The application processors' first C code, on the stack of its idle task. */
void ap_main(void)
{
	struct cpu *cpu = starting;

	cpu_setup(cpu);
	cpu_set_kernel_stack(cpu, ap_stack);
	apic_enable();
	cpu->online = true;
	while (!may_go)
		cpu_relax();
	write_cr4(read_cr4() | CR4_PGE);
	timer_start();
	sched_start_cpu();
}

/* Starts the CPU with the next number; false if it does not come. */
static bool start_cpu(struct cpu *cpu)
{
	struct task *idle = &idle_tasks[cpu->number];

	idle->stack = kernel_stack_alloc();
	if (!idle->stack)
		return false;
	cpu->task = idle;
	cpu->table = &kernel_root;
	kmap_slot_boot(idle, (unsigned)cpu->number);
	starting = cpu;
	ap_stack = (unsigned long)idle->stack + KERNEL_STACK_SIZE;

	apic_send_startup(cpu->apic_id, TRAMPOLINE >> PAGE_SHIFT);
	for (unsigned polls = 0; !cpu->online && polls < MOST_POLLS; polls++) {
		if (polls == RETRY_POLLS)
			apic_send_startup(cpu->apic_id, TRAMPOLINE >> PAGE_SHIFT);
		delay_us(POLL_US);
	}
	return cpu->online;
}

void smp_start(void)
{
	memcpy((void *)(KERNEL_BASE + TRAMPOLINE), trampoline_begin,
	       (size_t)(trampoline_end - trampoline_begin));
	for (unsigned i = 1; i < nr_cpus; i++)
		apic_send_init(cpus[i].apic_id);
	if (nr_cpus > 1)
		delay_us(INIT_WAIT_US);
	for (unsigned i = 1; i < nr_cpus; i++) {
		if (!start_cpu(&cpus[i])) {
			printk("smp: CPU %u does not start\n", i);
			nr_cpus = i;
		}
	}
	kernel_root.entries[0] = 0;
	write_cr3(read_cr3());
	write_cr4(read_cr4() | CR4_PGE);
	may_go = true;
}

/* Only those that run our code: what firmware left behind cannot take an NMI. */
void machine_stop_others(void)
{
	for (unsigned i = 0; i < NR_CPUS_MAX; i++)
		if (cpus[i].online && i != this_cpu())
			apic_send_nmi(cpus[i].apic_id);
}
