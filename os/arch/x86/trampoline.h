/* Where application processors begin: a page that the memory map leaves out. */
#ifndef X86_TRAMPOLINE_H
#define X86_TRAMPOLINE_H

#define TRAMPOLINE	0x8000
#define TRAMPOLINE_STACK 0xa000		/* until paging is on */
#define LOW_RESERVED	0x10000		/* bytes from 0: a null pointer's, firmware's, these */

#endif
