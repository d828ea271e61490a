/*
 * Overcommit: may a process be promised so much memory (facts 2.4, 3.9)?
 *
 * An estimate, not an account: nothing remembers promises, so several requests that are
 * granted one by one may together be more than there is. What counts is the sum of all
 * that could be free in the end, caches included, whether they can be freed or not.
 * Owns the tunable, which is read without a lock.
 */
#include "mm/cache/buffer.h"
#include "mm/cache/pagecache.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"
#include "mm/zone.h"

int sysctl_overcommit_memory;

bool vm_enough_memory(unsigned long pages)
{
	unsigned long available = buffermem_pages + page_cache_size + nr_free_pages();

	if (sysctl_overcommit_memory)
		return true;
	if (nr_swap_pages > 0)
		available += (unsigned long)nr_swap_pages;
	return available > pages;
}
