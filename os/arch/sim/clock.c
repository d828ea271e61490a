/*
 * The clock: it stands still until a statement moves it.
 */
#include "arch/machine.h"
#include "arch/sim/sim.h"

volatile unsigned long jiffies;
unsigned nr_cpus = 1, sim_cpu;
u64 machine_lowmem_limit = ~0ull;

static u64 cycles;	/* rises by one with each look: a stamp that orders events */

void clock_tick(unsigned long ticks)
{
	jiffies += ticks;
}

u64 clock_ns(void)
{
	return (u64)jiffies * (1000000000u / HZ);
}

u64 clock_cycles(void)
{
	return ++cycles;
}
