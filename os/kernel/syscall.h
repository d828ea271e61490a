/* The table of system calls. */
#ifndef KERNEL_SYSCALL_H
#define KERNEL_SYSCALL_H

/* Fills the table for this machine from syscalls.h. */
void syscall_init(void);

#endif
