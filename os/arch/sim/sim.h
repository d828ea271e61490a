/*
 * The simulated machine, as its own files and the scenario runner see it.
 *
 * Everything happens in one host thread: one task runs, time stands still until a
 * statement moves it, and I/O stays in flight until somebody waits for it or says
 * `complete`. So each run of a scenario is the same.
 */
#ifndef ARCH_SIM_SIM_H
#define ARCH_SIM_SIM_H

#include "block/block.h"
#include "kernel/task.h"
#include "mm/page.h"

/* memory.c: FRAMES of zones plus some for the kernel; all mapped lazily. */
void memory_init(unsigned long zone_frames);
extern struct page *memory_map;		/* records of all frames, for zones_init */
extern unsigned long memory_frames;	/* zones' and the kernel's own */
extern unsigned long memory_zone_frames;	/* the first ones: those of the zones */
extern bool memory_contents;	/* false: nobody looks into the zones' frames, spare the time */

/* lock.c */
void lock_check_none(const char *where);	/* panics if a spinlock is held */

/* sched.c */
void sched_set_current(struct task *task);	/* NULL: back to the scenario's own task */
struct task *sched_find_thread(const char *name);	/* as kthread_start recorded it */

/*
 * Asked by schedule() when the task waits on kswapd_done. True: the wait is over.
 * It may also leave by longjmp. The scenario runner sets it.
 */
extern bool (*sched_kswapd_wait)(void);
/* Called by yield(), which lets nobody run. */
extern void (*sched_yielded)(void);
/* Called for each tick that somebody sleeps; may wake him. */
extern void (*sched_ticked)(void);

/*
 * Where daemons run by themselves (replay): takes over what sched.c does when there is
 * only one task. Tasks then have a state.
 */
struct scheduler {
	void (*start)(struct task *task, void (*main)(void *), void *argument);
	/* Others run until the task is runnable or TICKS are over; returns what is left. */
	unsigned long (*sleep)(unsigned long ticks);
	void (*yield)(void);
};
extern const struct scheduler *scheduler;	/* NULL: one task */

/* disk.c */
struct block_device *disk_create(const char *name, unsigned major, unsigned minor,
				 unsigned long pages);
extern bool disk_instant;		/* transfers end as they are submitted */
bool disk_complete_page(const struct page *page);	/* all of its I/O; false: none */
bool disk_complete_oldest(void);
bool disk_complete_awaited(void);	/* what the running task waits for; false: nothing */
void disk_complete_all(void);
unsigned long disk_in_flight(void);	/* transfers */

/* clock.c */
void clock_tick(unsigned long ticks);

/* console.c: what panic does after the message was formatted. */
extern void (*panic_hook)(const char *message) __noreturn;
extern bool console_on;			/* kernel messages go to standard error */
extern void (*console_hook)(const char *line);	/* hears of each; for tests; or NULL */

#endif
