/*
 * From power-on to kernel_main: what the boot code of a PC finds out and hands over.
 * Filled before kernel_main, constant afterwards.
 */
#ifndef ARCH_BOOT_H
#define ARCH_BOOT_H

#include "arch/machine.h"
#include "lib/types.h"

#define BOOT_MAX_RANGES	32
#define BOOT_MAX_NODES	4

struct boot_info {
	char cmdline[1024];	/* NUL-terminated, without the kernel's own name */
	unsigned nr_ranges;
	struct boot_range {	/* usable memory, by address: not frame 0 nor what the
				   machine itself needs low down; the image not cut out */
		u64 start, end;	/* bytes */
	} ranges[BOOT_MAX_RANGES];
	u64 kernel_start, kernel_end;	/* physical bytes of the image */
	u64 rsdp;		/* physical address of ACPI's root pointer, 0 unknown */

	/* Which memory and CPUs are near each other, if the firmware says so. */
	unsigned nr_nodes;	/* 0: it does not */
	unsigned nr_node_ranges;
	struct boot_node_range {	/* by address; usable or not */
		u64 start, end;	/* bytes */
		u8 node;
	} node_ranges[BOOT_MAX_RANGES];
	u8 cpu_node[NR_CPUS_MAX];
	u8 node_distance[BOOT_MAX_NODES][BOOT_MAX_NODES];	/* 0: unknown */
};

extern struct boot_info boot_info;

/*
 * Options of the command line, already parsed when kernel_main runs (kernel/options.c).
 * Sizes in bytes; 0 means "not given".
 */
struct boot_options {
	const char *vm;		/* "2.4" */
	u64 mem;		/* use no more than this */
	u64 dma, dma32, normal;	/* zone sizes */
	const char *init;	/* program and arguments for pid 1, "/bin/init" */
	const char *root;	/* block device of the root, "vda" */
	const char *swap;	/* block device to swap on at boot, "" none */
	bool trace;		/* record events, default on */
	unsigned trace_records;	/* for each CPU; 0: as suits the memory */
	unsigned page_cluster;	/* 0: from the size of memory */
};

extern struct boot_options boot_options;

/* Reads boot_info.cmdline; each unknown or malformed option is reported by name. */
void parse_options(void);

/*
 * The order of boot on a PC:
 *
 *  machine entry (arch)	stack, page tables, boot_info, then kernel_main
 *  kernel_main (kernel/main.c)
 *	machine_early_init()	console, traps, boot CPU's APIC, memory map
 *	parse_options()
 *	mm_boot()		zones, mem_map, buddy, slab, caches, events, vm
 *	machine_init()		ACPI, I/O APIC, timer, PCI, block devices
 *	sched_init(), smp_start()	other CPUs enter the scheduler
 *	fs, policy->start(), init
 */
void kernel_main(void) __noreturn;
void machine_early_init(void);
void machine_init(void);
void smp_start(void);

/* mm/boot.c: everything in os/mm that must exist before the first task. */
void mm_boot(void);

/* Memory for tables at boot, before the buddy: zeroed, never freed. */
void *boot_alloc(size_t bytes);

#endif
