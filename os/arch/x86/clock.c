/*
 * Time: 100 ticks a second on each CPU, nanoseconds from the time-stamp counter.
 *
 * Both counters are measured at boot against channel 2 of the old timer chip (PIT),
 * whose frequency is known. A sample reads all three close together, and the best of a
 * few is kept: the host may take the CPU away at any moment.
 */
#include "arch/context.h"
#include "arch/x86/apic.h"
#include "arch/x86/io.h"
#include "arch/x86/machine_x86.h"
#include "lib/div64.h"
#include "lib/printk.h"

#define PIT_HZ		1193182u
#define PIT_DATA	0x42
#define PIT_COMMAND	0x43
#define PIT_GATE	0x61	/* bit 0: channel 2 counts; bit 1: the speaker hears it */
#define PIT_CHANNEL2	0x80
#define PIT_LOW_HIGH	0x30	/* mode 0, both bytes */
#define MEASURE_COUNTS	(PIT_HZ / 100)
#define SAMPLES		5
#define NS_SHIFT	22	/* ns = cycles * ns_scale >> NS_SHIFT */

#define NS_FIRST_SHIFT	17

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71

struct sample {
	u64 tsc;
	u32 apic;	/* counts down */
	u32 pit;	/* counts down, 16 bits */
};

/* Constant after clock_init. */
static u64 tsc_start;
static u32 ns_scale;
static u32 tsc_per_us;
static u32 apic_per_tick;
static u32 boot_seconds;

static u32 pit_read(void)
{
	u32 low;

	outb(PIT_COMMAND, PIT_CHANNEL2);
	low = inb(PIT_DATA);
	return low | (u32)inb(PIT_DATA) << 8;
}

static struct sample take_sample(void)
{
	struct sample best = { 0 };
	u64 best_time = ~0ull;

	for (unsigned i = 0; i < SAMPLES; i++) {
		struct sample now;
		u64 before = clock_cycles(), time;

		now.apic = apic_timer_count();
		now.pit = pit_read();
		now.tsc = clock_cycles();
		time = now.tsc - before;
		if (time < best_time) {
			best_time = time;
			now.tsc = before + time / 2;
			best = now;
		}
	}
	return best;
}

u64 clock_ns(void)
{
	u64 cycles = clock_cycles() - tsc_start;

	return (u64)(u32)cycles * ns_scale / (1u << NS_SHIFT) +
	       ((cycles >> 32) * ns_scale << (32 - NS_SHIFT));
}

void delay_us(unsigned microseconds)
{
	u64 end = clock_cycles() + (u64)tsc_per_us * microseconds;

	while (clock_cycles() < end)
		cpu_relax();
}

static unsigned cmos_read(unsigned index)
{
	unsigned bcd;

	outb(CMOS_INDEX, (u8)index);
	bcd = inb(CMOS_DATA);
	return (bcd >> 4) * 10 + (bcd & 15);
}

/* The clock of the mainboard, in BCD and 24 hours, as firmware leaves it. */
static u32 read_calendar(void)
{
	static const u16 days_before[12] = {
		0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334
	};
	unsigned second, minute, hour, day, month, year, days;

	do {
		second = cmos_read(0);
		minute = cmos_read(2);
		hour = cmos_read(4);
		day = cmos_read(7);
		month = cmos_read(8);
		year = cmos_read(9);
	} while (second != cmos_read(0));
	if (month < 1 || month > 12)
		return 0;
	days = (year + 30) * 365 + (year + 30 + 1) / 4 + days_before[month - 1] + day - 1;
	if (year % 4 == 0 && month > 2)
		days++;
	return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

u32 machine_boot_seconds(void)
{
	return boot_seconds;
}

void clock_init(void)
{
	struct sample first, last;
	u32 pit_counts, apic_counts;
	u64 cycles, ns;

	outb(PIT_GATE, (inb(PIT_GATE) & ~2u) | 1);
	outb(PIT_COMMAND, PIT_CHANNEL2 | PIT_LOW_HIGH);
	outb(PIT_DATA, 0xff);
	outb(PIT_DATA, 0xff);
	apic_timer_start_once(~0u);

	first = take_sample();
	do
		last = take_sample();
	while (((first.pit - last.pit) & 0xffff) < MEASURE_COUNTS);

	pit_counts = (first.pit - last.pit) & 0xffff;
	apic_counts = first.apic - last.apic;
	cycles = last.tsc - first.tsc;
	apic_per_tick = (u32)div64_u32((u64)apic_counts * (PIT_HZ / HZ), pit_counts, NULL);
	tsc_per_us = (u32)div64_u32(cycles * (PIT_HZ / 1000), pit_counts * 1000, NULL);
	/* Nanoseconds, then for each cycle; the order keeps both steps within 64 bits. */
	ns = div64_u32(((u64)pit_counts * 1000000000) << NS_FIRST_SHIFT, PIT_HZ, NULL);
	ns_scale = (u32)div64_u32(ns << (NS_SHIFT - NS_FIRST_SHIFT), (u32)cycles, NULL);
	tsc_start = first.tsc;
	boot_seconds = read_calendar();
}

void timer_start(void)
{
	apic_timer_start_ticks(apic_per_tick);
}
