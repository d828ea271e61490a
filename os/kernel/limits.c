/* The system calls on limits of a process. Owns task->limits, which only the task uses. */
#include "kernel/limits.h"
#include "kernel/syscalls.h"
#include "kernel/task.h"
#include "kernel/uaccess.h"
#include "lib/errno.h"

void limits_init(struct limit *limits)
{
	for (unsigned i = 0; i < NR_LIMITS; i++)
		limits[i] = (struct limit){ NO_LIMIT, NO_LIMIT };
	limits[RLIMIT_STACK].soft = 8ul << 20;
	limits[RLIMIT_NOFILE] = (struct limit){ NR_OPEN, NR_OPEN };
}

long sys_getrlimit(unsigned resource, struct limit *user)
{
	if (resource >= NR_LIMITS)
		return -EINVAL;
	return copy_to_user(user, &current->limits[resource], sizeof(*user)) ? -EFAULT : 0;
}

/* The same under the name that i386 programs use: the older call knows no large values. */
long sys_ugetrlimit(unsigned resource, struct limit *user)
{
	return sys_getrlimit(resource, user);
}

long sys_setrlimit(unsigned resource, const struct limit *user)
{
	struct limit limit;

	if (resource >= NR_LIMITS)
		return -EINVAL;
	if (copy_from_user(&limit, user, sizeof(limit)))
		return -EFAULT;
	if (limit.soft > limit.hard)
		return -EINVAL;
	if (limit.hard > current->limits[resource].hard && current->euid != 0)
		return -EPERM;
	if (resource == RLIMIT_NOFILE && limit.hard > NR_OPEN)
		return -EPERM;
	current->limits[resource] = limit;
	return 0;
}
