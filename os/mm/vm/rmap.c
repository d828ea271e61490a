/*
 * The reverse map: from a page to the ptes that map it.
 *
 * Owns anon_vma objects and page->anon_vma, anon_index and mapcount. A file's page is
 * found through its mapping's list of areas. An anonymous page names an anon_vma, the
 * family of the areas that descend from one by fork or split, and its place in them, which
 * counts from their pgoff as a file's pages do.
 *
 *	page --anon_vma--> anon_vma --areas--> area (parent) , area (child) , …
 *
 * A page keeps its anon_vma until it is freed, in swap cache too, and counts in refs.
 * It is set once, by whoever maps the page first: as its only user or with the page lock.
 */
#include "lib/errno.h"
#include "lib/printk.h"
#include "mm/slab/slab.h"
#include "mm/trace/vmstat.h"
#include "mm/vm/vm_internal.h"

static struct kmem_cache *anon_vma_cache;

void rmap_init(void)
{
	anon_vma_cache = kmem_cache_create("anon_vma", sizeof(struct anon_vma), 0, NULL);
}

static void anon_vma_put(struct anon_vma *family)
{
	if (atomic_dec_and_test(&family->refs))
		kmem_cache_free(anon_vma_cache, family);
}

static void join_family(struct vm_area *area, struct anon_vma *family)
{
	atomic_inc(&family->refs);
	area->anon_vma = family;
	spin_lock(&family->lock);
	list_add_tail(&area->anon_link, &family->areas);
	spin_unlock(&family->lock);
}

int anon_vma_make(struct vm_area *area)
{
	struct anon_vma *family = kmem_cache_alloc(anon_vma_cache, GFP_KERNEL);

	if (!family)
		return -ENOMEM;
	spin_init(&family->lock, "anon_vma", RANK_I_MMAP);
	list_init(&family->areas);
	atomic_set(&family->refs, 0);
	join_family(area, family);
	return 0;
}

void anon_vma_fork(struct vm_area *child, struct vm_area *parent)
{
	if (parent->anon_vma)
		join_family(child, parent->anon_vma);
}

void anon_vma_unlink(struct vm_area *area)
{
	struct anon_vma *family = area->anon_vma;

	if (!family)
		return;
	spin_lock(&family->lock);
	list_del(&area->anon_link);
	spin_unlock(&family->lock);
	area->anon_vma = NULL;
	anon_vma_put(family);
}

void __page_forget_anon(struct page *page)
{
	anon_vma_put(page->anon_vma);
	page->anon_vma = NULL;
	page->anon_index = 0;
}

typedef bool rmap_visit_t(struct vm_area *area, unsigned long address, pte_t *slot,
			  void *arg);

/* Visits the page's pte in one area, if it is there. False: stop. */
static bool visit_area(struct page *page, struct vm_area *area, pgoff_t index,
		       rmap_visit_t *visit, void *arg)
{
	struct mm_struct *mm = area->mm;
	bool go_on = true;

	spin_lock(&mm->page_table_lock);
	if (index - area->pgoff < area_pages(area)) {
		unsigned long address = area->start + ((index - area->pgoff) << PAGE_SHIFT);
		pte_t *slot = page_table_find(mm->page_table, address);

		if (slot && pte_present(pte_read(slot)) &&
		    pte_pfn(pte_read(slot)) == page_to_pfn(page))
			go_on = visit(area, address, slot, arg);
	}
	spin_unlock(&mm->page_table_lock);
	return go_on;
}

static void walk_anon(struct page *page, rmap_visit_t *visit, void *arg)
{
	struct anon_vma *family = page->anon_vma;
	struct vm_area *area;

	spin_lock(&family->lock);
	list_for_each(area, &family->areas, anon_link)
		if (!visit_area(page, area, page->anon_index, visit, arg))
			break;
	spin_unlock(&family->lock);
}

static void walk_file(struct page *page, rmap_visit_t *visit, void *arg)
{
	struct address_space *mapping = page->mapping;
	struct vm_area *area;

	spin_lock(&mapping->i_mmap_lock);
	list_for_each(area, &mapping->i_mmap, shared_link)
		if (!visit_area(page, area, page->index, visit, arg))
			break;
	spin_unlock(&mapping->i_mmap_lock);
}

void rmap_walk(struct page *page, rmap_visit_t *visit, void *arg)
{
	/* The lock keeps a file's page in its mapping; an anonymous one has its family. */
	assert(PageLocked(page) || page->anon_vma);
	if (atomic_read(&page->mapcount) == 0)
		return;
	if (page->anon_vma)
		walk_anon(page, visit, arg);
	else if (page->mapping && !PageSwapCache(page))
		walk_file(page, visit, arg);
}

static bool take_write_right(struct vm_area *area, unsigned long address, pte_t *slot,
			     void *unused)
{
	if (pte_write(pte_read(slot))) {
		pte_set(slot, pte_wrprotect(pte_take(slot)));
		tlb_flush_page(area->mm, address);
	}
	return true;
}

void page_wrprotect(struct page *page)
{
	rmap_walk(page, take_write_right, NULL);
}

static bool make_clean(struct vm_area *area, unsigned long address, pte_t *slot, void *arg)
{
	pte_t old = pte_read(slot);

	if (!pte_dirty(old) && !pte_write(old))
		return true;
	old = pte_take(slot);
	tlb_flush_page(area->mm, address);
	*(bool *)arg |= pte_dirty(old);
	pte_set(slot, pte_wrprotect(pte_mkclean(old)));
	return true;
}

bool page_mkclean(struct page *page)
{
	bool was_written = false;

	rmap_walk(page, make_clean, &was_written);
	return was_written;
}
