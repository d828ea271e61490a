/*
 * Page events: writes records into the ring of the CPU on which they happen, and
 * keeps the counters and the names that debuggers print (design: Events).
 *
 * Owns event_rings and vm_counters. No locks: a ring has one writer, its CPU. An interrupt
 * handler records events, too: each record takes its place with one instruction, so that
 * interrupts may stay on, and it is complete before `head` counts it, so that a reader
 * that stops the machine anywhere never sees half of one. Whoever changes a page's state
 * owns the page: the lock of the list that it leaves or joins, or its only reference.
 */
#include "mm/trace/events.h"
#include "kernel/task.h"
#include "lib/printk.h"
#include "mm/trace/moves.h"

#define X(name)	#name,
const char *const mm_reason_names[NR_MM_REASONS] = { MM_REASONS(X) };
const char *const vm_counter_names[NR_VM_COUNTERS] = { VM_COUNTERS(X) };
#undef X

const char *const mm_event_names[NR_MM_EVENTS] = {
	[EV_NONE] = "none",
	[EV_MOVE] = "move",
	[EV_ROTATE] = "rotate",
	[EV_AGE_UP] = "age_up",
	[EV_AGE_DOWN] = "age_down",
	[EV_REFERENCED] = "referenced",
	[EV_DIRTY] = "dirty",
	[EV_CLEAN] = "clean",
	[EV_WRITE_START] = "write_start",
	[EV_IO_END] = "io_end",
	[EV_MAP] = "map",
	[EV_UNMAP] = "unmap",
	[EV_CACHE_ADD] = "cache_add",
	[EV_CACHE_DEL] = "cache_del",
	[EV_FAULT] = "fault",
	[EV_KSWAPD_WAKE] = "kswapd_wake",
	[EV_KSWAPD_SLEEP] = "kswapd_sleep",
	[EV_SCAN_BEGIN] = "scan_begin",
	[EV_SCAN_END] = "scan_end",
	[EV_OOM_KILL] = "oom_kill",
};

const char *const page_state_names[NR_PAGE_STATES] = {
	[STATE_RESERVED] = "reserved",
	[STATE_FREE] = "free",
	[STATE_PCP] = "pcp",
	[STATE_KERNEL] = "kernel",
	[STATE_SLAB] = "slab",
	[STATE_PAGETABLE] = "pagetable",
	[STATE_ANON] = "anon",
	[STATE_ACTIVE] = "active",
	[STATE_INACTIVE_DIRTY] = "inactive_dirty",
	[STATE_INACTIVE_CLEAN] = "inactive_clean",
	[STATE_ISOLATED] = "isolated",
	[STATE_INACTIVE_ANON] = "inactive_anon",
	[STATE_ACTIVE_ANON] = "active_anon",
	[STATE_INACTIVE_FILE] = "inactive_file",
	[STATE_ACTIVE_FILE] = "active_file",
	[STATE_UNEVICTABLE] = "unevictable",
	[STATE_PAGEVEC] = "pagevec",
};

struct event_ring event_rings[NR_CPUS_MAX];
unsigned long vm_counters[NR_VM_COUNTERS];
bool events_on;
bool mm_hook_on;

_Static_assert(sizeof(struct event_record) == 32, "trace format");

/*
 * The breakpoint's place. The section starts a code page and the linker script ends
 * it there: under QEMU a breakpoint slows down all code that shares its page.
 */
__section(".text.mmhook") __attribute__((noinline, weak, aligned(4096)))
void mm_hook(const struct event_record *record)
{
	__asm__ volatile("" : : "r"(record) : "memory");
}

void events_init(unsigned nr_records, void *(*alloc)(size_t bytes))
{
	assert(nr_records && (nr_records & (nr_records - 1)) == 0);
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++) {
		struct event_ring *ring = &event_rings[cpu];

		ring->records = alloc(nr_records * sizeof(struct event_record));
		ring->record_size = sizeof(struct event_record);
		ring->nr_records = nr_records;
		ring->cpu = cpu;
		ring->head = ring->next = 0;
		ring->magic = EVENT_RING_MAGIC;
	}
}

/* The reader is the host: it goes on while all CPUs of the guest wait. */
static bool must_wait(const struct event_ring *ring, u32 seq)
{
	u32 limit = __atomic_load_n(&ring->limit, __ATOMIC_RELAXED);

	return __atomic_load_n(&ring->limited, __ATOMIC_RELAXED) && (s32)(seq - limit) >= 0;
}

/* The place of record SEQ. */
static inline struct event_record *record_at(const struct event_ring *ring, u32 seq)
{
	return &ring->records[seq & (ring->nr_records - 1)];
}

/*
 * Counts what is complete. If our COUNT records from FIRST on are not the next to be
 * counted, we are in an interrupt of those ones' writer, who counts ours, too. If he is
 * interrupted just here, the interrupt's record is either after his in the count, and
 * waits for his next turn, or is the first one left, and counts itself.
 */
