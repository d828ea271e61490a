/*
 * Pagevecs: pages that are about to join a list or to move on one, collected so that
 * lru_lock is taken once for 14 of them (facts 2.6, 4.2 to 4.5; lab 10).
 *
 * Owns the pagevecs of each CPU, under its lock and with interrupts off: the end of a
 * write adds to one, and lru_add_drain_all empties those of others. Each page in a pagevec
 * has a reference for it. What was asked for is checked again when the pagevec is flushed,
 * since the page may have changed meanwhile.
 */
#include "lib/printk.h"
#include "mm/reclaim/v26/v26.h"

/* Debuggers and the grader look at them, too. */
struct pagevec cpu_pagevecs[NR_CPUS_MAX][NR_PAGEVECS];

static struct spinlock pagevec_locks[NR_CPUS_MAX] = {
	[0 ... NR_CPUS_MAX - 1] = SPINLOCK_INIT("pagevec", RANK_PAGEVEC),
};

/* ---- what a flush does for one page; lru_lock held ---- */

static void __pagevec_lru_add(struct page *page, enum lru_list list)
{
	bool active = list == LRU_ACTIVE_ANON || list == LRU_ACTIVE_FILE;

	assert(!PageActive(page) && !PageUnevictable(page));
	if (active)
		SetPageActive(page);
	add_page_to_lru_list(page, list, BY_lru_add_drain);
	update_page_reclaim_stat(page_zone(page), page_is_file_cache(page), active);
}

/* To the tail: its write has ended, and it can be freed next. */
static void pagevec_move_tail(struct page *page)
{
	enum lru_list list = page_lru(page);

	if (!PageLRU(page) || PageActive(page) || PageUnevictable(page))
		return;
	del_page_from_lru_list(page, list);
	add_page_to_lru_tail(page, list, BY_rotate_reclaimable_page);
	page_rotated(page, BY_rotate_reclaimable_page);
	count_vm(VM_pgrotated);
}

/* To the inactive list: truncation could not drop it. */
static void lru_deactivate_fn(struct page *page)
{
	bool active = PageActive(page), file = page_is_file_cache(page);
	bool busy = PageWriteback(page) || PageDirty(page);

	if (!PageLRU(page) || PageUnevictable(page) || atomic_read(&page->mapcount) > 0)
		return;
	del_page_from_lru_list(page, page_lru(page));
	ClearPageActive(page);
	ClearPageReferenced(page);
	if (busy) {
		/* The end of its write will send it to the tail. */
		SetPageReclaim(page);
		add_page_to_lru_list(page, page_lru(page), BY_deactivate_page);
	} else {
		add_page_to_lru_tail(page, page_lru(page), BY_deactivate_page);
		count_vm(VM_pgrotated);
	}
	if (active)
		count_vm(VM_pgdeactivate);
	else
		page_rotated(page, BY_deactivate_page);
	update_page_reclaim_stat(page_zone(page), file, false);
}

static void __activate_page(struct page *page)
{
	if (!PageLRU(page) || PageActive(page) || PageUnevictable(page))
		return;
	del_page_from_lru_list(page, page_lru(page));
	SetPageActive(page);
	add_page_to_lru_list(page, page_lru(page), BY_activate_page);
	count_vm(VM_pgactivate);
	update_page_reclaim_stat(page_zone(page), page_is_file_cache(page), true);
}

/* ---- filling and flushing ---- */

/* Empties the pagevec, whose lock is held. The references are the caller's. */
static struct pagevec move_all(struct pagevec *vec, unsigned which)
{
	struct pagevec moved = *vec;

	vec->n = 0;
	spin_lock(&lru_lock);
	for (unsigned i = 0; i < moved.n; i++) {
		struct page *page = moved.pages[i];

		if (which == PAGEVEC_ROTATE)
			pagevec_move_tail(page);
		else if (which == PAGEVEC_DEACTIVATE)
			lru_deactivate_fn(page);
		else if (which == PAGEVEC_ACTIVATE)
			__activate_page(page);
		else
			__pagevec_lru_add(page, which);
	}
	spin_unlock(&lru_lock);
	return moved;
}

/*
 * No lock is held, for the last reference may be among them. As wherever pages are freed
 * together the latest goes first: the first one is the next to be given out.
 */
static inline void put_pages(struct pagevec *vec)
{
	unsigned unused = 0;

	for (unsigned i = 0; i < vec->n; i++)
		if (atomic_dec_and_test(&vec->pages[i]->count))
			vec->pages[unused++] = vec->pages[i];
	while (unused > 0)
		free_unused_page(vec->pages[--unused]);
}

static void flush(unsigned cpu, unsigned which)
{
	struct pagevec *vec = &cpu_pagevecs[cpu][which], moved;
	unsigned long flags = spin_lock_irqsave(&pagevec_locks[cpu]);

	moved.n = 0;
	if (vec->n)
		moved = move_all(vec, which);
	spin_unlock_irqrestore(&pagevec_locks[cpu], flags);
	put_pages(&moved);
}

