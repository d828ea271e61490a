/*
 * The calendar and the system calls about time.
 *
 * Nothing is set here: the time of day is what the machine's clock said at boot plus
 * what has passed since.
 */
#include "kernel/time.h"

#include "arch/context.h"
#include "kernel/syscalls.h"
#include "kernel/uaccess.h"
#include "lib/div64.h"
#include "lib/errno.h"

#define NSEC_PER_SEC	1000000000u
#define NSEC_PER_TICK	(NSEC_PER_SEC / HZ)
#define MOST_SECONDS	(1l << 30)	/* beyond, ticks alone will do */

#define CLOCK_REALTIME	0
#define CLOCK_MONOTONIC	1

/* Linux's structures: each field is as wide as a register. */
struct user_timespec {
	long seconds;
	long nanoseconds;
};

struct user_timeval {
	long seconds;
	long microseconds;
};

struct user_tms {
	long utime, stime;		/* ticks of the process, in user mode and the kernel */
	long child_utime, child_stime;	/* of the children that it has waited for */
};

u64 realtime_ns(void)
{
	return (u64)machine_boot_seconds() * NSEC_PER_SEC + clock_ns();
}

u32 realtime_seconds(void)
{
	return machine_boot_seconds() + (u32)div64_u32(clock_ns(), NSEC_PER_SEC, NULL);
}

long sys_time(long *user)
{
	long now = (long)realtime_seconds();

	if (user && put_user(now, user))
		return -EFAULT;
	return now;
}

long sys_gettimeofday(struct user_timeval *user, void *zone)
{
	struct user_timeval now;
	u32 rest;

	now.seconds = (long)div64_u32(realtime_ns(), NSEC_PER_SEC, &rest);
	now.microseconds = rest / 1000;
	if (user && put_user(now, user))
		return -EFAULT;
	/* The time zone, two ints, has been obsolete for long: minutes west, no DST. */
	return zone ? clear_user(zone, 2 * sizeof(int)) : 0;
}

long sys_clock_gettime(int clock, struct user_timespec *user)
{
	struct user_timespec now;
	u64 ns;
	u32 rest;

	if (clock == CLOCK_REALTIME)
		ns = realtime_ns();
	else if (clock == CLOCK_MONOTONIC)
		ns = clock_ns();
	else
		return -EINVAL;
	now.seconds = (long)div64_u32(ns, NSEC_PER_SEC, &rest);
	now.nanoseconds = (long)rest;
	return put_user(now, user);
}

/* Whole ticks, rounded up, and one for the tick that has begun already. */
static unsigned long timespec_ticks(const struct user_timespec *span)
{
	unsigned long most = LONG_MAX / 2;
	unsigned long ticks = ((unsigned long)span->nanoseconds + NSEC_PER_TICK - 1) /
			      NSEC_PER_TICK;

	if ((unsigned long)span->seconds >= most / HZ)
		return most;
	ticks += (unsigned long)span->seconds * HZ;
	return ticks ? ticks + 1 : 0;
}

long sys_nanosleep(const struct user_timespec *user, struct user_timespec *user_left)
{
	struct wait_queue nobody;
	struct waiter waiter;
	struct user_timespec span;
	unsigned long ticks;
	u64 end;

	if (get_user(span, user))
		return -EFAULT;
	if (span.seconds < 0 || span.nanoseconds < 0 ||
	    span.nanoseconds >= (long)NSEC_PER_SEC)
		return -EINVAL;
	end = clock_ns() + (u64)min(span.seconds, MOST_SECONDS) * NSEC_PER_SEC +
	      (u64)span.nanoseconds;
	wait_queue_init(&nobody, "nanosleep");
	for (ticks = timespec_ticks(&span); ticks && !signal_pending(current);) {
		wait_prepare(&nobody, &waiter, true);
		if (signal_pending(current)) {
			wait_finish(&nobody, &waiter);
			break;
		}
		ticks = schedule_timeout(ticks);
		wait_finish(&nobody, &waiter);
		/* A tick that came late, on a busy host, makes the next one seem early. */
		if (!ticks && clock_ns() < end)
			ticks = 1;
	}
	if (!ticks)
		return 0;
	span.seconds = (long)(ticks / HZ);
	span.nanoseconds = (long)(ticks % HZ * NSEC_PER_TICK);
	if (user_left && put_user(span, user_left))
		return -EFAULT;
	return -EINTR;
}

long sys_times(struct user_tms *user)
{
	struct user_tms times = {
		.utime = (long)current->utime,
		.stime = (long)current->stime,
		.child_utime = (long)current->child_utime,
		.child_stime = (long)current->child_stime,
	};

	if (user && put_user(times, user))
		return -EFAULT;
	return (long)(jiffies & LONG_MAX);
}
