/*
 * The console as a terminal: line.c turns typed characters into what programs read, tty.c
 * is the device file.
 */
#ifndef KERNEL_TTY_H
#define KERNEL_TTY_H

#include "fs/fs.h"

extern const struct file_operations tty_fops;	/* /dev/console, /dev/tty */

void tty_init(void);	/* starts the thread that edits, echoes and sends signals */

/* Bits of the modes, and indices of the special characters, as Linux has them. */
#define ICRNL	0000400u
#define OPOST	0000001u
#define ONLCR	0000004u
#define ISIG	0000001u
#define ICANON	0000002u
#define ECHO	0000010u
#define ECHOE	0000020u
#define ECHOK	0000040u
#define ECHOCTL	0001000u
#define ECHOKE	0004000u
#define IEXTEN	0100000u

enum { VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, NR_CC = 19 };

struct termios {
	u32 iflag, oflag, cflag, lflag;
	u8 line;		/* line discipline: 0 */
	u8 cc[NR_CC];		/* special characters; 0: none */
};

/* line.c */

/* Takes up to BYTES that may be read now, at most one line in canonical mode, into TO:
   how many, 0 at an end-of-file mark, -EAGAIN if there is nothing. */
long line_take(char *to, size_t bytes);
unsigned line_available(void);		/* bytes that could be taken */
void line_flush(void);			/* forgets all input */
void line_get_modes(struct termios *modes);
void line_set_modes(const struct termios *modes);

extern struct wait_queue line_readable;	/* who reads sleeps here */

/* tty.c: the foreground processes get SIG. */
void tty_signal(int sig);

#endif