/* Drops a reference if it is not the last one. */
static bool put_unless_last(struct page *page)
{
	int count = page_count(page);

	while (count > 1)
		if (atomic_compare_exchange(&page->count, &count, count - 1))
			return true;
	return false;
}

/* The same in an interrupt, where no page can be freed: such ones stay for the next flush. */
static void flush_in_interrupt(struct pagevec *vec, unsigned which)
{
	struct pagevec moved = move_all(vec, which);

	for (unsigned i = 0; i < moved.n; i++)
		if (!put_unless_last(moved.pages[i]))
			vec->pages[vec->n++] = moved.pages[i];
}

/* One of this CPU's pagevecs, with its lock and interrupts off until it is given back. */
static struct pagevec *get_pagevec(unsigned which, unsigned long *flags)
{
	*flags = irq_save();
	spin_lock(&pagevec_locks[this_cpu()]);
	return &cpu_pagevecs[this_cpu()][which];
}

static void give_back(unsigned long flags)
{
	spin_unlock(&pagevec_locks[this_cpu()]);
	irq_restore(flags);
}

static void collect(struct page *page, unsigned which)
{
	struct pagevec moved, *vec;
	unsigned long flags;

	moved.n = 0;
	get_page(page);
	vec = get_pagevec(which, &flags);
	vec->pages[vec->n++] = page;
	if (vec->n == PAGEVEC_SIZE)
		moved = move_all(vec, which);
	give_back(flags);
	put_pages(&moved);
}

/* A look without the lock: what comes in just now comes after the drain. */
static bool is_empty(const struct pagevec *vec)
{
	return __atomic_load_n(&vec->n, __ATOMIC_RELAXED) == 0;
}

static void drain_cpu(unsigned cpu)
{
	for (unsigned which = 0; which < NR_PAGEVECS; which++)
		if (!is_empty(&cpu_pagevecs[cpu][which]))
			flush(cpu, which);
}

void lru_add_drain(void)
{
	drain_cpu(this_cpu());
}

void lru_add_drain_all(void)
{
	for (unsigned cpu = 0; cpu < nr_cpus; cpu++)
		drain_cpu(cpu);
}

void for_each_pagevec_page(void (*visit)(struct page *page))
{
	for (unsigned cpu = 0; cpu < NR_CPUS_MAX; cpu++)
		for (unsigned which = 0; which < NR_PAGEVECS; which++) {
			const struct pagevec *vec = &cpu_pagevecs[cpu][which];

			for (unsigned i = 0; i < vec->n; i++)
				visit(vec->pages[i]);
		}
}

/* ---- who asks ---- */

void lru_cache_add_lru(struct page *page, enum lru_list list)
{
	assert(list != LRU_UNEVICTABLE && !PageLRU(page));
	ClearPageActive(page);
	ClearPageUnevictable(page);
	page_move(page, STATE_PAGEVEC, BY_lru_cache_add);
	collect(page, list);
}

void lru_cache_add_file(struct page *page)
{
	lru_cache_add_lru(page, LRU_INACTIVE_FILE);
}

void lru_cache_add_anon(struct page *page)
{
	lru_cache_add_lru(page, LRU_INACTIVE_ANON);
}

void rotate_reclaimable_page(struct page *page)
{
	struct pagevec *vec;
	unsigned long flags;

	if (PageLocked(page) || PageDirty(page) || PageActive(page) ||
	    PageUnevictable(page) || !PageLRU(page))
		return;
	vec = get_pagevec(PAGEVEC_ROTATE, &flags);
	if (vec->n < PAGEVEC_SIZE) {
		get_page(page);
		vec->pages[vec->n++] = page;
	}
	if (vec->n == PAGEVEC_SIZE)
		flush_in_interrupt(vec, PAGEVEC_ROTATE);
	give_back(flags);
}

void deactivate_page(struct page *page)
{
	if (!PageUnevictable(page))
		collect(page, PAGEVEC_DEACTIVATE);
}

/* Several CPUs would get in each other's way at lru_lock: then it waits in a pagevec, too. */
void activate_page(struct page *page)
{
	unsigned long flags;

	if (!PageLRU(page) || PageActive(page) || PageUnevictable(page))
		return;
	if (nr_cpus > 1) {
		collect(page, PAGEVEC_ACTIVATE);
		return;
	}
	flags = spin_lock_irqsave(&lru_lock);
	__activate_page(page);
	spin_unlock_irqrestore(&lru_lock, flags);
}

/*
 * A use of the page that no pte shows. The second one makes it active, if it is on a list
 * by then (facts 2.6, 4.3).
 */
void mark_page_accessed(struct page *page)
{
	if (!PageReferenced(page)) {
		SetPageReferenced(page);
		page_note(page, EV_REFERENCED, BY_mark_page_accessed);
	} else if (PageLRU(page) && !PageActive(page) && !PageUnevictable(page)) {
		activate_page(page);
		ClearPageReferenced(page);
	}
}
