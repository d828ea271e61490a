/*
 * The machine: everything that the portable kernel may ask of the hardware.
 *
 * Three machines implement it: i386, x86_64 (PCs in QEMU) and sim (a process on
 * the host). os/mm sees a machine through this header only. Types and inline
 * functions come from the machine's own os/arch/NAME/machine_arch.h, which must
 * define what is listed under "From machine_arch.h".
 */
#ifndef ARCH_MACHINE_H
#define ARCH_MACHINE_H

#include "lib/types.h"

struct page;
struct mm_struct;
struct task;

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1ul << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x)	(((x) + PAGE_SIZE - 1) & PAGE_MASK)

#define HZ		100	/* timer ticks in a second */
#define NR_CPUS_MAX	8	/* CPUs that the kernel can drive */

#define PTE_WRITE	1u	/* what a new entry allows, beside reading */
#define PTE_EXEC	2u

#include "machine_arch.h"

/*
 * From machine_arch.h:
 *
 * TASK_SIZE		first address above user space
 * PTE_SPAN		bytes that one leaf table maps
 * MACHINE_HAS_DMA32	1 if memory below 4 GiB is a zone of its own
 * pte_t		a leaf page-table entry, in a struct so that types are checked
 * struct page_table	the root of an address space's page tables (opaque)
 * struct trap_frame	user registers at kernel entry (opaque to mm)
 *
 * Entries. A present entry maps a frame for user mode. A swap entry is any
 * non-zero value with bits 0 and 7 clear (mm/swap.h makes them).
 *
 *	pte_t pte_make(pfn_t pfn, unsigned prot);	PTE_WRITE, PTE_EXEC; young and clean
 *	pte_t pte_from_swap(unsigned long entry);	unsigned long pte_to_swap(pte_t);
 *	bool pte_none(pte_t), pte_present(pte_t), pte_write(pte_t), pte_exec(pte_t),
 *	     pte_young(pte_t), pte_dirty(pte_t);
 *	pfn_t pte_pfn(pte_t);
 *	pte_t pte_mkwrite(pte_t), pte_wrprotect(pte_t), pte_mkyoung(pte_t), pte_mkold(pte_t),
 *	      pte_mkdirty(pte_t), pte_mkclean(pte_t);
 *
 * Entries in a table. The CPU sets accessed and dirty bits at any time, so a
 * present entry is changed only with these:
 *
 *	pte_t pte_read(const pte_t *slot);
 *	void pte_set(pte_t *slot, pte_t entry);		the slot was not present, or the
 *							caller owns the whole entry
 *	pte_t pte_take(pte_t *slot);			read and clear in one step
 *	bool pte_test_and_clear_young(pte_t *slot);
 *
 * CPU:
 *
 *	unsigned this_cpu(void);		0 … nr_cpus-1; stable until the task sleeps
 *	struct task *current_task(void);	the task that runs on this CPU
 *	unsigned long irq_save(void);		interrupts off; returns what irq_restore takes
 *	void irq_restore(unsigned long flags);
 *	bool irqs_enabled(void);
 *	void cpu_relax(void);			in a loop that waits for another CPU
 *	u32 local_fetch_add(u32 *, u32 n);	adds n, returns what it was; whole for this
 *						CPU's interrupts, not for other CPUs
 *	u64 clock_cycles(void);			a cheap, rising counter for event times
 *
 * The kernel itself is not preempted: a task in kernel mode keeps its CPU until it
 * calls schedule(). User mode is preempted by the timer.
 */

/* CPUs that run. */
extern unsigned nr_cpus;

/* Timer ticks since boot; written by the timer interrupt of CPU 0. */
extern volatile unsigned long jiffies;

/* Nanoseconds since boot. */
u64 clock_ns(void);

/*
 * Physical memory. Frames below machine_lowmem_end are always mapped in the
 * kernel's direct map; those above (HighMem, i386) only while kmap'ed.
 */

/* First physical byte behind the direct map. With the zone options that boot_info's
   command line gives, the direct map may end earlier (i386: at dma + normal). */
extern u64 machine_lowmem_limit;

/* The direct-map address of a low frame. */
void *pfn_to_virt(pfn_t pfn);
pfn_t virt_to_pfn(const void *address);

/* kmap and kunmap (mm/page.h) of a HighMem page. */
void *kmap_high(struct page *page);
void kunmap_high(struct page *page);

void clear_page(void *page);
void copy_page(void *to, const void *from);

/*
 * Frames for the kernel's own objects (slab pages, page tables). On the PCs they
 * come from the page allocator; sim keeps them apart from the simulated zones, so
 * that a scenario's free counts move only as the scenario says.
 */
struct page *machine_kernel_pages(gfp_t gfp, unsigned order);
void machine_kernel_pages_free(struct page *page, unsigned order);

/*
 * Page tables. Locking: page_table_lock of the address space that owns the root,
 * except for page_table_make, which takes it only to link a table that it made.
 */

/* A root whose kernel part is shared with every other one; NULL if no memory. */
struct page_table *pgd_alloc(struct mm_struct *mm);

/* Frees every table below the root, whose entries must be empty; then the root alone. */
void free_pgtables(struct mm_struct *mm);
void pgd_free(struct mm_struct *mm, struct page_table *pgd);

/* The slot for ADDRESS, or NULL if there is no table for it. */
pte_t *page_table_find(struct page_table *table, unsigned long address);

/* The slot for ADDRESS, with tables made as needed (sleeps), or NULL if no memory. */
pte_t *page_table_make(struct mm_struct *mm, unsigned long address);

/*
 * The lowest page address >= ADDRESS and < END whose table exists, or END: lets a
 * walk jump over holes. Slots of one table are contiguous: until the next multiple
 * of PTE_SPAN, slot[1] is the next page's slot.
 */
unsigned long page_table_skip(struct page_table *table, unsigned long address,
			      unsigned long end);

/* Drops cached translations, on every CPU that uses the address space. */
void tlb_flush_page(struct mm_struct *mm, unsigned long address);
void tlb_flush_mm(struct mm_struct *mm);

/* For who does so to many pages: this CPU drops all translations before it next uses one. */
void tlb_flush_page_later(struct mm_struct *mm, unsigned long address);

/* Raw console output, for printk only. */
void console_write(const char *text, size_t length);

/* Stops the other CPUs and this one; STATUS goes to a test harness if one listens. */
void machine_halt(int status) __noreturn;

#endif
