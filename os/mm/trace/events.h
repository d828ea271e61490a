/*
 * Page events: a record for each move of a page, in a ring for each CPU.
 *
 * page_move is the only way a page's state changes. Records are 32 bytes, little
 * endian, the same on every machine; a debugger, the grader and the viewer read the
 * rings in guest memory. A ring overwrites its oldest records; `seq` never repeats,
 * so a reader sees what it lost. One that may lose nothing sets a limit, at which the
 * CPU waits for it.
 */
#ifndef MM_TRACE_EVENTS_H
#define MM_TRACE_EVENTS_H

#include "arch/machine.h"
#include "mm/page.h"

/* What happened. The numbers are part of the trace format: add at the end only. */
enum mm_event {
	EV_NONE,
	EV_MOVE,		/* page changed state, from -> to */
	EV_ROTATE,		/* back to the head of its own list */
	EV_AGE_UP,
	EV_AGE_DOWN,
	EV_REFERENCED,		/* touch_buffer set the bit */
	EV_DIRTY,
	EV_CLEAN,		/* dirty bit taken for a write */
	EV_WRITE_START,		/* page I/O begins */
	EV_IO_END,
	EV_MAP,			/* a pte now maps the page */
	EV_UNMAP,
	EV_CACHE_ADD,		/* entered the page or swap cache */
	EV_CACHE_DEL,
	EV_FAULT,		/* user fault served; pfn is the page's */
	EV_KSWAPD_WAKE,		/* no page: pfn is EVENT_NO_PAGE */
	EV_KSWAPD_SLEEP,
	EV_SCAN_BEGIN,		/* count holds the budget, low 16 bits */
	EV_SCAN_END,		/* count holds the result */
	EV_OOM_KILL,		/* aux high half is the pid */
	NR_MM_EVENTS
};

#define EVENT_NO_PAGE	0xffffffffu

/*
 * The function that did it. The list is the string table: mm_reason_names[] holds
 * the names for debuggers.
 */
#define MM_REASONS(X)								\
	X(none) X(boot) X(rmqueue) X(__free_pages_ok) X(kmem_getpages)		\
	X(page_table_alloc) X(lru_cache_add) X(lru_cache_del) X(age_page_up)	\
	X(age_page_down) X(activate_page) X(deactivate_page)			\
	X(refill_inactive_scan) X(page_launder) X(reclaim_page)			\
	X(try_to_swap_out) X(swap_out) X(add_to_page_cache)			\
	X(remove_from_page_cache) X(add_to_swap_cache)				\
	X(delete_from_swap_cache) X(set_page_dirty) X(touch_buffer)		\
	X(brw_page) X(writepage) X(end_buffer_io_async) X(do_anonymous_page)	\
	X(do_no_page) X(__do_fault) X(do_swap_page) X(do_wp_page) X(zap_range)	\
	X(dup_mm) X(kswapd) X(kreclaimd) X(wakeup_kswapd) X(oom_kill)		\
	X(shmem_writepage) X(shmem_nopage) X(grow_buffers) X(try_to_free_buffers)			\
	X(try_to_unuse) X(scenario) X(do_try_to_free_pages) X(refill_inactive)	\
	X(rmqueue_bulk) X(buffered_rmqueue) X(free_hot_cold_page)		\
	X(free_pcppages_bulk) X(lru_add_drain) X(mark_page_accessed)		\
	X(rotate_reclaimable_page) X(isolate_lru_page) X(putback_lru_page)	\
	X(shrink_active_list) X(shrink_inactive_list) X(shrink_page_list)	\
	X(page_cache_release) X(mlock_vma_page) X(munlock_vma_page)		\
	X(try_to_unmap) X(pageout) X(set_page_writeback) X(end_page_writeback)	\
	X(add_to_swap) X(try_to_free_swap) X(balance_pgdat) X(zone_reclaim)	\
	X(try_to_free_pages) X(isolate_lru_pages)

enum mm_reason {
#define X(name)	BY_##name,
	MM_REASONS(X)
#undef X
	NR_MM_REASONS
};

extern const char *const mm_event_names[NR_MM_EVENTS];
extern const char *const mm_reason_names[NR_MM_REASONS];
extern const char *const page_state_names[NR_PAGE_STATES];

