/*
 * Address spaces: areas, page tables, faults, and the reverse map.
 *
 * Locks: (s) mmap_sem, (t) page_table_lock, (l) mmlist_lock, (i) i_mmap_lock of the
 * mapping, (v) anon_vma->lock, (a) atomic, (!) constant.
 */
#ifndef MM_VM_H
#define MM_VM_H

#include "arch/machine.h"
#include "kernel/wait.h"
#include "mm/cache/pagecache.h"
#include "mm/zone.h"

struct file;
struct task;

#define VM_READ		0x01u
#define VM_WRITE	0x02u
#define VM_EXEC		0x04u
#define VM_SHARED	0x08u	/* writes go to the file or to the other sharers */
#define VM_LOCKED	0x10u	/* mlock: not swapped out */
#define VM_GROWSDOWN	0x20u	/* a stack */
#define VM_RESERVED	0x40u	/* device memory: not for reclaim */
#define VM_RAND_READ	0x80u	/* madvise: no read-around */
#define VM_SEQ_READ	0x100u
#define VM_NONLINEAR	0x200u	/* 2.6: its pages are in any order, see fremap.c */

struct vm_area;

struct vm_operations {
	void (*open)(struct vm_area *area);	/* it was copied or split */
	void (*close)(struct vm_area *area);
	/* The file's page INDEX with a reference, or an ERR_PTR; see filemap_nopage. */
	struct page *(*nopage)(struct vm_area *area, pgoff_t index, bool *major);
	/*
	 * A shared area is about to give the right to write to PAGE. 0 with the page locked;
	 * -EAGAIN: it has left the file; or why it cannot be written. NULL: it always can.
	 */
	int (*page_mkwrite)(struct vm_area *area, struct page *page);
};

struct vm_area {
	struct mm_struct *mm;		/* (!) */
	unsigned long start, end;	/* (s)+(t) first byte, and first one behind it */
	unsigned flags;			/* (s)+(t) VM_… */
	struct list_head link;		/* (s)+(t) in mm->areas, by address */
	struct vm_area *tree_low, *tree_high;	/* (s)+(t) children in mm->area_tree */
	int tree_height;		/* (s)+(t) of the tree that begins here */
	const struct vm_operations *ops;	/* (!) NULL: anonymous */
	struct file *file;		/* (!) mapped file, or NULL */
	pgoff_t pgoff;			/* (s) offset of start in the file, in pages; of an
					   anonymous area its first virtual page number */
	pgoff_t ra_end;			/* (s) MADV_SEQUENTIAL: read ahead up to here */
	unsigned long unmap_cursor;	/* (t) nonlinear: pages before the next cluster */
	struct list_head shared_link;	/* (i) in mapping->i_mmap */
	struct anon_vma *anon_vma;	/* (s)+(t) made by the first anonymous page */
	struct list_head anon_link;	/* (v) in anon_vma->areas */
};

/* The areas that may map an anonymous page: those that descend from one by fork. */
struct anon_vma {
	struct spinlock lock;		/* rank RANK_I_MMAP */
	struct list_head areas;		/* (v) vm_area.anon_link */
	atomic_t refs;			/* (a) areas and pages that point here */
};

struct mm_struct {
	atomic_t users;			/* (a) tasks, and walkers for a moment */
	struct page_table *page_table;	/* (!) the root, 2.6's pgd */
	struct mutex mmap_sem;		/* areas; taken by faults and system calls */
	struct spinlock page_table_lock;	/* rank RANK_PAGE_TABLE */
	struct list_head areas;		/* (s)+(t) vm_area.link */
	struct vm_area *area_tree;	/* (s)+(t) the same areas, see area_tree.c */
	struct vm_area *area_cache;	/* (s) or (t) the one found last, or NULL */
	unsigned nr_areas;		/* (s) */
	unsigned long full_below;	/* (s) no hole between HOLES_FROM and here */
	struct list_head mmlist;	/* (l) all address spaces */
	unsigned long start_brk, brk;	/* (s) heap */
	unsigned long start_stack;	/* (!) */
	unsigned long anon_rss, file_rss;	/* (t) present pages, the zero page not
						   counted: anonymous ones, others */
	unsigned long swapents;		/* (t) ptes that hold a swap entry (2.6) */
	unsigned long nr_ptes;		/* (t) tables of ptes, linked */
	unsigned long total_vm;		/* (s) pages in all areas */
	unsigned long locked_vm;	/* (s) pages in VM_LOCKED areas */
	unsigned def_flags;		/* (s) VM_LOCKED after mlockall(MCL_FUTURE) */
	unsigned long swap_cnt;		/* (t) ptes swap_out may still look at */
	unsigned long swap_address;	/* (t) where swap_out goes on; 0 at the start */
	unsigned long cpus;		/* (a) bit N: CPU N may cache translations */
};

