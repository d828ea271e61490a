/*
 * Copies between the kernel and the memory of the current process.
 *
 * Each checks that the range lies in user space, and survives a fault that cannot be
 * served. They may sleep: call them without spinlocks. 0, or -EFAULT with an
 * undefined part of the destination written.
 */
#ifndef KERNEL_UACCESS_H
#define KERNEL_UACCESS_H

#include "lib/types.h"

int copy_from_user(void *to, const void *user, size_t bytes);
int copy_to_user(void *user, const void *from, size_t bytes);
int clear_user(void *user, size_t bytes);

/* A string with its NUL into TO: its length, -EFAULT, or -ENAMETOOLONG if it does not fit. */
long strncpy_from_user(char *to, const char *user, size_t size);

/* One object of the pointer's type. */
#define get_user(value, user)	copy_from_user(&(value), (user), sizeof(value))
#define put_user(value, user)							\
	({									\
		__typeof__(*(user)) value_ = (value);				\
		copy_to_user((user), &value_, sizeof(value_));			\
	})

#endif
