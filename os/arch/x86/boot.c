/*
 * The first C code: what the loader says about the machine, brought into one form.
 * Two loaders: PVH start info (QEMU -kernel) and multiboot2 (GRUB).
 */
#include "arch/boot.h"
#include "arch/x86/boot_protocol.h"
#include "arch/x86/cpu.h"
#include "arch/x86/machine_x86.h"
#include "arch/x86/trampoline.h"
#include "kernel/entry.h"
#include "lib/printk.h"
#include "lib/string.h"

#define MEMORY_USABLE	1	/* in both protocols, as in the firmware's own map */

struct pvh_start {
	u32 magic, version, flags, nr_modules;
	u64 modules, cmdline, rsdp;
	u64 memory_map;		/* from version 1 on */
	u32 nr_memory, reserved;
};

struct pvh_memory {
	u64 start, size;
	u32 type, reserved;
};

struct multiboot_tag {
	u32 type, size;
};

struct multiboot_memory {
	u64 start, size;
	u32 type, reserved;
};

enum { TAG_END = 0, TAG_CMDLINE = 1, TAG_MEMORY = 6, TAG_RSDP_OLD = 14, TAG_RSDP_NEW = 15 };

struct boot_info boot_info;
unsigned nr_cpus = 1;

/* Multiboot hands over a copy of the root pointer, not its address. */
u8 boot_rsdp_copy[36] __aligned(4);

extern char image_start[], image_end[];
extern u8 boot_stack[KERNEL_STACK_SIZE];	/* pages.S */

void boot_main(u32 magic, unsigned long info);

static void add_range(u64 start, u64 end)
{
	unsigned at = boot_info.nr_ranges;

	/* What firmware and the processors' trampoline need stays theirs. */
	if (start < LOW_RESERVED)
		start = LOW_RESERVED;
	start = (start + PAGE_SIZE - 1) & ~(u64)(PAGE_SIZE - 1);
	end &= ~(u64)(PAGE_SIZE - 1);
	if (start >= end || at == BOOT_MAX_RANGES)
		return;
	while (at > 0 && boot_info.ranges[at - 1].start > start) {
		boot_info.ranges[at] = boot_info.ranges[at - 1];
		at--;
	}
	boot_info.ranges[at].start = start;
	boot_info.ranges[at].end = end;
	boot_info.nr_ranges++;
}

static void read_pvh(const struct pvh_start *start)
{
	const struct pvh_memory *map = (void *)(KERNEL_BASE + (unsigned long)start->memory_map);

	if (start->cmdline)
		copy_string(boot_info.cmdline,
			    (const char *)(KERNEL_BASE + (unsigned long)start->cmdline),
			    sizeof(boot_info.cmdline));
	boot_info.rsdp = start->rsdp;
	if (start->version < 1)
		panic("the loader gives no memory map");
	for (u32 i = 0; i < start->nr_memory; i++)
		if (map[i].type == MEMORY_USABLE)
			add_range(map[i].start, map[i].start + map[i].size);
}

static void read_memory_tag(const u8 *tag)
{
	u32 size = *(const u32 *)(tag + 4), entry_size = *(const u32 *)(tag + 8);

	for (u32 at = 16; at + entry_size <= size; at += entry_size) {
		const struct multiboot_memory *entry = (const void *)(tag + at);

		if (entry->type == MEMORY_USABLE)
			add_range(entry->start, entry->start + entry->size);
	}
}

static void read_multiboot(const u8 *info)
{
	u32 size = *(const u32 *)info;

	for (u32 at = 8; at + sizeof(struct multiboot_tag) <= size;) {
		const struct multiboot_tag *tag = (const void *)(info + at);
		const u8 *data = (const u8 *)(tag + 1);

		switch (tag->type) {
		case TAG_END:
			return;
		case TAG_CMDLINE:
			copy_string(boot_info.cmdline, (const char *)data,
				    sizeof(boot_info.cmdline));
			break;
		case TAG_MEMORY:
			read_memory_tag((const u8 *)tag);
			break;
		case TAG_RSDP_OLD:
		case TAG_RSDP_NEW:
			memcpy(boot_rsdp_copy, data,
			       min(tag->size - sizeof(*tag), sizeof(boot_rsdp_copy)));
			boot_info.rsdp = image_physical(boot_rsdp_copy);
			break;
		}
		at += (tag->size + 7) & ~7u;
	}
}

void boot_main(u32 magic, unsigned long info)
{
	void *start = (void *)(KERNEL_BASE + info);

	idle_tasks[0].stack = boot_stack;
	cpus[0].task = &idle_tasks[0];
	cpus[0].table = &kernel_root;
	cpus[0].online = true;
	idt_setup();
	cpu_setup(&cpus[0]);
	uart_early_init();

	if (magic == PVH_MAGIC)
		read_pvh(start);
	else if (magic == MULTIBOOT2_MAGIC)
		read_multiboot(start);
	else
		panic("started by an unknown loader (%#x)", magic);
	boot_info.kernel_start = image_physical(image_start);
	boot_info.kernel_end = image_physical(image_end);
	page_tables_init();
	/* To where it has a guard; all that lies on it so far has served. */
	context_move(boot_stack_map(boot_stack), kernel_main);
}
