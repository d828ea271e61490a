/* The choice of a generation of reclaim, and the lock that every generation's lists share. */
#include "mm/reclaim/policy.h"
#include "lib/string.h"

struct spinlock lru_lock = SPINLOCK_INIT("lru_lock", RANK_LRU);

static const struct reclaim_policy *const policies[] = { &policy_v24, &policy_v26 };

const struct reclaim_policy *policy = &policy_v24;

bool policy_select(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(policies); i++)
		if (strcmp(policies[i]->name, name) == 0) {
			policy = policies[i];
			return true;
		}
	return false;
}
