/*
 * The core's parts from the page allocator up, started in the order in which they need
 * one another: caches of objects first, then those who take their objects from them.
 * Runs once, on one CPU.
 */
#include "mm/init.h"

#include "block/block.h"
#include "lib/radix_tree.h"
#include "mm/cache/buffer.h"
#include "mm/reclaim/policy.h"
#include "mm/slab/slab.h"
#include "mm/swap/swap.h"
#include "mm/vm/vm.h"

void mm_init(void)
{
	build_all_zonelists();
	policy->init();
	slab_init();
	bio_pool_init();
	radix_tree_boot();
	buffer_init();
	swap_cache_init();
	vm_init();
}