static inline void end_events(struct event_ring *ring, u32 first, unsigned count)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (likely((u32)ring->head == first)) {
		do {
			ring->head += count;
			count = 1;
			__atomic_signal_fence(__ATOMIC_SEQ_CST);
		} while (unlikely((u32)ring->head != ring->next));
	}
}

/* All but time and task, which many records may share. */
static inline void fill_record(struct event_record *slot, u32 seq, const struct page *page,
			       enum mm_event event, u8 from, u8 to, enum mm_reason reason)
{
	slot->seq = seq;
	slot->pfn = (u32)page_to_pfn(page);
	slot->event = (u16)event;
	slot->from = from;
	slot->to = to;
	slot->flags = (u32)page->flags;
	slot->age = page->age;
	slot->count = (u16)page_count(page);
	slot->reason = (u16)reason;
}

/*
 * Written where it stays: a fault records several events, and building each one elsewhere
 * first would cost more than all the rest.
 */
static inline void write_record(struct event_ring *ring, u32 seq, const struct page *page,
				enum mm_event event, u8 from, u8 to, enum mm_reason reason)
{
	struct event_record *slot = record_at(ring, seq);

	slot->ts = clock_cycles();
	fill_record(slot, seq, page, event, from, to, reason);
	slot->who = (u16)current->pid;
	end_events(ring, seq, 1);
	if (unlikely(mm_hook_on))
		mm_hook(slot);
}

/* The next record's number, as soon as a reader who wants them all leaves room for it. */
static u32 wait_for_room(struct event_ring *ring)
{
	u32 seq = local_fetch_add(&ring->next, 1);

	while (must_wait(ring, seq))
		cpu_relax();
	return seq;
}

/* On its own, so that record_page, which calls nothing else, need not save registers. */
static __cold void wait_and_record(struct event_ring *ring, const struct page *page,
				   enum mm_event event, u8 from, u8 to,
				   enum mm_reason reason)
{
	write_record(ring, wait_for_room(ring), page, event, from, to, reason);
}

static inline void record_page(const struct page *page, enum mm_event event, u8 from,
			       u8 to, enum mm_reason reason)
{
	struct event_ring *ring = &event_rings[this_cpu()];

	if (unlikely(!ring->records))
		return;
	if (unlikely(ring->limited))
		wait_and_record(ring, page, event, from, to, reason);
	else
		write_record(ring, local_fetch_add(&ring->next, 1), page, event, from, to,
			     reason);
}

void page_move(struct page *page, enum page_state to, enum mm_reason reason)
{
	u8 from = page->state;

	if (from == to)
		return;
	page->state = (u8)to;
	count_page_move(from, to, reason);
	if (unlikely(events_on))
		record_page(page, EV_MOVE, from, (u8)to, reason);
}

/* Another CPU may be moving the page: to be read once for a record. */
static inline u8 state_now(const struct page *page)
{
	return __atomic_load_n(&page->state, __ATOMIC_RELAXED);
}

void __page_note(const struct page *page, enum mm_event event, enum mm_reason reason)
{
	u8 state = state_now(page);

	record_page(page, event, state, state, reason);
}

void __pages_note(struct page *const *pages, unsigned count, enum mm_event event,
		  enum mm_reason reason)
{
	struct event_ring *ring = &event_rings[this_cpu()];
	u16 who = (u16)current->pid;
	u64 now = clock_cycles();
	u32 first;

	/* A reader may never leave room for so many; a debugger wants to stop at each. */
	if (unlikely(!ring->records || ring->limited || mm_hook_on)) {
		for (unsigned i = 0; i < count; i++)
			__page_note(pages[i], event, reason);
		return;
	}
	first = local_fetch_add(&ring->next, count);
	for (unsigned i = 0; i < count; i++) {
		struct event_record *slot = record_at(ring, first + i);
		u8 state = state_now(pages[i]);

		slot->ts = now;
		fill_record(slot, first + i, pages[i], event, state, state, reason);
		slot->who = who;
	}
	end_events(ring, first, count);
}

/* WHO 0 stands for the current task. */
void __event(enum mm_event event, unsigned number, unsigned who, enum mm_reason reason)
{
	struct event_ring *ring = &event_rings[this_cpu()];
	struct event_record *slot;
	u32 seq;

	if (unlikely(!ring->records))
		return;
	seq = wait_for_room(ring);
	slot = record_at(ring, seq);
	slot->ts = clock_cycles();
	slot->seq = seq;
	slot->pfn = EVENT_NO_PAGE;
	slot->event = (u16)event;
	slot->from = slot->to = 0;
	slot->flags = 0;
	slot->age = 0;
	slot->count = (u16)number;
	slot->reason = (u16)reason;
	slot->who = (u16)(who ? who : (unsigned)current->pid);
	end_events(ring, seq, 1);
	if (unlikely(mm_hook_on))
		mm_hook(slot);
}
