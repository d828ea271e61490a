/*
 * Replays a trace through the kernel's memory core: a process makes the references, and
 * all that follows is the core's own code. Faults find or read pages, daemons age, write
 * and free them.
 *
 * The pages are anonymous memory. The first reference to each is a write, whatever the
 * trace says: a page that was never written has no contents worth keeping, and would
 * not even get a frame. Later ones are as in the trace.
 *
 * A hit costs what it costs in hardware: the processor finds the entry and sets its
 * bits. A table of the leaf tables stands for the TLB and the page walk. Leaf tables
 * stay where they are while the process lives.
 *
 * A process has room for 2^19 pages. A trace with more becomes several processes, which
 * take turns as their pages are used.
 */
#include "arch/sim/replay/replay.h"
#include "arch/sim/scenario.h"
#include "arch/sim/sim.h"
#include "lib/printk.h"
#include "mm/reclaim/policy.h"
#include "mm/trace/events.h"
#include "mm/vm/vm.h"

#define AREA_START	0x08000000ul	/* a multiple of PTE_SPAN */
#define MM_PAGES	(1u << 19)	/* of one address space */
#define TABLE_PAGES	(PTE_SPAN / PAGE_SIZE)

/* References between two looks at the clock: a tick is ten of them. */
#define PIECE		1000u

static struct task process = { .pid = 100, .comm = "replay", .uid = 1000, .euid = 1000 };

static struct replay {
	const struct trace *trace;
	struct mm_struct **mms;
	pte_t **tables;		/* the leaf table of each 512 pages, or `nothing` */
	size_t now;		/* the reference that is being made */
	size_t told;		/* references whose time has passed */
	u32 memory;
	bool verify;
	struct result *result;
	double resident_sum;	/* over the references */
} r;

static pte_t nothing[TABLE_PAGES];

static unsigned long address_of(u32 page)
{
	return AREA_START + (unsigned long)(page % MM_PAGES) * PAGE_SIZE;
}

static struct mm_struct *mm_of(u32 page)
{
	return r.mms[page / MM_PAGES];
}

/* ---- the process ---- */

static struct mm_struct *make_mm(u32 pages)
{
	struct mm_struct *mm = mm_create();
	long result;

	if (!mm)
		panic("no memory for an address space");
	mutex_lock(&mm->mmap_sem);
	result = map_area(mm, AREA_START, pages * PAGE_SIZE, VM_READ | VM_WRITE, NULL, 0, true);
	mutex_unlock(&mm->mmap_sem);
	if (result < 0)
		panic("an area of %u pages cannot be mapped", pages);
	return mm;
}

static void make_process(void)
{
	u32 pages = r.trace->nr_pages;
	u32 tables = pages / TABLE_PAGES + 1;

	r.mms = host_memory((pages / MM_PAGES + 1) * sizeof(*r.mms));
	r.tables = host_memory(tables * sizeof(*r.tables));
	for (u32 i = 0; i < tables; i++)
		r.tables[i] = nothing;
	for (u32 from = 0; from < pages; from += MM_PAGES)
		r.mms[from / MM_PAGES] = make_mm(min(pages - from, MM_PAGES));
	process.mm = r.mms[0];
	list_add_tail(&process.link, &task_list);
}

/* ---- what the processor does ---- */

static inline bool hit(pte_t *slot, bool write)
{
	const pte_t entry = pte_read(slot);
	pte_t used;

	if (!pte_present(entry) || (write && !pte_write(entry)))
		return false;
	used = write ? pte_mkdirty(pte_mkyoung(entry)) : pte_mkyoung(entry);
	if (used.value != entry.value)
		pte_set(slot, used);
	return true;
}

static inline pte_t *slot_of(u32 page)
{
	return &r.tables[page / TABLE_PAGES][page % TABLE_PAGES];
}

/* ---- faults ---- */

/* The time of the references since the last call passes, and with it comes what is due. */
static void pass_time(size_t until)
{
	r.resident_sum += (double)machine_resident() * (double)(until - r.told);
	machine_run((until - r.told) * REFERENCE_NS);
	r.told = until;
}

static void check_process(void)
{
	if (process.pending)
		replay_error("%s: out of memory at reference %zu, expected more than "
			     "--memory=%u", r.trace->name, r.now + 1, r.memory);
}

/* The contents of a page are its number, behind a first word that is never 0. */
static void check_contents(u32 page, bool fresh)
{
	u32 *words = page_address(pfn_to_page(pte_pfn(pte_read(slot_of(page)))));

	if (fresh) {
		words[0] = ~page;
		words[PAGE_SIZE / sizeof(u32) - 1] = page;
	}
	if (words[0] != ~page || words[PAGE_SIZE / sizeof(u32) - 1] != page)
		panic("page %u of the trace came back with other contents", page);
}

static void fault(u32 page, bool write)
{
	unsigned long major = vm_counters[VM_pgmajfault];
	bool fresh = pte_none(pte_read(slot_of(page)));

	pass_time(r.now);
	while (!hit(slot_of(page), write || fresh)) {
		if (do_page_fault(mm_of(page), address_of(page), write || fresh, false, 0) != 0)
			check_process();
		if (r.tables[page / TABLE_PAGES] == nothing)
			r.tables[page / TABLE_PAGES] =
				page_table_find(mm_of(page)->page_table,
						address_of(page / TABLE_PAGES * TABLE_PAGES));
		check_process();
	}
	if (fresh || vm_counters[VM_pgmajfault] != major)
		r.result->misses++;
	else
		r.result->soft++;
	r.result->resident_most = max(r.result->resident_most, machine_resident());
	if (r.verify)
		check_contents(page, fresh);
	threads_run_woken();
}

static void make_references(size_t until)
{
	const u32 *refs = r.trace->refs;

	for (; r.now < until; r.now++) {
		u32 page = refs[r.now] & REF_PAGE;
		bool write = refs[r.now] & REF_WRITE;

		if (!hit(slot_of(page), write))
			fault(page, write);
		else if (unlikely(r.verify))
			check_contents(page, false);
	}
	pass_time(until);
	threads_run_woken();
}

/* ---- counts ---- */

/*
 * What the core's scanners have looked at, and what they have freed. In 2.4 two work one
 * after the other: swap_out looks at ptes, page_launder at pages.
 */
static void read_counters(struct result *result)
{
	if (policy == &policy_v26) {
		result->scanned = global_event(ZONE_pgscan_kswapd) +
			global_event(ZONE_pgscan_direct);
		result->freed = global_event(ZONE_pgsteal);
	} else {
		result->scanned = vm_counters[VM_swap_out_scan] + vm_counters[VM_pgscan];
		result->freed = vm_counters[VM_pgsteal];
	}
	result->swap_in = vm_counters[VM_pswpin];
	result->swap_out = vm_counters[VM_pswpout];
}

static void check_lists(void)
{
	if (policy == &policy_v26)
		era26.check_lists();
	else
		era24.check_lists();
}

void replay_core(const struct trace *trace, const char *vm, u32 memory,
		 const struct core_options *options, struct result *result)
{
	r = (struct replay){
		.trace = trace, .memory = memory, .verify = options->verify, .result = result,
	};
	threads_start(&process);
	machine_start(vm, memory, trace->nr_pages, options);
	make_process();
	while (r.now < trace->nr_refs) {
		make_references(min(r.now + PIECE, trace->nr_refs));
		if (options->check)
			check_lists();
	}
	read_counters(result);
	result->resident = r.resident_sum / (double)trace->nr_refs;
}
