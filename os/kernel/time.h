/* The calendar: what the clock of the machine said at boot, and what has passed since. */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include "lib/types.h"

/* Nanoseconds and whole seconds since 1970. */
u64 realtime_ns(void);
u32 realtime_seconds(void);

/* Load averages over 1, 5 and 15 minutes, with 11 fraction bits. */
extern unsigned long load_averages[3];

#endif