struct event_record {
	u64 ts;			/* clock_cycles() */
	u32 seq;		/* of this ring, from 0 */
	u32 pfn;		/* or EVENT_NO_PAGE */
	u16 event;		/* enum mm_event */
	u8 from, to;		/* enum page_state; equal unless EV_MOVE */
	u32 flags;		/* page->flags, low 32 bits, after the event */
	u16 age;		/* after */
	u16 count;		/* references after, or the event's own number */
	u16 reason;		/* enum mm_reason */
	u16 who;		/* pid of the current task */
};

#define EVENT_RING_MAGIC 0x31474d48u	/* "HMG1" in memory order */

struct event_ring {
	u32 magic;
	u32 record_size;	/* sizeof(struct event_record) */
	u32 nr_records;		/* a power of two */
	u32 cpu;
	u64 head;		/* records ever written, all complete */
	struct event_record *records;
	u32 limited;		/* a reader wants all records: the CPU waits at `limit` */
	u32 limit;		/* of head's low half, written by the reader as it goes on */
	u32 next;		/* records ever begun: ahead of head while one is written */
};

extern struct event_ring event_rings[NR_CPUS_MAX];

/* Are events recorded? Written by boot options and debuggers; read on every event. */
extern bool events_on;

/* Gives each CPU a ring of NR_RECORDS (a power of two); memory from the boot allocator. */
void events_init(unsigned nr_records, void *(*alloc)(size_t bytes));

/* A page changes its state: the only writer of page->state. */
void page_move(struct page *page, enum page_state to, enum mm_reason reason);

/* Something else happened to a page. */
void __page_note(const struct page *page, enum mm_event event, enum mm_reason reason);
void __pages_note(struct page *const *pages, unsigned count, enum mm_event event,
		  enum mm_reason reason);
void __event(enum mm_event event, unsigned number, unsigned who, enum mm_reason reason);

static inline void page_note(struct page *page, enum mm_event event, enum mm_reason reason)
{
	if (unlikely(events_on))
		__page_note(page, event, reason);
}

/* The same to each of COUNT pages: takes half the time of as many single notes. */
static inline void pages_note(struct page *const *pages, unsigned count,
			      enum mm_event event, enum mm_reason reason)
{
	if (unlikely(events_on))
		__pages_note(pages, count, event, reason);
}

/* Something that is about no page: a daemon, a scan with its NUMBER. */
static inline void note(enum mm_event event, unsigned number, enum mm_reason reason)
{
	if (unlikely(events_on))
		__event(event, number, 0, reason);
}

/* Breakpoints go here: an empty function alone on its code page, called per event
   only while mm_hook_on is set. */
extern bool mm_hook_on;
void mm_hook(const struct event_record *record);

/*
 * Counters, /proc/vmstat's. Add one with count_vm(NAME): not exact across CPUs for
 * a reader, never lost.
 */
#define VM_COUNTERS(X)								\
	X(pgpgin) X(pgpgout) X(pswpin) X(pswpout) X(pgalloc) X(pgfree)		\
	X(pgfault) X(pgmajfault) X(pgactivate) X(pgdeactivate) X(pgrefill)	\
	X(pglaunder) X(pgscan) X(pgsteal) X(pgwrite) X(kswapd_wake)		\
	X(kreclaimd_wake) X(bdflush_wake) X(allocstall) X(oom_kill)		\
	X(swap_out_scan) X(slab_reaped) X(pgrotated)		\
	X(slabs_scanned) X(kswapd_steal)					\
	X(pginodesteal) X(kswapd_inodesteal) X(kswapd_low_wmark_hit_quickly)	\
	X(kswapd_high_wmark_hit_quickly) X(kswapd_skip_congestion_wait)		\
	X(pageoutrun) X(zone_reclaim_failed) X(unevictable_pgs_culled)		\
	X(unevictable_pgs_rescued) X(unevictable_pgs_mlocked)			\
	X(unevictable_pgs_munlocked) X(unevictable_pgs_cleared)			\
	X(unevictable_pgs_stranded) X(unevictable_pgs_mlockfreed)

enum vm_counter {
#define X(name)	VM_##name,
	VM_COUNTERS(X)
#undef X
	NR_VM_COUNTERS
};

extern unsigned long vm_counters[NR_VM_COUNTERS];
extern const char *const vm_counter_names[NR_VM_COUNTERS];

static inline void count_vm_many(enum vm_counter counter, unsigned long n)
{
	__atomic_fetch_add(&vm_counters[counter], n, __ATOMIC_RELAXED);
}

static inline void count_vm(enum vm_counter counter)
{
	count_vm_many(counter, 1);
}

#endif