extern struct spinlock mmlist_lock;	/* rank RANK_MMLIST */
extern struct list_head mmlist;		/* (l) in the order swap_out walks it */

/* mm.c: life of an address space. */
void vm_init(void);
struct mm_struct *mm_create(void);		/* one user; NULL if no memory */
struct mm_struct *dup_mm(struct mm_struct *parent);	/* copy on write; NULL */
void mm_put(struct mm_struct *mm);		/* the last user unmaps and frees all */

/*
 * area_tree.c: the first area whose end is above ADDRESS. mmap_sem or page_table_lock held.
 * Mostly it is the one of the time before.
 */
struct vm_area *search_area(struct mm_struct *mm, unsigned long address);

static inline struct vm_area *find_area(struct mm_struct *mm, unsigned long address)
{
	struct vm_area *area = mm->area_cache;

	if (likely(area && area->start <= address && address < area->end))
		return area;
	return search_area(mm, address);
}

/* overcommit.c: could there ever be so many more pages? Says yes if the tunable is 1. */
extern int sysctl_overcommit_memory;
bool vm_enough_memory(unsigned long pages);
/*
 * Pages that have been promised: should all who may write do so, so many would be needed.
 * And what a kernel that keeps to its promises would let that be, which ours does not.
 */
unsigned long vm_committed_as(void);
unsigned long vm_commit_limit(unsigned long memory_pages);

/* areas.c. mmap_sem held. Errors are -errno. */
/* Adds an area of whole pages; FILE's reference is taken. ADDRESS 0: finds a hole. */
long map_area(struct mm_struct *mm, unsigned long address, unsigned long length,
	      unsigned flags, struct file *file, pgoff_t pgoff, bool fixed);
int unmap_range(struct mm_struct *mm, unsigned long start, unsigned long length);
/* How many areas an address space may have; /proc/sys/vm/max_map_count. */
extern unsigned max_map_count;

/* protect.c. mmap_sem held. */
int protect_range(struct mm_struct *mm, unsigned long start, unsigned long length,
		  unsigned flags);

/*
 * fremap.c: the pages of a range, which lies in one shared area, are those from INDEX on
 * from now on; they are mapped at once if BRING_IN. mmap_sem held. -EINVAL, or -ENOMEM;
 * then the range is as before, but for a file of a disk, where some of it may be unmapped.
 */
int remap_file_pages(struct mm_struct *mm, unsigned long start, unsigned long length,
		     pgoff_t index, bool bring_in);

/*
 * zap.c: takes away the pages of a range, and what ptes say of the order of a nonlinear
 * area; those of an area that stays; zap_mapping: of a truncated file's areas.
 */
void zap_range(struct mm_struct *mm, unsigned long start, unsigned long end);
void zap_area(struct vm_area *area);
void zap_mapping(struct address_space *mapping, pgoff_t first);

/*
 * fault.c. Takes mmap_sem. 0: access again; -EFAULT: no area or no right (SIGSEGV); -EIO,
 * 2.6's VM_FAULT_SIGBUS: the page cannot be read, or is a stack's guard; -ENOMEM, its
 * VM_FAULT_OOM: no memory. SP: the user's stack pointer, far below which no stack grows; 0
 * if the kernel copies for him, from or to wherever he said.
 */
int do_page_fault(struct mm_struct *mm, unsigned long address, bool write, bool exec,
		  unsigned long sp);
/* The same with mmap_sem held, area known: one page. */
int handle_mm_fault(struct mm_struct *mm, struct vm_area *area, unsigned long address,
		    bool write);

/*
 * file_fault.c: a fault where the pte says nothing and the area has a file, as 2.4 and
 * 2.6 serve it (policy->file_fault). *MAJOR is set if somebody had to wait for a disk.
 */
