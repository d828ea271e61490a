/* What the files of mm/vm share with each other only. */
#ifndef MM_VM_INTERNAL_H
#define MM_VM_INTERNAL_H

#include "fs/fs.h"
#include "mm/swap/shmem.h"
#include "mm/swap/swap.h"
#include "mm/trace/events.h"
#include "mm/vm/vm.h"

#define VM_ACCESS	(VM_READ | VM_WRITE | VM_EXEC)

extern struct kmem_cache *area_cache;

/* The pages that a file area maps; NULL for an anonymous one. */
static inline struct address_space *area_mapping(const struct vm_area *area)
{
	if (!area->file)
		return NULL;
	return area->file->inode ? area->file->inode->mapping :
		shmem_file_mapping(area->file);
}

/* Writes of a private area go to copies. */
static inline bool area_is_private(const struct vm_area *area)
{
	return !(area->flags & VM_SHARED);
}

static inline unsigned long area_pages(const struct vm_area *area)
{
	return (area->end - area->start) >> PAGE_SHIFT;
}

static inline unsigned exec_bit(const struct vm_area *area)
{
	return area->flags & VM_EXEC ? PTE_EXEC : 0;
}

/* The entry of a page that is just being written. */
static inline pte_t writable_pte(const struct page *page, const struct vm_area *area)
{
	return pte_mkdirty(pte_make(page_to_pfn(page), exec_bit(area) | PTE_WRITE));
}

/*
 * Hidden pages. Machines have no entry that keeps a page but denies reading, so an
 * area without any right (mprotect to PROT_NONE) keeps its pages under swap entries of
 * an area that cannot exist. Such a page is still mapped: it has its reference, and
 * counts in rss and mapcount. Swap-out passes it over.
 */
#define HIDDEN_TYPE	0x3fu
#define HIDDEN_DIRTY	1ul	/* in the offset, whose other bits are the frame number */

static inline pte_t pte_hide(pte_t pte)
{
	return pte_from_swap(swp_entry(HIDDEN_TYPE, pte_pfn(pte) << 1 |
				       (pte_dirty(pte) ? HIDDEN_DIRTY : 0)).val);
}

static inline bool pte_hidden(pte_t pte)
{
	return !pte_none(pte) && !pte_present(pte) &&
		swp_type((swp_entry_t){ pte_to_swap(pte) }) == HIDDEN_TYPE;
}

/* A present entry for a hidden page, read-only. */
static inline pte_t pte_reveal(pte_t hidden, unsigned prot)
{
	unsigned long offset = swp_offset((swp_entry_t){ pte_to_swap(hidden) });
	pte_t pte = pte_make(offset >> 1, prot);

	return offset & HIDDEN_DIRTY ? pte_mkdirty(pte) : pte;
}

/*
 * File ptes: in a nonlinear area (fremap.c), which page of the file belongs to an address
 * where none is mapped. Written as swap entries of another area that cannot exist.
 */
#define FILE_TYPE	0x3eu
#define FILE_PTE_MOST	(~0ul >> 8)	/* pages; the offset of an entry */

static inline bool pte_file(pte_t pte)
{
	return !pte_none(pte) && !pte_present(pte) &&
		swp_type((swp_entry_t){ pte_to_swap(pte) }) == FILE_TYPE;
}

static inline pgoff_t pte_to_pgoff(pte_t pte)
{
	return swp_offset((swp_entry_t){ pte_to_swap(pte) });
}

/* What a pte must say of the page INDEX: nothing if the area's order gives it. */
static inline pte_t place_pte(const struct vm_area *area, unsigned long address,
			      pgoff_t index)
{
	return pte_from_swap(index == linear_index(area, address) ? 0 :
			     swp_entry(FILE_TYPE, index).val);
}

/* area_tree.c. mmap_sem and page_table_lock held; AREA is in the list. */
void area_tree_insert(struct mm_struct *mm, struct vm_area *area);
void area_tree_remove(struct mm_struct *mm, struct vm_area *area);

/* areas.c. mmap_sem held. */
int check_range(unsigned long start, unsigned long length, unsigned long *end);
/*
 * Cuts areas so that none crosses START or END; -ENOMEM. *FIRST is the first area that
 * reaches into the range, NULL if none.
 */
int cut_range(struct mm_struct *mm, unsigned long start, unsigned long end,
	      struct vm_area **first);
bool range_is_mapped(struct mm_struct *mm, unsigned long start, unsigned long end);
struct vm_area *next_area(const struct mm_struct *mm, const struct vm_area *area);
void set_area_flags(struct vm_area *area, unsigned flags);
void merge_range(struct mm_struct *mm, unsigned long start, unsigned long end);
/* Puts AREA into the list before NEXT, or at the end, and into the sums. */
void insert_area(struct mm_struct *mm, struct vm_area *area, struct vm_area *next);
void free_all_areas(struct mm_struct *mm);
void link_file_area(struct vm_area *area);
void unlink_file_area(struct vm_area *area);

/* copy.c: fork's copy of one area's entries; -ENOMEM leaves some of them copied. */
int copy_range(struct mm_struct *child, struct mm_struct *parent, struct vm_area *area);

/* Do two entries that are not present say the same? */
static inline bool pte_same(pte_t a, pte_t b)
{
	return pte_to_swap(a) == pte_to_swap(b);
}

/*
 * Faults on one pte, by what it says. 0: access again; -EIO (VM_FAULT_SIGBUS), -ENOMEM
 * (VM_FAULT_OOM). mmap_sem held; *MAJOR is set if somebody had to wait for a disk.
 */

/* fault.c */
void print_bad_pte(const struct vm_area *area, unsigned long address, pte_t pte);
struct page *alloc_zeroed_user_highpage_movable(void);
/* Maps a new anonymous page at an empty slot; page_table_lock held. */
void map_new_anon(struct vm_area *area, unsigned long address, pte_t *slot,
		  struct page *page, enum mm_reason reason);

/* Must the file system be asked before a page of this area can be written? */
static inline bool asks_before_write(const struct vm_area *area)
{
	return !area_is_private(area) && area->ops && area->ops->page_mkwrite;
}

/*
 * file_fault.c: asks. 0 with the page locked, -EAGAIN: look again, or the fault's error.
 * After a 0 comes end_of_asking, which unlocks the page. WRITTEN: a pte allows it now; 2.6
 * takes the page for dirty from then on.
 */
int ask_before_write(struct vm_area *area, struct page *page);
void end_of_asking(struct vm_area *area, struct page *page, bool written);

/* wp_page.c: a write to a present, read-only page. Releases page_table_lock. */
int do_wp_page(struct vm_area *area, unsigned long address, pte_t *slot, pte_t pte);
void copy_user_page(struct page *to, struct page *from);

/* file_fault.c: a file pte; OLD is what it says. */
int do_nonlinear_fault(struct vm_area *area, unsigned long address, pte_t *slot, pte_t old,
		       bool write, bool *major);

/* swapin.c: a swap entry. */
int do_swap_page(struct vm_area *area, unsigned long address, pte_t *slot, pte_t old,
		 bool write, bool *major);

/* mlock.c: brings the pages of a range of one area in. */
int populate(struct vm_area *area, unsigned long start, unsigned long end);
/* The pages of such a range are locked in memory, or no longer (2.6). */
void let_go_of_locked_pages(struct vm_area *area);	/* it is about to be unmapped */
void note_locked_pages(struct vm_area *area, unsigned long start, unsigned long end, bool lock);

#endif
