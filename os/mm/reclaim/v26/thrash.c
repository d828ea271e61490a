/*
 * The swap token: when the processes together want more memory than there is, one of them
 * keeps its pages while it waits for others of them, and so gets on (facts 2.6, 4.7 and
 * 6.1; lab 12).
 *
 * Owns swap_token_mm. Who has to read a page from swap takes the token, if it is free;
 * reclaim takes it away when nothing else helps, and the end of the address space frees it.
 * The pointer is only compared, so nobody needs a lock or a reference for it. An address
 * space that is alone takes none: it would only be kept from giving up what it needs least.
 */
#include "kernel/task.h"
#include "mm/reclaim/v26/v26.h"
#include "mm/vm/vm.h"

static struct mm_struct *swap_token_mm;

static bool is_alone(void)
{
	bool alone;

	spin_lock(&mmlist_lock);
	alone = mmlist.next == mmlist.prev;
	spin_unlock(&mmlist_lock);
	return alone;
}

void grab_swap_token(struct mm_struct *mm)
{
	struct mm_struct *nobody = NULL;

	if (is_alone())
		return;
	__atomic_compare_exchange_n(&swap_token_mm, &nobody, mm, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

void put_swap_token(struct mm_struct *mm)
{
	__atomic_compare_exchange_n(&swap_token_mm, &mm, NULL, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

void disable_swap_token(void)
{
	__atomic_store_n(&swap_token_mm, NULL, __ATOMIC_RELAXED);
}

bool has_swap_token(const struct mm_struct *mm)
{
	return __atomic_load_n(&swap_token_mm, __ATOMIC_RELAXED) == mm;
}
