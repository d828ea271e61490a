/*
 * The local APIC, by its memory-mapped registers. Each CPU sees its own at the same
 * address. Commands take two writes: interrupts are off meanwhile.
 */
#include "arch/x86/apic.h"
#include "arch/x86/io.h"
#include "arch/x86/trap.h"
#include "lib/printk.h"

enum {
	REG_ID = 0x20, REG_TASK_PRIORITY = 0x80, REG_EOI = 0xb0, REG_SPURIOUS = 0xf0,
	REG_COMMAND_LOW = 0x300, REG_COMMAND_HIGH = 0x310, REG_TIMER = 0x320,
	REG_LINT0 = 0x350, REG_LINT1 = 0x360, REG_ERROR = 0x370,
	REG_TIMER_INITIAL = 0x380, REG_TIMER_CURRENT = 0x390, REG_TIMER_DIVIDE = 0x3e0,
};

#define ENABLE			0x100u		/* in REG_SPURIOUS */
#define MASKED			0x10000u
#define TIMER_PERIODIC		0x20000u
#define DIVIDE_BY_16		3u
#define COMMAND_BUSY		0x1000u
#define COMMAND_NMI		0x400u
#define COMMAND_INIT		0x500u
#define COMMAND_STARTUP		0x600u
#define COMMAND_ASSERT		0x4000u

static volatile u8 *registers;	/* constant after apic_map */

static u32 apic_read(unsigned reg)
{
	return mmio_read32(registers + reg);
}

static void apic_write(unsigned reg, u32 value)
{
	mmio_write32(registers + reg, value);
}

void apic_map(u64 physical)
{
	registers = mmio_map(physical, PAGE_SIZE);
	assert(registers);
}

void apic_enable(void)
{
	apic_write(REG_TASK_PRIORITY, 0);
	apic_write(REG_LINT0, MASKED);
	apic_write(REG_LINT1, MASKED);
	apic_write(REG_ERROR, MASKED);
	apic_write(REG_TIMER, MASKED);
	apic_write(REG_TIMER_DIVIDE, DIVIDE_BY_16);
	apic_write(REG_SPURIOUS, ENABLE | VECTOR_SPURIOUS);
	apic_write(REG_EOI, 0);
}

u8 apic_id(void)
{
	return (u8)(apic_read(REG_ID) >> 24);
}

void apic_end_of_interrupt(void)
{
	apic_write(REG_EOI, 0);
}

static void command(u8 to, u32 what)
{
	unsigned long flags = irq_save();

	while (apic_read(REG_COMMAND_LOW) & COMMAND_BUSY)
		;
	apic_write(REG_COMMAND_HIGH, (u32)to << 24);
	apic_write(REG_COMMAND_LOW, what);
	irq_restore(flags);
}

void apic_send(u8 to, unsigned vector)
{
	command(to, COMMAND_ASSERT | vector);
}

void apic_send_init(u8 to)
{
	command(to, COMMAND_ASSERT | COMMAND_INIT);
}

void apic_send_startup(u8 to, unsigned page)
{
	command(to, COMMAND_ASSERT | COMMAND_STARTUP | page);
}

void apic_send_nmi(u8 to)
{
	command(to, COMMAND_ASSERT | COMMAND_NMI);
}

void apic_timer_start_once(u32 count)
{
	apic_write(REG_TIMER, MASKED | VECTOR_TIMER);
	apic_write(REG_TIMER_INITIAL, count);
}

u32 apic_timer_count(void)
{
	return apic_read(REG_TIMER_CURRENT);
}

void apic_timer_start_ticks(u32 counts_per_tick)
{
	apic_write(REG_TIMER, TIMER_PERIODIC | VECTOR_TIMER);
	apic_write(REG_TIMER_INITIAL, counts_per_tick);
}