int do_no_page(struct vm_area *area, unsigned long address, pte_t *slot, bool write,
	       bool *major);
int do_linear_fault(struct vm_area *area, unsigned long address, pte_t *slot, bool write,
		    bool *major);

/* mlock.c: faults in and locks a range of whole pages, or unlocks it. -ENOMEM at a hole. */
int lock_range(struct mm_struct *mm, unsigned long start, unsigned long length, bool lock);

/* madvise.c: -EINVAL for advice that is unknown, -ENOMEM if part of the range is a hole. */
#define MADV_NORMAL	0
#define MADV_RANDOM	1
#define MADV_SEQUENTIAL	2
#define MADV_WILLNEED	3
#define MADV_DONTNEED	4
int advise_range(struct mm_struct *mm, unsigned long start, unsigned long length, int advice);

/* mincore.c: a byte for each page from ADDRESS on, 1 if it is in memory; -ENOMEM at a hole. */
int look_in_core(struct mm_struct *mm, unsigned long address, unsigned long pages,
		 unsigned char *vector);

/* msync.c, not in sim: writes what shared file areas of the range have dirty. */
#define MS_ASYNC	1
#define MS_INVALIDATE	2
#define MS_SYNC		4
int msync_range(struct mm_struct *mm, unsigned long start, unsigned long length, int flags);

/* rmap.c: who maps a page. page_table_lock held. */
void rmap_init(void);
int anon_vma_make(struct vm_area *area);
void __page_forget_anon(struct page *page);

/* Before the first anonymous page: 0 or -ENOMEM; mmap_sem held. */
static inline int anon_vma_prepare(struct vm_area *area)
{
	return area->anon_vma ? 0 : anon_vma_make(area);
}

/* The place of an address in its area's file, or in the anonymous areas' numbering. */
static inline pgoff_t linear_index(const struct vm_area *area, unsigned long address)
{
	return area->pgoff + ((address - area->start) >> PAGE_SHIFT);
}

/* N pages more, or fewer, are mapped; page_table_lock held, PAGE has its reverse map. */
static inline void add_mm_rss(struct mm_struct *mm, const struct page *page, long n)
{
	if (PageAnon(page))
		mm->anon_rss += (unsigned long)n;
	else
		mm->file_rss += (unsigned long)n;
}

static inline unsigned long get_mm_rss(const struct mm_struct *mm)
{
	return mm->anon_rss + mm->file_rss;
}

static inline void page_add_anon_rmap(struct page *page, struct vm_area *area,
				      unsigned long address)
{
	if (!page->anon_vma && area->anon_vma) {
		atomic_inc(&area->anon_vma->refs);
		page->anon_vma = area->anon_vma;
		page->anon_index = linear_index(area, address);
	}
	if (atomic_add(&page->mapcount, 1) == 1)
		page_stat_add(page, STAT_nr_anon_pages, 1);
}

static inline void page_add_file_rmap(struct page *page)
{
	if (atomic_add(&page->mapcount, 1) == 1)
		page_stat_add(page, STAT_nr_mapped, 1);
}

static inline void page_remove_rmap(struct page *page)
{
	assert(atomic_read(&page->mapcount) > 0);
	if (atomic_dec_and_test(&page->mapcount))
		page_stat_add(page, PageAnon(page) ? STAT_nr_anon_pages : STAT_nr_mapped, -1);
}

/* It is being freed. */
static inline void page_forget_anon(struct page *page)
{
	if (page->anon_vma)
		__page_forget_anon(page);
}

/* The next write to a file's locked page through any mapping will fault. */
void page_wrprotect(struct page *page);
/* The same, and the ptes are clean afterwards. Was one of them dirty? */
bool page_mkclean(struct page *page);

void anon_vma_fork(struct vm_area *child, struct vm_area *parent);
void anon_vma_unlink(struct vm_area *area);
/* Calls VISIT for each present pte of the page (locked) until it returns false. */
void rmap_walk(struct page *page,
	       bool (*visit)(struct vm_area *area, unsigned long address, pte_t *slot,
			     void *arg), void *arg);

/* The frame of zeros that read faults map. Reserved; not counted. */
extern struct page *zero_page;

#endif
