/*
 * The way from a trap to the function that serves a system call.
 *
 * Machines number their calls differently: the table for the one that we run on is filled
 * at boot from the common list. Constant afterwards.
 */
#include "kernel/syscall.h"

#include "arch/context.h"
#include "kernel/entry.h"
#include "kernel/syscalls.h"
#include "lib/errno.h"

#define NONE		-1
#define NR_SYSCALLS	512

/*
 * Each function takes what it needs of six registers. Passing more arguments than a
 * function reads is harmless in the calling conventions of both PCs.
 */
typedef long syscall_t(unsigned long, unsigned long, unsigned long, unsigned long,
		       unsigned long, unsigned long);

static syscall_t *syscalls[NR_SYSCALLS];	/* by number; NULL: no such call */

void syscall_init(void)
{
	static const struct {
		void (*function)(void);
		int nr32, nr64;
	} list[] = {
#define X(name, nr32, nr64, arguments) { (void (*)(void))sys_##name, nr32, nr64 },
		SYSCALLS(X)
#undef X
	};

	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		int number = sizeof(long) == 4 ? list[i].nr32 : list[i].nr64;

		if (number != NONE)
			syscalls[number] = (syscall_t *)list[i].function;
	}
}

void syscall_dispatch(struct trap_frame *frame)
{
	unsigned long number = (unsigned long)frame_syscall_nr(frame);
	syscall_t *function = number < NR_SYSCALLS ? syscalls[number] : NULL;
	long result = -ENOSYS;

	if (likely(function))
		result = function(frame_arg(frame, 0), frame_arg(frame, 1),
				  frame_arg(frame, 2), frame_arg(frame, 3),
				  frame_arg(frame, 4), frame_arg(frame, 5));
	frame_set_result(frame, result);
}
