/* The console as a terminal: file operations, and the thread behind it. */
#ifndef KERNEL_TTY_H
#define KERNEL_TTY_H

#include "fs/fs.h"

extern const struct file_operations tty_fops;	/* /dev/console, /dev/tty */

void tty_init(void);	/* starts the thread that edits, echoes and sends signals */

#endif
