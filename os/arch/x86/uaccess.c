/*
 * Copies to and from user memory. A fault that cannot be served ends the copy: the
 * exception table gives the place where to go on (trap.c).
 */
#include "kernel/uaccess.h"
#include "arch/x86/cpu.h"
#include "lib/errno.h"

#ifdef __i386__
#define WORD	".long"
#define MOVE	"rep movsl"
#define STORE	"rep stosl"
#else
#define WORD	".quad"
#define MOVE	"rep movsq"
#define STORE	"rep stosq"
#endif

/* If the instruction at AT faults for good, it goes on at GO_ON. */
#define ON_FAULT(at, go_on)				\
	".pushsection .exception_table, \"a\"\n\t"	\
	WORD " " at ", " go_on "\n\t"			\
	".popsection\n\t"

static bool user_range(const void *user, size_t bytes)
{
	unsigned long address = (unsigned long)user;

	return address <= TASK_SIZE && bytes <= TASK_SIZE - address;
}

static int copy(void *to, const void *from, size_t bytes)
{
	size_t words = bytes / sizeof(long), rest = bytes % sizeof(long);
	int error = -EFAULT;

	user_access_begin();
	__asm__ volatile("1:\t" MOVE "\n\t"
			 "mov %[rest], %[words]\n"
			 "2:\trep movsb\n\t"
			 "xorl %[error], %[error]\n"
			 "3:\n\t"
			 ON_FAULT("1b", "3b") ON_FAULT("2b", "3b")
			 : "+D"(to), "+S"(from), [words] "+c"(words), [error] "+&r"(error)
			 : [rest] "r"(rest) : "memory");
	user_access_end();
	return error;
}

int copy_from_user(void *to, const void *user, size_t bytes)
{
	return user_range(user, bytes) ? copy(to, user, bytes) : -EFAULT;
}

int copy_to_user(void *user, const void *from, size_t bytes)
{
	return user_range(user, bytes) ? copy(user, from, bytes) : -EFAULT;
}

int clear_user(void *user, size_t bytes)
{
	size_t words = bytes / sizeof(long), rest = bytes % sizeof(long);
	int error = -EFAULT;

	if (!user_range(user, bytes))
		return -EFAULT;
	user_access_begin();
	__asm__ volatile("1:\t" STORE "\n\t"
			 "mov %[rest], %[words]\n"
			 "2:\trep stosb\n\t"
			 "xorl %[error], %[error]\n"
			 "3:\n\t"
			 ON_FAULT("1b", "3b") ON_FAULT("2b", "3b")
			 : "+D"(user), [words] "+c"(words), [error] "+&r"(error)
			 : [rest] "r"(rest), "a"(0ul) : "memory");
	user_access_end();
	return error;
}

long strncpy_from_user(char *to, const char *user, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		int error = copy_from_user(to + i, user + i, 1);

		if (error)
			return error;
		if (!to[i])
			return (long)i;
	}
	return -ENAMETOOLONG;
}
